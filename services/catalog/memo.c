/* See memo.h. A plain table, as drawn.c. */
#include "services/catalog/memo.h"

#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/common/siphash.h"

#include <stdlib.h>

#define KEPT_MS 60000

static size_t place_of(struct slice asked)
{
    static const uint8_t key[SIPHASH_KEY_SIZE]; /* whoever fills a place with intent costs us a question */
    return siphash(key, asked.at, asked.size) % MEMO_PLACES;
}

struct slice memo_find(const struct memo *memo, struct slice asked)
{
    const struct memo_place *place = &memo->places[place_of(asked)];
    if (place->at == NULL || !slice_equal(slice_of(place->at, place->asked_size), asked) ||
        place->until < clock_ticks())
        return (struct slice){0};
    return slice_of(place->at + place->asked_size, place->told_size);
}

void memo_keep(struct memo *memo, struct slice asked, struct slice told)
{
    struct memo_place *place = &memo->places[place_of(asked)];
    if (asked.size + told.size > MEMO_BYTES_MOST)
        return;
    free(place->at);
    *place = (struct memo_place){.at = mem_take(asked.size + told.size + 1),
                                 .asked_size = (uint32_t)asked.size,
                                 .told_size = (uint32_t)told.size,
                                 .until = clock_ticks() + KEPT_MS};
    memcpy(place->at, asked.at, asked.size);
    memcpy(place->at + asked.size, told.at, told.size);
}
