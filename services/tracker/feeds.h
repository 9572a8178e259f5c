/* Keeps what the tracker knows of members, torrents, permits, slots and clients as their owners' feeds tell. */
#ifndef DJEMBE_TRACKER_FEEDS_H
#define DJEMBE_TRACKER_FEEDS_H

#include "services/common/bus.h"
#include "services/tracker/feeds_file.h"

struct feeds;

/* Starts from what the file in the state folder has. */
struct feeds *feeds_new(struct bus *bus, struct tracker *tracker, const char *folder);
/* Writes the file a last time. */
void feeds_destroy(struct feeds **feeds);

/* Is that feed known: read to its head since the start, or from the file? */
bool feeds_ready(const struct feeds *feeds, enum feed_name feed);
/* Has its owner been heard of since the start, and all that it told been applied? */
bool feeds_fresh(const struct feeds *feeds, enum feed_name feed);

/* About once a second: writes the file when something has changed; a large one less often. */
void feeds_tick(struct feeds *feeds, int64_t ticks);
/* Have the feeds told something that is not on file yet? */
bool feeds_unsaved(const struct feeds *feeds);

#endif
