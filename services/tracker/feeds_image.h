/* What the feeds have told, as bytes: from this a tracker can start while all its neighbours are away. Pure. */
#ifndef DJEMBE_TRACKER_FEEDS_IMAGE_H
#define DJEMBE_TRACKER_FEEDS_IMAGE_H

#include "services/common/bencode.h"
#include "services/tracker/tracker.h"

enum feed_name { FEED_torrents, FEED_members, FEED_permits, FEED_clients, FEED_slots, FEED_count };

/* How far a feed has been read. */
struct feed_place {
    uint64_t seq; /* the last fact applied */
    bool read;    /* it had been read to its head once: what is not known does not exist */
};

/* Takes the tracker's lock itself. */
void feeds_image_write(struct tracker *tracker, const struct feed_place places[FEED_count], struct buffer *into);

/* False, and nothing is changed, when the bytes are not whole. */
bool feeds_image_read(struct slice image, struct tracker *tracker, struct feed_place places[FEED_count]);

#endif
