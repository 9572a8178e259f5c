/* An adaptive mutex, which is worth a short spin, for it is held for a microsecond or two. A mutex is not fair: whoever
 * gives it back and wants it again at once has it before a waiting thread has woken, so lock_breathe counts who waits.
 */
#include "services/tracker/lock.h"

#include <assert.h>
#include <sched.h>
#include <time.h>

#define YIELDS_MOST 200

void lock_init(struct lock *lock)
{
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(&lock->mutex, &kind);
    pthread_mutexattr_destroy(&kind);
}

void lock_clear(struct lock *lock)
{
    pthread_mutex_destroy(&lock->mutex);
}

void lock_share(struct lock *lock)
{
    lock->shared = true;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void wait_for(struct lock *lock)
{
    uint64_t since = now_ns();
    atomic_fetch_add_explicit(&lock->waiting, 1, memory_order_relaxed);
    pthread_mutex_lock(&lock->mutex);
    atomic_fetch_sub_explicit(&lock->waiting, 1, memory_order_relaxed);
    lock->waits++;
    lock->waited_ns += now_ns() - since;
}

void lock_take(struct lock *lock)
{
    if (pthread_mutex_trylock(&lock->mutex) != 0)
        wait_for(lock);
    lock->holder = pthread_self();
    lock->taken = true;
}

void lock_give(struct lock *lock)
{
    assert(lock_is_mine(lock));
    lock->taken = false;
    pthread_mutex_unlock(&lock->mutex);
}

void lock_breathe(struct lock *lock)
{
    if (!lock->shared)
        return;
    lock_give(lock);
    for (int i = 0; i < YIELDS_MOST && atomic_load_explicit(&lock->waiting, memory_order_relaxed) > 0; i++)
        sched_yield();
    lock_take(lock);
}

bool lock_is_mine(const struct lock *lock)
{
    return !lock->shared || (lock->taken && pthread_equal(lock->holder, pthread_self()));
}

struct lock_waits lock_waits(const struct lock *lock)
{
    assert(lock_is_mine(lock));
    return (struct lock_waits){.times = lock->waits, .ns = lock->waited_ns};
}
