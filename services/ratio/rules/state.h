/* The records behind rules.h, and what the files of this folder do to them; nobody outside includes this but the tests.
 *
 * Records live in slabs and are named by handles (0: none). What is kept per record follows from its copies and is
 * adjusted as they change. What depends on more than one record (is v in the queue, of which tier, does a clock run)
 * waits until settle() has been told of all changes of an instant: mark_version, mark_member. */
#ifndef DJEMBE_RATIO_RULES_STATE_H
#define DJEMBE_RATIO_RULES_STATE_H

#include "services/common/table.h"
#include "services/ratio/rules/chain.h"
#include "services/ratio/rules/heap.h"
#include "services/ratio/rules/notes.h"
#include "services/ratio/rules/rules.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define GIB (INT64_C(1) << 30)
#define FOREVER INT64_MAX /* a deadline that never comes */

struct handles {
    uint32_t *at;
    uint32_t count, room;
};

struct copy {
    union {
        struct {
            int64_t held_at; /* unix ms of held_since, for order only (Q5) */
            int64_t held;    /* tracker ms of held_since */
            int64_t seen;    /* last announce with left=0 */
            int64_t passed;  /* last audit PASS */
        } hold;              /* HELD, STALE, RELEASED once held */
        struct {
            int64_t began;  /* the slot; the first announce on an offer (Q20) */
            int64_t served; /* the version's served time at the last progress (Q20) */
        } fetch;            /* OFFERED, FETCHING */
    };
    int64_t until; /* OFFERED: expires. STALE: LOST then. FAILED: end of the cooldown */
    uint32_t member, version;
    struct chain_link by_member, by_version;
    uint32_t timer;
    uint32_t notes;    /* FETCHING: (when, least left) */
    uint32_t absences; /* notes: STALE times of this pair, of copies before this one too (Q9) */
    uint32_t touched;  /* the last event that listed it */
    uint32_t points;   /* the stake when the slot was granted (Q28) */
    uint8_t state;     /* enum rules_state */
    uint8_t suspects;  /* SUSPECTs since the last PASS */
    bool fetched : 1;  /* was FETCHING before: may be in probation (Q13) */
    bool once_held : 1;
    bool passed_ever : 1;
    bool on_trial : 1; /* in the holder's trial chain (Q14) */
    bool fits : 1;     /* and within LOAN: in probation */
    bool counting : 1; /* D4: in the version's counting chain */
    bool counted : 1;  /* D5 */
    bool earning : 1;  /* counted and proven: earns points (Q28) */
    bool paid : 1;     /* its bounty was given */
    unsigned tier : 2; /* at the grant */
};

struct version {
    int64_t id, size, created_at;
    int64_t owner_seen;          /* the owner's last left=0 */
    int64_t deleted;             /* FOREVER while it is active */
    int64_t wait, wait_mark;     /* ms waited before the mark; FOREVER: it stands still (Q25) */
    int64_t served, served_mark; /* the same for the time in which it was serveable (Q20) */
    uint32_t owner, backup;
    uint32_t backup_next;            /* active versions of the backup, */
    uint32_t owner_prev, owner_next; /* and of the owner */
    uint32_t open_prev, open_next;   /* its owner's versions with a deficit */
    struct chain counting, others;   /* copies that count in D5 order; all other records */
    uint32_t counted_last;           /* the last counted one */
    uint32_t counting_count, held;   /* held: copies that are HELD */
    uint32_t left, right;            /* in the tree of its tier's sizes */
    uint32_t queue_place;            /* in the list of queued versions, from 1 */
    uint32_t timer, touched;
    uint32_t depends_on, dependents; /* another version of the backup; how many active ones depend on this one */
    uint8_t redundancy;              /* R* */
    uint8_t n;
    uint16_t in_flight;
    uint8_t tier;   /* of the next slot; 0: none (2.5) */
    uint8_t queued; /* the tier under which it is in the queue, 0 when it is not */
    bool deficit, serveable, marked;
    bool superseded; /* active, and not kept by the backup's retention */
    bool retired;    /* deleted by it */
};

struct retention {
    int32_t last, daily, weekly, monthly, within;
};

/* 2.6: where so many members are. */
struct household {
    int64_t id;
    uint32_t members;
};

/* A household that a member was seen in; 0: none. */
struct home {
    int64_t seen;
    uint32_t household;
};
#define HOMES 4 /* at home and elsewhere, over IPv4 and IPv6 */

