/* The asking half: questions on their way, from the call to the one answer that its asker is told. Which replica has a
 * question is decided in bus_target.c. */
#include "services/common/bus_private.h"
#include "services/common/clock.h"
#include "services/common/encode.h"
#include "services/common/log.h"

#include <assert.h>

static struct bus_bucket *bucket_of(struct bus *bus, uint64_t id)
{
    return &bus->buckets[id % BUS_BUCKETS];
}

static struct bus_pending *pending_find(struct bus *bus, uint64_t id)
{
    struct bus_pending *pending;
    LIST_FOREACH(pending, bucket_of(bus, id), by_id)
    {
        if (pending->id == id)
            return pending;
    }
    return NULL;
}

/* ---- the end of a question ---- */

/* No longer asked; still to be told and freed. */
static void detach(struct bus_pending *pending)
{
    if (pending->timer != NULL)
        loop_timer_cancel(&pending->timer);
    LIST_REMOVE(pending, by_id);
    if (pending->peer != NULL)
        pending->peer->busy--;
    pending->peer = NULL;
    if (pending->target == NULL)
        return;
    TAILQ_REMOVE(&pending->target->pendings, pending, link);
    pending->target->pendings_count--;
    pending->target->pendings_bytes -= pending->size;
}

static void pending_free(struct bus_pending *pending)
{
    free(pending->method);
    free(pending->body);
    free(pending);
}

/* Tells the asker and forgets. */
static void finish(struct bus_pending *pending, const void *reply, const msgpack_object *body, const struct fault *why)
{
    log_trace(pending->trace);
    pending->done(pending->arg, reply, body, why);
    log_trace("");
    pending_free(pending);
}

static void tell_finished(void *arg)
{
    struct bus *bus = arg;
    struct bus_pending *pending;
    struct bus_pendings now = TAILQ_HEAD_INITIALIZER(now);
    bus->finished_timer = NULL;
    TAILQ_CONCAT(&now, &bus->finished, link); /* one who asks again and fails at once waits for the next round */
    while ((pending = TAILQ_FIRST(&now)) != NULL) {
        TAILQ_REMOVE(&now, pending, link);
        finish(pending, NULL, NULL, &pending->why);
    }
}

void bus_pending_fail(struct bus_pending *pending, const struct fault *why)
{
    struct bus *bus = pending->bus;
    bus->counters.failed++;
    detach(pending);
    pending->why = *why;
    TAILQ_INSERT_TAIL(&bus->finished, pending, link);
    if (bus->finished_timer == NULL)
        bus->finished_timer = loop_timer_new(bus->loop, 0, 0, tell_finished, bus);
}

static void on_deadline(void *arg)
{
    struct bus_pending *pending = arg;
    struct fault why;
    pending->timer = NULL;
    fault_set(&why, STATUS_unavailable, NULL,
              pending->peer != NULL ? "The service %s did not answer in time: try again in a minute."
                                    : "The service %s is away: try again in a minute.",
              pending->target->service);
    bus_pending_fail(pending, &why);
}

static void tell_answer(struct bus_pending *pending, enum status status, struct slice packed)
{
    struct fault why = {.status = STATUS_ok};
    msgpack_object body;
    msgpack_zone zone;
    msgpack_zone_init(&zone, 1024);
    const struct message *message = pending->message;
    void *reply = message != NULL ? mem_zero(1, message->reply_size) : NULL;
    bool well = object_read(packed, ENVELOPE_BODY_MAX, &zone, &body, &why);
    if (status != STATUS_ok)
        envelope_fault_read(status, well ? &body : NULL, &why);
    else if (well && message != NULL)
        well = fields_read(message->reply, message->reply_size, reply, &body, &why);
    if (status == STATUS_ok && !well) {
        log_error("a reply cannot be read", "method=%s reason=\"%s\"", pending->method, why.text);
        fault_set(&why, STATUS_internal, NULL, "The service %s gave an answer that cannot be read.",
                  pending->target->service);
    }
    if (why.status == STATUS_ok)
        finish(pending, reply, &body, NULL);
    else
        finish(pending, NULL, NULL, &why);
    free(reply);
    msgpack_zone_destroy(&zone);
}

