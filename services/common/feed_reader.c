/* The consumer's side of a feed. It asks for what comes after the last fact applied: when the owner publishes, when the
 * last batch was full, and every few seconds anyway. One batch at a time: the next is asked for when the last is
 * stored. A gap, or a place that the owner no longer keeps, leads to a snapshot. */
#include "services/common/bus_private.h"
#include "services/common/clock.h"
#include "services/common/feed.h"
#include "services/common/log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
    POLL_MS = 5000,
    ASK_MS = 30000, /* long: the question waits for an owner that is away */
    AGAIN_MS = 1000,
    REOPEN_MS = 30000,
    FACTS_A_BATCH = 500,
};

enum state {
    IDLE,
    ASKING,   /* the owner */
    APPLYING, /* the consumer has the batch */
    HOLDING,  /* the consumer could not store the batch and gets it again */
};

/* What a question under way knows of its reader, which may be gone or elsewhere when the answer comes. */
struct asking {
    struct feed_reader *reader; /* NULL: the answer is not wanted */
};

struct feed_reader {
    struct bus *bus;
    char *name, *since_method, *snapshot_method;
    feed_apply_fn *apply;
    void *arg;

    enum state state;
    struct asking *asking;
    uint64_t seq;           /* the last fact applied */
    uint64_t head;          /* of the feed, as last told */
    bool snapshot;          /* reading one */
    uint64_t after;         /* its last key applied */
    uint64_t snapshot_head; /* where `since` goes on after it */
    bool ready, due;        /* due: ask again when the present work is done */
    int64_t heard;

    struct feed_batch batch;
    struct arena *arena; /* the batch's facts */

    zsock_t *sub;
    struct loop_watch *watch;
    struct bus_replicas_watch *replicas;
    struct loop_timer *poll, *again;
    bool nudged; /* the owner published since the last poll */
    int64_t reopened_at;
};

static void reader_ask(struct feed_reader *reader);

/* ---- being told of news ---- */

static void on_sub(void *arg, int events)
{
    (void)events;
    struct feed_reader *reader = arg;
    zmq_msg_t frames[2];
    size_t count;
    bool news = false;
    while ((count = bus_receive(reader->sub, frames, 2)) > 0) {
        news |= slice_is(bus_frame(&frames[0]), reader->name); /* not one whose name only begins so */
        for (size_t i = 0; i < count && i < 2; i++)
            zmq_msg_close(&frames[i]);
    }
    if (!news)
        return;
    reader->nudged = true;
    reader_ask(reader);
}

static void on_replica(void *arg, const char *address, unsigned port, bool here)
{
    struct feed_reader *reader = arg;
    char endpoint[RESOLVE_TEXT + 32];
    bool v6 = strchr(address, ':') != NULL;
    snprintf(endpoint, sizeof endpoint, v6 ? "tcp://[%s]:%u" : "tcp://%s:%u", address, port + BUS_FACTS_PORT);
    if (reader->sub == NULL)
        return;
    if (here)
        zsock_connect(reader->sub, "%s", endpoint);
    else
        zsock_disconnect(reader->sub, "%s", endpoint);
}

static void sub_close(struct feed_reader *reader)
{
    bus_replicas_unwatch(&reader->replicas);
    loop_unwatch(&reader->watch);
    zsock_destroy(&reader->sub);
}

static void sub_open(struct feed_reader *reader)
{
    struct bus *bus = reader->bus;
    struct slice service = envelope_service(slice_text(reader->name));
    char *owner = mem_text(service);
    reader->sub = bus_socket_client(ZMQ_SUB, bus->cert, bus->keys, owner, NULL);
    reader->reopened_at = clock_ticks();
    if (reader->sub != NULL) {
        zsock_set_subscribe(reader->sub, reader->name);
        reader->watch = loop_watch_zmq(bus->loop, zsock_resolve(reader->sub), on_sub, reader);
    }
    reader->replicas = bus_replicas_watch(bus, owner, on_replica, reader);
    free(owner);
}

/* Facts came that nobody announced: the connection may have been refused (then ZeroMQ does not try again) before our
 * key was known there. */
