/* An array by number, a chain of free numbers through it, and a table by the bytes. Who invents prefixes fills the
 * array for a while, not for ever: uses are counted. */
#include "services/tracker/prefixes.h"

#include "services/common/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void prefixes_init(struct prefixes *prefixes, const struct hash_key *key)
{
    *prefixes = (struct prefixes){.key = *key, .top = 1};
}

void prefixes_clear(struct prefixes *prefixes)
{
    free(prefixes->all);
    table_clear(&prefixes->table);
    prefixes_init(prefixes, &prefixes->key);
}

static uint32_t find(const struct prefixes *prefixes, uint64_t hash, const uint8_t *bytes)
{
    uint32_t at;
    for (uint32_t place = 0; (at = table_next(&prefixes->table, hash, &place)) != PREFIX_NONE;)
        if (memcmp(prefixes->all[at].bytes, bytes, PREFIX_SIZE) == 0)
            return at;
    return PREFIX_NONE;
}

static uint32_t free_number(struct prefixes *prefixes)
{
    uint32_t number = prefixes->free;
    if (number != PREFIX_NONE) {
        prefixes->free = prefixes->all[number].uses;
        return number;
    }
    if (prefixes->top > PREFIXES_MAX)
        return PREFIX_NONE;
    if (prefixes->top >= prefixes->room) {
        prefixes->room = prefixes->room == 0 ? 64 : prefixes->room * 2;
        prefixes->all = mem_grow(prefixes->all, prefixes->room * sizeof *prefixes->all);
    }
    return prefixes->top++;
}

uint16_t prefixes_take(struct prefixes *prefixes, const uint8_t bytes[PREFIX_SIZE])
{
    uint64_t hash = hash_of(&prefixes->key, bytes, PREFIX_SIZE);
    uint32_t number = find(prefixes, hash, bytes);
    if (number == PREFIX_NONE) {
        number = free_number(prefixes);
        if (number == PREFIX_NONE)
            return PREFIX_NONE;
        memcpy(prefixes->all[number].bytes, bytes, PREFIX_SIZE);
        prefixes->all[number].uses = 0;
        table_add(&prefixes->table, hash, number);
    }
    prefixes->all[number].uses++;
    return (uint16_t)number;
}

void prefixes_give(struct prefixes *prefixes, uint16_t number)
{
    struct prefix *prefix = &prefixes->all[number];
    assert(number != PREFIX_NONE && prefix->uses > 0);
    if (--prefix->uses > 0)
        return;
    table_remove(&prefixes->table, hash_of(&prefixes->key, prefix->bytes, PREFIX_SIZE), number);
    prefix->uses = prefixes->free;
    prefixes->free = number;
}

size_t prefixes_bytes(const struct prefixes *prefixes)
{
    return prefixes->room * sizeof *prefixes->all + table_bytes(&prefixes->table);
}
