/* See drawn.h. A plain table: what is drawn has one place, by its hash, and whoever comes there last stays. */
#include "services/catalog/drawn.h"

#include "services/common/arena.h"
#include "services/common/siphash.h"

#include <stdlib.h>

#define PLACES 16384
#define BYTES_MOST 8192 /* of one with what it was drawn from; mostly two thousand */

static struct drawn {
    uint64_t hash;
    char *at; /* what it was drawn from, and behind that the drawing; NULL: nothing is here */
    uint32_t from_size, size;
} places[PLACES];

static uint64_t hash_of(struct slice from)
{
    static const uint8_t key[SIPHASH_KEY_SIZE]; /* whoever fills a place with intent costs us a drawing */
    return siphash(key, from.at, from.size);
}

struct slice drawn_find(struct slice from)
{
    uint64_t hash = hash_of(from);
    const struct drawn *drawn = &places[hash % PLACES];
    if (drawn->at == NULL || drawn->hash != hash || !slice_equal(slice_of(drawn->at, drawn->from_size), from))
        return (struct slice){0};
    return slice_of(drawn->at + drawn->from_size, drawn->size);
}

void drawn_keep(struct slice from, struct slice drawn)
{
    uint64_t hash = hash_of(from);
    struct drawn *place = &places[hash % PLACES];
    if (from.size + drawn.size > BYTES_MOST)
        return;
    free(place->at);
    *place = (struct drawn){.hash = hash, .from_size = (uint32_t)from.size, .size = (uint32_t)drawn.size};
    place->at = mem_take(from.size + drawn.size);
    memcpy(place->at, from.at, from.size);
    memcpy(place->at + from.size, drawn.at, drawn.size);
}
