/* The two clocks. Pure modules never read them: they take `now` as an argument. */
#ifndef DJEMBE_COMMON_CLOCK_H
#define DJEMBE_COMMON_CLOCK_H

#include <stdint.h>

/* Wall clock, unix milliseconds. */
int64_t clock_now(void);

/* Monotonic milliseconds since some moment: for deadlines and durations. */
int64_t clock_ticks(void);

#endif
