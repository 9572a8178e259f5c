/* Records of one size, many millions of them, each named by a 32-bit handle that stays valid until the record is given
 * back. Records never move: they lie in one stretch of addresses, of which memory is taken as they come. */
#ifndef DJEMBE_COMMON_SLAB_H
#define DJEMBE_COMMON_SLAB_H

#include <stddef.h>
#include <stdint.h>

#define SLAB_NONE 0u /* no record has this handle */

struct slab {
    char *records;
    size_t record;   /* bytes of one */
    size_t bytes;    /* of memory behind `records`, used or not */
    uint32_t top;    /* handles 1 .. top - 1 have been used */
    uint32_t live;   /* how many are taken now */
    uint32_t *given; /* handles that wait to be taken again */
    uint32_t given_count, given_room;
};

void slab_init(struct slab *slab, size_t record);
void slab_clear(struct slab *slab);

/* A zeroed record. */
uint32_t slab_take(struct slab *slab);
/* The record is zeroed at once, so that a sweep over all handles can tell it from a live one. */
void slab_give(struct slab *slab, uint32_t handle);
/* Of a slab that has no record yet: memory for handles below `top`, for whoever writes them all himself. */
void slab_make_room(struct slab *slab, uint32_t top);

static inline void *slab_at(const struct slab *slab, uint32_t handle)
{
    return slab->records + handle * slab->record;
}

/* Bytes held for records and bookkeeping; of the memory for records what has been used. */
size_t slab_bytes(const struct slab *slab);

#endif
