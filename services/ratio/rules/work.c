/* Q17 and Q19: is there anything that a member could hold? The queue's length changes for all members at once, so
 * nobody is told of it: a member counts the versions of the queue that are no work for it, and has work while the queue
 * is longer. */
#include "services/ratio/rules/state.h"

#include "services/common/arena.h"

#include <assert.h>

static uint32_t *clock_place(void *of, uint32_t member)
{
    return &member_at(of, member)->pool_timer;
}

static struct pool *pool_of(struct rules *r, uint32_t blocked)
{
    if (blocked >= r->pools_count) {
        uint32_t count = blocked + blocked / 2 + 8;
        r->pools = mem_grow(r->pools, count * sizeof *r->pools);
        for (uint32_t i = r->pools_count; i < count; i++)
            r->pools[i] =
                (struct pool){.mark = i < r->queue.count ? r->now : FOREVER, .clocks = {.place = clock_place, .of = r}};
        r->pools_count = count;
    }
    return &r->pools[blocked];
}

int64_t pool_time(const struct rules *r, const struct pool *pool)
{
    return pool->mark == FOREVER ? pool->time : pool->time + (r->now - pool->mark);
}

static void pool_schedule(struct rules *r, uint32_t blocked)
{
    struct pool *pool = &r->pools[blocked];
    uint32_t item = deadline_of(DEADLINE_POOL, blocked);
    if (pool->mark == FOREVER || pool->clocks.count == 0)
        heap_remove(&r->deadlines, item);
    else
        heap_set(&r->deadlines, item, r->now + (heap_first(&pool->clocks) - pool_time(r, pool)));
}

static void pool_run(struct rules *r, uint32_t blocked, bool run)
{
    if (blocked >= r->pools_count)
        return;
    struct pool *pool = &r->pools[blocked];
    pool->time = pool_time(r, pool);
    pool->mark = run ? r->now : FOREVER;
    pool_schedule(r, blocked);
}

void work_queue_grew(struct rules *r)
{
    pool_run(r, r->queue.count - 1, true);
}

void work_queue_shrank(struct rules *r)
{
    pool_run(r, r->queue.count, false);
}

void work_blocks(struct rules *r, uint32_t handle, int change)
{
    struct member *member = member_at(r, handle);
    assert(change > 0 || member->blocked > 0);
    member->blocked += (uint32_t)change;
    mark_member(r, handle);
}

bool work_exists(const struct rules *r, const struct member *member)
{
    return r->queue.count > member->blocked;
}

void pool_enter(struct rules *r, uint32_t handle)
{
    struct member *member = member_at(r, handle);
    member->pool = member->blocked;
    member->clock_mark = pool_time(r, pool_of(r, member->pool));
}

void pool_leave(struct rules *r, uint32_t handle)
{
    struct member *member = member_at(r, handle);
    heap_remove(&r->pools[member->pool].clocks, handle);
    pool_schedule(r, member->pool);
}

/* FOREVER: nothing is due however long it runs. */
void pool_expect(struct rules *r, uint32_t handle, int64_t clock)
{
    struct member *member = member_at(r, handle);
    struct pool *pool = &r->pools[member->pool];
    if (clock == FOREVER)
        heap_remove(&pool->clocks, handle);
    else
        heap_set(&pool->clocks, handle, member->clock_mark + (clock - member->clock));
    pool_schedule(r, member->pool);
}

void pool_due(struct rules *r, uint32_t blocked)
{
    struct pool *pool = &r->pools[blocked];
    int64_t time = pool_time(r, pool);
    while (heap_first(&pool->clocks) <= time)
        mark_member(r, heap_pop(&pool->clocks));
    pool_schedule(r, blocked);
}

/* Q17. */
bool could_hold(const struct rules *r, uint32_t handle, uint32_t version)
{
    const struct version *at = version_at(r, version);
    const struct member *member = member_at(r, handle);
    if (at->queued == 0 || at->owner == handle)
        return false;
    if (member->free_space >= 0 && at->size > member->free_space - member->fetching)
        return false;
    uint32_t copy = copy_find(r, handle, version);
    return copy == 0 || !copy_blocks(copy_at(r, copy));
}

/* 2.7. What is not offered for where it lies holds nobody off work of tier 2 either. */
bool is_eligible(const struct rules *r, uint32_t handle, uint32_t version)
{
    return could_hold(r, handle, version) && !is_colocated(r, handle, version);
}

/* Q17. More versions than are blocked in the whole queue: one of them is free, and without a declared limit, or
 * company, that is enough. */
bool has_tier_one_work(const struct rules *r, uint32_t handle)
{
    const struct member *member = member_at(r, handle);
    if (member->free_space < 0 && r->sizes_count[1] > member->blocked && !has_company(r, member))
        return true;
    uint32_t at = 0;
    int64_t size = -1;
    while ((at = sizes_after(r, 1, size, at)) != 0) {
        size = version_at(r, at)->size;
        if (member->free_space >= 0 && size > member->free_space - member->fetching)
            return false;
        if (is_eligible(r, handle, at))
            return true;
    }
    return false;
}
