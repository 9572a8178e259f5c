/* One announce and its answer, whichever wire format they travel in: announce_query.c fills the first from HTTP,
 * announce.c answers it, announce_reply.c writes the second as HTTP sends it. */
#ifndef DJEMBE_TRACKER_ANNOUNCE_H
#define DJEMBE_TRACKER_ANNOUNCE_H

#include "proto/slice.h"

/* tracker_announce() (tracker.h) may be called from any thread that holds the one lock over struct tracker; reading an
 * announce and writing its reply need no lock: a reply owes nothing to the tracker's memory. Under the lock memory is
 * taken only for a peer or session that is new, and no system call is made but for a journal segment that is full. */

#define HASH_SIZE 20    /* an info-hash: SHA-1, or SHA-256 cut to it (BEP 52) */
#define PEER_ID_SIZE 20 /* BEP 3 */
#define PASSKEY_SIZE 32
#define PEERS_MAX 200     /* most peers in one answer */
#define PEERS_STANDARD 50 /* as many as a client gets that does not say */

enum address_family { FAMILY_none, FAMILY_v4, FAMILY_v6 };

struct address {
    enum address_family family;
    uint8_t bytes[16]; /* network order; an IPv4 address fills the first four */
};

/* Where a client is reached: one address a family, of each when it last came from there (unix s). A port of 0: it has
 * none of that family, or does not listen there. */
struct contact {
    uint8_t v6[16], v4[4];
    uint16_t port4, port6;
    uint32_t seen4, seen6;
};

enum announce_event {
    EVENT_none,      /* one of the regular announces, or an event we do not know */
    EVENT_started,   /* repeated by clients until it succeeds: resets nothing (BEP 3) */
    EVENT_stopped,   /* the peer leaves: gets no peers and never a failure */
    EVENT_completed, /* now has everything; counts one snatch */
    EVENT_paused,    /* a partial seed: wants no more than it has (BEP 21) */
};

struct announce {
    char passkey[PASSKEY_SIZE];    /* the member, from the URL's path */
    uint8_t info_hash[HASH_SIZE];  /* v1, or truncated v2 */
    uint8_t peer_id[PEER_ID_SIZE]; /* drawn by the client for each run (BEP 20) */
    struct address address;        /* of the connection: `ip=` and its like are never trusted */
    uint16_t port;                 /* where the peer listens; 0: nowhere */
    bool up_known, down_known;     /* false: the client did not tell, the session's last value stands */
    bool left_known;               /* false: unknown, taken as a leecher */
    uint64_t up, down;             /* bytes since the client's session began, below 2^63 (BEP 3) */
    uint64_t left;                 /* bytes still missing; 0: a seeder */
    unsigned numwant;              /* how many peers to give, 0 .. PEERS_MAX */
    enum announce_event event;
    bool compact;    /* 6 and 18 bytes a peer (BEP 23, BEP 7); a client must say compact=0 for the long form */
    bool no_peer_id; /* leave peer_ids out of the long form */
    bool one_family; /* the answer has peers of the address's own family alone (BEP 15) */
};

/* Addresses as they stand in a compact answer, ports in network order (BEP 23, BEP 7). */
struct compact_v4 {
    uint8_t ip[4], port[2];
};
struct compact_v6 {
    uint8_t ip[16], port[2];
};

static inline uint16_t port_get(const uint8_t port[2])
{
    return (uint16_t)(port[0] << 8 | port[1]);
}

static inline void port_put(uint8_t into[2], uint16_t port)
{
    into[0] = (uint8_t)(port >> 8);
    into[1] = (uint8_t)port;
}

/* A peer in an answer of the long form. A port of 0: it has no address of that family. */
struct announce_peer {
    uint8_t v4[4];
    uint16_t port4, port6;
    uint8_t v6[16];
    uint8_t peer_id[PEER_ID_SIZE];
};

#define RETRY_NEVER UINT32_MAX

#define FAILURE_MAX 64

struct announce_reply {
    const char *failure;      /* below FAILURE_MAX bytes, says what to do; NULL: the announce was taken */
    char reason[FAILURE_MAX]; /* what `failure` points to: the reply owes nothing to the tracker's memory */
    uint32_t retry;           /* with a failure: seconds until another try makes sense, or RETRY_NEVER (BEP 31) */
    uint32_t interval;        /* seconds until the next regular announce */
    uint32_t min_interval;    /* seconds before which the client should not come again */
    uint32_t complete;        /* seeders, the asker included */
    uint32_t incomplete;      /* leechers, the asker included */
    struct address external;  /* how the client looks from here (BEP 24) */
    unsigned peers_count;     /* peers, in whichever form */
    unsigned v4_count, v6_count;
    struct compact_v4 v4[PEERS_MAX]; /* the compact form's */
    struct compact_v6 v6[PEERS_MAX];
    struct announce_peer peers[PEERS_MAX]; /* the long form's */
};

#endif
