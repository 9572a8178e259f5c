/* Open addressing; what follows a removed slot moves up. */
#include "services/tracker/pairs.h"

#include "services/common/arena.h"

#include <assert.h>
#include <stdlib.h>

#define COUNT_BITS UINT64_C(0xff)
#define SLOTS_LEAST 64

uint64_t pairs_key(const struct hash_key *key, uint64_t user, uint64_t torrent)
{
    const uint64_t both[2] = {user, torrent};
    uint64_t hashed = hash_of(key, both, sizeof both) & ~COUNT_BITS;
    return hashed != 0 ? hashed : COUNT_BITS + 1;
}

static size_t home(const struct pairs *pairs, uint64_t slot)
{
    return (size_t)(slot >> 8) & pairs->mask;
}

/* The slot of that key, or the empty one where it would stand. */
static size_t find(const struct pairs *pairs, uint64_t key)
{
    size_t at = home(pairs, key);
    while (pairs->slots[at] != 0 && (pairs->slots[at] & ~COUNT_BITS) != key)
        at = (at + 1) & pairs->mask;
    return at;
}

static void grow(struct pairs *pairs)
{
    struct pairs old = *pairs;
    size_t slots = old.slots != NULL ? (old.mask + 1) * 2 : SLOTS_LEAST;
    pairs->slots = mem_zero(slots, sizeof *pairs->slots);
    pairs->mask = slots - 1;
    for (size_t i = 0; old.slots != NULL && i <= old.mask; i++)
        if (old.slots[i] != 0)
            pairs->slots[find(pairs, old.slots[i] & ~COUNT_BITS)] = old.slots[i];
    free(old.slots);
}

unsigned pairs_get(const struct pairs *pairs, uint64_t key)
{
    return pairs->slots != NULL ? (unsigned)(pairs->slots[find(pairs, key)] & COUNT_BITS) : 0;
}

void pairs_add(struct pairs *pairs, uint64_t key)
{
    if (pairs->slots == NULL || pairs->count > pairs->mask / 4 * 3)
        grow(pairs);
    size_t at = find(pairs, key);
    if (pairs->slots[at] == 0) {
        pairs->slots[at] = key;
        pairs->count++;
    }
    if ((pairs->slots[at] & COUNT_BITS) < PAIRS_COUNT_MAX)
        pairs->slots[at]++;
}

/* Empties the slot and moves up those behind it that would not be found any more. */
static void drop(struct pairs *pairs, size_t at)
{
    for (size_t next = (at + 1) & pairs->mask; pairs->slots[next] != 0; next = (next + 1) & pairs->mask) {
        size_t wants = home(pairs, pairs->slots[next]);
        if (((next - wants) & pairs->mask) < ((next - at) & pairs->mask))
            continue;
        pairs->slots[at] = pairs->slots[next];
        at = next;
    }
    pairs->slots[at] = 0;
    pairs->count--;
}

void pairs_remove(struct pairs *pairs, uint64_t key)
{
    assert(pairs->slots != NULL);
    size_t at = find(pairs, key);
    if (pairs->slots[at] == 0)
        return;
    pairs->slots[at]--;
    if ((pairs->slots[at] & COUNT_BITS) == 0)
        drop(pairs, at);
}

void pairs_clear(struct pairs *pairs)
{
    free(pairs->slots);
    *pairs = (struct pairs){0};
}

size_t pairs_bytes(const struct pairs *pairs)
{
    return pairs->slots != NULL ? (pairs->mask + 1) * sizeof *pairs->slots : 0;
}
