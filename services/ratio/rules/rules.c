/* The whole: made from settings, given back, weighed. */
#include "services/ratio/rules/state.h"

#include "services/common/arena.h"

#include <stdlib.h>

static uint32_t *deadline_place(void *of, uint32_t item)
{
    const struct rules *r = of;
    uint32_t handle = item >> DEADLINE_BITS;
    switch ((enum deadline_kind)(item & ((1u << DEADLINE_BITS) - 1))) {
    case DEADLINE_COPY:
        return &copy_at(r, handle)->timer;
    case DEADLINE_VERSION:
        return &version_at(r, handle)->timer;
    case DEADLINE_MEMBER:
        return &member_at(r, handle)->timer;
    default:
        return &r->pools[handle].timer;
    }
}

static struct durations durations_of(const struct rules_settings *set)
{
    return (struct durations){
        .window = (2 * set->interval + 600) * 1000,
        .grace_min = set->grace_min * 1000,
        .grace_max = set->grace_max * 1000,
        .offer = set->offer * 1000,
        .fetch_idle = set->fetch_idle * 1000,
        .probation = set->probation * 1000,
        .proof_ttl = set->proof_ttl * 1000,
        .cooldown = set->cooldown * 1000,
        .clock_overdue = set->clock_overdue * 1000,
        .clock_release = set->clock_release * 1000,
        .loan_age = set->loan_age * 1000,
        .household = (2 * set->interval + 600 + set->grace_max) * 1000 + DAY_MS,
    };
}

struct rules *rules_new(const struct rules_settings *settings)
{
    struct rules *r = mem_zero(1, sizeof *r);
    r->set = *settings;
    r->ms = durations_of(settings);
    r->deadlines = (struct heap){.place = deadline_place, .of = r};
    slab_init(&r->members, sizeof(struct member));
    slab_init(&r->backups, sizeof(struct backup));
    slab_init(&r->versions, sizeof(struct version));
    slab_init(&r->copies, sizeof(struct copy));
    slab_init(&r->notes, sizeof(struct note));
    slab_init(&r->households, sizeof(struct household));
    return r;
}

static void handles_clear(struct handles *handles)
{
    free(handles->at);
    *handles = (struct handles){0};
}

void rules_destroy(struct rules **rules)
{
    struct rules *r = *rules;
    if (r == NULL)
        return;
    for (uint32_t i = 0; i < r->pools_count; i++)
        heap_clear(&r->pools[i].clocks);
    free(r->pools);
    heap_clear(&r->deadlines);
    struct slab *slabs[] = {&r->members, &r->backups, &r->versions, &r->copies, &r->notes, &r->households};
    for (size_t i = 0; i < sizeof slabs / sizeof *slabs; i++)
        slab_clear(slabs[i]);
    struct table *tables[] = {&r->member_ids, &r->backup_ids, &r->version_ids, &r->pairs, &r->household_ids};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        table_clear(tables[i]);
    struct handles *lists[] = {&r->queue,       &r->hungry,       &r->marked_versions, &r->marked_members,
                               &r->release_due, &r->bounties_due, &r->marked_backups};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        handles_clear(lists[i]);
    free(r->changes);
    answers_clear(r);
    free(r);
    *rules = NULL;
}

size_t rules_memory(const struct rules *r, uint32_t *copies)
{
    size_t bytes = slab_bytes(&r->members) + slab_bytes(&r->backups) + slab_bytes(&r->versions) +
                   slab_bytes(&r->copies) + slab_bytes(&r->notes) + slab_bytes(&r->households);
    bytes += table_bytes(&r->member_ids) + table_bytes(&r->backup_ids) + table_bytes(&r->version_ids) +
             table_bytes(&r->pairs) + table_bytes(&r->household_ids);
    bytes += heap_bytes(&r->deadlines) + (r->queue.room + r->hungry.room) * sizeof(uint32_t);
    *copies = r->copies.live;
    return bytes;
}