bool bus_pending_answer(struct bus *bus, const struct envelope_reply *reply, struct slice body)
{
    struct bus_pending *pending = pending_find(bus, reply->id);
    if (pending == NULL) {
        bus->counters.late++;
        return false;
    }
    bus->counters.answered++;
    detach(pending);
    tell_answer(pending, reply->status, body);
    return true;
}

/* ---- sending ---- */

static bool send_to(struct bus_pending *pending, struct bus_peer *peer)
{
    int64_t left = pending->deadline - clock_ticks();
    struct envelope_request header = {
        .id = pending->id,
        .method = slice_text(pending->method),
        .deadline_ms = left > 0 ? (uint32_t)left : 1,
        .actor = pending->actor,
        .trace = slice_text(pending->trace),
    };
    if (!bus_peer_send(peer, &header, slice_of(pending->body, pending->size)))
        return false;
    pending->peer = peer;
    peer->busy++;
    return true;
}

void bus_pending_send(struct bus_pending *pending)
{
    if (pending->peer != NULL)
        pending->peer->busy--;
    pending->peer = NULL;
    struct bus_peer *peer = bus_target_pick(pending->target);
    if (peer != NULL)
        send_to(pending, peer);
}

/* ---- asking ---- */

static void trace_new(char trace[ENVELOPE_TRACE_SIZE + 1])
{
    char random[ENVELOPE_TRACE_SIZE / 2];
    random_bytes(random, sizeof random);
    hex_write(slice_of(random, sizeof random), trace);
}

static struct bus_pending *pending_new(struct bus *bus, const char *method, const struct bus_call *call,
                                       bus_done_fn *done, void *arg)
{
    struct bus_pending *pending = mem_zero(1, sizeof *pending);
    uint32_t ms = call != NULL && call->deadline_ms != 0 ? call->deadline_ms : BUS_DEADLINE_MS;
    pending->bus = bus;
    pending->id = bus->next_id++;
    pending->method = mem_text(slice_text(envelope_is_method(slice_text(method)) ? method : "unknown"));
    pending->actor = call != NULL ? call->actor : 0;
    pending->deadline = clock_ticks() + ms;
    pending->done = done;
    pending->arg = arg;
    pending->target = bus_target_of(bus, envelope_service(slice_text(pending->method)));
    if (call != NULL && call->trace != NULL && strlen(call->trace) == ENVELOPE_TRACE_SIZE)
        memcpy(pending->trace, call->trace, ENVELOPE_TRACE_SIZE);
    else
        trace_new(pending->trace);
    LIST_INSERT_HEAD(bucket_of(bus, pending->id), pending, by_id);
    if (pending->target == NULL)
        return pending;
    TAILQ_INSERT_TAIL(&pending->target->pendings, pending, link);
    pending->target->pendings_count++;
    pending->timer = loop_timer_new(bus->loop, ms, 0, on_deadline, pending);
    bus->counters.asked++;
    return pending;
}

static bool fault_busy(const struct bus_target *target, struct fault *why)
{
    return fault_set(why, STATUS_unavailable, NULL, "The service %s has too much to do: try again in a minute.",
                     target->service);
}

static bool may_start(const struct bus_pending *pending, struct fault *why)
{
    const struct bus_target *target = pending->target;
    if (target == NULL)
        return fault_set(why, STATUS_not_found, NULL, "No service here has a method %s.", pending->method);
    if (pending->size > ENVELOPE_BODY_MAX)
        return fault_set(why, STATUS_too_large, NULL, "That is too large: at most %zu MiB go over at once.",
                         ENVELOPE_BODY_MAX >> 20);
    if (target->pendings_count > BUS_CALLS_MAX || target->pendings_bytes > BUS_BYTES_MAX)
        return fault_busy(target, why);
    return true;
}

/* Takes `body` over (malloc). With a `peer` it is that one's alone: whoever asks so has made it not repeatable. */
static void pending_start(struct bus_pending *pending, char *body, size_t size, struct bus_peer *peer)
{
    struct fault why;
    pending->body = body;
    pending->size = size;
    if (pending->target != NULL)
        pending->target->pendings_bytes += size;
    if (!may_start(pending, &why) || (peer != NULL && !send_to(pending, peer) && !fault_busy(peer->target, &why)))
        bus_pending_fail(pending, &why);
    else if (peer == NULL)
        bus_pending_send(pending);
}

