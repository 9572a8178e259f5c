/* Records of one size, many millions of them, each named by a 32-bit handle that stays valid until the record is given
 * back. Records never move: they live in chunks. */
#ifndef DJEMBE_COMMON_SLAB_H
#define DJEMBE_COMMON_SLAB_H

#include <stddef.h>
#include <stdint.h>

#define SLAB_NONE 0u /* no record has this handle */
#define SLAB_CHUNK_BITS 12

struct slab {
    char **chunks;
    size_t record;   /* bytes of one */
    uint32_t top;    /* handles 1 .. top - 1 have been used */
    uint32_t live;   /* how many are taken now */
    uint32_t *given; /* handles that wait to be taken again */
    uint32_t given_count, given_room;
    uint32_t chunks_count;
};

void slab_init(struct slab *slab, size_t record);
void slab_clear(struct slab *slab);

/* A zeroed record. */
uint32_t slab_take(struct slab *slab);
/* The record is zeroed at once, so that a sweep over all handles can tell it from a live one. */
void slab_give(struct slab *slab, uint32_t handle);

static inline void *slab_at(const struct slab *slab, uint32_t handle)
{
    uint32_t within = handle & ((1u << SLAB_CHUNK_BITS) - 1);
    return slab->chunks[handle >> SLAB_CHUNK_BITS] + within * slab->record;
}

/* Bytes held for records and bookkeeping. */
size_t slab_bytes(const struct slab *slab);

#endif
