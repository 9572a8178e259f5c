/* More answers of the rules, for a service that shows, publishes and stores them: lists of copies, figures that cost
 * little to read, and walks over all records. Times are unix ms; those that lie before or after the present are right
 * as long as no safe mode lies between (Q5). */
#ifndef DJEMBE_RATIO_RULES_BROWSE_H
#define DJEMBE_RATIO_RULES_BROWSE_H

#include "services/ratio/rules/rules.h"

/* The time of the last event, and whether it is in safe mode. */
int64_t rules_time(const struct rules *rules);
bool rules_is_down(const struct rules *rules);

struct rules_backup {
    int64_t backup, owner, redundancy, points, bytes;
    int64_t changed_at;        /* the last change of redundancy; 0: none yet */
    int64_t newest, newest_at; /* its newest active version, and when that was made; 0: it has none */
    bool deleted;
    struct rules_retention retention;
};
bool rules_backup(const struct rules *rules, int64_t backup, struct rules_backup *answer, struct fault *why);

/* Its active versions: how many, and the one of which the fewest copies count (0: none), the newest if several. Walks
 * them all. */
struct rules_worst {
    int64_t versions, worst;
    int counted;
};
struct rules_worst rules_worst(const struct rules *rules, int64_t backup);

/* What a member last declared (-1: nothing yet), and when its feed was last read (0: never). */
bool rules_space(const struct rules *rules, int64_t user, int64_t *bytes, int64_t *polled_at, struct fault *why);

/* 2.6: the space of those to whom something may be offered, the owner aside; with a version (0: none), who has it
 * aside, too. */
struct rules_places {
    int64_t members;           /* their feed was read within 24 h */
    int64_t largest, together; /* 2^62 and more: one of them has no limit */
};
struct rules_places rules_places(const struct rules *rules, int64_t owner, int64_t version);

/* A copy for a list. Times that have not come or are not due are 0. */
struct rules_holding {
    int64_t user, version, backup, owner, size;
    int64_t since, seen_at, passed_at, proven_until, until;
    enum rules_state state;
    bool counted, spare, probation;
    bool colocated; /* its holder is in the household of the owner or of another holder (2.6); of a version's copies */
};
struct rules_holdings { /* the caller's, zeroed at first; rules_holdings_clear frees it */
    struct rules_holding *at;
    size_t count, room;
};
/* Replace what is in the list: a member's copies, by version; a version's, in D5 order, then the others by member. */
bool rules_member_copies(const struct rules *rules, int64_t user, struct rules_holdings *into, struct fault *why);
bool rules_version_copies(const struct rules *rules, int64_t version, struct rules_holdings *into, struct fault *why);
void rules_holdings_clear(struct rules_holdings *holdings);

/* A version without its copies and its place in the queue, which cost more to tell. False: there is no such version. */
struct rules_placing {
    int64_t backup, owner, size;
    int counted, redundancy, in_flight; /* n, R* (D5) */
    bool queued, deleted;
    bool superseded;    /* by the backup's retention, which may have deleted it */
    bool needed;        /* an active version depends on it */
    int64_t depends_on; /* 0: on none */
};
bool rules_placing(const struct rules *rules, int64_t version, struct rules_placing *placing);
/* Q17: could the member take a slot of it? */
bool rules_could_hold(const struct rules *rules, int64_t user, int64_t version);
/* 2.6: is the member in the household of its owner, or of another who has a copy? Then it is not offered to the member.
 */
bool rules_colocated(const struct rules *rules, int64_t user, int64_t version);
/* Was the member seen there less than a day ago? Then nobody need be told that it is there. */
bool rules_in_household(const struct rules *rules, int64_t user, int64_t household);

/* Walk all ids: start with *place = 0; 0 at the end. */
int64_t rules_next_member(const struct rules *rules, uint32_t *place);
int64_t rules_next_backup(const struct rules *rules, uint32_t *place);
int64_t rules_next_version(const struct rules *rules, uint32_t *place);
/* How many copies are HELD, and how many STALE. */
void rules_tally(const struct rules *rules, int64_t *held, int64_t *stale);

#endif
