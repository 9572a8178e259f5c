/* Grows by doubling, and gives memory back when it has become much emptier. */
#include "services/tracker/ring.h"

#include "services/common/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_LEAST 64
#define ROOM_KEPT 1024 /* records for which room is not given back */

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

static void resize(struct ring *ring, size_t room)
{
    struct ring old = *ring;
    ring->room = room;
    ring->at = mem_take(ring->room * ring->record);
    for (size_t i = 0; i < old.count; i++)
        memcpy(ring->at + i * ring->record, ring_at(&old, i), ring->record);
    ring->first = 0;
    free(old.at);
}

void ring_push(struct ring *ring, const void *record)
{
    if (ring->count == ring->room)
        resize(ring, ring->room == 0 ? ROOM_LEAST : ring->room * 2);
    ring->count++;
    memcpy(ring_at(ring, ring->count - 1), record, ring->record);
}

void ring_drop(struct ring *ring, size_t count)
{
    assert(count <= ring->count);
    ring->count -= count;
    ring->first = ring->room != 0 ? (ring->first + count) & (ring->room - 1) : 0;
    if (ring->room > ROOM_KEPT && ring->count < ring->room / 8)
        resize(ring, ring->room / 4);
}
