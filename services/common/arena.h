/* Memory that lives as long as one request and is freed whole. Running out of memory ends the process: no function
 * here returns NULL. */
#ifndef DJEMBE_COMMON_ARENA_H
#define DJEMBE_COMMON_ARENA_H

#include "proto/slice.h"

struct arena;

struct arena *arena_new(void);
void arena_destroy(struct arena **arena);

/* Frees what was taken but keeps the first block for the next use. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for anything. */
void *arena_take(struct arena *arena, size_t size);

/* A copy that is NUL-terminated behind its last byte. */
struct slice arena_copy(struct arena *arena, struct slice from);

/* printf into the arena; the result is NUL-terminated. */
const char *arena_print(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* malloc, calloc, realloc and strdup that end the process instead of returning NULL. */
void *mem_take(size_t size);
void *mem_zero(size_t count, size_t size);
void *mem_grow(void *old, size_t size);
char *mem_text(struct slice text);

#endif
