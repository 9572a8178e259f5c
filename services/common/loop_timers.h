/* The loop's timers: a heap, the next one on top. Pure: `now` is an argument, in ticks (milliseconds). */
#ifndef DJEMBE_COMMON_LOOP_TIMERS_H
#define DJEMBE_COMMON_LOOP_TIMERS_H

#include "services/common/loop.h"

#include <stddef.h>

struct timers {
    struct loop_timer **heap;
    size_t count, room;
    uint64_t started;          /* how many there have been: equal moments keep their order */
    struct loop_timer *firing; /* whose callback runs now */
};

struct loop_timer *timers_add(struct timers *timers, int64_t now, uint32_t ms, uint32_t every_ms, loop_timer_fn *due,
                              void *arg);
void timers_cancel(struct loop_timer **timer);

/* When the next one is due; 0 when there is none. */
int64_t timers_next(const struct timers *timers);

/* Calls those that are due at `now`, but none that a callback adds meanwhile. */
void timers_run(struct timers *timers, int64_t now);

void timers_free(struct timers *timers);

#endif
