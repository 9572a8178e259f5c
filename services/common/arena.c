/* Memory for one request: a chain of blocks that is only ever appended to and freed whole. Knows nothing of who uses
 * it. The first block stays through arena_reset, so that a request of usual size costs no allocation after the first.
 */
#include "services/common/arena.h"
#include "services/common/log.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_ROOM 4000 /* with its header and malloc's own it stays below one page */

struct block {
    struct block *next; /* older, or the first when this is the newest */
    size_t room, used;
    alignas(max_align_t) char at[];
};

struct arena {
    struct block *newest, *first;
};

static struct block *block_new(size_t room)
{
    struct block *block = mem_take(sizeof *block + room);
    block->next = NULL;
    block->room = room;
    block->used = 0;
    return block;
}

struct arena *arena_new(void)
{
    struct arena *arena = mem_take(sizeof *arena);
    arena->first = arena->newest = block_new(BLOCK_ROOM);
    return arena;
}

void arena_destroy(struct arena **arena)
{
    assert(arena != NULL);
    if (*arena == NULL)
        return;
    arena_reset(*arena);
    free((*arena)->first);
    free(*arena);
    *arena = NULL;
}

void arena_reset(struct arena *arena)
{
    while (arena->newest != arena->first) {
        struct block *gone = arena->newest;
        arena->newest = gone->next;
        free(gone);
    }
    arena->first->used = 0;
}

void *arena_take(struct arena *arena, size_t size)
{
    assert(size < SIZE_MAX / 2);
    size_t whole = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct block *block = arena->newest;
    if (whole > block->room - block->used) {
        block = block_new(whole > BLOCK_ROOM ? whole : BLOCK_ROOM);
        block->next = arena->newest;
        arena->newest = block;
    }
    void *at = block->at + block->used;
    block->used += whole;
    return memset(at, 0, whole);
}

struct slice arena_copy(struct arena *arena, struct slice from)
{
    char *at = arena_take(arena, from.size + 1);
    if (from.size > 0)
        memcpy(at, from.at, from.size);
    return slice_of(at, from.size);
}

const char *arena_print(struct arena *arena, const char *format, ...)
{
    char most[256]; /* are no longer, and are written once */
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(most, sizeof most, format, args);
    va_end(args);
    assert(size >= 0);
    char *at = arena_take(arena, (size_t)size + 1);
    if ((size_t)size < sizeof most)
        memcpy(at, most, (size_t)size);
    else
        vsnprintf(at, (size_t)size + 1, format, again);
    va_end(again);
    return at;
}

static void *taken(void *at, size_t size)
{
    if (at == NULL)
        fatal("out of memory: %zu bytes could not be had", size);
    return at;
}

void *mem_take(size_t size)
{
    return taken(malloc(size > 0 ? size : 1), size);
}

void *mem_zero(size_t count, size_t size)
{
    return taken(calloc(count > 0 ? count : 1, size > 0 ? size : 1), size);
}

void *mem_grow(void *old, size_t size)
{
    return taken(realloc(old, size > 0 ? size : 1), size);
}

char *mem_text(struct slice text)
{
    char *copy = mem_take(text.size + 1);
    if (text.size > 0)
        memcpy(copy, text.at, text.size);
    copy[text.size] = '\0';
    return copy;
}
