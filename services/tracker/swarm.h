/* Swarms: who shares a torrent right now. A peer is one session's client; it keeps an IPv4 and an IPv6 address side by
 * side. Pure: `now` is in unix seconds. */
#ifndef DJEMBE_TRACKER_SWARM_H
#define DJEMBE_TRACKER_SWARM_H

#include "services/tracker/announce.h"

struct sessions;

/* What all swarms of the daemon share. */
struct peers;

/* Ten bytes, all that most answers need of a peer. */
struct swarm_entry {
    uint16_t who[2];      /* session, whether it has an IPv6 address, and a tag of its member: see swarm.c */
    struct compact_v4 v4; /* a port of 0: no IPv4 address, or it does not listen there */
};

/* The peers of one torrent: seeders first, then leechers, in no order. All zero: nobody. */
struct swarm {
    struct swarm_entry *entries;
    uint32_t seeders, count;
    uint32_t partial; /* partial seeds among the leechers (BEP 21), counted by the owner */
    uint32_t mute;    /* peers without an IPv4 address that listens */
    uint32_t room : 31;
    uint32_t counted : 1; /* the owner keeps counts of its members (crowd.h) */
};

/* Heard from a peer at this address. */
struct sighting {
    const struct address *address;
    uint16_t port;
    uint32_t now, before; /* and the last time before that */
    uint32_t ttl;         /* the other family's address goes when it was silent for so long */
};

struct peers *peers_new(struct sessions *sessions, uint64_t random_seed);
void peers_destroy(struct peers **peers);

/* `session` joins; it has no address yet. */
void swarm_join(struct peers *peers, struct swarm *swarm, uint32_t session, bool seeder);
void swarm_leave(struct peers *peers, struct swarm *swarm, uint32_t session);
void swarm_set_seeder(struct peers *peers, struct swarm *swarm, uint32_t session, bool seeder);
/* Frees the array, whoever is in it: when the torrent's record ends. */
void swarm_clear(struct swarm *swarm);

void swarm_seen(struct peers *peers, struct swarm *swarm, uint32_t session, const struct sighting *sighting);
/* Where the session's client is reached; all zero when it is not in the swarm. */
void swarm_contact(const struct peers *peers, const struct swarm *swarm, uint32_t session, struct contact *into);
void swarm_set_contact(struct peers *peers, struct swarm *swarm, uint32_t session, const struct contact *contact);

/* By place in the array: which session, and its addresses. */
uint32_t swarm_session(const struct swarm *swarm, uint32_t place);
void swarm_describe(const struct peers *peers, const struct swarm *swarm, uint32_t place, struct announce_peer *into);
/* Whether the peer there is of that member. */
bool swarm_is_of(const struct peers *peers, const struct swarm *swarm, uint32_t place, uint32_t member);

/* Over which families a peer is reached: a bit for IPv4 alone (1), IPv6 alone (2), both (3). */
enum reach {
    REACH_any = 1 << 1 | 1 << 2 | 1 << 3,
    REACH_v4 = 1 << 1 | 1 << 3,
    REACH_v6 = 1 << 2 | 1 << 3,
};

/* Over which families the session's client is reached itself; 0: over none. */
enum reach swarm_reach(const struct peers *peers, const struct swarm *swarm, uint32_t session);

/* The addresses of those at `places`, at most PEERS_MAX, become the answer's compact form: IPv4's, and if wanted
 * IPv6's. */
void swarm_compact(const struct peers *peers, const struct swarm *swarm, const uint32_t *places, unsigned count,
                   bool with_v6, struct announce_reply *into);

/* Which part of a swarm is given to whom. */
struct swarm_wish {
    uint32_t session, member; /* the asker, who gets neither itself nor its member's other clients */
    uint32_t first, end;      /* places: the part of the swarm to choose from */
    unsigned wanted;
    enum reach reach; /* or the rest of REACH_any */
};

/* Chooses peers that are reached so, uniformly at random and each at most once. O(wanted) where most are; where few
 * are, some thousand places are looked at, and there may be more than are found. All that there are when no more are
 * wanted; a member with several clients in a large swarm may get a few fewer than are wanted. Their places go to
 * `into`; returns how many. */
unsigned swarm_choose(struct peers *peers, const struct swarm *swarm, const struct swarm_wish *wish, uint32_t *into);

/* The same for most answers in one go, straight into the compact form, IPv6 addresses if wanted. False, and nothing is
 * promised of `into`: not all of the part are reached so over IPv4, or those left over when the member's own clients
 * are left out are fewer than there might be. */
bool swarm_choose_compact(struct peers *peers, const struct swarm *swarm, const struct swarm_wish *wish, bool with_v6,
                          struct announce_reply *into);

uint32_t peers_count(const struct peers *peers);
/* Bytes of all swarms' arrays, and of what stands beside them. */
size_t peers_bytes(const struct peers *peers);

#endif
