/* What the tracker has in memory, and how an announce is answered out of it. Knows no socket, bus or database; `now` is
 * unix ms. A process has one; nothing here is global, so that there can be several. */
#ifndef DJEMBE_TRACKER_TRACKER_H
#define DJEMBE_TRACKER_TRACKER_H

#include "services/tracker/clients.h"
#include "services/tracker/crowd.h"
#include "services/tracker/introductions.h"
#include "services/tracker/journal.h"
#include "services/tracker/lock.h"
#include "services/tracker/news.h"
#include "services/tracker/outbox.h"
#include "services/tracker/registry.h"
#include "services/tracker/scrape.h"
#include "services/tracker/slots.h"
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
    OUTCOME_slot,
    OUTCOME_limit,
    OUTCOME_client,
    OUTCOME_malformed,
    OUTCOME_count,
};

/* The sessions that store.c is storing; a count of 0: none. */
struct storing {
    const uint32_t *sessions;
    size_t count;
    uint64_t seq; /* of the oldest change among them */
};

/* Members who were disabled and whose peers are still to be found: a walk over all sessions, a part at each sweep. */
struct departures {
    uint64_t members[64]; /* bit of the member's handle modulo 4096: who is worth a closer look */
    uint32_t place, steps;
};

/* What is not acknowledged and stored is written to the journal again, by and by, so that its older part can go. */
struct rewriting {
    bool under_way;
    uint64_t seq;                 /* the first record that was written again */
    uint64_t report_at, store_at; /* how far in the two queues */
};

struct tracker {
    struct tracker_settings settings; /* not changed any more */
    struct lock lock;                 /* over all below: who calls a function of this header holds it */
    struct registry *registry;
    struct clients clients;
    struct slots *slots;
    struct crowd crowd; /* kept when settings.member_peers is set */
    struct sessions *sessions;
    struct peers *peers;
    struct journal *journal;
    struct outbox *outbox;
    struct backlog to_store; /* for store.c: the sessions with MARK_store */
    struct storing storing;
    struct news news; /* for share.c */
    struct rewriting rewriting;
    uint32_t swept;    /* the sweep's place */
    bool storable;     /* PostgreSQL is there: what is not stored yet stays in the journal */
    bool open;         /* the feeds have been read: announces are answered */
    bool members_read; /* web.members was heard since the start: else the file may lack the newest */
    bool permits_read; /* a member without a permit has none yet, rather than one we have not heard of */
    struct departures departures;
    struct introductions introductions;
    uint64_t outcomes[OUTCOME_count];
    uint64_t scrapes;
    uint64_t heard; /* sessions that other trackers told of */
};

/* Replays the journal in `folder`: its sessions, and the peers that are not silent for too long at `now`. NULL with
 * `why` when the folder cannot be used. */
struct tracker *tracker_new(const struct tracker_settings *settings, const char *folder, int64_t now,
                            struct fault *why);
void tracker_destroy(struct tracker **tracker);

#define ANNOUNCES_MAX 8 /* answered at once */

/* Answers an announce, and remembers what it told: in the journal before this returns. */
void tracker_announce(struct tracker *tracker, const struct announce *ask, int64_t now, struct announce_reply *reply);
/* The same for several, in their order, at most ANNOUNCES_MAX: memory is waited for once for all of them. */
void tracker_announce_all(struct tracker *tracker, const struct announce *const asks[], unsigned count, int64_t now,
                          struct announce_reply *const replies[]);

/* Answers an announce that was not understood: `wrong` says why, and a client that stops gets no failure, for it would
 * stop again and again. */
void tracker_malformed(struct tracker *tracker, const struct announce *ask, const char *wrong,
                       struct announce_reply *reply);

/* Counts for a scrape by that member; NULL, or what the client is told. */
const char *tracker_scrape(struct tracker *tracker, struct slice passkey, const struct scrape *scrape,
                           struct scrape_counts counts[SCRAPE_MAX]);

/* What the feeds tell; lets go of the lock in between (lock_breathe) when much follows from it. Peers of a deleted
 * torrent leave at once, and so do those who miss something of a Backup and have no slot any more; those of a disabled
 * member leave with the next sweeps. */
void tracker_apply_torrent(struct tracker *tracker, const struct torrent_fact *fact);
void tracker_apply_member(struct tracker *tracker, const struct member_fact *fact);
void tracker_apply_permit(struct tracker *tracker, const struct permit_fact *fact);
void tracker_apply_slot(struct tracker *tracker, const struct slot_fact *fact);
void tracker_apply_client(struct tracker *tracker, const struct client_fact *fact);

/* A session changed and is to be stored; `seq` is the change's record in the journal. */
void tracker_store_later(struct tracker *tracker, uint32_t session, uint64_t seq);
/* Writes a row that is not its session's newest state to the journal; gives its seq. */
uint64_t tracker_journal_past(struct tracker *tracker, const struct session_totals *totals);
/* These totals are an epoch's last. They get a record of their own, for the session's earlier ones may go before ratio
 * has them. */
void tracker_epoch_ended(struct tracker *tracker, const struct session_totals *closed);
/* Where a session's client is reached; all zero when it is not in the swarm. */
void tracker_contact(const struct tracker *tracker, uint32_t session, struct contact *into);

/* The peer of a session, whose totals are these, joins its torrent's swarm, or is brought up to date there. */
void tracker_peer_here(struct tracker *tracker, struct torrent *torrent, uint32_t session,
                       const struct session_totals *totals);
/* The peer of a session leaves its swarm; nothing happens when there is none. */
void tracker_peer_gone(struct tracker *tracker, uint32_t session);
/* A session's totals came from the database or from another tracker: they are taken where newer, which is told. Its
 * client is put into its swarm when it was heard of in time, or out of it when it stopped or has no address. Neither
 * journalled, reported nor stored, for whoever took the announce does so; but an epoch that ends by it is reported. */
bool tracker_restore(struct tracker *tracker, const struct session_totals *totals, const struct contact *contact,
                     int64_t now);

/* Members who completed it, as far as this tracker knows. */
uint32_t torrent_completed(const struct torrent *torrent);

/* How long a peer is given out after its last announce, seconds. */
uint32_t tracker_peer_ttl(const struct tracker *tracker);

/* A peer leaves unasked. Not journalled: why it left is known at a start, too. */
void tracker_drop_peer(struct tracker *tracker, uint32_t session);
/* A member was disabled: its peers leave with the next sweeps. */
void tracker_member_departs(struct tracker *tracker, uint32_t member);

/* Drops the peers that have gone silent, all at once: for the start. */
void tracker_drop_silent(struct tracker *tracker, int64_t now);
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
