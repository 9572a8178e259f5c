/* One batch under way, asked again with growing pauses while ratio is away. What goes out, and in which order, is the
 * outbox's. */
#include "services/tracker/reporter.h"

#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/common/log.h"
#include "services/common/slab.h"

#include <stdlib.h>

enum {
    LOOK_MS = 250,    /* a session that changed goes out this soon, */
    PACE_ROWS = 1000, /* or in a storm of announces so many of them a look, for a report costs more than its announce;
                         the rest waits in the journal, */
    PACE_LOOKS = 240, /* but no longer than about so many looks: a minute */
    DEADLINE_MS = 10000,
    PAUSE_LEAST_MS = 250,
    PAUSE_MOST_MS = 10000,
    SILENT_MS = 30000,  /* then an empty batch says that this tracker is up */
    ROWS_AT_ONCE = 200, /* then announces that wait go first */
    NETWORK_SIZE = 8,   /* of an IPv6 address: a /64 */
};

struct reporter {
    struct bus *bus;
    struct tracker *tracker;
    struct loop_timer *timer;
    bool under_way, destroyed;
    int64_t not_before;  /* ticks: the pause after a failure */
    int64_t sent_at;     /* ticks: the last batch */
    size_t rows;         /* in it */
    size_t due;          /* rows that may go after it before the next look */
    int64_t waits_since; /* ticks: when the oldest unacknowledged row was first seen; 0: nothing waits */
    uint32_t pause;
    uint64_t batches;
};

static void pack_rows(msgpack_sbuffer *into, const struct session_totals *rows, const struct contact *contacts,
                      size_t count)
{
    msgpack_packer packer;
    msgpack_sbuffer_init(into);
    msgpack_packer_init(&packer, into, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, count);
    for (size_t i = 0; i < count; i++) {
        const struct session_totals *row = &rows[i];
        const struct contact *contact = &contacts[i];
        struct session_total total = {
            .user = row->user,
            .torrent = row->torrent,
            .peer_id = slice_of(row->peer_id, PEER_ID_SIZE),
            .epoch = row->epoch,
            .base_up = row->base_up,
            .base_down = row->base_down,
            .up = row->up,
            .down = row->down,
            .left = row->left,
            .flags = row->flags,
            .seen_at = row->seen_at,
            .ipv4 = slice_of(contact->v4, contact->port4 != 0 ? sizeof contact->v4 : 0),
            .ipv6 = slice_of(contact->v6, contact->port6 != 0 ? NETWORK_SIZE : 0),
        };
        row_pack(&session_total_row, &total, &packer);
    }
}

/* Where their clients are reached now; nowhere when they have left. */
static void find_contacts(struct tracker *tracker, const struct session_totals *rows, size_t count,
                          struct contact *into)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t session = sessions_find_by_id(tracker->sessions, rows[i].user, rows[i].torrent, rows[i].peer_id);
        into[i] = (struct contact){0};
        if (session != SLAB_NONE)
            tracker_contact(tracker, session, &into[i]);
        if (i % ROWS_AT_ONCE == ROWS_AT_ONCE - 1)
            lock_breathe(&tracker->lock);
    }
}

static size_t count_waiting(struct reporter *reporter)
{
    lock_take(&reporter->tracker->lock);
    size_t count = outbox_count(reporter->tracker->outbox);
    lock_give(&reporter->tracker->lock);
    return count;
}

static size_t pace(size_t waiting)
{
    size_t rows = waiting / PACE_LOOKS;
    return rows > PACE_ROWS ? rows : PACE_ROWS;
}

static void report_next(struct reporter *reporter);

static void on_refused(struct reporter *reporter, const struct fault *why)
{
    if (reporter->pause == 0)
        log_warning("session totals wait for ratio", "rows=%zu why=\"%s\"", count_waiting(reporter), why->text);
    reporter->pause = reporter->pause == 0 ? PAUSE_LEAST_MS : reporter->pause * 2;
    if (reporter->pause > PAUSE_MOST_MS)
        reporter->pause = PAUSE_MOST_MS;
    reporter->not_before = clock_ticks() + reporter->pause;
}

static void on_reported(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct reporter *reporter = arg;
    (void)reply;
    (void)body;
    reporter->under_way = false;
    if (reporter->destroyed) {
        free(reporter);
        return;
    }
    if (reporter->rows == 0)
        return;
    if (why != NULL) {
        on_refused(reporter, why);
        return;
    }
    if (reporter->pause != 0)
        log_info("ratio takes session totals again", "rows=%zu", count_waiting(reporter));
    reporter->pause = 0;
    reporter->batches++;
    lock_take(&reporter->tracker->lock);
    outbox_acknowledge(reporter->tracker->outbox);
    lock_give(&reporter->tracker->lock);
    reporter->waits_since = count_waiting(reporter) > 0 ? clock_ticks() : 0;
    if (reporter->due > 0 && reporter->waits_since != 0)
        report_next(reporter);
}

static void report(struct reporter *reporter, const struct session_totals *rows, size_t count)
{
    msgpack_sbuffer packed;
    struct contact *contacts = mem_take((count + 1) * sizeof *contacts);
    lock_take(&reporter->tracker->lock);
    find_contacts(reporter->tracker, rows, count, contacts);
    lock_give(&reporter->tracker->lock);
    pack_rows(&packed, rows, contacts, count);
    free(contacts);
    struct ratio_sessions_report ask = {.sessions.packed = slice_of(packed.data, packed.size)};
    struct bus_call call = {.deadline_ms = DEADLINE_MS};
    reporter->under_way = true;
    reporter->sent_at = clock_ticks();
    reporter->rows = count;
    bus_ask(reporter->bus, NULL, &ratio_sessions_report_message, &ask, &call, on_reported, reporter);
    msgpack_sbuffer_destroy(&packed);
}

static void report_next(struct reporter *reporter)
{
    const struct session_totals *rows;
    size_t most = reporter->due < OUTBOX_BATCH_MAX ? reporter->due : OUTBOX_BATCH_MAX;
    lock_take(&reporter->tracker->lock);
    size_t count = outbox_batch(reporter->tracker->outbox, most, &rows);
    lock_give(&reporter->tracker->lock);
    if (count == 0 && clock_ticks() - reporter->sent_at < SILENT_MS)
        return;
    if (count > 0 && reporter->waits_since == 0)
        reporter->waits_since = clock_ticks();
    reporter->due -= count < most ? reporter->due : count;
    report(reporter, rows, count);
}

static void look(void *arg)
{
    struct reporter *reporter = arg;
    if (reporter->under_way || clock_ticks() < reporter->not_before)
        return;
    reporter->due = pace(count_waiting(reporter));
    report_next(reporter);
}

struct reporter *reporter_new(struct loop *loop, struct bus *bus, struct tracker *tracker)
{
    struct reporter *reporter = mem_zero(1, sizeof *reporter);
    reporter->bus = bus;
    reporter->tracker = tracker;
    reporter->timer = loop_timer_new(loop, LOOK_MS, LOOK_MS, look, reporter);
    return reporter;
}

void reporter_destroy(struct reporter **reporter)
{
    struct reporter *r = *reporter;
    if (r == NULL)
        return;
    *reporter = NULL;
    loop_timer_cancel(&r->timer);
    r->destroyed = true;
    if (!r->under_way)
        free(r);
}

int64_t reporter_delay(const struct reporter *reporter)
{
    return reporter->waits_since != 0 ? (clock_ticks() - reporter->waits_since) / 1000 : 0;
}

uint64_t reporter_batches(const struct reporter *reporter)
{
    return reporter->batches;
}
