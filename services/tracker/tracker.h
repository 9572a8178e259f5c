/* What the tracker has in memory, and how an announce is answered out of it. Knows no socket, bus or database; `now` is
 * unix ms. A process has one; nothing here is global, so that there can be several. */
#ifndef DJEMBE_TRACKER_TRACKER_H
#define DJEMBE_TRACKER_TRACKER_H

#include "services/tracker/clients.h"
#include "services/tracker/journal.h"
#include "services/tracker/lock.h"
#include "services/tracker/outbox.h"
#include "services/tracker/pairs.h"
#include "services/tracker/registry.h"
#include "services/tracker/ring.h"
#include "services/tracker/scrape.h"
#include "services/tracker/swarm.h"

struct tracker_settings {
    int64_t interval;        /* seconds between announces */
    int64_t min_interval;    /* seconds before which a client should not come again */
    int64_t keep;            /* seconds for which a silent session is remembered */
    int64_t member_peers;    /* most peers of one member in one swarm; 0: no limit */
    int64_t member_sessions; /* most sessions remembered of one member; 0: no limit */
    int64_t segment_size;    /* bytes of one journal file */
};

/* How announces ended, for /metrics. */
enum outcome {
    OUTCOME_taken,
    OUTCOME_starting,
    OUTCOME_passkey,
    OUTCOME_member,
    OUTCOME_torrent,
    OUTCOME_permit,
    OUTCOME_limit,
    OUTCOME_client,
    OUTCOME_malformed,
    OUTCOME_count,
};

/* A session that has changed; `seq` is the change's record in the journal. */
struct to_store {
    uint64_t seq;
    uint32_t session;
};

/* Members who were disabled and whose peers are still to be found: a walk over all peers, a part at each sweep. */
struct departures {
    uint64_t users[64]; /* bit of the user's id modulo 4096: who is worth a closer look */
    uint32_t place, steps;
};

struct tracker {
    struct tracker_settings settings; /* not changed any more */
    struct lock lock;                 /* over all below: who calls a function of this header holds it */
    struct registry *registry;
    struct clients clients;
    struct hash_key key; /* drawn for this process */
    struct pairs pairs;  /* kept when settings.member_peers is set */
    struct sessions *sessions;
    struct peers *peers;
    struct journal *journal;
    struct outbox *outbox;
    struct ring to_store; /* struct to_store, for store.c: the sessions with MARK_store */
    uint64_t storing_seq; /* of the oldest change that store.c is storing; 0: it stores none */
    bool storable;        /* PostgreSQL is there: what is not stored yet stays in the journal */
    bool open;            /* the feeds have been read: announces are answered */
    bool members_read;    /* web.members was heard since the start: else the file may lack the newest */
    bool permits_read;    /* a member without a permit has none yet, rather than one we have not heard of */
    struct departures departures;
    uint64_t outcomes[OUTCOME_count];
    uint64_t scrapes;
};

/* Replays the journal in `folder`: its sessions, and the peers that are not silent for too long at `now`. NULL with
 * `why` when the folder cannot be used. */
struct tracker *tracker_new(const struct tracker_settings *settings, const char *folder, int64_t now,
                            struct fault *why);
void tracker_destroy(struct tracker **tracker);

/* Answers an announce, and remembers what it told: in the journal before this returns. */
void tracker_announce(struct tracker *tracker, const struct announce *ask, int64_t now, struct announce_reply *reply);

/* Answers an announce that was not understood: `wrong` says why, and a client that stops gets no failure, for it would
 * stop again and again. */
void tracker_malformed(struct tracker *tracker, const struct announce *ask, const char *wrong,
                       struct announce_reply *reply);

/* Counts for a scrape by that member; NULL, or what the client is told. */
const char *tracker_scrape(struct tracker *tracker, struct slice passkey, const struct scrape *scrape,
                           struct scrape_counts counts[SCRAPE_MAX]);

/* What the feeds tell; lets go of the lock in between (lock_breathe) when much follows from it. Peers of a deleted
 * torrent leave at once, those of a disabled member with the next sweeps. */
void tracker_apply_torrent(struct tracker *tracker, const struct torrent_fact *fact);
void tracker_apply_member(struct tracker *tracker, const struct member_fact *fact);
void tracker_apply_permit(struct tracker *tracker, const struct permit_fact *fact);
void tracker_apply_client(struct tracker *tracker, const struct client_fact *fact);

/* A session changed and is to be stored; `seq` as in struct to_store. */
void tracker_store_later(struct tracker *tracker, uint32_t session, uint64_t seq);
/* Where a session's client is reached; all zero when it is not in the swarm. */
void tracker_contact(const struct tracker *tracker, uint32_t session, struct contact *into);

/* The peer of a session joins its torrent's swarm, or is brought up to date there. */
void tracker_peer_here(struct tracker *tracker, struct torrent *torrent, uint32_t session);
/* The peer of a session leaves its swarm; nothing happens when there is none. */
void tracker_peer_gone(struct tracker *tracker, uint32_t session);
/* A session's totals came from the database: they are taken where newer. The peer is put into its swarm again when its
 * client was heard of in time; port 0: no address of that family. */
void tracker_restore(struct tracker *tracker, const struct session_totals *totals, const struct announce_peer *peer,
                     int64_t now);

/* Members who completed it, as far as this tracker knows. */
uint32_t torrent_completed(const struct torrent *torrent);

/* How long a peer is given out after its last announce, seconds. */
uint32_t tracker_peer_ttl(const struct tracker *tracker);

/* A few times a second: drops peers and sessions that have gone silent, a bounded number each time; lets go of the lock
 * in between. */
void tracker_sweep(struct tracker *tracker, int64_t now);
/* Once a second: the journal's housekeeping. */
void tracker_tick(struct tracker *tracker);

/* The parts of a swarm that people are told of. */
uint32_t torrent_seeders(const struct torrent *torrent);
uint32_t torrent_leechers(const struct torrent *torrent);
/* The leechers that still want something. */
uint32_t torrent_downloaders(const struct torrent *torrent);

#endif
