/* How many peers each member has in each swarm. A count stands under the 64-bit hash of (user, torrent); two pairs with
 * one hash, of which there is hardly ever one, would be counted together. Pure. */
#ifndef DJEMBE_TRACKER_PAIRS_H
#define DJEMBE_TRACKER_PAIRS_H

#include "services/tracker/hash.h"

struct pairs {
    uint64_t *slots; /* the hash, its low byte taken by the count; 0: empty */
    size_t mask;     /* slots - 1; 0 while there are none */
    size_t count;
};

#define PAIRS_COUNT_MAX 255u /* not counted beyond */

uint64_t pairs_key(const struct hash_key *key, uint64_t user, uint64_t torrent);

unsigned pairs_get(const struct pairs *pairs, uint64_t key);
void pairs_add(struct pairs *pairs, uint64_t key);
/* One that was added goes. */
void pairs_remove(struct pairs *pairs, uint64_t key);

void pairs_clear(struct pairs *pairs);
size_t pairs_bytes(const struct pairs *pairs);

#endif
