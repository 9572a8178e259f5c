/* What does not look right in a report, and for how long it seeded. Pure: figures only; whether somebody else was there
 * to be uploaded to is for the database to say. */
#ifndef DJEMBE_RATIO_EVIDENCE_H
#define DJEMBE_RATIO_EVIDENCE_H

#include "services/ratio/credit.h"

struct evidence_rules {
    int64_t interval;   /* seconds between announces */
    int64_t rate_limit; /* bytes a second that a member may credibly upload or download */
};

enum evidence_kind { EVIDENCE_alone, EVIDENCE_rate, EVIDENCE_left, EVIDENCE_balance, EVIDENCE_count };

const char *evidence_name(enum evidence_kind kind);

struct evidence {
    enum evidence_kind kind;
    uint64_t user, torrent;
    uint64_t unexplained, claimed, possible; /* bytes */
    int64_t span;                            /* ms */
    int64_t at;                              /* unix ms */
    int64_t since;                           /* alone: it stands only when nobody else leeched after this */
};

#define EVIDENCE_EACH 3 /* at most, of one report */

/* Compares a report with the session's state before it; `gain` is what it was credited. Returns how many there are. */
size_t evidence_find(const struct evidence_rules *rules, const struct credit_state *before,
                     const struct session_total *row, const struct credit_gain *gain,
                     struct evidence into[EVIDENCE_EACH]);

/* A stretch of time: empty when `to` is not after `from`. */
struct span {
    int64_t from, to; /* unix ms */
};

/* The time between two reports counts as seeded when nothing was missing at the first, its client had not stopped, and
 * it is no longer than two intervals. */
struct span seeding_between(const struct evidence_rules *rules, const struct credit_state *before,
                            const struct session_total *row);

/* Adds `more` to `covered`, and to *counted the ms of it that `covered` did not reach. */
void seeding_add(struct span *covered, struct span more, int64_t *counted);

#endif
