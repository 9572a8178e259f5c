/* How often something may be tried: a token bucket for each key (an account's name, an address). Pure. */
#ifndef DJEMBE_WEB_THROTTLE_H
#define DJEMBE_WEB_THROTTLE_H

#include "proto/slice.h"

struct throttle;

/* Each key may be tried `burst` times at once, and once more every `refill_ms`. */
struct throttle *throttle_new(unsigned burst, int64_t refill_ms);
void throttle_destroy(struct throttle **throttle);

/* Takes one try; false when none is left, and then `wait_ms` (may be NULL) tells when there is one again. */
bool throttle_take(struct throttle *throttle, struct slice key, int64_t now, int64_t *wait_ms);

/* Gives one try back: it was a good one. */
void throttle_return(struct throttle *throttle, struct slice key);

/* Gives all tries back. */
void throttle_forgive(struct throttle *throttle, struct slice key);

#endif
