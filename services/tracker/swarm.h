/* Swarms: who shares a torrent right now. A peer is one client of one member; it keeps an IPv4 and an IPv6 address side
 * by side. Pure: `now` is in unix seconds. */
#ifndef DJEMBE_TRACKER_SWARM_H
#define DJEMBE_TRACKER_SWARM_H

#include "services/tracker/announce.h"

/* All peers of the daemon. */
struct peers;

/* The peers of one torrent: seeders first, then leechers, in no order. All zero: nobody. */
struct swarm {
    uint32_t *peers;
    uint32_t seeders, count, room;
    uint32_t partial; /* partial seeds among the leechers (BEP 21), counted by the owner */
};

struct peer {
    uint64_t user; /* 0: this record is free */
    uint8_t v6[16], v4[4];
    uint16_t port4, port6; /* 0: no such address, or it does not listen there */
    uint32_t seen4, seen6; /* last announce from that family */
    uint32_t session;      /* handle of its session: peer_id, torrent, counters */
    uint32_t place;        /* in its swarm's array */
};

struct peers *peers_new(uint64_t random_seed);
void peers_destroy(struct peers **peers);

uint32_t swarm_add(struct peers *peers, struct swarm *swarm, uint64_t user, uint32_t session, bool seeder);
void swarm_remove(struct peers *peers, struct swarm *swarm, uint32_t peer);
void swarm_set_seeder(struct peers *peers, struct swarm *swarm, uint32_t peer, bool seeder);
bool swarm_is_seeder(const struct peers *peers, const struct swarm *swarm, uint32_t peer);
/* Frees the array of an empty swarm. */
void swarm_clear(struct swarm *swarm);

void peer_contact(const struct peer *peer, struct contact *into);
void peer_set_contact(struct peer *peer, const struct contact *contact);

struct peer *peers_at(const struct peers *peers, uint32_t peer);
/* Heard from it at this address. The other family's address goes when it was silent for `ttl` seconds. */
void peer_seen(struct peer *peer, const struct address *address, uint16_t port, uint32_t now, uint32_t ttl);
uint32_t peer_last_seen(const struct peer *peer);

/* Chooses up to `wanted` peers with an address, uniformly at random and each at most once, never one of `user`; only
 * leechers when `leechers_only`. O(wanted). Returns how many went to `into`. */
unsigned swarm_choose(struct peers *peers, const struct swarm *swarm, uint64_t user, bool leechers_only,
                      unsigned wanted, uint32_t into[PEERS_MAX]);

/* Looks at the next `steps` peers, round and round, and calls `gone` for each not heard from since `before`; it must
 * remove it. */
void peers_sweep(struct peers *peers, uint32_t before, unsigned steps, void (*gone)(void *arg, uint32_t peer),
                 void *arg);

/* Calls `visit` for the peers among the next `steps` records from *place on, and moves that; it may remove the peer. */
void peers_visit(struct peers *peers, uint32_t *place, unsigned steps, void (*visit)(void *arg, uint32_t peer),
                 void *arg);

uint32_t peers_count(const struct peers *peers);
/* How many steps a whole round of the sweep takes. */
uint32_t peers_round(const struct peers *peers);
/* Bytes of all peer records; the swarms' arrays are apart. */
size_t peers_bytes(const struct peers *peers);

#endif
