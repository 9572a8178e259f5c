/* A copy on its way (Q19, Q20): its progress, how long it may take, and what it does for its holder's clock. */
#include "services/ratio/rules/state.h"

#define FETCH_DAYS 7
#define FETCH_RATE INT64_C(65536) /* bytes a second */
#define EXPIRED_WINDOW (30 * DAY_MS)

/* Progress is a new least `left` (Q20); the first left seen begins the history. */
void fetch_progress(struct rules *r, uint32_t handle, int64_t left)
{
    struct copy *copy = copy_at(r, handle);
    const struct note *last = notes_last(&r->notes, copy->notes);
    if (last != NULL && left >= last->value)
        return;
    notes_add(&r->notes, &copy->notes, r->now, left);
    copy->fetch.served = version_served(r, version_at(r, copy->version));
    mark_member(r, copy->member);
    touch_copy(r, handle);
    copy_schedule(r, handle);
}

/* Q19: the least left of 24 h ago, or the first, minus the least left now. */
int64_t fetch_gain(struct rules *r, struct copy *copy)
{
    if (copy->notes == 0)
        return 0;
    const struct note *second;
    while ((second = notes_next(&r->notes, copy->notes, notes_first(&r->notes, copy->notes))) != NULL &&
           r->now - second->at >= DAY_MS)
        notes_forget(&r->notes, &copy->notes);
    return notes_first(&r->notes, copy->notes)->value - notes_last(&r->notes, copy->notes)->value;
}

/* When the gain will fall, without another announce. */
int64_t fetch_gain_changes(const struct rules *r, const struct copy *copy)
{
    if (copy->notes == 0)
        return FOREVER;
    const struct note *second = notes_next(&r->notes, copy->notes, notes_first(&r->notes, copy->notes));
    return second == NULL ? FOREVER : second->at + DAY_MS;
}

/* Q20: FETCH_IDLE of time in which the version was serveable, or 7 d + S / 64 KiB/s. */
int64_t fetch_ends(const struct rules *r, const struct copy *copy)
{
    const struct version *version = version_at(r, copy->version);
    int64_t whole = copy->fetch.began + FETCH_DAYS * DAY_MS + version->size * 1000 / FETCH_RATE;
    int64_t idle = version_served(r, version) - copy->fetch.served;
    if (!version->serveable && idle < r->ms.fetch_idle)
        return whole;
    int64_t ends = r->now + r->ms.fetch_idle - idle;
    return ends < whole ? ends : whole;
}

/* Q19: the second within 30 d stops pause and offers for 30 d. */
void fetch_expired(struct rules *r, uint32_t handle)
{
    struct member *member = member_at(r, handle);
    if (r->now - member->expired < EXPIRED_WINDOW)
        member->idle_until = r->now + EXPIRED_WINDOW;
    member->expired = r->now;
    mark_member(r, handle);
    touch_member(r, handle);
}
