/* HTTP over libmicrohttpd, driven by the daemon's loop: MHD's epoll descriptor is watched, no thread is started. An
 * answer may come later: the connection sleeps until http_reply. */
#ifndef DJEMBE_COMMON_HTTP_H
#define DJEMBE_COMMON_HTTP_H

#include "proto/fault.h"
#include "services/common/arena.h"
#include "services/common/loop.h"
#include "services/common/networks.h"

struct http;
struct http_request;

struct http_limits {
    size_t body;          /* most bytes of a request body; more gets 413 */
    unsigned connections; /* most at once */
    unsigned idle_seconds;
    size_t header_memory; /* per connection, for the request line and headers */
    size_t bodies;        /* most bytes of all bodies above 64 KiB together; more get 503; 0: as many as come */
    bool tells_refused;   /* the handler answers for a body that was refused (http_refused), not a line of text */
};

/* Called once for each whole request, body included. Must lead to exactly one http_reply, now or later. */
typedef void http_handler_fn(struct http_request *request, void *arg);

/* Listens on `address` ("127.0.0.1:8080", "[::]:6969"). NULL with `why` when it cannot (which port, what to do). */
struct http *http_listen(struct loop *loop, const char *address, const struct http_limits *limits,
                         http_handler_fn *handler, void *arg, struct fault *why);
/* Answers what still waits with 503, says goodbye to every client and frees. A request's own reply may come later: it
 * is dropped. Not from within a handler. */
void http_destroy(struct http **http);
/* Takes no new connections from now on; those that are open go on until http_destroy. */
void http_quiesce(struct http *http);
/* The same for every listener of the process but one. */
void http_quiesce_all(const struct http *except);
/* Does no request of any listener wait for its answer? */
bool http_all_answered(void);
/* The port it listens on (the one that was given for `:0`). */
unsigned http_port(const struct http *http);

/* Of the request; all borrowed from it, valid until it is answered. */
struct slice http_method(const struct http_request *request);
struct slice http_path(const struct http_request *request);  /* as sent, before `?`, not decoded */
struct slice http_query(const struct http_request *request); /* as sent, after the first `?`; empty when none */
struct slice http_header(const struct http_request *request, const char *name);
struct slice http_body(const struct http_request *request);
/* The status to answer when its body was too much and is not there (413; 503: at this moment); else 0. Only where the
 * listener's limits say `tells_refused`. */
unsigned http_refused(const struct http_request *request);
/* Who asks: http_client.h. All zero once it has gone. */
void http_client(const struct http_request *request, const struct networks *proxies, uint8_t ip[IP_SIZE]);
/* Freed after the answer. */
struct arena *http_arena(struct http_request *request);
/* Runs just before the request is freed, also when its client has gone. At most one a request. */
void http_on_done(struct http_request *request, void (*done)(void *arg), void *arg);
/* False once the client has gone: a late answer is then dropped by http_reply. */
bool http_alive(const struct http_request *request);

/* A header of the answer to come; text is copied. */
void http_set(struct http_request *request, const char *name, const char *value);

/* Answers. `body` is copied. Content-Type is `type`. */
void http_reply(struct http_request *request, unsigned status, const char *type, struct slice body);

/* Counters for /metrics. */
struct http_counters {
    uint64_t requests, refused;
    unsigned connections;
};
struct http_counters http_count(const struct http *http);
/* The counters of every listener of the process, as Prometheus text. */
struct buffer;
void http_metrics(struct buffer *into);

#endif
