/* Answers tracker.swarm.counts, tracker.swarm.peers and tracker.member.peers on the bus. */
#ifndef DJEMBE_TRACKER_COUNTS_H
#define DJEMBE_TRACKER_COUNTS_H

#include "services/common/bus.h"
#include "services/tracker/tracker.h"

void counts_serve(struct bus *bus, struct tracker *tracker);

#endif
