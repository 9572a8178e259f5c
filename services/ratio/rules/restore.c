/* Q19: a member restores own content while it was announced with left > 0 within 2·interval + 10 min, for less than 30
 * d of each 180. Its notes are the times in which that was so; the last one may end in the future. */
#include "services/ratio/rules/state.h"

#define RESTORE_MOST (30 * DAY_MS)
#define RESTORE_WINDOW (180 * DAY_MS)

void restore_seen(struct rules *r, uint32_t handle)
{
    struct member *member = member_at(r, handle);
    struct note *last = notes_last(&r->notes, member->restores);
    if (last != NULL && r->now <= last->value)
        last->value = r->now + r->ms.window;
    else
        notes_add(&r->notes, &member->restores, r->now, r->now + r->ms.window);
    mark_member(r, handle);
    touch_member(r, handle);
}

/* When the sum reaches 30 d: it grows but for as much as leaves the window. */
static int64_t most_is_reached(const struct rules *r, const struct member *member, int64_t rest)
{
    int64_t left = r->now - RESTORE_WINDOW;
    for (const struct note *note = notes_first(&r->notes, member->restores); note != NULL;
         note = notes_next(&r->notes, member->restores, note)) {
        int64_t gap = note->at > left ? note->at - left : 0;
        if (gap >= rest)
            break;
        rest -= gap;
        left = note->value > left ? note->value : left;
    }
    return left + rest + RESTORE_WINDOW;
}

bool restore_runs(struct rules *r, struct member *member, int64_t *ends)
{
    notes_forget_ended(&r->notes, &member->restores, r->now - RESTORE_WINDOW);
    const struct note *last = notes_last(&r->notes, member->restores);
    *ends = FOREVER;
    if (last == NULL || r->now >= last->value)
        return false;
    int64_t sum = notes_time_within(&r->notes, member->restores, r->now - RESTORE_WINDOW, r->now);
    if (sum >= RESTORE_MOST)
        return false;
    *ends = most_is_reached(r, member, RESTORE_MOST - sum);
    if (last->value < *ends)
        *ends = last->value;
    return true;
}
