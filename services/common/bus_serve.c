/* The serving half: a ROUTER socket, a table of methods, and the requests that are being answered. */
#include "services/common/bus_private.h"
#include "services/common/clock.h"
#include "services/common/encode.h"
#include "services/common/log.h"

#include <assert.h>
#include <inttypes.h>

#define REQUESTS_A_ROUND 128 /* then others get their turn */

struct bus_request {
    TAILQ_ENTRY(bus_request) link;
    struct bus *bus;
    zmq_msg_t from, body;
    uint64_t id, actor;
    char trace[ENVELOPE_TRACE_SIZE + 1];
    int64_t deadline; /* ticks */
    const struct bus_method *method;
    struct arena *arena;
    msgpack_zone zone;
};

/* ---- a request's life ---- */

/* Takes the frames over. */
static struct bus_request *request_new(struct bus *bus, const struct envelope_request *header, zmq_msg_t *from,
                                       zmq_msg_t *body)
{
    struct bus_request *request = mem_zero(1, sizeof *request);
    request->bus = bus;
    request->id = header->id;
    request->actor = header->actor;
    memcpy(request->trace, header->trace.at, ENVELOPE_TRACE_SIZE);
    request->deadline = clock_ticks() + header->deadline_ms;
    request->arena = arena_new();
    msgpack_zone_init(&request->zone, 1024);
    zmq_msg_init(&request->from);
    zmq_msg_move(&request->from, from);
    zmq_msg_init(&request->body);
    zmq_msg_move(&request->body, body);
    TAILQ_INSERT_TAIL(&bus->server.requests, request, link);
    bus->server.requests_count++;
    bus->server.requests_bytes += zmq_msg_size(&request->body);
    return request;
}

static void request_free(struct bus_request *request)
{
    struct bus_server *server = &request->bus->server;
    TAILQ_REMOVE(&server->requests, request, link);
    server->requests_count--;
    server->requests_bytes -= zmq_msg_size(&request->body);
    msgpack_zone_destroy(&request->zone);
    arena_destroy(&request->arena);
    zmq_msg_close(&request->from);
    zmq_msg_close(&request->body);
    free(request);
}

