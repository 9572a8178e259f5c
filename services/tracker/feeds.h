/* Keeps the registry as the feeds catalog.torrents, web.members and ratio.permits tell. */
#ifndef DJEMBE_TRACKER_FEEDS_H
#define DJEMBE_TRACKER_FEEDS_H

#include "services/common/bus.h"
#include "services/tracker/registry.h"

struct feeds;

enum feed_name { FEED_torrents, FEED_members, FEED_permits, FEED_count };

struct feeds *feeds_new(struct bus *bus, struct registry *registry);
void feeds_destroy(struct feeds **feeds);

/* Has that feed been read to its head since the start? */
bool feeds_ready(const struct feeds *feeds, enum feed_name feed);

#endif
