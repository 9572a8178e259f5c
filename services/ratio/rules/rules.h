/* The law of the ratio service as a pure module: events in, state and answers out. It knows no socket, clock or
 * database: time comes in with each event, so the same events give the same state wherever and whenever they are
 * applied. Section and Q numbers in this folder are those of the design's RULES.
 *
 * Sizes are bytes, points are whole points unless a name says milli. `at` is unix ms and never falls; ages and
 * deadlines are measured in tracker time, which is `at` minus the time spent in safe mode (Q5). Ids are those of their
 * owners, >= 1.
 *
 * A refused event changes nothing but the time, and says why in one sentence. Arrays that an answer points to belong to
 * the module and are valid until the next call. Running out of memory ends the process (services/common/arena.h). */
#ifndef DJEMBE_RATIO_RULES_RULES_H
#define DJEMBE_RATIO_RULES_RULES_H

#include "proto/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rules;

__extension__ typedef __int128 rules_wide; /* sums over all members */

#define RULES_AT_LAST INT64_C(253402300799999) /* the last ms of the year 9999 (Q1) */
#define RULES_SIZE_MAX (INT64_C(1) << 42)      /* S <= 4 TiB (2.2) */
#define RULES_REDUNDANCY_MAX 20                /* R 1..20 (2.2) */
#define RULES_VERSIONS_MAX 1000                /* of one owner, deleted ones aside (2.2) */
#define RULES_EDITION 2                        /* raised when the same events come to lead to another state */
#define RULES_COPIES_MAX 2000000               /* records of one holder: keeps every sum of sizes below 2^63 (D1) */

/* 2.2, Q4. Times are seconds, sizes bytes; want_cap is the floor of WANT_CAP; an account younger than loan_age has no
 * loan (2.10). */
struct rules_settings {
    int64_t loan, loan_copies, clock_overdue, clock_release, grace_min, grace_max, offer, fetch_idle, probation,
        proof_ttl;
    int64_t cooldown, want_cap, p_max, p_grant, t_max, fair, interval, loan_age;
    bool auditor, bounty;
};

struct rules_settings rules_settings_standard(void); /* as the rules have them; the auditor is off (6) */
/* One `name=value`; false for an unknown name or a value that is none or out of range. */
bool rules_settings_set(struct rules_settings *settings, const char *pair, struct fault *why);
/* As such pairs: interval, auditor, and all that are not as the rules have them. */
#define RULES_SETTINGS_TEXT 800
void rules_settings_tell(const struct rules_settings *settings, char into[RULES_SETTINGS_TEXT]);

/* What happens (6). */
enum rules_event_kind {
    RULES_member,
    RULES_backup,
    RULES_redundancy,
    RULES_retention,
    RULES_version,
    RULES_delete_version,
    RULES_delete_backup,
    RULES_announce,
    RULES_dropped,
    RULES_audit,
    RULES_assign,
    RULES_move,
    RULES_burn,
    RULES_grant,
    RULES_free_space,
    RULES_suspended,
    RULES_household,
    RULES_tracker,
    RULES_tick,
    RULES_EVENTS
};

enum rules_result { RULES_pass, RULES_fail, RULES_suspect, RULES_busy, RULES_unreachable, RULES_RESULTS };

/* Which versions of a backup are kept (2.6): the newest ones, the newest of so many days, weeks and months, and those
 * of so many days before the newest. All 0: all of them. */
struct rules_retention {
    int64_t last, daily, weekly, monthly, within;
};

/* Each kind reads the fields that the table of section 6 gives it; the others are ignored. */
struct rules_event {
    enum rules_event_kind kind;
    enum rules_result result;
    int64_t at;
    int64_t user;              /* who; a backup's owner, too */
    int64_t backup, version;   /* what */
    int64_t redundancy, size;  /* of a backup; of a version */
    int64_t depends_on;        /* a version that this one cannot be restored without; 0: none */
    int64_t left;              /* bytes still missing */
    int64_t bytes;             /* declared free space */
    int64_t points;            /* to set, move, burn or grant */
    int64_t from, to;          /* backups */
    int64_t household;         /* where the member was seen: the same number for the same IPv4 or IPv6 /64 (2.6) */
    int64_t expected_assigned; /* read when `expects` */
    bool expects, up, suspended;
    struct rules_retention retention;
};

/* D2. From LOST on, RELEASED aside, a copy is gone: nothing is kept of it but a cooldown. */
enum rules_state {
    RULES_NO_COPY,
    RULES_OFFERED,
    RULES_FETCHING,
    RULES_HELD,
    RULES_STALE,
    RULES_LOST,
    RULES_FAILED,
    RULES_DROPPED,
    RULES_RELEASED,
    RULES_EXPIRED
};

struct rules *rules_new(const struct rules_settings *settings);
void rules_destroy(struct rules **rules);

