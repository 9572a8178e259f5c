/* The first frame of each bus message (ARCHITECTURE, "The bus"):
 *   request [1, id, "service.noun.verb", deadline_ms, actor, trace]     reply [1, id, status]
 * Pure: no sockets, no clock. */
#ifndef DJEMBE_COMMON_BUS_ENVELOPE_H
#define DJEMBE_COMMON_BUS_ENVELOPE_H

#include "proto/codec.h"

#define ENVELOPE_VERSION 1
#define ENVELOPE_HEADER_MAX 1024             /* bytes */
#define ENVELOPE_BODY_MAX ((size_t)16 << 20) /* bytes */
#define ENVELOPE_METHOD_MAX 80               /* letters */
#define ENVELOPE_TRACE_SIZE 16               /* hex digits */

struct envelope_request {
    uint64_t id;
    struct slice method; /* lower-case words, digits, `_` and dots */
    uint32_t deadline_ms;
    uint64_t actor;
    struct slice trace;
};

struct envelope_reply {
    uint64_t id;
    enum status status;
};

/* Reads a header frame. Slices lie in `frame`. False for anything that is not one, without saying why: whoever sends
 * such a thing is not answered. Surplus columns are skipped. */
bool envelope_request_read(struct slice frame, struct envelope_request *into);
bool envelope_reply_read(struct slice frame, struct envelope_reply *into);

/* The packed header, at most ENVELOPE_HEADER_MAX bytes, into `into`; returns its size. */
size_t envelope_request_pack(const struct envelope_request *request, char into[ENVELOPE_HEADER_MAX]);
size_t envelope_reply_pack(const struct envelope_reply *reply, char into[ENVELOPE_HEADER_MAX]);

/* The body of a reply that is not ok: {"error": …, "field": …}. */
void envelope_fault_pack(const struct fault *why, msgpack_packer *packer);
/* What such a body says; words of our own where it says nothing readable. */
void envelope_fault_read(enum status status, const msgpack_object *body, struct fault *into);

/* Can it be the name of a method? */
bool envelope_is_method(struct slice method);

/* The service that a method belongs to: its first word. Empty when there is no dot. */
struct slice envelope_service(struct slice method);

#endif
