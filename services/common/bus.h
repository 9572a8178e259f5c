/* The bus: requests over DEALER -> ROUTER, CURVE on every socket (ARCHITECTURE, "The bus"). A daemon serves its own
 * methods and asks those of others; the method's first word names the service. Replicas are found by resolving the
 * endpoint's host name again every few seconds; a request goes to the least busy replica that answers. When a replica goes away
 * in mid-request, READs and WRITEs with a key are asked again at another one, inside the caller's deadline. */
#ifndef DJEMBE_COMMON_BUS_H
#define DJEMBE_COMMON_BUS_H

#include "proto/proto.h"
#include "services/common/arena.h"
#include "services/common/loop.h"

struct bus;
struct bus_request;

struct bus_endpoint {
    const char *service; /* "catalog" */
    const char *address; /* "tcp://catalog:5551": host name or address and port; facts are on port + 10 */
};

struct bus_settings {
    const char *service;  /* who we are: our certificate in the keys folder */
    const char *keys;     /* DJEMBE_KEYS: <service>.key (public) and <service>.key_secret */
    const char *listen;   /* "tcp://127.0.0.1:5551"; NULL: only asks */
    const char *version;
    const struct bus_endpoint *endpoints; /* of every service we may ask */
    size_t endpoints_count;
};

struct bus *bus_new(struct loop *loop, const struct bus_settings *settings, struct fault *why);
void bus_destroy(struct bus **bus);
/* Serves what has arrived, takes nothing new; `done` when all is answered or `ms` have passed. */
void bus_drain(struct bus *bus, uint32_t ms, void (*done)(void *arg), void *arg);

/* ---- serving ---- */

/* `ask` is the decoded struct of the method's message; it and all it borrows live until the reply. */
typedef void bus_handler_fn(struct bus_request *request, const void *ask, void *arg);

/* `method` NULL: the message's own name. */
void bus_serve(struct bus *bus, const char *method, const struct message *message, bus_handler_fn *handler, void *arg);

uint64_t bus_actor(const struct bus_request *request);
const char *bus_trace(const struct bus_request *request);
struct slice bus_body(const struct bus_request *request); /* as it came */
struct arena *bus_arena(struct bus_request *request);     /* freed after the reply */

/* Exactly one of these ends a request, now or later. */
void bus_reply(struct bus_request *request, const void *reply);
void bus_reply_packed(struct bus_request *request, struct slice body); /* a reply kept under an idempotency key */
void bus_fail(struct bus_request *request, const struct fault *why);
/* What bus_reply would send, to be kept with an idempotency key; in the request's arena. */
struct slice bus_pack(struct bus_request *request, const void *reply);

/* ---- asking ---- */

struct bus_call {
    uint64_t actor;       /* 0: the daemon itself */
    uint32_t deadline_ms; /* 0: 5000 */
    const char *trace;    /* NULL: a new one */
};

/* `reply` is the decoded struct (NULL unless why == NULL) and lives until the callback returns; `body` is the whole reply. */
typedef void bus_done_fn(void *arg, const void *reply, const msgpack_object *body, const struct fault *why);

/* `method` NULL: the message's own name. `ask` is packed at once. `done` is called exactly once, never before this returns. */
void bus_ask(struct bus *bus, const char *method, const struct message *message, const void *ask,
             const struct bus_call *call, bus_done_fn *done, void *arg);
/* The same for a body already packed; the reply is not decoded. */
void bus_ask_packed(struct bus *bus, const char *method, struct slice body, const struct bus_call *call,
                    bus_done_fn *done, void *arg);

/* How many replicas of a service answer now. */
unsigned bus_replicas(const struct bus *bus, const char *service);

#endif