static void sub_doubt(struct feed_reader *reader)
{
    if (reader->nudged || clock_ticks() - reader->reopened_at < REOPEN_MS)
        return;
    sub_close(reader);
    sub_open(reader);
}

/* ---- applying ---- */

static void deliver(struct feed_reader *reader)
{
    reader->state = APPLYING;
    reader->apply(reader->arg, &reader->batch);
}

static void settle(struct feed_reader *reader)
{
    reader->state = IDLE;
    bool due = reader->due || reader->snapshot || reader->seq < reader->head;
    reader->due = false;
    if (!reader->snapshot && reader->seq >= reader->head)
        reader->ready = true;
    if (due)
        reader_ask(reader);
}

static void on_again(void *arg)
{
    struct feed_reader *reader = arg;
    reader->again = NULL;
    if (reader->state == HOLDING)
        deliver(reader);
    else
        reader_ask(reader);
}

static void ask_later(struct feed_reader *reader)
{
    if (reader->again == NULL)
        reader->again = loop_timer_new(reader->bus->loop, AGAIN_MS, 0, on_again, reader);
}

void feed_applied(struct feed_reader *reader, bool stored)
{
    assert(reader->state == APPLYING);
    if (!stored) {
        reader->state = HOLDING;
        ask_later(reader);
        return;
    }
    const struct feed_batch *batch = &reader->batch;
    if (batch->snapshot && batch->count > 0)
        reader->after = batch->facts[batch->count - 1].key;
    if (batch->snapshot && batch->last)
        reader->snapshot = false;
    reader->seq = batch->seq;
    settle(reader);
}

void feed_seek(struct feed_reader *reader, uint64_t seq)
{
    if (reader->asking != NULL)
        reader->asking->reader = NULL;
    reader->asking = NULL;
    reader->seq = seq;
    reader->snapshot = false;
    reader->state = IDLE;
    reader_ask(reader);
}

/* ---- asking ---- */

/* Copies the facts, whose bytes live only as long as the reply. The reply was checked: rows cannot fail. */
static void batch_fill(struct feed_reader *reader, struct tree rows)
{
    size_t count = rows_count(rows);
    arena_reset(reader->arena);
    struct feed_row *facts = arena_take(reader->arena, (count + 1) * sizeof *facts);
    for (size_t i = 0; i < count; i++) {
        bool well = row_read(&feed_row_row, &facts[i], rows_at(rows, i), NULL);
        assert(well);
        facts[i].fact = arena_copy(reader->arena, facts[i].fact);
    }
    reader->batch = (struct feed_batch){.facts = facts, .count = count};
}

static void start_snapshot(struct feed_reader *reader, const char *reason)
{
    log_info("a feed is read from a snapshot", "feed=%s seq=%" PRIu64 " reason=\"%s\"", reader->name, reader->seq,
             reason);
    reader->snapshot = true;
    reader->after = 0;
    reader->state = IDLE;
    reader_ask(reader);
}

static bool is_gapless(const struct feed_reader *reader)
{
    for (size_t i = 0; i < reader->batch.count; i++)
        if (reader->batch.facts[i].seq != reader->seq + 1 + i)
            return false;
    return true;
}

static void take_since(struct feed_reader *reader, const struct feed_since_reply *reply)
{
    reader->head = reply->head;
    batch_fill(reader, reply->facts);
    if (reply->too_far || !is_gapless(reader)) {
        start_snapshot(reader, reply->too_far ? "the facts between are no longer kept" : "facts are missing");
        return;
    }
    if (reader->batch.count == 0) {
        reader->head = reader->seq; /* nothing after it: that is the head */
        settle(reader);
        return;
    }
    sub_doubt(reader);
    reader->batch.seq = reader->seq + reader->batch.count;
    deliver(reader);
}

static bool is_ascending(const struct feed_reader *reader)
{
    uint64_t last = reader->after;
    for (size_t i = 0; i < reader->batch.count; last = reader->batch.facts[i++].key)
        if (reader->batch.facts[i].key <= last)
            return false;
    return true;
}

