/* Deadlines, the earliest first: a heap of (key, item) in which an item knows its place, so that it can be moved or
 * taken out. Knows neither what a key measures nor what an item is. */
#ifndef DJEMBE_RATIO_RULES_HEAP_H
#define DJEMBE_RATIO_RULES_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Where an item keeps its place: 0 while it is not in the heap. */
typedef uint32_t *heap_place(void *of, uint32_t item);

struct heap {
    int64_t *keys;
    uint32_t *items;
    uint32_t count, room;
    heap_place *place;
    void *of; /* given to `place` */
};

void heap_clear(struct heap *heap);
/* Puts the item in, or moves it to another key. */
void heap_set(struct heap *heap, uint32_t item, int64_t key);
/* The same, unless it is in with an earlier key already. */
void heap_hasten(struct heap *heap, uint32_t item, int64_t key);
/* Nothing happens when it is not in. */
void heap_remove(struct heap *heap, uint32_t item);

/* The earliest key; INT64_MAX when it is empty. */
static inline int64_t heap_first(const struct heap *heap)
{
    return heap->count == 0 ? INT64_MAX : heap->keys[0];
}

/* Takes the earliest out; the heap is not empty. */
uint32_t heap_pop(struct heap *heap);

size_t heap_bytes(const struct heap *heap);

#endif
