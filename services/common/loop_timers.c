/* A binary heap of timers. A timer knows its place, so that cancelling needs no search. */
#include "services/common/loop_timers.h"
#include "services/common/arena.h"

#include <assert.h>
#include <stdlib.h>

struct loop_timer {
    struct timers *timers;
    size_t place; /* in the heap */
    bool waiting; /* in the heap at all */
    int64_t at;
    uint64_t number;
    uint32_t every_ms;
    loop_timer_fn *due;
    void *arg;
};

static bool comes_first(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void put(struct timers *timers, size_t place, struct loop_timer *timer)
{
    timers->heap[place] = timer;
    timer->place = place;
}

static void move_up(struct timers *timers, struct loop_timer *timer)
{
    size_t place = timer->place;
    while (place > 0 && comes_first(timer, timers->heap[(place - 1) / 2])) {
        put(timers, place, timers->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(timers, place, timer);
}

static void move_down(struct timers *timers, struct loop_timer *timer)
{
    size_t place = timer->place, child;
    while ((child = 2 * place + 1) < timers->count) {
        if (child + 1 < timers->count && comes_first(timers->heap[child + 1], timers->heap[child]))
            child++;
        if (!comes_first(timers->heap[child], timer))
            break;
        put(timers, place, timers->heap[child]);
        place = child;
    }
    put(timers, place, timer);
}

static void insert(struct timers *timers, struct loop_timer *timer, int64_t at)
{
    if (timers->count == timers->room) {
        timers->room = timers->room > 0 ? 2 * timers->room : 64;
        timers->heap = mem_grow(timers->heap, timers->room * sizeof(struct loop_timer *));
    }
    timer->at = at;
    timer->number = timers->started++;
    timer->waiting = true;
    put(timers, timers->count++, timer);
    move_up(timers, timer);
}

static void take_out(struct timers *timers, struct loop_timer *timer)
{
    struct loop_timer *last = timers->heap[--timers->count];
    timer->waiting = false;
    if (last == timer)
        return;
    put(timers, timer->place, last);
    move_up(timers, last);
    move_down(timers, last);
}

/* Ticks are rounded down, so one more keeps a timer from firing early. */
static int64_t moment(int64_t now, uint32_t ms)
{
    return now + ms + (ms > 0);
}

struct loop_timer *timers_add(struct timers *timers, int64_t now, uint32_t ms, uint32_t every_ms, loop_timer_fn *due,
                              void *arg)
{
    struct loop_timer *timer = mem_zero(1, sizeof *timer);
    timer->timers = timers;
    timer->every_ms = every_ms;
    timer->due = due;
    timer->arg = arg;
    insert(timers, timer, moment(now, ms));
    return timer;
}

void timers_cancel(struct loop_timer **handle)
{
    assert(handle != NULL);
    struct loop_timer *timer = *handle;
    *handle = NULL;
    if (timer == NULL)
        return;
    if (timer->waiting)
        take_out(timer->timers, timer);
    if (timer->timers->firing == timer)
        timer->every_ms = 0; /* freed when its callback returns */
    else
        free(timer);
}

int64_t timers_next(const struct timers *timers)
{
    return timers->count > 0 ? timers->heap[0]->at : 0;
}

static void fire(struct timers *timers, struct loop_timer *timer, int64_t now)
{
    timers->firing = timer;
    timer->due(timer->arg);
    timers->firing = NULL;
    if (timer->every_ms == 0)
        free(timer);
    else /* counted from now: what was missed while the process slept is not made up for */
        insert(timers, timer, moment(now, timer->every_ms));
}

void timers_run(struct timers *timers, int64_t now)
{
    uint64_t before = timers->started;
    while (timers->count > 0) {
        struct loop_timer *timer = timers->heap[0];
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what was freed has been taken out */
        if (timer->at > now || timer->number >= before)
            break;
        take_out(timers, timer);
        fire(timers, timer, now);
    }
}

void timers_free(struct timers *timers)
{
    for (size_t i = 0; i < timers->count; i++)
        free(timers->heap[i]);
    free(timers->heap);
    *timers = (struct timers){0};
}
