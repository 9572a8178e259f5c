/* A batch of session totals on its way into the ledger: rows as reported, the sessions they are about, and what each
 * member gains of each torrent. Pure: the database's part is to give each session's last state and to store the
 * outcome.
 *
 * Rows, sessions and entries are in order of (user, torrent, peer_id), in which every replica locks them. */
#ifndef DJEMBE_RATIO_BATCH_H
#define DJEMBE_RATIO_BATCH_H

#include "services/ratio/evidence.h"
#include "services/ratio/factor.h"

/* What a torrent's figures count for. */
enum batch_accounting { BATCH_UNKNOWN, BATCH_RATIO, BATCH_BACKUP };

/* What was stored of a session, and of its member and torrent, when the batch was read. Of what is known to be a
 * backup's before, the entry is not read: nobody's seed time is counted there. */
struct batch_stored {
    bool session, entry; /* is there anything of each? */
    int64_t place;       /* of the session's row: where it lies, */
    int64_t version;     /* and who wrote it: another one after each change */
    int64_t seeded_until;
    enum batch_accounting accounting;
};

struct batch_session {
    uint64_t user, torrent;
    struct slice peer_id;
    size_t first, count; /* its rows, older epochs first */
    struct credit_state state;
    struct batch_stored stored;
    bool changed, stays; /* stays: nothing has changed but the time at which it was seen with all there */
};

struct batch_entry {
    uint64_t user, torrent;
    struct credit_gain gain;    /* as reported */
    struct credit_gain counted; /* what of it counts */
    uint64_t left;
    int64_t seen_at;
    int64_t completed_at; /* 0: not told */
    int64_t leeched_at;   /* the last time something was missing; 0: never */
    struct span seeded;   /* the time in which its sessions seeded, */
    int64_t seeded_ms;    /* how much of it they did, */
    int64_t fresh_ms;     /* and how much of that had not been counted before */
    struct batch_stored stored;
    struct slice client; /* the last peer_id's first 8 bytes */
    bool changed;        /* some session of it told something new; of a backup, more than that it stays */
};

/* What one report gained, and the factor of its moment. */
struct batch_piece {
    uint64_t user, torrent;
    struct credit_gain gain, counted;
    struct factor factor;
    int64_t at;
};

struct batch {
    struct session_total *rows;
    size_t rows_count;
    struct batch_session *sessions;
    size_t sessions_count;
    struct batch_entry *entries;
    size_t entries_count;
    const struct evidence_rules *rules; /* NULL: nothing is looked for, and nobody seeds */
    struct evidence *evidence;
    size_t evidence_count;
    const struct factor_span *factors; /* sorted; those that may hold at the time of some row */
    size_t factors_count;
    struct batch_piece *pieces; /* of reports that gained bytes */
    size_t pieces_count;
};

/* Reads and sorts the rows; the sessions are rewound. Times later than a day after `now`, or
 * earlier than a month before, become `now`. Borrows peer ids
 * from `rows`. False: a row is not as declared; the batch is then empty. */
bool batch_read(struct batch *batch, struct tree rows, int64_t now, struct fault *why);
void batch_free(struct batch *batch);

/* Puts each session back to where an unknown one begins. */
void batch_rewind(struct batch *batch);

/* Applies the rows to the sessions' states, of which the caller has filled in those that are stored, with `stored`, and
 * fills the entries with what is gained. Returns how many rows told something new. To do it again, rewind first. */
size_t batch_apply(struct batch *batch);

#endif
