/* What the tracker shows of itself: metrics, and the sentences of /healthz and /readyz. */
#ifndef DJEMBE_TRACKER_MONITOR_H
#define DJEMBE_TRACKER_MONITOR_H

#include "services/common/metrics.h"
#include "services/tracker/feeds.h"
#include "services/tracker/reporter.h"
#include "services/tracker/share.h"
#include "services/tracker/store.h"
#include "services/tracker/tracker.h"
#include "services/tracker/workers.h"

struct monitor {
    struct tracker *tracker;
    const struct feeds *feeds;
    const struct reporter *reporter;
    const struct store *store;
    const struct share *share;
    const struct workers *workers;
};

void monitor_metrics(const struct monitor *monitor, struct buffer *into);
/* NULL: well. The sentence lives until the next call. Each takes the tracker's lock itself. */
const char *monitor_unhealthy(const struct monitor *monitor);
const char *monitor_unready(const struct monitor *monitor);

#endif
