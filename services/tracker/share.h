/* Tells the site's other trackers what clients announced here, and takes what they tell: tracker.sessions.heard. */
#ifndef DJEMBE_TRACKER_SHARE_H
#define DJEMBE_TRACKER_SHARE_H

#include "services/common/bus.h"
#include "services/common/metrics.h"
#include "services/tracker/tracker.h"

struct share;

struct share *share_new(struct loop *loop, struct bus *bus, struct tracker *tracker);
void share_destroy(struct share **share);
void share_metrics(const struct share *share, struct buffer *into);

#endif
