/* How many peers each member has in a swarm. In a small swarm they are counted when somebody joins; only for large ones
 * are counts kept. Pure. */
#ifndef DJEMBE_TRACKER_CROWD_H
#define DJEMBE_TRACKER_CROWD_H

#include "services/tracker/pairs.h"
#include "services/tracker/registry.h"
#include "services/tracker/session.h"

#define CROWD_COUNTED 512    /* peers from which counts are kept, */
#define CROWD_UNCOUNTED 384u /* and at which they end */

struct crowd {
    const struct sessions *sessions;
    const struct peers *peers;
    struct hash_key key;
    struct pairs pairs;
};

/* The peers of that member in that torrent's swarm. */
unsigned crowd_count(const struct crowd *crowd, const struct torrent *torrent, uint32_t member);

/* A peer of that member has joined the swarm; has left it. */
void crowd_joined(struct crowd *crowd, struct torrent *torrent, uint32_t member);
void crowd_left(struct crowd *crowd, struct torrent *torrent, uint32_t member);

#endif
