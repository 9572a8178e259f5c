/* Four children a node: half the levels of a binary heap, and children share a cache line. */
#include "services/ratio/rules/heap.h"

#include "services/common/arena.h"

#include <assert.h>
#include <stdlib.h>

#define CHILDREN 4u

void heap_clear(struct heap *heap)
{
    free(heap->keys);
    free(heap->items);
    *heap = (struct heap){.place = heap->place, .of = heap->of};
}

static void put(struct heap *heap, uint32_t at, int64_t key, uint32_t item)
{
    heap->keys[at] = key;
    heap->items[at] = item;
    *heap->place(heap->of, item) = at + 1;
}

static void rise(struct heap *heap, uint32_t at, int64_t key, uint32_t item)
{
    while (at > 0) {
        uint32_t parent = (at - 1) / CHILDREN;
        if (heap->keys[parent] <= key)
            break;
        put(heap, at, heap->keys[parent], heap->items[parent]);
        at = parent;
    }
    put(heap, at, key, item);
}

static void sink(struct heap *heap, uint32_t at, int64_t key, uint32_t item)
{
    for (;;) {
        uint32_t first = at * CHILDREN + 1, least = first;
        if (first >= heap->count)
            break;
        uint32_t end = first + CHILDREN < heap->count ? first + CHILDREN : heap->count;
        for (uint32_t child = first + 1; child < end; child++)
            if (heap->keys[child] < heap->keys[least])
                least = child;
        if (heap->keys[least] >= key)
            break;
        put(heap, at, heap->keys[least], heap->items[least]);
        at = least;
    }
    put(heap, at, key, item);
}

static void add(struct heap *heap, uint32_t item, int64_t key)
{
    if (heap->count == heap->room) {
        heap->room = heap->room < 16 ? 16 : heap->room + heap->room / 2; /* a loaded one has as much as it needs */
        heap->keys = mem_grow(heap->keys, heap->room * sizeof *heap->keys);
        heap->items = mem_grow(heap->items, heap->room * sizeof *heap->items);
    }
    rise(heap, heap->count++, key, item);
}

void heap_set(struct heap *heap, uint32_t item, int64_t key)
{
    uint32_t place = *heap->place(heap->of, item);
    if (place == 0)
        add(heap, item, key);
    else if (key < heap->keys[place - 1])
        rise(heap, place - 1, key, item);
    else
        sink(heap, place - 1, key, item);
}

void heap_hasten(struct heap *heap, uint32_t item, int64_t key)
{
    uint32_t place = *heap->place(heap->of, item);
    if (place == 0 || key < heap->keys[place - 1])
        heap_set(heap, item, key);
}

void heap_remove(struct heap *heap, uint32_t item)
{
    uint32_t *place = heap->place(heap->of, item);
    if (*place == 0)
        return;
    uint32_t at = *place - 1;
    *place = 0;
    heap->count--;
    if (at == heap->count)
        return;
    int64_t key = heap->keys[heap->count];
    uint32_t last = heap->items[heap->count];
    rise(heap, at, key, last);
    sink(heap, *heap->place(heap->of, last) - 1, key, last);
}

uint32_t heap_pop(struct heap *heap)
{
    assert(heap->count > 0);
    uint32_t item = heap->items[0];
    heap_remove(heap, item);
    return item;
}

size_t heap_bytes(const struct heap *heap)
{
    return heap->room * (sizeof *heap->keys + sizeof *heap->items);
}
