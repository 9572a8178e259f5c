/* The debt clock (2.5, Q19, Q22), and all else that a member is at this instant: overdue, barred, restoring. */
#include "services/ratio/rules/state.h"

#define HALVED_FOR (180 * DAY_MS)

int64_t debt_clock(const struct rules *r, const struct member *member)
{
    int64_t k = member->clock;
    if (member->clock_mode == CLOCK_RUNS)
        k += pool_time(r, &r->pools[member->pool]) - member->clock_mark;
    else if (member->clock_mode == CLOCK_RETURNS)
        k -= r->now - member->clock_mark;
    return k > 0 ? k : 0;
}

int releases_of(const struct rules *r, const struct member *member)
{
    return (r->now - member->released < HALVED_FOR) + (r->now - member->released_before < HALVED_FOR);
}

/* Q22: floor(days / 2^min(2, releases of the last 180 d)) days. */
int64_t debt_limit(const struct rules *r, const struct member *member, int64_t standard)
{
    int releases = releases_of(r, member);
    return releases == 0 ? standard : standard / DAY_MS / (INT64_C(1) << releases) * DAY_MS;
}

/* When a release of long ago stops to count. */
int64_t debt_limit_ends(const struct rules *r, const struct member *member)
{
    if (r->now - member->released_before < HALVED_FOR)
        return member->released_before + HALVED_FOR;
    return r->now - member->released < HALVED_FOR ? member->released + HALVED_FOR : FOREVER;
}

/* Q19: gained >= 1 GiB or 1 % of L - C in 24 h. */
static bool qualifies(struct rules *r, struct member *member)
{
    if (r->now < member->idle_until)
        return false;
    for (uint32_t at = member->in_flight.first; at != 0; at = copy_at(r, at)->by_member.next) {
        struct copy *copy = copy_at(r, at);
        if (copy->state != RULES_FETCHING)
            continue;
        int64_t gain = fetch_gain(r, copy);
        if (gain >= GIB || (rules_wide)gain * 100 >= (rules_wide)member->lent - member->contribution)
            return true;
    }
    return false;
}

/* 2.5. Whether there is work is the pool's to say. */
static enum clock_mode mode_of(const struct member *member)
{
    if (member->lent > member->contribution && !member->is_qualifying && !member->is_restoring)
        return CLOCK_RUNS;
    if (member->contribution >= member->obligation && member->contribution > 0)
        return CLOCK_RETURNS;
    return CLOCK_STANDS;
}

static void set_mode(struct rules *r, uint32_t handle, enum clock_mode mode)
{
    struct member *member = member_at(r, handle);
    bool same_pool = mode != CLOCK_RUNS || member->pool == member->blocked;
    if (mode == member->clock_mode && same_pool)
        return;
    member->clock = debt_clock(r, member);
    if (member->clock_mode == CLOCK_RUNS)
        pool_leave(r, handle);
    member->clock_mode = (uint8_t)mode;
    member->clock_mark = r->now;
    if (mode == CLOCK_RUNS)
        pool_enter(r, handle);
    touch_member(r, handle);
}

/* What the tiers of its versions depend on. True when any of it changed. */
static bool set_standing(struct rules *r, struct member *member, int64_t k)
{
    bool overdue = k >= debt_limit(r, member, r->ms.clock_overdue), barred = r->now < member->barred;
    bool young = r->now - member->joined < r->ms.loan_age;
    int64_t budget = member->contribution - member->lent - member->incoming;
    bool changed = overdue != member->overdue || barred != member->is_barred || young != member->is_young ||
                   budget != member->budget;
    member->overdue = overdue;
    member->is_barred = barred;
    member->is_young = young;
    member->budget = budget;
    return changed;
}

static void keep_earlier(int64_t *due, int64_t other)
{
    if (other < *due)
        *due = other;
}

static void schedule(struct rules *r, uint32_t handle, int64_t k, int64_t due)
{
    struct member *member = member_at(r, handle);
    int64_t overdue = debt_limit(r, member, r->ms.clock_overdue);
    int64_t release = debt_limit(r, member, r->ms.clock_release);
    keep_earlier(&due, mint_due(member));
    keep_earlier(&due, debt_limit_ends(r, member));
    if (member->is_barred)
        keep_earlier(&due, member->barred);
    if (member->is_young)
        keep_earlier(&due, member->joined + r->ms.loan_age);
    if (r->now < member->idle_until)
        keep_earlier(&due, member->idle_until);
    if (member->clock_mode == CLOCK_RETURNS && member->overdue && overdue > 0)
        keep_earlier(&due, r->now + (k - overdue + 1));
    if (member->clock_mode == CLOCK_RUNS) {
        int64_t next = k < overdue ? overdue : FOREVER;
        if (k < release)
            keep_earlier(&next, release);
        pool_expect(r, handle, next);
    }
    uint32_t item = deadline_of(DEADLINE_MEMBER, handle);
    if (due == FOREVER)
        heap_remove(&r->deadlines, item);
    else
        heap_set(&r->deadlines, item, due);
}

void member_settle(struct rules *r, uint32_t handle)
{
    struct member *member = member_at(r, handle);
    int64_t k = debt_clock(r, member), due;
    mint_settle(r, handle);
    if (set_standing(r, member, k)) {
        touch_member(r, handle);
        for (uint32_t at = member->open; at != 0; at = version_at(r, at)->open_next)
            mark_version(r, at);
    }
    member->is_restoring = restore_runs(r, member, &due);
    member->is_qualifying = qualifies(r, member);
    set_mode(r, handle, mode_of(member));
    if (k >= debt_limit(r, member, r->ms.clock_release) && member->lent > member->contribution &&
        !member->release_due) {
        member->release_due = true;
        handles_add(&r->release_due, handle);
    }
    hungry_review(r, handle);
    keep_earlier(&due, homes_review(r, member));
    schedule(r, handle, k, due);
}
