/* clear -> on (begun) -> stopped, and from both back to clear when the requirement is met. A member who cannot get
 * below while nothing is downloaded still can by seeding less: that is why a bound member is looked at each day. */
#include "services/ratio/watch.h"

static const int64_t day_ms = INT64_C(86400000);
static const char *const names[WATCH_states] = {"clear", "watch", "stopped"};

const char *watch_name(enum watch_state state)
{
    return names[state];
}

enum watch_state watch_find(struct slice name)
{
    for (int state = WATCH_on; state < WATCH_states; state++)
        if (slice_is(name, names[state]))
            return (enum watch_state)state;
    return WATCH_clear;
}

static int64_t warned_at(const struct watch_rules *rules, const struct watch *watch)
{
    return watch->ends_at - rules->length / 4;
}

uint64_t watch_left(const struct watch *watch, uint64_t down)
{
    return watch->stop_down > down ? watch->stop_down - down : 0;
}

static enum watch_step clear(struct watch *watch, enum watch_step step)
{
    *watch = (struct watch){.state = WATCH_clear};
    return step;
}

static enum watch_step begin(const struct watch_rules *rules, struct watch *watch, uint64_t down, int64_t now)
{
    uint64_t allowed = (uint64_t)rules->allowed;
    *watch = (struct watch){
        .state = WATCH_on,
        .since = now,
        .ends_at = now + rules->length,
        .stop_down = down < INT64_MAX - allowed ? down + allowed : INT64_MAX,
    };
    return STEP_begun;
}

static enum watch_step go_on(const struct watch_rules *rules, struct watch *watch, uint64_t down, int64_t now)
{
    if (now >= watch->ends_at || down >= watch->stop_down) {
        *watch = (struct watch){.state = WATCH_stopped, .since = now};
        return STEP_stopped;
    }
    if (watch->warned || (now < warned_at(rules, watch) && watch_left(watch, down) > (uint64_t)rules->allowed / 4))
        return STEP_none;
    watch->warned = true;
    return STEP_warned;
}

enum watch_step watch_step(const struct watch_rules *rules, struct watch *watch, bool met, uint64_t down, int64_t now)
{
    switch (watch->state) {
    case WATCH_on:
        return met ? clear(watch, STEP_met) : go_on(rules, watch, down, now);
    case WATCH_stopped:
        return met ? clear(watch, STEP_allowed) : STEP_none;
    default:
        return met ? STEP_none : begin(rules, watch, down, now);
    }
}

int64_t watch_due(const struct watch_rules *rules, const struct watch *watch, bool bound, int64_t now)
{
    int64_t due = bound || watch->state != WATCH_clear ? now + day_ms : 0;
    if (watch->state == WATCH_on) {
        int64_t next = watch->warned ? watch->ends_at : warned_at(rules, watch);
        due = next < due ? next : due;
    }
    return due;
}
