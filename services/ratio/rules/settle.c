/* The end of an instant. Retention comes first, for it changes what counts; then members, for tiers depend on their
 * owners; the queue that follows changes what work members have, so they are looked at again. Nothing of a member
 * depends on the queue but whether its clock runs from now on, so this ends. */
#include "services/ratio/rules/state.h"

void settle(struct rules *r)
{
    while (r->marked_backups.count + r->marked_members.count + r->marked_versions.count > 0) {
        while (r->marked_backups.count > 0) {
            uint32_t handle = r->marked_backups.at[--r->marked_backups.count];
            backup_settle(r, handle);
            backup_at(r, handle)->marked = false;
        }
        while (r->marked_members.count > 0) {
            uint32_t handle = r->marked_members.at[--r->marked_members.count];
            member_at(r, handle)->marked = false;
            member_settle(r, handle);
        }
        while (r->marked_versions.count > 0) {
            uint32_t handle = r->marked_versions.at[--r->marked_versions.count];
            version_at(r, handle)->marked = false;
            version_settle(r, handle);
        }
    }
}

/* Q6: first copies' states, then releases, then bounties. */
static void finish_instant(struct rules *r)
{
    settle(r);
    release_all_due(r);
    bounties_pay(r);
    settle(r);
}

static void take_due(struct rules *r)
{
    uint32_t item = heap_pop(&r->deadlines), handle = item >> DEADLINE_BITS;
    switch ((enum deadline_kind)(item & ((1u << DEADLINE_BITS) - 1))) {
    case DEADLINE_COPY:
        copy_due(r, handle);
        break;
    case DEADLINE_VERSION:
        mark_version(r, handle);
        break;
    case DEADLINE_MEMBER:
        mark_member(r, handle);
        break;
    case DEADLINE_POOL:
        pool_due(r, handle);
        break;
    }
}

/* All deadlines of one ms are one instant; what they bring about may be due in the same ms. */
static void pass_time(struct rules *r, int64_t until)
{
    finish_instant(r);
    while (heap_first(&r->deadlines) <= until) {
        int64_t first = heap_first(&r->deadlines);
        if (first > r->now) {
            r->at += first - r->now;
            r->now = first;
        }
        while (heap_first(&r->deadlines) <= r->now)
            take_due(r);
        finish_instant(r);
    }
}

/* Tracker time stands still in safe mode (Q5). */
static void advance(struct rules *r, int64_t at)
{
    int64_t until = r->down ? r->now : r->now + (at - r->at);
    pass_time(r, until);
    r->now = until;
    r->at = at;
}

void rules_advance(struct rules *r, int64_t at)
{
    changes_begin(r);
    advance(r, at);
}

static bool apply_tracker(struct rules *r, const struct rules_event *event, struct fault *why)
{
    (void)why;
    r->down = !event->up;
    return true;
}

/* Q7: offers are made here and nowhere else. */
static bool apply_tick(struct rules *r, const struct rules_event *event, struct fault *why)
{
    (void)event;
    (void)why;
    offers_make(r);
    return true;
}

typedef bool apply_event(struct rules *r, const struct rules_event *event, struct fault *why);

static apply_event *const applies[RULES_EVENTS] = {
    [RULES_member] = apply_member,
    [RULES_backup] = apply_backup,
    [RULES_redundancy] = apply_redundancy,
    [RULES_retention] = apply_retention,
    [RULES_version] = apply_version,
    [RULES_delete_version] = apply_delete_version,
    [RULES_delete_backup] = apply_delete_backup,
    [RULES_announce] = apply_announce,
    [RULES_dropped] = apply_dropped,
    [RULES_audit] = apply_audit,
    [RULES_assign] = apply_assign,
    [RULES_move] = apply_move,
    [RULES_burn] = apply_burn,
    [RULES_grant] = apply_grant,
    [RULES_free_space] = apply_free_space,
    [RULES_suspended] = apply_suspended,
    [RULES_household] = apply_household,
    [RULES_tracker] = apply_tracker,
    [RULES_tick] = apply_tick,
};

bool rules_apply(struct rules *r, const struct rules_event *event, struct fault *why)
{
    if (event->kind >= RULES_EVENTS)
        return fault_set(why, STATUS_invalid, "event", "There is no such event.");
    if (event->at < r->at || event->at > RULES_AT_LAST)
        return fault_set(why, STATUS_conflict, "at", "Time never falls: the last event was at %lld.", (long long)r->at);
    changes_begin(r);
    advance(r, event->at);
    if (!applies[event->kind](r, event, why))
        return false;
    /* What follows from the event at once belongs to it: the next one finds it done. */
    pass_time(r, r->now);
    return true;
}
