/* One batch under way, to all at once. It is told once: what a tracker misses comes with the next announces, and what
 * it missed while it was away it has from the database, but for the last seconds, which are told again when it comes.
 */
#include "services/tracker/share.h"

#include "services/common/arena.h"
#include "services/common/clock.h"

#include <stdlib.h>

enum {
    LOOK_MS = 250,
    AGE_LOOKS = 20,     /* news are kept for five to ten seconds: one who starts has not read them in the database */
    ROWS_MAX = 5000,    /* as tracker.sessions.heard has it */
    ROWS_AT_ONCE = 200, /* then announces that wait go first */
    DEADLINE_MS = 2000, /* so long a tracker that hangs may keep the others waiting */
};

struct known {
    struct session_totals totals;
    struct contact contact;
};

struct share {
    struct bus *bus;
    struct tracker *tracker;
    struct loop_timer *timer;
    uint32_t sessions[ROWS_MAX]; /* the batch under way */
    struct known rows[ROWS_MAX];
    size_t rows_count;
    unsigned waiting; /* answers to it */
    unsigned others;  /* trackers that answered at the last look */
    unsigned looks;
    bool destroyed;
    uint64_t told, untold; /* rows */
};

/* ---- telling ---- */

static void pack_row(const struct known *known, msgpack_packer *packer)
{
    const struct session_totals *totals = &known->totals;
    const struct contact *contact = &known->contact;
    struct session_heard row = {
        .user = totals->user,
        .torrent = totals->torrent,
        .peer_id = slice_of(totals->peer_id, PEER_ID_SIZE),
        .epoch = totals->epoch,
        .base_up = totals->base_up,
        .base_down = totals->base_down,
        .up = totals->up,
        .down = totals->down,
        .left = totals->left,
        .flags = totals->flags,
        .seen_at = totals->seen_at,
        .ipv4 = slice_of(contact->v4, contact->seen4 != 0 ? sizeof contact->v4 : 0),
        .port4 = contact->port4,
        .ipv6 = slice_of(contact->v6, contact->seen6 != 0 ? sizeof contact->v6 : 0),
        .port6 = contact->port6,
    };
    row_pack(&session_heard_row, &row, packer);
}

static void take_news(struct share *share)
{
    struct tracker *tracker = share->tracker;
    unsigned others = bus_replicas(share->bus, "tracker");
    lock_take(&tracker->lock);
    if (share->looks++ % AGE_LOOKS == 0)
        news_age(&tracker->news);
    if (others > share->others)
        news_again(&tracker->news);
    else if (others == 0)
        news_skip(&tracker->news);
    share->others = others;
    share->rows_count = news_take(&tracker->news, share->sessions, ROWS_MAX);
    for (size_t i = 0; i < share->rows_count; i++) {
        sessions_get(tracker->sessions, share->sessions[i], &share->rows[i].totals);
        tracker_contact(tracker, share->sessions[i], &share->rows[i].contact);
        if (i % ROWS_AT_ONCE == ROWS_AT_ONCE - 1)
            lock_breathe(&tracker->lock);
    }
    lock_give(&tracker->lock);
}

static void on_told(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct share *share = arg;
    (void)reply;
    (void)body;
    share->waiting--;
    *(why == NULL ? &share->told : &share->untold) += share->rows_count;
    if (share->destroyed && share->waiting == 0)
        free(share);
}

static void tell(struct share *share)
{
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, share->rows_count);
    for (size_t i = 0; i < share->rows_count; i++)
        pack_row(&share->rows[i], &packer);
    const struct tracker_sessions_heard ask = {.sessions.packed = slice_of(packed.data, packed.size)};
    const struct bus_call call = {.deadline_ms = DEADLINE_MS};
    share->waiting = bus_ask_each(share->bus, &tracker_sessions_heard_message, &ask, &call, on_told, share);
    msgpack_sbuffer_destroy(&packed);
}

static void look(void *arg)
{
    struct share *share = arg;
    if (share->waiting > 0)
        return;
    take_news(share);
    if (share->rows_count > 0)
        tell(share);
}

/* ---- hearing ---- */

static bool take_row(struct tracker *tracker, const struct session_heard *row)
{
    uint32_t seen = (uint32_t)(row->seen_at / 1000);
    struct session_totals totals = {
        .user = row->user,
        .torrent = row->torrent,
        .epoch = row->epoch,
        .seen_at = row->seen_at,
        .base_up = row->base_up,
        .base_down = row->base_down,
        .up = row->up,
        .down = row->down,
        .left = row->left,
        .flags = (uint8_t)(row->flags & (SESSION_COMPLETED | SESSION_STOPPED | SESSION_PAUSED)),
    };
    memcpy(totals.peer_id, row->peer_id.at, PEER_ID_SIZE);
    struct contact contact = {.port4 = (uint16_t)row->port4, .port6 = (uint16_t)row->port6};
    if (row->ipv4.size == sizeof contact.v4) {
        memcpy(contact.v4, row->ipv4.at, sizeof contact.v4);
        contact.seen4 = seen;
    }
    if (row->ipv6.size == sizeof contact.v6) {
        memcpy(contact.v6, row->ipv6.at, sizeof contact.v6);
        contact.seen6 = seen;
    }
    lock_take(&tracker->lock);
    tracker->heard++;
    bool taken = !sessions_full(tracker->sessions) && tracker_restore(tracker, &totals, &contact, clock_now());
    lock_give(&tracker->lock);
    return taken;
}

/* Rows before one that cannot be read stay taken: each stands for itself. */
static void on_heard(struct bus_request *request, const void *message, void *arg)
{
    const struct tracker_sessions_heard *ask = message;
    struct tracker *tracker = arg;
    struct session_heard row;
    struct fault why = {0};
    size_t count = rows_count(ask->sessions), taken = 0;
    if (bus_actor(request) != 0)
        fault_set(&why, STATUS_forbidden, NULL, "Only trackers tell what they heard.");
    for (size_t i = 0; why.status == STATUS_ok && i < count; i++)
        if (row_read(&session_heard_row, &row, rows_at(ask->sessions, i), &why))
            taken += take_row(tracker, &row);
    if (why.status == STATUS_ok)
        bus_reply(request, &(struct tracker_sessions_heard_reply){.taken = taken});
    else
        bus_fail(request, &why);
}

/* ---- start and end ---- */

struct share *share_new(struct loop *loop, struct bus *bus, struct tracker *tracker)
{
    struct share *share = mem_zero(1, sizeof *share);
    share->bus = bus;
    share->tracker = tracker;
    share->timer = loop_timer_new(loop, LOOK_MS, LOOK_MS, look, share);
    bus_serve(bus, NULL, &tracker_sessions_heard_message, on_heard, tracker);
    return share;
}

void share_destroy(struct share **share)
{
    struct share *s = *share;
    if (s == NULL)
        return;
    *share = NULL;
    loop_timer_cancel(&s->timer);
    look(s); /* the last goodbyes */
    s->destroyed = true;
    if (s->waiting == 0)
        free(s);
}

void share_metrics(const struct share *share, struct buffer *into)
{
    metric_gauge(into, "tracker_others", NULL, bus_replicas(share->bus, "tracker"), "Other trackers that answer now.");
    metric_counter(into, "tracker_told_total", NULL, share->told, "Sessions that other trackers were told of.");
    metric_counter(into, "tracker_untold_total", NULL, share->untold + share->tracker->news.lost,
                   "Sessions that another tracker was not told of: it did not answer, or there were too many.");
    metric_counter(into, "tracker_heard_total", NULL, share->tracker->heard, "Sessions that other trackers told of.");
}
