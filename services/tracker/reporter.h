/* Tells ratio the totals of sessions that changed, over and over until it has committed them. */
#ifndef DJEMBE_TRACKER_REPORTER_H
#define DJEMBE_TRACKER_REPORTER_H

#include "services/common/bus.h"
#include "services/tracker/tracker.h"

struct reporter;

struct reporter *reporter_new(struct loop *loop, struct bus *bus, struct tracker *tracker);
void reporter_destroy(struct reporter **reporter);

/* Seconds since ratio last acknowledged, while something waits; 0 when nothing does. */
int64_t reporter_delay(const struct reporter *reporter);
uint64_t reporter_batches(const struct reporter *reporter);

#endif