struct backup {
    int64_t id;
    int64_t bytes;            /* of its active versions */
    int64_t changed;          /* the last change of redundancy */
    uint32_t owner, versions; /* versions: the newest active one */
    uint32_t touched;
    int32_t redundancy, points;
    struct retention retention;
    bool deleted, marked;
    bool rolling; /* it has a retention, or had one until this instant */
};

enum clock_mode { CLOCK_STANDS, CLOCK_RUNS, CLOCK_RETURNS };

struct member {
    int64_t id;
    int64_t contribution, lent, obligation, incoming; /* C, L, O, IF */
    int64_t fetching;                                 /* sizes of its own offers and fetches */
    int64_t free_space;                               /* -1: never declared */
    int64_t polled;
    int64_t joined;
    int64_t offered_at; /* unix ms of its last offer */

    struct chain in_flight, trial, kept; /* its copies: OFFERED and FETCHING; on trial (Q14); all others */
    int64_t trial_bytes;                 /* of those that fit */
    uint32_t trial_skipped;              /* how many do not */
    uint32_t copies_count, versions_count;
    uint32_t versions, open; /* own active versions; those with a deficit */

    rules_wide earned; /* byte-ms short of a point, at the mark (Q28) */
    int64_t earning, earned_mark;
    int32_t total, assigned; /* T, A */
    int32_t milli;           /* milli-points short of a point */
    uint32_t bounties;       /* notes: (when, milli-points) */

    int64_t clock, clock_mark; /* k in ms at the mark; of a running clock the mark is its pool's time */
    int64_t budget;            /* C - L - IF when the tiers were last worked out */
    int64_t released, released_before;
    int64_t struck, struck_before, barred; /* strikes, and until when no version of its has a tier (Q15) */
    int64_t expired, idle_until;           /* last expired fetch, until when pause and offers are off (Q19) */
    int64_t suspended;                     /* since when; FOREVER: it is not */
    uint32_t restores;                     /* notes: times in which it was restoring, the last may lie ahead */
    uint32_t blocked;                      /* versions of the queue that are no work for it (Q19) */
    uint32_t pool;                         /* of a running clock: the pool it is in, which is `blocked` */
    uint32_t timer, pool_timer;
    uint32_t hungry; /* place in the list of those that may be offered something, from 1 */
    uint32_t touched;
    struct home homes[HOMES];
    uint8_t clock_mode;
    bool overdue, is_barred, is_young, is_restoring, is_qualifying, marked, release_due;
};

/* Clocks that run while there is work. All members with the same number of blocked versions have work at the same time:
 * while the queue is longer than that. So they share one time, and only the pool starts and stops (Q19). */
struct pool {
    int64_t time, mark; /* ms of work before the mark; mark is FOREVER while there is none */
    struct heap clocks; /* members, by the pool time at which something is due */
    uint32_t timer;
};

struct durations {  /* settings in ms */
    int64_t window; /* 2·interval + 10 min */
    int64_t grace_min, grace_max, offer, fetch_idle, probation, proof_ttl, cooldown, clock_overdue, clock_release,
        loan_age;
    int64_t household; /* for so long a member is where it was seen */
};

struct rules {
    struct rules_settings set;
    struct durations ms;
    int64_t at, now; /* unix ms; tracker ms */
    bool down;       /* safe mode */
    struct slab members, backups, versions, copies, notes, households;
    struct table member_ids, backup_ids, version_ids, pairs, household_ids;
    struct heap deadlines;
    struct pool *pools;
    uint32_t pools_count;
    struct handles queue, hungry; /* versions; members */
    uint32_t sizes[3];            /* roots of the trees of queued versions by size: tier 1, tier 2 */
    uint32_t sizes_count[3];
    uint32_t queue_turn; /* rises when a version comes into the queue, leaves it or changes its tier, or stops being an
                            item for a household (offers.c) */
    struct handles marked_versions, marked_members, marked_backups;
    uint32_t superseded;         /* versions that are */
    struct handles release_due;  /* members */
    struct handles bounties_due; /* copies */
    struct rules_change *changes;
    size_t changes_count, changes_room;
    uint32_t turn; /* number of the event, for `touched` */
    int64_t burned;
    struct answers *answers; /* room for arrays that answers point to */
};

/* The four kinds of things in the heap of deadlines. */
enum deadline_kind { DEADLINE_COPY, DEADLINE_VERSION, DEADLINE_MEMBER, DEADLINE_POOL };
#define DEADLINE_BITS 2
static inline uint32_t deadline_of(enum deadline_kind kind, uint32_t handle)
{
    return handle << DEADLINE_BITS | kind;
}