static void take_snapshot(struct feed_reader *reader, const struct feed_snapshot_reply *reply)
{
    batch_fill(reader, reply->facts);
    if (!is_ascending(reader) || (reply->more && reader->batch.count == 0)) {
        log_error("a page of a snapshot is out of order", "feed=%s", reader->name);
        reader->after = 0;
        reader->state = IDLE;
        ask_later(reader);
        return;
    }
    if (reader->after == 0)
        reader->snapshot_head = reply->head;
    reader->head = reply->head;
    if (reply->head == 0) { /* an empty feed */
        reader->snapshot = false;
        reader->seq = 0;
        settle(reader);
        return;
    }
    reader->batch.snapshot = true;
    reader->batch.last = !reply->more;
    reader->batch.seq = reply->more ? reader->seq : reader->snapshot_head;
    deliver(reader);
}

static void on_answer(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    (void)body;
    struct asking *asking = arg;
    struct feed_reader *reader = asking->reader;
    free(asking);
    if (reader == NULL)
        return;
    reader->asking = NULL;
    if (why != NULL) {
        log_debug("a feed's owner did not answer", "feed=%s reason=\"%s\"", reader->name, why->text);
        reader->state = IDLE;
        ask_later(reader);
        return;
    }
    reader->heard = clock_now();
    if (reader->snapshot)
        take_snapshot(reader, reply);
    else
        take_since(reader, reply);
}

static void reader_ask(struct feed_reader *reader)
{
    if (reader->state != IDLE) {
        reader->due = true;
        return;
    }
    reader->state = ASKING;
    reader->asking = mem_zero(1, sizeof *reader->asking);
    reader->asking->reader = reader;
    if (reader->seq == 0 && !reader->snapshot) {
        reader->snapshot = true;
        reader->after = 0;
    }
    const struct bus_call call = {.deadline_ms = ASK_MS};
    if (reader->snapshot)
        bus_ask(reader->bus, reader->snapshot_method, &feed_snapshot_message,
                &(struct feed_snapshot){.after = reader->after, .limit = FACTS_A_BATCH}, &call, on_answer,
                reader->asking);
    else
        bus_ask(reader->bus, reader->since_method, &feed_since_message,
                &(struct feed_since){.seq = reader->seq, .limit = FACTS_A_BATCH}, &call, on_answer, reader->asking);
}

static void on_poll(void *arg)
{
    struct feed_reader *reader = arg;
    reader->nudged = false;
    if (reader->state == IDLE)
        reader_ask(reader);
}

/* ---- a reader's life ---- */

static char *method(const char *name, const char *verb)
{
    size_t size = strlen(name) + strlen(verb) + 2;
    char *text = mem_take(size);
    snprintf(text, size, "%s.%s", name, verb);
    return text;
}

struct feed_reader *feed_read(struct bus *bus, const char *name, uint64_t seq, feed_apply_fn *apply, void *arg)
{
    struct feed_reader *reader = mem_zero(1, sizeof *reader);
    reader->bus = bus;
    reader->name = mem_text(slice_text(name));
    reader->since_method = method(name, "since");
    reader->snapshot_method = method(name, "snapshot");
    reader->seq = seq;
    reader->apply = apply;
    reader->arg = arg;
    reader->arena = arena_new();
    sub_open(reader);
    reader->poll = loop_timer_new(bus->loop, POLL_MS, POLL_MS, on_poll, reader);
    reader_ask(reader);
    return reader;
}

void feed_reader_destroy(struct feed_reader **handle)
{
    struct feed_reader *reader = *handle;
    *handle = NULL;
    if (reader == NULL)
        return;
    if (reader->asking != NULL)
        reader->asking->reader = NULL;
    loop_timer_cancel(&reader->poll);
    if (reader->again != NULL)
        loop_timer_cancel(&reader->again);
    sub_close(reader);
    arena_destroy(&reader->arena);
    free(reader->name);
    free(reader->since_method);
    free(reader->snapshot_method);
    free(reader);
}

bool feed_ready(const struct feed_reader *reader)
{
    return reader->ready;
}

int64_t feed_heard(const struct feed_reader *reader)
{
    return reader->heard;
}
