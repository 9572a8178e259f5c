/* What is done to the tracker's memory now and then, a little at a time: who has gone silent leaves, and the journal is
 * kept short. */
#include "services/common/slab.h"
#include "services/tracker/tracker.h"

#include "services/common/log.h"

#include <assert.h>
#include <inttypes.h>

enum {
    SWEEP_ROUND_SECONDS = 60, /* every session is looked at in about so long, */
    SWEEPS_A_SECOND = 4,
    SWEEP_LEAST = 64,
    PART = 1000,          /* sessions looked at or written in one go; then announces that wait go first */
    DEPARTURE_SWEEPS = 3, /* so that a disabled member is gone within a second */
    DEPARTURE_LEAST = 65536,
    REWRITE_STEP = 8192, /* sessions written to the journal again at a time */
    REWRITE_LEAST = 64,  /* segments that the journal may have, */
    REWRITE_TIMES = 4,   /* or so many times the room that all which waits would need */
};

/* How much of what is left of a walk is done now; others are let go first. */
static uint32_t next_part(struct tracker *tracker, uint32_t *left)
{
    uint32_t part = *left < PART ? *left : PART;
    *left -= part;
    if (part > 0)
        lock_breathe(&tracker->lock);
    return part;
}

/* ---- who has gone silent ---- */

struct sweep {
    struct tracker *tracker;
    int64_t oldest_peer, oldest_session; /* unix ms: last announces that still count */
};

static void look_at(void *arg, uint32_t session)
{
    const struct sweep *sweep = arg;
    struct tracker *tracker = sweep->tracker;
    int64_t seen = sessions_seen(tracker->sessions, session);
    if (sessions_place(tracker->sessions, session) != PLACE_NONE) {
        if (seen < sweep->oldest_peer)
            tracker_drop_peer(tracker, session);
        return;
    }
    if (seen >= sweep->oldest_session || sessions_marks(tracker->sessions, session) != 0)
        return;
    registry_member_at(tracker->registry, sessions_member(tracker->sessions, session))->sessions--;
    sessions_forget(tracker->sessions, session);
}

static void sweep(struct tracker *tracker, int64_t now, uint32_t steps)
{
    struct sweep sweep = {.tracker = tracker,
                          .oldest_peer = (now / 1000 - tracker_peer_ttl(tracker)) * 1000,
                          .oldest_session = now - tracker->settings.keep * 1000};
    for (uint32_t part; (part = next_part(tracker, &steps)) > 0;)
        sessions_visit(tracker->sessions, &tracker->swept, part, look_at, &sweep);
}

void tracker_drop_silent(struct tracker *tracker, int64_t now)
{
    sweep(tracker, now, sessions_round(tracker->sessions));
}

/* ---- members who were disabled ---- */

void tracker_member_departs(struct tracker *tracker, uint32_t member)
{
    tracker->departures.members[member / 64 % 64] |= UINT64_C(1) << (member % 64);
    tracker->departures.steps = sessions_round(tracker->sessions);
}

static void drop_departed(void *arg, uint32_t session)
{
    struct tracker *tracker = arg;
    uint32_t handle = sessions_member(tracker->sessions, session);
    if ((tracker->departures.members[handle / 64 % 64] >> (handle % 64) & 1) == 0 ||
        sessions_place(tracker->sessions, session) == PLACE_NONE)
        return;
    const struct member *member = registry_member_at(tracker->registry, handle);
    if (member->known && !member->active)
        tracker_drop_peer(tracker, session);
}

static void sweep_departures(struct tracker *tracker)
{
    struct departures *departures = &tracker->departures;
    uint32_t part = DEPARTURE_LEAST + sessions_round(tracker->sessions) / DEPARTURE_SWEEPS;
    if (departures->steps == 0)
        return;
    part = part < departures->steps ? part : departures->steps;
    departures->steps -= part;
    for (uint32_t few; (few = next_part(tracker, &part)) > 0;)
        sessions_visit(tracker->sessions, &departures->place, few, drop_departed, tracker);
    if (departures->steps == 0)
        memset(departures->members, 0, sizeof departures->members);
}