static inline struct member *member_at(const struct rules *r, uint32_t handle)
{
    return slab_at(&r->members, handle);
}
static inline struct household *household_at(const struct rules *r, uint32_t handle)
{
    return slab_at(&r->households, handle);
}
static inline struct backup *backup_at(const struct rules *r, uint32_t handle)
{
    return slab_at(&r->backups, handle);
}
static inline struct version *version_at(const struct rules *r, uint32_t handle)
{
    return slab_at(&r->versions, handle);
}
static inline struct copy *copy_at(const struct rules *r, uint32_t handle)
{
    return slab_at(&r->copies, handle);
}

/* state.c: finding and making records; 0 when there is none. */
uint32_t member_find(const struct rules *r, int64_t id);
uint32_t household_find(const struct rules *r, int64_t id);
uint32_t backup_find(const struct rules *r, int64_t id);
uint32_t version_find(const struct rules *r, int64_t id);
uint32_t copy_find(const struct rules *r, uint32_t member, uint32_t version);
uint32_t member_make(struct rules *r, int64_t id);
uint32_t household_make(struct rules *r, int64_t id);
void household_unmake(struct rules *r, uint32_t household);
uint32_t backup_make(struct rules *r, int64_t id);
uint32_t version_make(struct rules *r, int64_t id);
uint32_t copy_make(struct rules *r, uint32_t member, uint32_t version); /* RULES_NO_COPY, in the chains of the others */
void copy_unmake(struct rules *r, uint32_t copy);
void handles_add(struct handles *handles, uint32_t handle);

/* changes.c: what settle() must look at again, and what the caller is told of. */
void mark_member(struct rules *r, uint32_t member);
void mark_version(struct rules *r, uint32_t version);
void touch_member(struct rules *r, uint32_t member);
void touch_backup(struct rules *r, uint32_t backup);
void touch_version(struct rules *r, uint32_t version);
void touch_copy(struct rules *r, uint32_t copy);
void tell_copy(struct rules *r, uint32_t copy, enum rules_state from, enum rules_state to);
void changes_begin(struct rules *r);

/* counted.c: D5. */
void counting_set(struct rules *r, uint32_t copy, bool counting);
void counted_resize(struct rules *r, uint32_t version, int redundancy); /* sets R* */

/* proof.c: D4, Q13, Q14: which copies count. */
bool copy_is_proven(const struct rules *r, const struct copy *copy);
void copy_review(struct rules *r, uint32_t copy); /* after a change of state or proof, and when a time limit is over */

/* copy.c: D2, the states of a copy. */
static inline bool copy_is_in_flight(const struct copy *copy)
{
    return copy->state == RULES_OFFERED || copy->state == RULES_FETCHING;
}
static inline bool copy_is_held(const struct copy *copy)
{
    return copy->state == RULES_HELD || copy->state == RULES_STALE;
}
/* Q17, Q19: its version is neither offered to its holder nor work for it. FAILED is kept for the cooldown alone. */
static inline bool copy_blocks(const struct copy *copy)
{
    return copy_is_in_flight(copy) || copy_is_held(copy) || copy->state == RULES_FAILED;
}
void copy_grant(struct rules *r, uint32_t copy, enum rules_state state); /* a slot: OFFERED, FETCHING, HELD (Q21) */
void copy_begin_fetch(struct rules *r, uint32_t copy);                   /* first left > 0 on an offer */
void copy_hold(struct rules *r, uint32_t copy);
void copy_sight(struct rules *r, uint32_t copy); /* left=0 of one that is held */
void copy_end(struct rules *r, uint32_t copy, enum rules_state state);
void copy_schedule(struct rules *r, uint32_t copy);
void copy_due(struct rules *r, uint32_t copy);

/* fetch.c: Q19, Q20. */
void fetch_progress(struct rules *r, uint32_t copy, int64_t left);
int64_t fetch_gain(struct rules *r, struct copy *copy); /* in the last 24 h */
int64_t fetch_gain_changes(const struct rules *r, const struct copy *copy);
int64_t fetch_ends(const struct rules *r, const struct copy *copy);
void fetch_expired(struct rules *r, uint32_t member);

/* sizes.c: the versions of one tier's queue by (size, handle). */
void sizes_add(struct rules *r, int tier, uint32_t version);
void sizes_remove(struct rules *r, int tier, uint32_t version);
uint32_t sizes_after(const struct rules *r, int tier, int64_t size, uint32_t version); /* the next larger, 0: none */

