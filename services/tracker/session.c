/* The rules of epochs. A counter that falls began anew: what it shows is the new base and earns nothing, while the
 * other counter goes on from its last value. `started` resets nothing: clients repeat it until it succeeds. */
#include "services/tracker/session.h"

#include "proto/proto.h"
#include "services/common/slab.h"
#include "services/tracker/session_memory.h"

/* A session met for the first time: whatever it reports was moved before we watched. */
static void begin(struct session_totals *totals, const struct announce *told, int64_t now)
{
    totals->epoch = totals->seen_at = now;
    totals->base_up = totals->up = told->up_known ? told->up : 0;
    totals->base_down = totals->down = told->down_known ? told->down : 0;
    totals->left = LEFT_UNKNOWN;
    totals->flags = 0;
}

static bool move_on(struct session_totals *totals, const struct announce *told, int64_t now,
                    struct session_totals *closed)
{
    bool up_fell = told->up_known && told->up < totals->up;
    bool down_fell = told->down_known && told->down < totals->down;
    bool fell = up_fell || down_fell;
    if (fell) {
        *closed = *totals;
        totals->epoch = now > totals->epoch ? now : totals->epoch + 1;
        totals->base_up = up_fell ? told->up : totals->up;
        totals->base_down = down_fell ? told->down : totals->down;
    }
    if (told->up_known)
        totals->up = told->up;
    if (told->down_known)
        totals->down = told->down;
    return fell;
}

/* Some clients hold `completed` back for the minimum interval and stop before it is over: the last missing byte that
 * arrives by download tells the same. */
static bool completes(const struct session_totals *totals, const struct announce *told)
{
    bool was_missing = totals->left > 0 && totals->left != LEFT_UNKNOWN;
    bool arrived = told->left_known && told->left == 0 && totals->down > totals->base_down;
    return told->event == EVENT_completed || (was_missing && arrived);
}

static void take_event(struct session_totals *totals, enum announce_event event)
{
    if (event == EVENT_stopped)
        totals->flags |= SESSION_STOPPED;
    else
        totals->flags &= (uint8_t)~SESSION_STOPPED;
    if (event == EVENT_paused)
        totals->flags |= SESSION_PAUSED;
    else if (event != EVENT_stopped)
        totals->flags &= (uint8_t)~SESSION_PAUSED;
}

uint32_t sessions_announce(struct sessions *sessions, uint32_t member, uint32_t torrent, uint32_t known,
                           const struct announce *told, int64_t now, struct session_change *change)
{
    struct session_totals *totals = &change->totals;
    uint32_t at = known != SLAB_NONE ? known : sessions_make(sessions, member, torrent, told->peer_id);
    change->made = known == SLAB_NONE;
    change->fell = false;
    sessions_get(sessions, at, totals);
    change->seen_before = change->made ? 0 : totals->seen_at;
    if (change->made)
        begin(totals, told, now);
    else
        change->fell = move_on(totals, told, now, &change->closed);
    change->completed = completes(totals, told) && !(totals->flags & SESSION_COMPLETED);
    if (change->completed)
        totals->flags |= SESSION_COMPLETED;
    if (told->left_known)
        totals->left = told->left;
    take_event(totals, told->event);
    if (now > totals->seen_at)
        totals->seen_at = now;
    sessions_put(sessions, at, totals);
    return at;
}

/* Within one millisecond the counters tell: inside an epoch they only rise. */
static bool is_newer(const struct session_totals *a, const struct session_totals *b)
{
    if (a->epoch != b->epoch)
        return a->epoch > b->epoch;
    if (a->seen_at != b->seen_at)
        return a->seen_at > b->seen_at;
    return a->up >= b->up && a->down >= b->down;
}

uint32_t sessions_restore(struct sessions *sessions, const struct session_totals *totals, struct session_change *change)
{
    uint32_t at = sessions_find_or_make(sessions, totals, &change->made);
    struct session_totals known;
    sessions_get(sessions, at, &known);
    change->took = change->made || is_newer(totals, &known);
    change->fell = !change->made && totals->epoch > known.epoch;
    change->closed = known;
    uint8_t was = change->made ? 0 : known.flags & SESSION_COMPLETED;
    change->totals = change->took ? *totals : known;
    change->totals.flags |= was;
    change->completed = !was && (change->totals.flags & SESSION_COMPLETED);
    if (change->took)
        sessions_put(sessions, at, &change->totals);
    return at;
}