/* All that is due up to and including `at` happens (Q6, Q7); offers are made by RULES_tick alone. */
void rules_advance(struct rules *rules, int64_t at);
/* Advances to the event's time, then applies it. False: refused (Q3), and only the time has passed. */
bool rules_apply(struct rules *rules, const struct rules_event *event, struct fault *why);

/* What the last rules_apply or rules_advance touched, in order. State of a member, backup or version: listed once. Of a
 * copy: once for each state that it came to, and once when only its times or its place in the counted set changed (then
 * from and to are the same). A permit is the verdict for a (member, version): read it again for each copy listed, and
 * for those who ask for a slot of a version listed. */
enum rules_changed { RULES_CHANGED_MEMBER, RULES_CHANGED_BACKUP, RULES_CHANGED_VERSION, RULES_CHANGED_COPY };

struct rules_change {
    enum rules_changed what;
    int64_t user, backup, version; /* 0 where it has none */
    enum rules_state from, to;
};

const struct rules_change *rules_changes(const struct rules *rules, size_t *count);

/* Answers (6, Q30, Q31). None changes anything that a later answer shows. */
struct rules_profile {
    int64_t user, contribution, lent, obligation, debt, surplus; /* D5: C, L, O, D, X */
    int64_t in_flight;                                           /* IF: offered or being fetched of own versions */
    int64_t fetching;                                            /* sizes of its own offers and fetches */
    int64_t clock_ms, overdue_ms, release_ms;                    /* k and the limits that hold now (2.5, Q22) */
    int64_t points_total, points_assigned, points_free;
    int clock_direction; /* 1, 0, -1 */
    int64_t loan;        /* K while fewer than loan_copies are there or under way (2.5) */
    int releases;        /* of the last 180 days, 2 at most */
    bool overdue, barred, suspended, restoring, qualifying, work;
};

/* How the place in the queue comes about (2.7). */
struct rules_standing {
    int64_t points, risk, wait_hours, base, rank, score;
};

struct rules_version {
    int64_t version, backup, owner, size, created_at;
    int64_t points;            /* the stake of its backup (Q26) */
    int redundancy, in_flight; /* R*; offered or fetching */
    int tier;                  /* of the next slot, queued or not; 0: none */
    bool queued, serveable;
    const char *state;              /* deleted, complete, in_flight, queued, waiting */
    struct rules_standing standing; /* zero unless queued */
    const int64_t *counted, *spare, *fetching;
    size_t counted_count, spare_count, fetching_count;
};

struct rules_queued {
    int64_t version, created_at, owner;
    int tier;
    struct rules_standing standing;
    uint32_t handle; /* the module's own */
};

struct rules_offer {
    int64_t version;
    int64_t expires; /* unix ms, if the tracker stays up */
    int64_t until;   /* the same in tracker ms, which never changes: tells this offer from a later one */
    int tier;        /* at the grant */
};

struct rules_offers {
    const struct rules_offer *offers; /* by version */
    const int64_t *may_delete;        /* versions, ascending */
    size_t offers_count, may_delete_count;
};

enum rules_allow { RULES_DENY, RULES_ALLOW_OWNER, RULES_ALLOW_SLOT, RULES_ALLOW_SPARE };

struct rules_verdict {
    enum rules_allow allow;
    char reason[128];
};

/* One copy, for whoever stores or explains it; times are tracker ms, RULES_NEVER for what has not happened. */
#define RULES_NEVER (-(INT64_C(1) << 62))

struct rules_copy {
    enum rules_state state;
    int64_t held_since_at; /* unix ms, HELD and STALE */
    int64_t held_since, last_seen, passed, gone_at, cooldown_until;
    bool counting, counted, proven, in_probation;
};

struct rules_check {
    rules_wide contribution, lent, missing_bytes, debt_minus_surplus;
    rules_wide points_minted, points_burned, points_assigned, points_free;
    bool recomputed;
};

bool rules_profile(struct rules *rules, int64_t user, struct rules_profile *profile, struct fault *why);
bool rules_version(struct rules *rules, int64_t version, struct rules_version *answer, struct fault *why);
bool rules_offers(struct rules *rules, int64_t user, struct rules_offers *offers, struct fault *why);
bool rules_verdict(struct rules *rules, int64_t user, int64_t version, int64_t left, struct rules_verdict *verdict,
                   struct fault *why);
bool rules_copy(struct rules *rules, int64_t user, int64_t version, struct rules_copy *copy, struct fault *why);
/* The versions in order (2.7). */
const struct rules_queued *rules_queue(struct rules *rules, size_t *count);
/* Would the RULES_version be taken? Its id is not looked at. Of a backup that is not there yet, `user` and `redundancy`
 * are those that it would be made with, by a member who may be as new. */
bool rules_welcomes(const struct rules *rules, const struct rules_event *version, struct fault *why);
/* Recomputes all that follows from the copies (2.12) and compares; touches everything. */
void rules_check(struct rules *rules, struct rules_check *check);

/* Bytes held for records and their bookkeeping, and how many copies there are. */
size_t rules_memory(const struct rules *rules, uint32_t *copies);

#endif
