/* The table by which sessions are found: four bytes a slot, in a thousand parts that grow one at a time, so that no
 * announce waits while a large table is built anew. Hashes are not kept: the owner of the records computes them again.
 * Pure. */
#ifndef DJEMBE_TRACKER_INDEX_H
#define DJEMBE_TRACKER_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define INDEX_HANDLE_BITS                                                                                              \
    26 /* the rest of a slot is a tag: six bits of the hash, so that few wrong records are read                        \
        */
#define INDEX_HANDLE_MAX ((1u << INDEX_HANDLE_BITS) - 1)
#define INDEX_PARTS 1024u

struct index_part {
    uint32_t *slots; /* 0: empty */
    uint32_t count, room;
};

struct index {
    struct index_part parts[INDEX_PARTS];
    uint64_t (*hash)(const void *arg, uint32_t handle);
    const void *arg;
};

/* `hash` gives the hash of a handle that is in the index, and well mixed. */
void index_init(struct index *index, uint64_t (*hash)(const void *arg, uint32_t handle), const void *arg);
void index_clear(struct index *index);

void index_add(struct index *index, uint64_t hash, uint32_t handle);
/* It must be in it. */
void index_remove(struct index *index, uint64_t hash, uint32_t handle);

/* Walks the handles that may have this hash: start with *place = 0; 0 at the end. */
uint32_t index_next(const struct index *index, uint64_t hash, uint32_t *place);

/* The place where a walk for this hash begins will be read soon. */
void index_prefetch(const struct index *index, uint64_t hash);

size_t index_bytes(const struct index *index);

#endif
