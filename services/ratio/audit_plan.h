/* When a copy is audited, and what an outcome leads to (RULES 2.11). Pure: the time and random numbers come in; times
 * are unix ms of the books. */
#ifndef DJEMBE_RATIO_AUDIT_PLAN_H
#define DJEMBE_RATIO_AUDIT_PLAN_H

#include "services/ratio/rules/rules.h"

/* What an auditor met. */
enum audit_outcome {
    AUDIT_passed,      /* the piece came and is right */
    AUDIT_wrong,       /* the whole piece came and is not */
    AUDIT_refused,     /* while unchoked: rejected, or not said to be there */
    AUDIT_silent,      /* closed or silent after a request, while unchoked */
    AUDIT_choked,      /* connected, never unchoked */
    AUDIT_unreachable, /* no connection, or none that speaks of this torrent */
    AUDIT_OUTCOMES
};

enum audit_reason {
    AUDIT_OF_new,      /* it has just been completed */
    AUDIT_OF_doubtful, /* it was never seen fetched, or the figures reported of it do not fit */
    AUDIT_OF_routine,
    AUDIT_OF_second,  /* a piece was refused: another one decides */
    AUDIT_OF_suspect, /* the same piece again */
    AUDIT_OF_busy,
    AUDIT_OF_unreachable,
    AUDIT_REASONS
};
extern const char *const audit_outcome_names[AUDIT_OUTCOMES];
extern const char *const audit_reason_names[AUDIT_REASONS];

struct audit_plan {
    int64_t due_at;
    enum audit_reason reason;
    int64_t held_at;           /* since when the copy is held */
    int64_t refused_at;        /* a piece was refused then, and no other one has come since; 0: no */
    int64_t refused;           /* that piece, not to be asked for: another one decides; -1: none */
    int64_t unreachable_since; /* 0: it was reached last time */
    int64_t piece;             /* to be asked for again; -1: any */
    int suspects;              /* since the last piece that came */
    bool told;                 /* the holder knows that it is not reached */
    bool inward;               /* the holder is asked to dial in when it is not reached */
};

struct audit_finding {
    enum audit_outcome outcome;
    int64_t piece;   /* that was asked for, or would have been; -1: it did not come to that */
    int64_t choked;  /* earlier outcomes of the last 72 h that were AUDIT_choked */
    bool dialled_in; /* the holder did */
    bool doubtful;   /* what was reported of the torrent's swarm does not fit */
};

struct audit_verdict {
    enum rules_result result;
    bool counts; /* the result is told to the rules; false: a second piece decides */
    bool tell;   /* the holder is to be told that it has not been reached for a day */
};

/* The first audit of a copy that is held since `now`. */
struct audit_plan audit_first(bool doubtful, int64_t now, uint64_t random);
/* What the finding means, and the plan that follows. A copy that fails has none any more: the rules end it. */
struct audit_verdict audit_next(struct audit_plan *plan, const struct audit_finding *finding, int64_t now,
                                uint64_t random);

#endif
