/* The bus: requests over DEALER -> ROUTER, CURVE on every socket (ARCHITECTURE, "The bus"). A daemon serves its own
 * methods and asks those of others; the method's first word names the service. Replicas are found by resolving the
 * endpoint's host name again every few seconds; a request goes to the least busy replica that answers. When a replica
 * goes away in mid-request, READs and WRITEs with a key are asked again at another one, inside the caller's deadline.
 */
#ifndef DJEMBE_COMMON_BUS_H
#define DJEMBE_COMMON_BUS_H

#include "proto/proto.h"
#include "services/common/arena.h"
#include "services/common/loop.h"

struct buffer;
struct bus;
struct bus_request;

struct bus_endpoint {
    const char *service; /* "catalog" */
    const char *address; /* "tcp://catalog:5551": host name or address and port, or several separated by commas; facts
                            are on port + 10 */
};

struct bus_settings {
    const char *service; /* who we are: our certificate in the keys folder */
    const char *keys;    /* DJEMBE_KEYS: <service>.key (public) and <service>.key_secret */
    const char *listen;  /* "tcp://127.0.0.1:5551"; NULL: only asks */
    const char *version;
    const struct bus_endpoint *endpoints; /* of every service we may ask; one's own for its other replicas */
    size_t endpoints_count;
};

struct bus *bus_new(struct loop *loop, const struct bus_settings *settings, struct fault *why);
/* Requests still being served are freed, so whatever might yet answer one (the database) is destroyed before. Questions
 * still on their way are failed: their callbacks run in here. */
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
/* What bus_reply would send, to be kept with an idempotency key; in the request's arena. Empty (and logged) when the
 * reply breaks its declared limits; bus_reply and bus_reply_packed then tell the caller `internal`. */
struct slice bus_pack(struct bus_request *request, const void *reply);

/* ---- asking ---- */

struct bus_call {
    uint64_t actor;       /* 0: the daemon itself */
    uint32_t deadline_ms; /* 0: 5000 */
    const char *trace;    /* NULL: a new one */
};

/* `reply` is the decoded struct (NULL unless why == NULL) and lives until the callback returns; `body` is the whole
 * reply. */
typedef void bus_done_fn(void *arg, const void *reply, const msgpack_object *body, const struct fault *why);

/* `method` NULL: the message's own name. `ask` is packed at once; values that break their declared limits give a fault
 * that names the field, as if the other side had refused them. `done` is called exactly once, never before this
 * returns. */
void bus_ask(struct bus *bus, const char *method, const struct message *message, const void *ask,
             const struct bus_call *call, bus_done_fn *done, void *arg);
/* The same for a body already packed; the reply is not decoded. */
void bus_ask_packed(struct bus *bus, const char *method, struct slice body, const struct bus_call *call,
                    bus_done_fn *done, void *arg);

/* The same question to every replica that answers now; `done` is called once for each, and returns how many that are,
 * perhaps none. A replica that goes away is a fault of its own question, which is not asked elsewhere. */
unsigned bus_ask_each(struct bus *bus, const struct message *message, const void *ask, const struct bus_call *call,
                      bus_done_fn *done, void *arg);

/* How many replicas of a service answer now; of one's own service: others than this process. */
unsigned bus_replicas(const struct bus *bus, const char *service);

/* What has gone over the bus since it was opened. */
struct bus_counters {
    uint64_t served;    /* requests answered, faults included */
    uint64_t refused;   /* of these: answered with a fault */
    uint64_t expired;   /* dropped or not answered because the caller no longer waits */
    uint64_t malformed; /* dropped without an answer: not an envelope */
    uint64_t asked;     /* questions of ours that were begun */
    uint64_t answered;  /* of these: answered, faults included */
    uint64_t failed;    /* of these: not answered in time, or by nobody */
    uint64_t repeated;  /* asked again at another replica */
    uint64_t late;      /* answers that nobody waited for */
};
struct bus_counters bus_count(const struct bus *bus);
/* The same for /metrics. */
void bus_metrics(const struct bus *bus, struct buffer *into);

#endif
