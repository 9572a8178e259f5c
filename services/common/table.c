/* Linear probing with backward-shift deletion, at most four fifths full, so that a walk ends soon and no tombstones
 * pile up. */
#include "services/common/table.h"

#include "services/common/arena.h"

#include <assert.h>
#include <stdlib.h>

#define SLOTS_LEAST 16u

void table_clear(struct table *table)
{
    free(table->slots);
    *table = (struct table){0};
}

static void put(struct table *table, uint32_t tag, uint32_t handle)
{
    uint32_t i = tag & table->mask;
    while (table->slots[i].handle != 0)
        i = (i + 1) & table->mask;
    table->slots[i] = (struct table_slot){.tag = tag, .handle = handle};
}

static void grow(struct table *table)
{
    struct table old = *table;
    uint32_t room = old.slots == NULL ? SLOTS_LEAST : (old.mask + 1) * 2;
    assert(room != 0);
    table->slots = mem_zero(room, sizeof *table->slots);
    table->mask = room - 1;
    for (uint32_t i = 0; old.slots != NULL && i <= old.mask; i++)
        if (old.slots[i].handle != 0)
            put(table, old.slots[i].tag, old.slots[i].handle);
    free(old.slots);
}

void table_add(struct table *table, uint64_t hash, uint32_t handle)
{
    assert(handle != 0);
    if (table->slots == NULL || (uint64_t)(table->count + 1) * 5 > (uint64_t)(table->mask + 1) * 4)
        grow(table);
    put(table, (uint32_t)hash, handle);
    table->count++;
}

/* Moves later entries of the same run back over the hole, so that no walk stops before them. */
static void close_hole(struct table *table, uint32_t hole)
{
    for (uint32_t i = (hole + 1) & table->mask; table->slots[i].handle != 0; i = (i + 1) & table->mask) {
        uint32_t home = table->slots[i].tag & table->mask;
        if (((i - home) & table->mask) >= ((i - hole) & table->mask)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->slots[hole] = (struct table_slot){0};
}

void table_remove(struct table *table, uint64_t hash, uint32_t handle)
{
    assert(table->count > 0);
    uint32_t i = (uint32_t)hash & table->mask;
    /* The tag too: a handle may stand under two hashes. */
    while (table->slots[i].handle != handle || table->slots[i].tag != (uint32_t)hash) {
        assert(table->slots[i].handle != 0);
        i = (i + 1) & table->mask;
    }
    close_hole(table, i);
    table->count--;
}

uint32_t table_next(const struct table *table, uint64_t hash, uint32_t *place)
{
    if (table->slots == NULL)
        return 0;
    uint32_t tag = (uint32_t)hash;
    for (;;) {
        const struct table_slot *slot = &table->slots[(tag + *place) & table->mask];
        (*place)++;
        if (slot->handle == 0 || slot->tag == tag)
            return slot->handle;
    }
}

void table_prefetch(const struct table *table, uint64_t hash)
{
    if (table->slots != NULL)
        __builtin_prefetch(&table->slots[(uint32_t)hash & table->mask]);
}

size_t table_bytes(const struct table *table)
{
    return table->slots == NULL ? 0 : ((size_t)table->mask + 1) * sizeof *table->slots;
}
