/* Ratio watch (RULES 5): what happens to a member below the required ratio. A state machine whose every step is a call;
 * it stops leeching and nothing else. Pure. */
#ifndef DJEMBE_RATIO_WATCH_H
#define DJEMBE_RATIO_WATCH_H

#include "proto/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct watch_rules {
    int64_t length;  /* ms that a watch lasts */
    int64_t allowed; /* bytes that may be downloaded meanwhile */
};

enum watch_state { WATCH_clear, WATCH_on, WATCH_stopped, WATCH_states };

struct watch {
    enum watch_state state;
    int64_t since;      /* unix ms */
    int64_t ends_at;    /* on watch: leeching stops then, */
    uint64_t stop_down; /* or when so much was downloaded in all */
    bool warned;        /* that a quarter of either is left */
};

enum watch_step { STEP_none, STEP_begun, STEP_warned, STEP_stopped, STEP_met, STEP_allowed };

/* How a state is called in the table and on the bus. */
const char *watch_name(enum watch_state state);
enum watch_state watch_find(struct slice name);

/* What a member's figures make of the watch. One step at a time: ask again while it takes one. */
enum watch_step watch_step(const struct watch_rules *rules, struct watch *watch, bool met, uint64_t down, int64_t now);

/* When to look again although nothing is reported; 0: never. `bound`: something is required of the member, and a day
 * without seeding may raise it. */
int64_t watch_due(const struct watch_rules *rules, const struct watch *watch, bool bound, int64_t now);

/* Bytes that may still be downloaded on watch. */
uint64_t watch_left(const struct watch *watch, uint64_t down);

#endif
