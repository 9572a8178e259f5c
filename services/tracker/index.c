/* Linear probing with backward-shift deletion. A part has any number of slots, not a power of two: a hash's bits are
 * scaled to it, so that growing by a quarter keeps the parts well filled. */
#include "services/tracker/index.h"

#include "services/common/arena.h"

#include <assert.h>
#include <stdlib.h>

#define ROOM_LEAST 6u

void index_init(struct index *index, uint64_t (*hash)(const void *arg, uint32_t handle), const void *arg)
{
    *index = (struct index){.hash = hash, .arg = arg};
}

void index_clear(struct index *index)
{
    for (size_t i = 0; i < INDEX_PARTS; i++)
        free(index->parts[i].slots);
    index_init(index, index->hash, index->arg);
}

/* The hash's top ten bits choose the part, the 32 below the place in it, the lowest six are the tag. */
static struct index_part *part_of(struct index *index, uint64_t hash)
{
    return &index->parts[hash >> 54];
}

static uint32_t home(const struct index_part *part, uint64_t hash)
{
    return (uint32_t)((hash >> 22 & UINT32_MAX) * part->room >> 32);
}

static uint32_t tag(uint64_t hash)
{
    return (uint32_t)hash << INDEX_HANDLE_BITS;
}

static uint32_t after(const struct index_part *part, uint32_t i)
{
    return i + 1 < part->room ? i + 1 : 0;
}

static void put(struct index_part *part, uint64_t hash, uint32_t handle)
{
    uint32_t i = home(part, hash);
    while (part->slots[i] != 0)
        i = after(part, i);
    part->slots[i] = tag(hash) | handle;
}

static void grow(const struct index *index, struct index_part *part)
{
    struct index_part old = *part;
    part->room = old.room < ROOM_LEAST ? ROOM_LEAST : old.room + old.room / 4 + 1;
    part->slots = mem_zero(part->room, sizeof *part->slots);
    for (uint32_t i = 0; i < old.room; i++)
        if (old.slots[i] != 0)
            put(part, index->hash(index->arg, old.slots[i] & INDEX_HANDLE_MAX), old.slots[i] & INDEX_HANDLE_MAX);
    free(old.slots);
}

void index_add(struct index *index, uint64_t hash, uint32_t handle)
{
    struct index_part *part = part_of(index, hash);
    assert(handle != 0 && handle <= INDEX_HANDLE_MAX);
    if ((uint64_t)(part->count + 1) * 20 > (uint64_t)part->room * 17)
        grow(index, part);
    put(part, hash, handle);
    part->count++;
}

static uint32_t distance(const struct index_part *part, uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + part->room - from;
}

void index_remove(struct index *index, uint64_t hash, uint32_t handle)
{
    struct index_part *part = part_of(index, hash);
    uint32_t hole = home(part, hash);
    while (part->slots[hole] != (tag(hash) | handle)) {
        assert(part->slots[hole] != 0);
        hole = after(part, hole);
    }
    for (uint32_t i = after(part, hole); part->slots[i] != 0; i = after(part, i)) {
        uint32_t wants = home(part, index->hash(index->arg, part->slots[i] & INDEX_HANDLE_MAX));
        if (distance(part, wants, i) < distance(part, hole, i))
            continue;
        part->slots[hole] = part->slots[i];
        hole = i;
    }
    part->slots[hole] = 0;
    part->count--;
}

uint32_t index_next(const struct index *index, uint64_t hash, uint32_t *place)
{
    const struct index_part *part = &index->parts[hash >> 54];
    if (part->room == 0)
        return 0;
    for (uint32_t i = home(part, hash) + *place;; i++) {
        uint32_t slot = part->slots[i < part->room ? i : i - part->room];
        (*place)++;
        if (slot == 0)
            return 0;
        if ((slot & ~INDEX_HANDLE_MAX) == tag(hash))
            return slot & INDEX_HANDLE_MAX;
    }
}

void index_prefetch(const struct index *index, uint64_t hash)
{
    const struct index_part *part = &index->parts[hash >> 54];
    if (part->room != 0)
        __builtin_prefetch(&part->slots[home(part, hash)]);
}

size_t index_bytes(const struct index *index)
{
    size_t bytes = sizeof *index;
    for (size_t i = 0; i < INDEX_PARTS; i++)
        bytes += index->parts[i].room * sizeof *index->parts[i].slots;
    return bytes;
}
