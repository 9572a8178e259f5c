/* A mutex that is spun for first, for it is held for a microsecond or two and waking a thread takes many. A mutex is
 * not fair: whoever gives it back and wants it again at once has it before a waiting thread has woken, so lock_breathe
 * counts who waits. */
#include "services/tracker/lock.h"

#include <assert.h>
#include <sched.h>
#include <time.h>

#define YIELDS_MOST 200
#define LOOKS_MOST 2000 /* some tens of microseconds: what waking a thread costs on a virtual machine */

void lock_init(struct lock *lock)
{
    pthread_mutex_init(&lock->mutex, NULL);
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

/* What is only looked at stays in the cache of the thread that has the lock. */
static bool spin_for(struct lock *lock)
{
    for (int i = 0; i < LOOKS_MOST; i++) {
        if (!atomic_load_explicit(&lock->taken, memory_order_relaxed) && pthread_mutex_trylock(&lock->mutex) == 0)
            return true;
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    return false;
}

static void sleep_for(struct lock *lock)
{
    uint64_t since = now_ns();
    pthread_mutex_lock(&lock->mutex);
    lock->slept++;
    lock->slept_ns += now_ns() - since;
}

static void wait_for(struct lock *lock)
{
    atomic_fetch_add_explicit(&lock->waiting, 1, memory_order_relaxed);
    if (!spin_for(lock))
        sleep_for(lock);
    atomic_fetch_sub_explicit(&lock->waiting, 1, memory_order_relaxed);
    lock->waits++;
}

void lock_take(struct lock *lock)
{
    if (pthread_mutex_trylock(&lock->mutex) != 0)
        wait_for(lock);
    lock->holder = pthread_self();
    atomic_store_explicit(&lock->taken, true, memory_order_relaxed);
}

void lock_give(struct lock *lock)
{
    assert(lock_is_mine(lock));
    atomic_store_explicit(&lock->taken, false, memory_order_relaxed);
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
    return (struct lock_waits){.times = lock->waits, .slept = lock->slept, .slept_ns = lock->slept_ns};
}
