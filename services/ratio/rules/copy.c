/* D2: the states of a copy, and what each step changes at once: slots in flight, IF, copies that serve, work blocked.
 */
#include "services/ratio/rules/state.h"

#define ABSENCE_WINDOW (30 * DAY_MS)
#define ABSENCE_MOST (240 * HOUR_MS)

static void slot_count(struct rules *r, uint32_t handle, int change)
{
    struct copy *copy = copy_at(r, handle);
    struct version *version = version_at(r, copy->version);
    struct member *holder = member_at(r, copy->member);
    version->in_flight = (uint16_t)(version->in_flight + change);
    member_at(r, version->owner)->incoming += change * version->size;
    holder->fetching += change * version->size;
    chain_remove(&r->copies, change > 0 ? &holder->kept : &holder->in_flight, CHAIN_MEMBER, handle);
    chain_add(&r->copies, change > 0 ? &holder->in_flight : &holder->kept, CHAIN_MEMBER, handle);
}

static void enter(struct rules *r, uint32_t handle, enum rules_state state)
{
    struct copy *copy = copy_at(r, handle);
    struct version *version = version_at(r, copy->version);
    enum rules_state from = copy->state;
    bool blocked = copy_blocks(copy), flew = copy_is_in_flight(copy);
    version->held += (uint32_t)((state == RULES_HELD) - (from == RULES_HELD));
    copy->state = state;
    if (copy_is_in_flight(copy) != flew)
        slot_count(r, handle, flew ? -1 : 1);
    if (copy_blocks(copy) != blocked && version->queued != 0)
        work_blocks(r, copy->member, blocked ? -1 : 1);
    tell_copy(r, handle, from, state);
    mark_version(r, copy->version);
    mark_backup(r, version->backup);
    mark_member(r, copy->member);
    mark_member(r, version->owner);
}

/* A copy that begins anew remembers nothing of one before it. */
static void begin(struct rules *r, struct copy *copy)
{
    notes_clear(&r->notes, &copy->notes);
    copy->suspects = 0;
    copy->points = 0;
    copy->fetched = copy->once_held = copy->passed_ever = copy->paid = false;
    copy->tier = 0;
}

static void hold_now(struct rules *r, struct copy *copy)
{
    notes_clear(&r->notes, &copy->notes);
    copy->hold.held_at = r->at;
    copy->hold.held = copy->hold.seen = r->now;
    copy->hold.passed = RULES_NEVER;
    copy->once_held = true;
}

void copy_grant(struct rules *r, uint32_t handle, enum rules_state state)
{
    struct copy *copy = copy_at(r, handle);
    struct version *version = version_at(r, copy->version);
    begin(r, copy);
    copy->points = (uint32_t)version_points(r, version);
    copy->tier = version->tier;
    version->wait = 0; /* Q25 */
    if (version->wait_mark != FOREVER)
        version->wait_mark = r->now;
    if (state == RULES_HELD) {
        hold_now(r, copy);
    } else {
        copy->fetch.began = r->now;
        copy->fetch.served = version_served(r, version);
        copy->until = r->now + r->ms.offer;
    }
    enter(r, handle, state);
    copy_review(r, handle);
    copy_schedule(r, handle);
}

void copy_begin_fetch(struct rules *r, uint32_t handle)
{
    copy_at(r, handle)->fetch.began = r->now;
    enter(r, handle, RULES_FETCHING);
}

void copy_hold(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    bool fetched = copy->state == RULES_FETCHING;
    if (!copy_is_in_flight(copy))
        begin(r, copy);
    hold_now(r, copy);
    copy->fetched = fetched;
    enter(r, handle, RULES_HELD);
    copy_review(r, handle);
    copy_schedule(r, handle);
}

void copy_sight(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    int64_t stale = copy->hold.seen + r->ms.window;
    copy->hold.seen = r->now;
    touch_copy(r, handle);
    if (copy->state != RULES_STALE)
        return;
    notes_add(&r->notes, &copy->absences, stale, r->now);
    enter(r, handle, RULES_HELD);
    copy_schedule(r, handle);
}

/* D2: copy and row are one, so what it was STALE outlives it for as long as it may matter (Q9). */
static void remember_or_unmake(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    copy->state = RULES_NO_COPY;
    notes_forget_ended(&r->notes, &copy->absences, r->now - ABSENCE_WINDOW);
    if (copy->absences == 0)
        copy_unmake(r, handle);
    else
        copy_schedule(r, handle);
}

