/* See drawn.h. A plain table: what is drawn has one place, by its hash, and whoever comes there last stays. */
#include "services/catalog/drawn.h"

#include "services/common/arena.h"
#include "services/common/siphash.h"

#include <stdlib.h>

#define PLACES 16384
#define BYTES_MOST 8192 /* of one with what it was drawn from; mostly a thousand */

enum part { PART_below, PART_head, PART_drawing, PART_count };

static struct drawn {
    uint64_t group, torrent;
    int64_t version;
    char *at; /* its parts, one after the other; NULL: nothing is here */
    uint32_t sizes[PART_count];
} places[PLACES];

static struct drawn *place_of(const struct drawn_from *from)
{
    static const uint8_t key[SIPHASH_KEY_SIZE]; /* whoever fills a place with intent costs us a drawing */
    const uint64_t ids[] = {from->group, from->torrent, siphash(key, from->below.at, from->below.size)};
    return &places[siphash(key, ids, sizeof ids) % PLACES];
}

struct slice drawn_find(struct drawn_from *from)
{
    const struct drawn *drawn = place_of(from);
    struct slice parts[PART_count];
    const char *at = drawn->at;
    from->version = DRAWN_NONE;
    if (at == NULL || drawn->group != from->group || drawn->torrent != from->torrent)
        return (struct slice){0};
    for (size_t i = 0; i < PART_count; i++) {
        parts[i] = slice_of(at, drawn->sizes[i]);
        at += drawn->sizes[i];
    }
    if (!slice_equal(parts[PART_below], from->below))
        return (struct slice){0};
    from->version = drawn->version;
    from->head = parts[PART_head];
    return parts[PART_drawing];
}

void drawn_keep(const struct drawn_from *from, struct slice drawing)
{
    const struct slice parts[PART_count] = {from->below, from->head, drawing};
    struct drawn *place = place_of(from);
    size_t size = 0;
    for (size_t i = 0; i < PART_count; i++)
        size += parts[i].size;
    if (size > BYTES_MOST)
        return;
    free(place->at);
    *place = (struct drawn){.group = from->group, .torrent = from->torrent, .version = from->version};
    char *at = place->at = mem_take(size);
    for (size_t i = 0; i < PART_count; i++) {
        place->sizes[i] = (uint32_t)parts[i].size;
        if (parts[i].size > 0)
            memcpy(at, parts[i].at, parts[i].size);
        at += parts[i].size;
    }
}
