/* Grows by doubling, and gives its memory back when it runs empty after having been large. */
#include "services/tracker/ring.h"

#include "services/common/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_LEAST 64
#define ROOM_KEPT 65536

void ring_init(struct ring *ring, size_t record)
{
    *ring = (struct ring){.record = record};
}

void ring_clear(struct ring *ring)
{
    free(ring->at);
    ring_init(ring, ring->record);
}

void *ring_at(const struct ring *ring, size_t i)
{
    assert(i < ring->count);
    return ring->at + ((ring->first + i) & (ring->room - 1)) * ring->record;
}

static void grow(struct ring *ring)
{
    struct ring old = *ring;
    ring->room = old.room == 0 ? ROOM_LEAST : old.room * 2;
    ring->at = mem_take(ring->room * ring->record);
    for (size_t i = 0; i < old.count; i++)
        memcpy(ring->at + i * ring->record, ring_at(&old, i), ring->record);
    ring->first = 0;
    free(old.at);
}

void ring_push(struct ring *ring, const void *record)
{
    if (ring->count == ring->room)
        grow(ring);
    ring->count++;
    memcpy(ring_at(ring, ring->count - 1), record, ring->record);
}

void ring_drop(struct ring *ring, size_t count)
{
    assert(count <= ring->count);
    ring->count -= count;
    ring->first = ring->room != 0 ? (ring->first + count) & (ring->room - 1) : 0;
    if (ring->count == 0 && ring->room > ROOM_KEPT)
        ring_clear(ring);
}
