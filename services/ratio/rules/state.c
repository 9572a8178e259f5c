/* Making, finding and unmaking records. */
#include "services/ratio/rules/state.h"

#include "services/common/arena.h"

#include <assert.h>
#include <stdlib.h>

/* Ids are given by their owners, who have no reason to make them collide. */
static uint64_t hash_id(uint64_t id)
{
    id = (id ^ id >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    id = (id ^ id >> 27) * UINT64_C(0x94d049bb133111eb);
    return id ^ id >> 31;
}

static uint64_t hash_pair(uint32_t member, uint32_t version)
{
    return hash_id((uint64_t)member << 32 | version);
}

/* Each record begins with its id. */
static uint32_t find(const struct slab *slab, const struct table *table, int64_t id)
{
    uint64_t hash = hash_id((uint64_t)id);
    for (uint32_t place = 0, at; (at = table_next(table, hash, &place)) != 0;)
        if (*(const int64_t *)slab_at(slab, at) == id)
            return at;
    return 0;
}

uint32_t member_find(const struct rules *r, int64_t id)
{
    return find(&r->members, &r->member_ids, id);
}

uint32_t household_find(const struct rules *r, int64_t id)
{
    return find(&r->households, &r->household_ids, id);
}

uint32_t backup_find(const struct rules *r, int64_t id)
{
    return find(&r->backups, &r->backup_ids, id);
}

uint32_t version_find(const struct rules *r, int64_t id)
{
    return find(&r->versions, &r->version_ids, id);
}

uint32_t copy_find(const struct rules *r, uint32_t member, uint32_t version)
{
    uint64_t hash = hash_pair(member, version);
    for (uint32_t place = 0, at; (at = table_next(&r->pairs, hash, &place)) != 0;) {
        const struct copy *copy = copy_at(r, at);
        if (copy->member == member && copy->version == version)
            return at;
    }
    return 0;
}

static uint32_t make(struct slab *slab, struct table *table, int64_t id)
{
    uint32_t made = slab_take(slab);
    assert(made < UINT32_MAX >> DEADLINE_BITS);
    *(int64_t *)slab_at(slab, made) = id;
    table_add(table, hash_id((uint64_t)id), made);
    return made;
}

uint32_t member_make(struct rules *r, int64_t id)
{
    uint32_t made = make(&r->members, &r->member_ids, id);
    struct member *member = member_at(r, made);
    member->free_space = -1;
    member->polled = member->offered_at = member->expired = RULES_NEVER;
    member->released = member->released_before = member->struck = member->struck_before = RULES_NEVER;
    member->barred = member->idle_until = RULES_NEVER;
    member->earned_mark = r->now;
    member->suspended = FOREVER;
    return made;
}

uint32_t household_make(struct rules *r, int64_t id)
{
    return make(&r->households, &r->household_ids, id);
}

void household_unmake(struct rules *r, uint32_t handle)
{
    table_remove(&r->household_ids, hash_id((uint64_t)household_at(r, handle)->id), handle);
    slab_give(&r->households, handle);
}

uint32_t backup_make(struct rules *r, int64_t id)
{
    uint32_t made = make(&r->backups, &r->backup_ids, id);
    backup_at(r, made)->changed = RULES_NEVER;
    return made;
}

uint32_t version_make(struct rules *r, int64_t id)
{
    uint32_t made = make(&r->versions, &r->version_ids, id);
    struct version *version = version_at(r, made);
    version->created_at = r->at;
    version->owner_seen = RULES_NEVER;
    version->deleted = version->wait_mark = version->served_mark = FOREVER;
    return made;
}

uint32_t copy_make(struct rules *r, uint32_t member, uint32_t version)
{
    uint32_t made = slab_take(&r->copies);
    assert(made < UINT32_MAX >> DEADLINE_BITS);
    struct copy *copy = copy_at(r, made);
    copy->member = member;
    copy->version = version;
    table_add(&r->pairs, hash_pair(member, version), made);
    chain_add(&r->copies, &member_at(r, member)->kept, CHAIN_MEMBER, made);
    chain_add(&r->copies, &version_at(r, version)->others, CHAIN_VERSION, made);
    member_at(r, member)->copies_count++;
    return made;
}

void copy_unmake(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    struct member *member = member_at(r, copy->member);
    assert(!copy->counting && !copy->on_trial && !copy_is_in_flight(copy));
    heap_remove(&r->deadlines, deadline_of(DEADLINE_COPY, handle));
    notes_clear(&r->notes, &copy->notes);
    notes_clear(&r->notes, &copy->absences);
    chain_remove(&r->copies, &member->kept, CHAIN_MEMBER, handle);
    chain_remove(&r->copies, &version_at(r, copy->version)->others, CHAIN_VERSION, handle);
    table_remove(&r->pairs, hash_pair(copy->member, copy->version), handle);
    member->copies_count--;
    slab_give(&r->copies, handle);
}

void handles_add(struct handles *handles, uint32_t handle)
{
    if (handles->count == handles->room) {
        handles->room = handles->room == 0 ? 16 : handles->room * 2;
        handles->at = mem_grow(handles->at, handles->room * sizeof *handles->at);
    }
    handles->at[handles->count++] = handle;
}
