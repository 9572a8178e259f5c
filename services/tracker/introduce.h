/* tracker.peer.introduce on the bus. */
#ifndef DJEMBE_TRACKER_INTRODUCE_H
#define DJEMBE_TRACKER_INTRODUCE_H

#include "services/common/bus.h"
#include "services/tracker/tracker.h"

void introduce_serve(struct bus *bus, struct tracker *tracker);

#endif
