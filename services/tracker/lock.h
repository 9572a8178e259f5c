/* The one lock over struct tracker: announce workers and the loop take it for as long as they touch the tracker, and no
 * longer: what is read from the wire or written to it, packed for ratio or sent to PostgreSQL is read and written
 * outside. Whoever has much to do under it lets others go first now and then. */
#ifndef DJEMBE_TRACKER_LOCK_H
#define DJEMBE_TRACKER_LOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct lock {
    pthread_mutex_t mutex;
    atomic_uint waiting; /* threads that want it now */
    atomic_bool taken;
    bool shared;
    pthread_t holder; /* while taken */
    uint64_t waits, slept, slept_ns;
};

/* How often it was not free when wanted; of these, how often it did not become so soon, and how long that took. */
struct lock_waits {
    uint64_t times, slept, slept_ns;
};

void lock_init(struct lock *lock);
void lock_clear(struct lock *lock);
/* Several threads use it from now on: lock_is_mine says what it is asked. */
void lock_share(struct lock *lock);

void lock_take(struct lock *lock);
void lock_give(struct lock *lock);
/* Whoever waits for it goes first; then it is taken again. */
void lock_breathe(struct lock *lock);
/* For assertions: this thread has it, or there is only one thread. */
bool lock_is_mine(const struct lock *lock);

/* While it is taken. */
struct lock_waits lock_waits(const struct lock *lock);

#endif
