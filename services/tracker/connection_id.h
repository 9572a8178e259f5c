/* The connection ids of UDP (BEP 15): they show that whoever announces gets what is sent to its address. An id holds
 * the minute it was given and a keyed hash of that and the address, so nothing is remembered per client. It is bound to
 * the address, not the port, which routers change. Pure: `now` is unix ms. */
#ifndef DJEMBE_TRACKER_CONNECTION_ID_H
#define DJEMBE_TRACKER_CONNECTION_ID_H

#include "services/common/siphash.h"
#include "services/tracker/announce.h"

struct connection_key {
    uint8_t secret[SIPHASH_KEY_SIZE]; /* the same over restarts and for all of the site's trackers */
    uint32_t lifetime;                /* seconds for which an id is taken; at least */
};

uint64_t connection_id_give(const struct connection_key *key, const struct address *address, int64_t now);
bool connection_id_taken(const struct connection_key *key, const struct address *address, int64_t now, uint64_t id);

#endif