/* Does the packed question carry an idempotency key? */
static bool has_key(struct slice body)
{
    msgpack_zone zone;
    msgpack_object object;
    msgpack_zone_init(&zone, 1024);
    bool well = object_read(body, ENVELOPE_BODY_MAX, &zone, &object, NULL);
    const msgpack_object *key = well ? map_find(&object, "key") : NULL;
    bool has = key != NULL && key->type == MSGPACK_OBJECT_BIN && key->via.bin.size == 16;
    msgpack_zone_destroy(&zone);
    return has;
}

/* The same for a struct, without unpacking it again. */
static bool declares_key(const struct message *message, const void *ask)
{
    for (size_t i = 0; message->ask[i].name != NULL; i++)
        if (message->ask[i].kind == KIND_bytes && strcmp(message->ask[i].name, "key") == 0)
            return ((const struct slice *)((const char *)ask + field_offset(message->ask, i)))->size > 0;
    return false;
}

/* `peer` NULL: whichever answers. */
static void ask_one(struct bus_pending *pending, const struct message *message, const void *ask, struct bus_peer *peer)
{
    struct fault why;
    if (!fields_check(message->ask, ask, &why)) {
        bus_pending_fail(pending, &why);
        return;
    }
    pending->message = message;
    pending->repeatable = peer == NULL && (message->effect == READ || declares_key(message, ask));
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    fields_pack(message->ask, ask, &packer);
    pending_start(pending, packed.data, packed.size, peer);
}

void bus_ask(struct bus *bus, const char *method, const struct message *message, const void *ask,
             const struct bus_call *call, bus_done_fn *done, void *arg)
{
    ask_one(pending_new(bus, method != NULL ? method : message->name, call, done, arg), message, ask, NULL);
}

unsigned bus_ask_each(struct bus *bus, const struct message *message, const void *ask, const struct bus_call *call,
                      bus_done_fn *done, void *arg)
{
    unsigned count = 0;
    struct bus_peer *peer;
    struct bus_target *target = bus_target_of(bus, envelope_service(slice_text(message->name)));
    if (target == NULL)
        return 0;
    TAILQ_FOREACH(peer, &target->peers, link)
    {
        if (!bus_peer_answers(peer))
            continue;
        ask_one(pending_new(bus, message->name, call, done, arg), message, ask, peer);
        count++;
    }
    return count;
}

void bus_ask_packed(struct bus *bus, const char *method, struct slice body, const struct bus_call *call,
                    bus_done_fn *done, void *arg)
{
    struct bus_pending *pending = pending_new(bus, method, call, done, arg);
    const struct message *message = message_find(slice_text(method));
    pending->repeatable = (message != NULL && message->effect == READ) || has_key(body);
    char *copy = mem_take(body.size + 1);
    memcpy(copy, body.size > 0 ? body.at : "", body.size);
    pending_start(pending, copy, body.size, NULL);
}

static void fail_all(struct bus *bus)
{
    struct fault why;
    fault_set(&why, STATUS_unavailable, NULL, "This part of the site is stopping: try again in a minute.");
    for (size_t i = 0; i < bus->targets_count; i++)
        while (!TAILQ_EMPTY(&bus->targets[i].pendings))
            bus_pending_fail(TAILQ_FIRST(&bus->targets[i].pendings), &why);
    if (bus->finished_timer != NULL)
        loop_timer_cancel(&bus->finished_timer);
    tell_finished(bus);
}

static void drop_all(struct bus *bus)
{
    struct bus_pending *pending, *next;
    for (pending = TAILQ_FIRST(&bus->finished); pending != NULL; pending = next) {
        next = TAILQ_NEXT(pending, link);
        pending_free(pending);
    }
    TAILQ_INIT(&bus->finished);
    if (bus->finished_timer != NULL)
        loop_timer_cancel(&bus->finished_timer);
}

/* An asker may ask the next thing when it is told, but not for ever. */
void bus_asks_close(struct bus *bus)
{
    for (unsigned round = 0; round < 4; round++)
        fail_all(bus);
    for (size_t i = 0; i < bus->targets_count; i++)
        while (!TAILQ_EMPTY(&bus->targets[i].pendings))
            bus_pending_fail(TAILQ_FIRST(&bus->targets[i].pendings), &(struct fault){.status = STATUS_unavailable});
    drop_all(bus);
}