/* A caller that has gone is no fault of ours: a ROUTER drops what it cannot deliver. */
static void send_frames(struct bus *bus, struct slice to, const struct envelope_reply *header, struct slice body)
{
    char packed[ENVELOPE_HEADER_MAX];
    size_t size = envelope_reply_pack(header, packed);
    void *router = zsock_resolve(bus->server.router);
    if (zmq_send(router, to.at, to.size, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
        zmq_send(router, packed, size, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        zmq_send(router, body.at, body.size, ZMQ_DONTWAIT);
}

static void answer(struct bus_request *request, enum status status, struct slice body)
{
    struct bus *bus = request->bus;
    bus->counters.served++;
    bus->counters.refused += status != STATUS_ok;
    if (clock_ticks() > request->deadline)
        bus->counters.expired++;
    else
        send_frames(bus, bus_frame(&request->from), &(struct envelope_reply){request->id, status}, body);
    request_free(request);
}

struct slice bus_pack(struct bus_request *request, const void *reply)
{
    struct fault why;
    const struct field *fields = request->method->message->reply;
    if (!fields_check(fields, reply, &why)) {
        log_error("a reply breaks its own limits", "method=%s field=%s reason=\"%s\"", request->method->name, why.field,
                  why.text);
        return slice_text(NULL);
    }
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    fields_pack(fields, reply, &packer);
    struct slice copy = arena_copy(request->arena, slice_of(packed.data, packed.size));
    msgpack_sbuffer_destroy(&packed);
    return copy;
}

void bus_reply(struct bus_request *request, const void *reply)
{
    bus_reply_packed(request, bus_pack(request, reply));
}

void bus_reply_packed(struct bus_request *request, struct slice body)
{
    struct fault why;
    if (body.size > ENVELOPE_BODY_MAX)
        log_error("a reply is too large", "method=%s size=%zu", request->method->name, body.size);
    if (body.size > 0 && body.size <= ENVELOPE_BODY_MAX) {
        answer(request, STATUS_ok, body);
        return;
    }
    fault_set(&why, STATUS_internal, NULL, "%s", status_text(STATUS_internal));
    bus_fail(request, &why);
}

void bus_fail(struct bus_request *request, const struct fault *why)
{
    assert(why->status != STATUS_ok);
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    envelope_fault_pack(why, &packer);
    answer(request, why->status, slice_of(packed.data, packed.size));
    msgpack_sbuffer_destroy(&packed);
}

uint64_t bus_actor(const struct bus_request *request)
{
    return request->actor;
}

const char *bus_trace(const struct bus_request *request)
{
    return request->trace;
}

struct slice bus_body(const struct bus_request *request)
{
    return bus_frame((zmq_msg_t *)&request->body);
}

struct arena *bus_arena(struct bus_request *request)
{
    return request->arena;
}

/* ---- from frames to a handler ---- */

void bus_serve(struct bus *bus, const char *method, const struct message *message, bus_handler_fn *handler, void *arg)
{
    struct bus_server *server = &bus->server;
    assert(server->methods_count < BUS_METHODS_MAX);
    server->methods[server->methods_count++] =
        (struct bus_method){mem_text(slice_text(method != NULL ? method : message->name)), message, handler, arg};
}

static const struct bus_method *method_find(const struct bus_server *server, struct slice name)
{
    for (size_t i = 0; i < server->methods_count; i++)
        if (slice_is(name, server->methods[i].name))
            return &server->methods[i];
    return NULL;
}

static bool request_check(struct bus_request *request, struct slice name, struct fault *why)
{
    struct bus_server *server = &request->bus->server;
    if (server->requests_count > BUS_REQUESTS_MAX || server->requests_bytes > BUS_BYTES_MAX)
        return fault_set(why, STATUS_unavailable, NULL, "Too much is going on here at once: try again in a moment.");
    request->method = method_find(server, name);
    if (request->method == NULL)
        return fault_set(why, STATUS_not_found, NULL, "%s has no method %.*s.", request->bus->service,
                         SLICE_ARGS(name));
    return true;
}

static void request_run(struct bus_request *request, struct slice name)
{
    struct fault why = {.status = STATUS_ok};
    msgpack_object body;
    if (!request_check(request, name, &why)) {
        bus_fail(request, &why);
        return;
    }
    const struct bus_method *method = request->method;
    void *ask = arena_take(request->arena, method->message->ask_size);
    if (!object_read(bus_body(request), ENVELOPE_BODY_MAX, &request->zone, &body, &why) ||
        !fields_read(method->message->ask, method->message->ask_size, ask, &body, &why)) {
        bus_fail(request, &why);
        return;
    }
    log_trace(request->trace);
    log_debug("request", "method=%s actor=%" PRIu64, method->name, request->actor);
    method->handler(request, ask, method->arg);
    log_trace("");
}

/* `frames` are caller, header, body. */
static void take_request(struct bus *bus, zmq_msg_t frames[3])
{
    struct envelope_request header;
    if (!envelope_request_read(bus_frame(&frames[1]), &header)) {
        bus->counters.malformed++;
        log_debug("a malformed request is dropped", "header=%zu body=%zu", zmq_msg_size(&frames[1]),
                  zmq_msg_size(&frames[2]));
        return;
    }
    if (header.deadline_ms == 0) {
        bus->counters.expired++;
        return;
    }
    bus->server.heard = clock_ticks();
    request_run(request_new(bus, &header, &frames[0], &frames[2]), header.method);
}

static void on_router(void *arg, int events)
{
    (void)events;
    struct bus *bus = arg;
    zmq_msg_t frames[3];
    for (unsigned i = 0; i < REQUESTS_A_ROUND; i++) {
        size_t count = bus_receive(bus->server.router, frames, 3);
        if (count == 0)
            return;
        if (count == 3)
            take_request(bus, frames);
        else
            bus->counters.malformed++;
        for (size_t k = 0; k < count && k < 3; k++)
            zmq_msg_close(&frames[k]);
    }
}

/* ---- callers that ping us, and what they are told at the end ---- */

static void remember_caller(struct bus_server *server, struct slice identity)
{
    int64_t now = clock_ticks();
    struct bus_caller *into = NULL;
    for (size_t i = 0; i < server->callers_count; i++) {
        struct bus_caller *caller = &server->callers[i];
        if (slice_equal(slice_of(caller->identity, caller->size), identity)) {
            caller->seen = now;
            return;
        }
        if (now - caller->seen > 5L * BUS_PING_MS)
            into = caller;
    }
    if (into == NULL && server->callers_count < BUS_CALLERS_MAX)
        into = &server->callers[server->callers_count++];
    if (into == NULL || identity.size > sizeof into->identity)
        return; /* it will learn from its next ping that we stop */
    memcpy(into->identity, identity.at, identity.size);
    into->size = identity.size;
    into->seen = now;
}

static void on_ping(struct bus_request *request, const void *ask, void *arg)
{
    (void)ask;
    struct bus *bus = arg;
    remember_caller(&bus->server, bus_frame(&request->from));
    if (bus->server.draining) {
        struct fault why;
        fault_set(&why, STATUS_unavailable, NULL, "This replica of %s is stopping.", bus->service);
        bus_fail(request, &why);
        return;
    }
    bus_reply(request, &(struct bus_ping_reply){.service = slice_text(bus->service),
                                                .version = slice_text(bus->version),
                                                .replica = slice_text(bus->replica)});
}

/* A reply with id 0 that nobody asked for: `unavailable`. Those who know it ask other replicas from now on; for others
 * it is one more late answer. */
static void say_goodbye(struct bus *bus)
{
    struct fault why;
    fault_set(&why, STATUS_unavailable, NULL, "This replica of %s is stopping.", bus->service);
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    envelope_fault_pack(&why, &packer);
    for (size_t i = 0; i < bus->server.callers_count; i++) {
        struct bus_caller *caller = &bus->server.callers[i];
        send_frames(bus, slice_of(caller->identity, caller->size), &(struct envelope_reply){0, STATUS_unavailable},
                    slice_of(packed.data, packed.size));
    }
    msgpack_sbuffer_destroy(&packed);
}

/* Quiet for so long after the goodbye, no request is under way to us any more. */
#define QUIET_MS 250

static void drain_step(void *arg)
{
    struct bus *bus = arg;
    struct bus_server *server = &bus->server;
    int64_t now = clock_ticks();
    bool quiet = server->requests_count == 0 && now - server->heard >= QUIET_MS;
    if (!quiet && now < server->drain_until)
        return;
    loop_timer_cancel(&server->drain_timer);
    server->drained(server->drained_arg);
}

void bus_drain(struct bus *bus, uint32_t ms, void (*done)(void *arg), void *arg)
{
    struct bus_server *server = &bus->server;
    assert(!server->draining);
    server->draining = true;
    server->drained = done;
    server->drained_arg = arg;
    server->heard = clock_ticks();
    server->drain_until = server->heard + ms;
    if (server->router != NULL)
        say_goodbye(bus);
    server->drain_timer = loop_timer_new(bus->loop, server->router != NULL ? 20 : 0, 20, drain_step, bus);
}

/* ---- opening and closing ---- */

bool bus_server_open(struct bus *bus, const char *listen, struct fault *why)
{
    struct bus_server *server = &bus->server;
    bus->guarded = bus_guard_start(bus->keys, why);
    if (!bus->guarded)
        return false;
    server->router = bus_socket_bind(ZMQ_ROUTER, bus->cert, listen, why);
    if (server->router == NULL)
        return false;
    server->watch = loop_watch_zmq(bus->loop, zsock_resolve(server->router), on_router, bus);
    bus_serve(bus, NULL, &bus_ping_message, on_ping, bus);
    return true;
}

void bus_server_close(struct bus *bus)
{
    struct bus_server *server = &bus->server;
    for (struct bus_request *request = TAILQ_FIRST(&server->requests), *next; request != NULL; request = next) {
        next = TAILQ_NEXT(request, link);
        request_free(request);
    }
    for (size_t i = 0; i < server->methods_count; i++)
        free(server->methods[i].name);
    if (server->drain_timer != NULL)
        loop_timer_cancel(&server->drain_timer);
    if (server->watch != NULL)
        loop_unwatch(&server->watch);
    zsock_destroy(&server->router);
    if (bus->guarded)
        bus_guard_stop();
}
