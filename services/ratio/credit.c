/* The arithmetic of credit. Within an epoch counters only rise, so the greatest seen is the newest. A new epoch says
 * where each counter stood when it began: the one that fell starts at its new value, the other goes on from where it
 * was. */
#include "services/ratio/credit.h"

uint64_t credit_sum(uint64_t a, uint64_t b)
{
    return a > ID_MAX - b ? ID_MAX : a + b;
}

struct credit_state credit_begin(const struct session_total *row)
{
    return (struct credit_state){.epoch = row->epoch, .up = row->base_up, .down = row->base_down, .left = row->left};
}

static uint64_t above(uint64_t now, uint64_t before)
{
    return now > before ? now - before : 0;
}

/* A base below what is stored: this counter fell. Otherwise it went on, and what the reports in between would have told
 * is credited now. */
static uint64_t epoch_start(uint64_t stored, uint64_t base)
{
    return base >= stored ? stored : base;
}

static void epoch_apply(struct credit_state *state, const struct session_total *row, struct credit_gain *gain)
{
    gain->up = credit_sum(gain->up, above(row->up, epoch_start(state->up, row->base_up)));
    gain->down = credit_sum(gain->down, above(row->down, epoch_start(state->down, row->base_down)));
    state->epoch = row->epoch;
    state->up = row->up;
    state->down = row->down;
}

bool credit_apply(struct credit_state *state, const struct session_total *row, struct credit_gain *gain)
{
    struct credit_state old = *state;
    if (row->epoch < state->epoch)
        return false;
    if (row->epoch > state->epoch) {
        epoch_apply(state, row, gain);
    } else {
        uint64_t up = above(row->up, state->up), down = above(row->down, state->down);
        gain->up = credit_sum(gain->up, up);
        gain->down = credit_sum(gain->down, down);
        state->up += up;
        state->down += down;
    }
    if (row->seen_at >= state->seen_at) {
        state->seen_at = row->seen_at;
        state->left = row->left;
        state->stopped = (row->flags & SESSION_STOPPED) != 0;
    }
    return old.epoch != state->epoch || old.up != state->up || old.down != state->down || old.left != state->left ||
           old.seen_at != state->seen_at;
}
