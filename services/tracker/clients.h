/* Which BitTorrent clients may take part, as the feed web.clients tells: rules by the beginning of the peer_id and the
 * version behind it. Pure. */
#ifndef DJEMBE_TRACKER_CLIENTS_H
#define DJEMBE_TRACKER_CLIENTS_H

#include "proto/proto.h"
#include "services/tracker/announce.h"

struct client_rule {
    uint64_t id;
    char prefix[PEER_ID_SIZE + 1], low[PEER_ID_SIZE], high[PEER_ID_SIZE];
    uint8_t prefix_size, low_size, high_size;
    bool allowed;
    char reason[FAILURE_MAX]; /* "": the standard sentence */
};

/* The rule that decides comes first. All zero: everybody may. */
struct clients {
    struct client_rule *rules;
    size_t count;
    bool listed; /* a rule allows: who is named by none may not */
};

void clients_apply(struct clients *clients, const struct client_fact *fact);
void clients_clear(struct clients *clients);

/* NULL: may take part; else what the client shows. */
const char *clients_refusal(const struct clients *clients, const uint8_t peer_id[PEER_ID_SIZE]);

#endif
