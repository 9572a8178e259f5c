/* Sessions: what each (user, torrent, peer_id) has moved since it began, as totals and never as differences
 * (ARCHITECTURE, "Counters are state"). Kept for weeks, so that an outage costs nobody their counters. Pure: no clock,
 * no file, no bus. */
#ifndef DJEMBE_TRACKER_SESSION_H
#define DJEMBE_TRACKER_SESSION_H

#include "services/tracker/announce.h"
#include "services/tracker/hash.h"

struct registry;

/* What ratio, the journal and the database are told of a session. */
struct session_totals {
    uint64_t user, torrent;
    int64_t epoch;               /* when these counters began, unix ms: greater after a counter fell */
    int64_t seen_at;             /* the last announce, unix ms */
    uint64_t base_up, base_down; /* bytes when the epoch began: credited nothing */
    uint64_t up, down;           /* bytes as the client reports them */
    uint64_t left;               /* bytes still missing; INT64_MAX: unknown */
    uint8_t peer_id[PEER_ID_SIZE];
    uint8_t flags; /* SESSION_COMPLETED, SESSION_STOPPED, SESSION_PAUSED of proto/proto.h */
};

#define LEFT_UNKNOWN ((uint64_t)INT64_MAX)

/* Kept by their owners; a session with any of the first three is not forgotten. */
enum session_mark {
    MARK_report = 8,   /* waits in the outbox for ratio */
    MARK_store = 16,   /* waits to be stored */
    MARK_storing = 32, /* is being stored */
    MARK_partial = 64, /* its peer is counted as a partial seed */
};

#define PLACE_NONE UINT32_MAX

/* How a session came to what it is now. */
struct session_change {
    struct session_totals totals; /* now */
    struct session_totals closed; /* with `fell`: the last state of the epoch that ended, to be reported before */
    bool made;                    /* it was not known before */
    bool fell;                    /* a counter fell, or a later epoch came from elsewhere: a new epoch has begun */
    bool completed;               /* has everything now, and had not */
    bool took;                    /* sessions_restore: what was kept is newer, or was not known */
    int64_t seen_before;          /* the announce before, unix ms; 0: there was none */
};

struct sessions;

/* Members and torrents are the registry's; it outlives the sessions. */
struct sessions *sessions_new(const struct hash_key *key, struct registry *registry);
void sessions_destroy(struct sessions **sessions);

/* `member` and `torrent` are the registry's handles. SLAB_NONE: unknown. */
uint32_t sessions_find(const struct sessions *sessions, uint32_t member, uint32_t torrent,
                       const uint8_t peer_id[PEER_ID_SIZE]);
/* The same by ids. */
uint32_t sessions_find_by_id(const struct sessions *sessions, uint64_t user, uint64_t torrent,
                             const uint8_t peer_id[PEER_ID_SIZE]);

/* Takes what an announce reports, at `now` (unix ms). `known` is what sessions_find gave: a session that was not known
 * is made. Returns its handle. */
uint32_t sessions_announce(struct sessions *sessions, uint32_t member, uint32_t torrent, uint32_t known,
                           const struct announce *told, int64_t now, struct session_change *change);

/* Takes totals that were kept somewhere: the newer of those and what is known stays. */
uint32_t sessions_restore(struct sessions *sessions, const struct session_totals *totals,
                          struct session_change *change);

void sessions_get(const struct sessions *sessions, uint32_t session, struct session_totals *into);
/* Parts of it, for less. */
void sessions_peer_id(const struct sessions *sessions, uint32_t session, uint8_t into[PEER_ID_SIZE]);
uint32_t sessions_member(const struct sessions *sessions, uint32_t session);
uint32_t sessions_torrent(const struct sessions *sessions, uint32_t session);
int64_t sessions_seen(const struct sessions *sessions, uint32_t session);

unsigned sessions_marks(const struct sessions *sessions, uint32_t session);
/* False: it had the mark already. */
bool sessions_mark(struct sessions *sessions, uint32_t session, enum session_mark mark);
void sessions_unmark(struct sessions *sessions, uint32_t session, enum session_mark mark);

/* A session that will be looked for soon: first the place where it stands is asked of memory, then its record. */
uint64_t sessions_name(const struct sessions *sessions, uint32_t member, uint32_t torrent,
                       const uint8_t peer_id[PEER_ID_SIZE]);
void sessions_prefetch_named(const struct sessions *sessions, uint64_t name);
/* As sessions_find. */
uint32_t sessions_find_named(const struct sessions *sessions, uint64_t name, uint32_t member, uint32_t torrent,
                             const uint8_t peer_id[PEER_ID_SIZE]);
/* Its record will be read soon. */
void sessions_prefetch(const struct sessions *sessions, uint32_t session);

/* Where its peer stands in its swarm; PLACE_NONE: it has none. Set by swarm.c alone. */
uint32_t sessions_place(const struct sessions *sessions, uint32_t session);
void sessions_set_place(struct sessions *sessions, uint32_t session, uint32_t place);

/* Calls `visit` for the sessions among the next `steps` records from *place on, round and round, and moves that; it may
 * forget the session. */
void sessions_visit(struct sessions *sessions, uint32_t *place, uint32_t steps,
                    void (*visit)(void *arg, uint32_t session), void *arg);
/* It must have no peer, and no mark. */
void sessions_forget(struct sessions *sessions, uint32_t session);

/* No session can be added. */
bool sessions_full(const struct sessions *sessions);
uint32_t sessions_count(const struct sessions *sessions);
/* How many steps a whole round of sessions_visit takes. */
uint32_t sessions_round(const struct sessions *sessions);
size_t sessions_bytes(const struct sessions *sessions);

#endif