void copy_end(struct rules *r, uint32_t handle, enum rules_state state)
{
    struct copy *copy = copy_at(r, handle);
    notes_clear(&r->notes, &copy->notes);
    if (copy->state == RULES_STALE)
        notes_add(&r->notes, &copy->absences, copy->hold.seen + r->ms.window, r->now);
    enter(r, handle, state);
    copy_review(r, handle);
    if (state == RULES_FAILED) {
        copy->until = r->now + r->ms.cooldown;
        copy_schedule(r, handle);
    } else if (state != RULES_RELEASED) {
        remember_or_unmake(r, handle);
    }
}

/* D3, Q9: never more free time than time served. */
static void go_stale(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    int64_t grace = copy->hold.seen - copy->hold.held;
    notes_forget_ended(&r->notes, &copy->absences, r->now - ABSENCE_WINDOW);
    grace = grace < r->ms.grace_max ? grace : r->ms.grace_max;
    if (grace < r->ms.grace_min ||
        notes_time_within(&r->notes, copy->absences, r->now - ABSENCE_WINDOW, r->now) > ABSENCE_MOST)
        grace = r->ms.grace_min;
    copy->until = r->now + grace;
    enter(r, handle, RULES_STALE);
}

static int64_t proof_ends(const struct rules *r, const struct copy *copy)
{
    if (copy_is_proven(r, copy))
        return copy->hold.passed + r->ms.proof_ttl;
    return copy->on_trial ? copy->hold.held + r->ms.probation : FOREVER;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t deadline(const struct rules *r, const struct copy *copy)
{
    switch (copy->state) {
    case RULES_OFFERED:
    case RULES_FAILED:
        return copy->until;
    case RULES_FETCHING:
        return earlier(fetch_ends(r, copy), fetch_gain_changes(r, copy));
    case RULES_HELD:
        return earlier(copy->hold.seen + r->ms.window, proof_ends(r, copy));
    case RULES_STALE:
        return earlier(copy->until, proof_ends(r, copy));
    case RULES_NO_COPY:
        return notes_last(&r->notes, copy->absences)->value + ABSENCE_WINDOW;
    default:
        return FOREVER;
    }
}

/* A deadline that only moved away is left where it is: the copy looks again then. So a sighting touches no heap. */
void copy_schedule(struct rules *r, uint32_t handle)
{
    int64_t due = deadline(r, copy_at(r, handle));
    if (due != FOREVER)
        heap_hasten(&r->deadlines, deadline_of(DEADLINE_COPY, handle), due);
}

/* What time alone does to a copy that is or was held; true when the record is gone. */
static bool held_due(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    copy_review(r, handle);
    if (copy->state == RULES_HELD && r->now - copy->hold.seen >= r->ms.window)
        go_stale(r, handle);
    if (copy->state != RULES_STALE || r->now < copy->until)
        return false;
    copy_end(r, handle, RULES_LOST);
    return true;
}

/* Q19: an offer not taken is no expired fetch. True when the record is gone. */
static bool flight_due(struct rules *r, uint32_t handle)
{
    struct copy *copy = copy_at(r, handle);
    uint32_t holder = copy->member;
    bool fetching = copy->state == RULES_FETCHING;
    mark_member(r, holder); /* what it gained in 24 h may have changed */
    fetch_gain(r, copy);
    if (r->now < (fetching ? fetch_ends(r, copy) : copy->until))
        return false;
    copy_end(r, handle, RULES_EXPIRED);
    if (fetching)
        fetch_expired(r, holder);
    return true;
}

/* The cooldown of a FAILED copy is over: its version may be work for the member again. */
static void cooldown_over(struct rules *r, uint32_t handle)
{
    const struct copy *copy = copy_at(r, handle);
    if (version_at(r, copy->version)->queued != 0)
        work_blocks(r, copy->member, -1);
    remember_or_unmake(r, handle);
}

void copy_due(struct rules *r, uint32_t handle)
{
    const struct copy *copy = copy_at(r, handle);
    bool settled = false;
    if (copy_is_held(copy))
        settled = held_due(r, handle);
    else if (copy_is_in_flight(copy))
        settled = flight_due(r, handle);
    else if (copy->state == RULES_NO_COPY || (copy->state == RULES_FAILED && r->now >= copy->until)) {
        settled = true;
        if (copy->state == RULES_FAILED)
            cooldown_over(r, handle);
        else
            remember_or_unmake(r, handle);
    }
    if (!settled)
        copy_schedule(r, handle);
}
