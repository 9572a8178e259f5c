/* Sessions: what each (user, torrent, peer_id) has moved since it began, as totals and never as differences
 * (ARCHITECTURE, "Counters are state"). Kept for weeks, so that an outage costs nobody their counters. Pure: no clock,
 * no file, no bus. */
#ifndef DJEMBE_TRACKER_SESSION_H
#define DJEMBE_TRACKER_SESSION_H

#include "services/tracker/announce.h"
#include "services/tracker/hash.h"

/* What ratio, the journal and the database are told of a session. */
struct session_totals {
    uint64_t user, torrent;
    int64_t epoch;               /* when these counters began, unix ms: greater after a counter fell */
    int64_t seen_at;             /* the last announce, unix ms */
    uint64_t base_up, base_down; /* bytes when the epoch began: credited nothing */
    uint64_t up, down;           /* bytes as the client reports them */
    uint64_t left;               /* bytes still missing; INT64_MAX: unknown */
    uint8_t peer_id[PEER_ID_SIZE];
    uint8_t flags; /* SESSION_COMPLETED, SESSION_STOPPED of proto/proto.h */
};

#define LEFT_UNKNOWN ((uint64_t)INT64_MAX)

enum session_mark {
    MARK_report = 1,  /* waits in the outbox for ratio */
    MARK_store = 2,   /* waits to be stored */
    MARK_storing = 4, /* is being stored */
    MARK_partial = 8, /* its peer is counted as a partial seed */
};

struct session {
    struct session_totals totals;
    uint32_t peer;  /* its peer in the swarm; SLAB_NONE: not there now */
    uint32_t marks; /* enum session_mark, kept by their owners */
};

struct sessions;

struct sessions *sessions_new(const struct hash_key *key);
void sessions_destroy(struct sessions **sessions);

/* Takes what an announce reports, at `now` (unix ms). Returns the session's handle. *fell: a counter fell, so a new
 * epoch has begun and `closed` is the last state of the old one, to be reported before the new. */
uint32_t sessions_announce(struct sessions *sessions, uint64_t user, uint64_t torrent, const struct announce *told,
                           int64_t now, bool *fell, struct session_totals *closed);

/* Takes totals that were kept somewhere: the newer of those and what is known stays. *took: they were newer, or the
 * session was unknown. `fell` and `closed` as above: a later epoch replaced an earlier one. */
uint32_t sessions_restore(struct sessions *sessions, const struct session_totals *totals, bool *took, bool *fell,
                          struct session_totals *closed);

/* SLAB_NONE: unknown. */
uint32_t sessions_find(const struct sessions *sessions, uint64_t user, uint64_t torrent,
                       const uint8_t peer_id[PEER_ID_SIZE]);
struct session *sessions_at(const struct sessions *sessions, uint32_t handle);

/* Looks at the next `steps` sessions, round and round, and forgets those not seen since `before` that have no peer and
 * no marks; `gone` (may be NULL) is told whose each was. Returns how many went. */
unsigned sessions_sweep(struct sessions *sessions, int64_t before, unsigned steps,
                        void (*gone)(void *arg, uint64_t user), void *arg);

uint32_t sessions_count(const struct sessions *sessions);
/* How many steps a whole round of the sweep takes. */
uint32_t sessions_round(const struct sessions *sessions);
size_t sessions_bytes(const struct sessions *sessions);

#endif
