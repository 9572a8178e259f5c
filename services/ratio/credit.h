/* How much of what a session reports is new (ARCHITECTURE, "Counters are state"). Pure arithmetic: a report may come
 * twice, late or not at all, and each byte counts once. */
#ifndef DJEMBE_RATIO_CREDIT_H
#define DJEMBE_RATIO_CREDIT_H

#include "proto/proto.h"

/* The last totals of a session. */
struct credit_state {
    int64_t epoch;
    uint64_t up, down, left;
    int64_t seen_at; /* 0: never */
    bool stopped;
};

struct credit_gain {
    uint64_t up, down;
};

/* A session never heard of begins at its base, which is credited nothing. */
struct credit_state credit_begin(const struct session_total *row);

/* Moves `state` to what `row` tells, and adds what is new to `gain`. False: the row told nothing new. */
bool credit_apply(struct credit_state *state, const struct session_total *row, struct credit_gain *gain);

/* a + b, at most ID_MAX. */
uint64_t credit_sum(uint64_t a, uint64_t b);

#endif
