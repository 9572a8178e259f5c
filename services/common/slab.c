/* Chunks of 4096 records, and a stack of handles that were given back. */
#include "services/common/slab.h"

#include "services/common/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_RECORDS (1u << SLAB_CHUNK_BITS)

void slab_init(struct slab *slab, size_t record)
{
    *slab = (struct slab){.record = record, .top = 1};
}

void slab_clear(struct slab *slab)
{
    for (uint32_t i = 0; i < slab->chunks_count; i++)
        free(slab->chunks[i]);
    free(slab->chunks);
    free(slab->given);
    slab_init(slab, slab->record);
}

static uint32_t fresh_handle(struct slab *slab)
{
    uint32_t handle = slab->top++;
    assert(handle != UINT32_MAX);
    if (handle >> SLAB_CHUNK_BITS >= slab->chunks_count) {
        slab->chunks = mem_grow(slab->chunks, (slab->chunks_count + 1) * sizeof *slab->chunks);
        slab->chunks[slab->chunks_count++] = mem_zero(CHUNK_RECORDS, slab->record);
    }
    return handle;
}

uint32_t slab_take(struct slab *slab)
{
    slab->live++;
    if (slab->given_count > 0)
        return slab->given[--slab->given_count];
    return fresh_handle(slab);
}

void slab_give(struct slab *slab, uint32_t handle)
{
    assert(handle != SLAB_NONE && handle < slab->top && slab->live > 0);
    memset(slab_at(slab, handle), 0, slab->record);
    if (slab->given_count == slab->given_room) {
        slab->given_room = slab->given_room == 0 ? 64 : slab->given_room * 2;
        slab->given = mem_grow(slab->given, slab->given_room * sizeof *slab->given);
    }
    slab->given[slab->given_count++] = handle;
    slab->live--;
}

size_t slab_bytes(const struct slab *slab)
{
    return slab->chunks_count * (CHUNK_RECORDS * slab->record + sizeof *slab->chunks) +
           slab->given_room * sizeof *slab->given;
}