/* ---- the journal ---- */

/* Records below this seq are acknowledged by ratio and, while PostgreSQL is there, stored. */
static uint64_t oldest_needed(const struct tracker *tracker)
{
    uint64_t next = journal_next(tracker->journal), oldest = outbox_oldest(tracker->outbox, next);
    if (!tracker->storable)
        return oldest;
    uint64_t waiting = backlog_oldest(&tracker->to_store, next);
    oldest = waiting < oldest ? waiting : oldest;
    return tracker->storing.count > 0 && tracker->storing.seq < oldest ? tracker->storing.seq : oldest;
}

static void append_row(void *arg, const struct session_totals *totals)
{
    tracker_journal_past(arg, totals);
}

static void append_session(struct tracker *tracker, uint32_t session)
{
    struct session_totals totals;
    struct contact contact;
    bool kept;
    sessions_get(tracker->sessions, session, &totals);
    tracker_contact(tracker, session, &contact);
    journal_append(tracker->journal, &totals, &contact, &kept);
}

/* Ended epochs are written at once and in their order, before any later record of their sessions. The sessions of a
 * batch under way are written once more with their newest state, for that has their addresses. */
static void begin_rewriting(struct tracker *tracker)
{
    struct rewriting *rewriting = &tracker->rewriting;
    *rewriting = (struct rewriting){.under_way = true, .seq = journal_next(tracker->journal)};
    outbox_rewrite(tracker->outbox, rewriting->seq, append_row, tracker);
    for (size_t i = 0; i < tracker->storing.count; i++)
        append_session(tracker, tracker->storing.sessions[i]);
    tracker->storing.seq = rewriting->seq;
}

static bool append_some(struct tracker *tracker, const struct backlog *backlog, uint64_t *at)
{
    uint32_t sessions[PART];
    size_t count = PART;
    for (size_t done = 0; done < REWRITE_STEP && count == PART; done += count) {
        lock_breathe(&tracker->lock);
        count = backlog_look(backlog, at, sessions, PART);
        for (size_t i = 0; i < count; i++)
            append_session(tracker, sessions[i]);
    }
    return count > 0;
}

static void go_on_rewriting(struct tracker *tracker)
{
    struct rewriting *rewriting = &tracker->rewriting;
    struct backlog *waiting = outbox_waiting(tracker->outbox);
    if (!rewriting->under_way || append_some(tracker, waiting, &rewriting->report_at) ||
        append_some(tracker, &tracker->to_store, &rewriting->store_at))
        return;
    backlog_rewritten(waiting, rewriting->seq);
    backlog_rewritten(&tracker->to_store, rewriting->seq);
    rewriting->under_way = false;
}

static bool is_too_long(const struct tracker *tracker)
{
    size_t rows = outbox_count(tracker->outbox) + tracker->to_store.count + tracker->storing.count;
    size_t bytes = journal_bytes(tracker->journal);
    return bytes > REWRITE_LEAST * (size_t)tracker->settings.segment_size &&
           bytes > REWRITE_TIMES * rows * JOURNAL_RECORD_SIZE;
}

/* ---- from the loop ---- */

void tracker_sweep(struct tracker *tracker, int64_t now)
{
    assert(lock_is_mine(&tracker->lock));
    sweep(tracker, now, SWEEP_LEAST + sessions_round(tracker->sessions) / (SWEEP_ROUND_SECONDS * SWEEPS_A_SECOND));
    sweep_departures(tracker);
    go_on_rewriting(tracker);
}

void tracker_tick(struct tracker *tracker)
{
    assert(lock_is_mine(&tracker->lock));
    journal_forget(tracker->journal, oldest_needed(tracker));
    bool lost = journal_tick(tracker->journal);
    if (!lost && (tracker->rewriting.under_way || !is_too_long(tracker)))
        return;
    begin_rewriting(tracker);
    go_on_rewriting(tracker);
}