/* queue.c: 2.5, 2.7: tier, queue, wait. */
void version_settle(struct rules *r, uint32_t version);
int version_tier(const struct rules *r, const struct version *version);
int64_t version_wait(const struct rules *r, const struct version *version);
int64_t version_served(const struct rules *r, const struct version *version);
bool version_is_active(const struct version *version);

/* order.c: 2.7: score and order. */
size_t order_of(const struct rules *r, const struct handles *versions, struct rules_queued *into);
int64_t version_points(const struct rules *r, const struct version *version);

/* work.c: Q17, Q19. */
void work_blocks(struct rules *r, uint32_t member, int change);
void work_queue_grew(struct rules *r);
void work_queue_shrank(struct rules *r);
bool work_exists(const struct rules *r, const struct member *member);
int64_t pool_time(const struct rules *r, const struct pool *pool);
void pool_enter(struct rules *r, uint32_t member);
void pool_leave(struct rules *r, uint32_t member);
void pool_expect(struct rules *r, uint32_t member, int64_t clock); /* when its clock reaches that */
void pool_due(struct rules *r, uint32_t pool);
bool could_hold(const struct rules *r, uint32_t member, uint32_t version);  /* by hand, if a slot is open */
bool is_eligible(const struct rules *r, uint32_t member, uint32_t version); /* and not co-located */
bool has_tier_one_work(const struct rules *r, uint32_t member);

/* household.c: 2.6. */
bool has_company(const struct rules *r, const struct member *member); /* another is in a household of its */
bool is_colocated(const struct rules *r, uint32_t member, uint32_t version);
int64_t homes_review(struct rules *r, struct member *member); /* ends those that are over; when the next one is */
int64_t household_seen(const struct rules *r, uint32_t member, int64_t id); /* when the member was, as far as is told */

/* clock.c: 2.5, Q19, Q22. */
void member_settle(struct rules *r, uint32_t member);
int64_t debt_clock(const struct rules *r, const struct member *member);
int releases_of(const struct rules *r, const struct member *member); /* of the last 180 d, 2 at most */
int64_t debt_limit(const struct rules *r, const struct member *member, int64_t standard);
int64_t debt_limit_ends(const struct rules *r, const struct member *member);

/* restore.c: Q19. */
void restore_seen(struct rules *r, uint32_t member);
bool restore_runs(struct rules *r, struct member *member, int64_t *ends);

/* release.c: Q22. */
void release_all_due(struct rules *r);

/* mint.c: Q28. */
void mint_settle(struct rules *r, uint32_t member);
void mint_rate(struct rules *r, uint32_t member, int64_t change);
int64_t mint_due(const struct member *member);
void bounties_pay(struct rules *r);

/* strike.c: Q15. */
void strike_add(struct rules *r, uint32_t member);

/* offers.c: Q24. */
void offers_make(struct rules *r);
void hungry_review(struct rules *r, uint32_t member);
int64_t member_room(const struct member *member);
int64_t member_debt(const struct member *member);

/* settle.c: brings all that was marked up to date. */
void settle(struct rules *r);

/* retention.c: 2.6. */
void mark_backup(struct rules *r, uint32_t backup); /* if it has a retention: something that it looks at has changed */
void backup_settle(struct rules *r, uint32_t backup);
int64_t month_of(int64_t at); /* of a calendar (UTC), from some beginning */
/* By how much O would rise with another R. */
rules_wide retention_increase(const struct rules *r, const struct backup *backup, int redundancy);

/* commands. */
uint32_t active_backup(const struct rules *r, int64_t id, struct fault *why); /* 0: there is none, or no longer */
void version_delete(struct rules *r, uint32_t version);
bool apply_retention(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_member(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_backup(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_redundancy(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_version(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_delete_version(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_delete_backup(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_announce(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_dropped(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_audit(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_assign(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_move(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_burn(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_grant(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_suspended(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_household(struct rules *r, const struct rules_event *event, struct fault *why);
bool apply_free_space(struct rules *r, const struct rules_event *event, struct fault *why);

/* verdict.c: may h have a slot of v now? (2.5, Q16-Q18) */
bool slot_is_open(const struct rules *r, uint32_t member, uint32_t version, const char **reason);
int64_t loan_of(const struct rules *r, const struct member *owner);
bool restore_is_open(const struct rules *r, const struct version *version);
bool is_suspended(const struct member *member);

void answers_clear(struct rules *r);

#endif
