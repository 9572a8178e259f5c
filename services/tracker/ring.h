/* A first-in first-out queue of records of one size. */
#ifndef DJEMBE_TRACKER_RING_H
#define DJEMBE_TRACKER_RING_H

#include <stddef.h>

struct ring {
    char *at;
    size_t record;             /* bytes of one */
    size_t room, first, count; /* room is 0 or a power of two */
};

void ring_init(struct ring *ring, size_t record);
void ring_clear(struct ring *ring);

/* Copies the record in at the end. */
void ring_push(struct ring *ring, const void *record);
/* The i-th from the front, which must be there. */
void *ring_at(const struct ring *ring, size_t i);
/* Drops `count` from the front. */
void ring_drop(struct ring *ring, size_t count);

#endif
