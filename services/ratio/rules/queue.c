/* 2.5 and 2.7: the tier of a version's next slot, whether it is in the queue, and how long it has waited. */
#include "services/ratio/rules/state.h"

bool version_is_active(const struct version *version)
{
    return version->deleted == FOREVER;
}

/* K of 2.5, for the first copies. 2.10: none for an account that is too young. */
int64_t loan_of(const struct rules *r, const struct member *owner)
{
    return owner->overdue || owner->is_young ? 0 : r->set.loan;
}

/* 2.5, Q16: tested alone, against the present L, IF and C of its owner. */
int version_tier(const struct rules *r, const struct version *version)
{
    const struct member *owner = member_at(r, version->owner);
    int taken = version->n + version->in_flight;
    if (taken >= version->redundancy || owner->is_barred || is_suspended(owner))
        return 0;
    int64_t loan = taken < r->set.loan_copies ? loan_of(r, owner) : 0;
    rules_wide needed = (rules_wide)owner->lent + owner->incoming + version->size;
    if (needed <= (rules_wide)owner->contribution + loan)
        return 1;
    return owner->overdue ? 0 : 2;
}

/* Q18: the owner has it all, or a copy is HELD, within 2·interval + 10 min (which is what HELD means). */
static bool is_serveable(const struct rules *r, const struct version *version)
{
    return version->held > 0 || r->now - version->owner_seen < r->ms.window;
}

/* A sum of times that runs or stands: `mark` is since when it runs. */
static int64_t sum_of(const struct rules *r, int64_t sum, int64_t mark)
{
    return mark == FOREVER ? sum : sum + (r->now - mark);
}

static void sum_run(const struct rules *r, int64_t *sum, int64_t *mark, bool run)
{
    if (run == (*mark != FOREVER))
        return;
    *sum = sum_of(r, *sum, *mark);
    *mark = run ? r->now : FOREVER;
}

int64_t version_wait(const struct rules *r, const struct version *version)
{
    return sum_of(r, version->wait, version->wait_mark);
}

int64_t version_served(const struct rules *r, const struct version *version)
{
    return sum_of(r, version->served, version->served_mark);
}

/* The 48 h of a fetch count only while its version is serveable (Q20): they may end again now. */
static void set_serveable(struct rules *r, struct version *version, bool serveable)
{
    version->serveable = serveable;
    sum_run(r, &version->served, &version->served_mark, serveable);
    for (uint32_t at = version->others.first; serveable && at != 0; at = copy_at(r, at)->by_version.next)
        if (copy_at(r, at)->state == RULES_FETCHING)
            copy_schedule(r, at);
}

/* Into or out of the owner's list of versions with a deficit. */
static void set_deficit(struct rules *r, uint32_t handle, bool deficit)
{
    struct version *version = version_at(r, handle);
    struct member *owner = member_at(r, version->owner);
    version->deficit = deficit;
    if (deficit) {
        version->wait = 0; /* Q25 */
        version->open_prev = 0;
        version->open_next = owner->open;
        if (owner->open != 0)
            version_at(r, owner->open)->open_prev = handle;
        owner->open = handle;
        return;
    }
    if (version->open_prev != 0)
        version_at(r, version->open_prev)->open_next = version->open_next;
    else
        owner->open = version->open_next;
    if (version->open_next != 0)
        version_at(r, version->open_next)->open_prev = version->open_prev;
}

/* Q19: what is in the queue is work for all but its owner and those who have it. */
static void work_changes(struct rules *r, const struct version *version, int change)
{
    work_blocks(r, version->owner, change);
    const struct chain *chains[] = {&version->counting, &version->others};
    for (int i = 0; i < 2; i++)
        for (uint32_t at = chains[i]->first; at != 0; at = copy_at(r, at)->by_version.next)
            if (copy_blocks(copy_at(r, at)))
                work_blocks(r, copy_at(r, at)->member, change);
}

static void queue_enter(struct rules *r, uint32_t handle)
{
    handles_add(&r->queue, handle);
    version_at(r, handle)->queue_place = r->queue.count;
    work_queue_grew(r);
    work_changes(r, version_at(r, handle), 1);
}

static void queue_leave(struct rules *r, uint32_t handle)
{
    struct version *version = version_at(r, handle);
    uint32_t last = r->queue.at[--r->queue.count];
    r->queue.at[version->queue_place - 1] = last;
    version_at(r, last)->queue_place = version->queue_place;
    version->queue_place = 0;
    work_queue_shrank(r);
    work_changes(r, version, -1);
}

static void set_queued(struct rules *r, uint32_t handle, int tier)
{
    struct version *version = version_at(r, handle);
    int was = version->queued;
    if (was == tier)
        return;
    if (was != 0)
        sizes_remove(r, was, handle);
    if (tier != 0)
        sizes_add(r, tier, handle);
    version->queued = (uint8_t)tier;
    r->queue_turn++;
    if (was == 0)
        queue_enter(r, handle);
    else if (tier == 0)
        queue_leave(r, handle);
    touch_version(r, handle);
}

void version_settle(struct rules *r, uint32_t handle)
{
    struct version *version = version_at(r, handle);
    bool serveable = is_serveable(r, version);
    bool deficit = version->n + version->in_flight < version->redundancy;
    if (serveable != version->serveable)
        set_serveable(r, version, serveable);
    if (deficit != version->deficit)
        set_deficit(r, handle, deficit);
    sum_run(r, &version->wait, &version->wait_mark, deficit && serveable);
    int tier = version_tier(r, version);
    if (tier != version->tier)
        touch_version(r, handle);
    version->tier = (uint8_t)tier;
    set_queued(r, handle, serveable ? tier : 0);
    if (serveable && version->held == 0)
        heap_hasten(&r->deadlines, deadline_of(DEADLINE_VERSION, handle), version->owner_seen + r->ms.window);
}
