/* A hash table of 32-bit handles. The records are the caller's: it hashes their keys and compares them. */
#ifndef DJEMBE_COMMON_TABLE_H
#define DJEMBE_COMMON_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_slot {
    uint32_t tag;    /* the hash's low half */
    uint32_t handle; /* 0: empty */
};

struct table {
    struct table_slot *slots;
    uint32_t mask; /* slots - 1; 0 while there are none */
    uint32_t count;
};

void table_clear(struct table *table);

void table_add(struct table *table, uint64_t hash, uint32_t handle);
/* The pair must be in it. */
void table_remove(struct table *table, uint64_t hash, uint32_t handle);

/* Walks the handles that may have this hash: start with *place = 0; 0 at the end.
 *   for (uint32_t place = 0, at; (at = table_next(table, hash, &place)) != 0;) if (same(at)) … */
uint32_t table_next(const struct table *table, uint64_t hash, uint32_t *place);

/* The place where a walk for this hash begins will be read soon. */
void table_prefetch(const struct table *table, uint64_t hash);

size_t table_bytes(const struct table *table);

#endif
