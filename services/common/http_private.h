/* What http.c (the listener in the loop), http_access.c (how requests come in) and http_request.c (one request)
 * share. */
#ifndef DJEMBE_COMMON_HTTP_PRIVATE_H
#define DJEMBE_COMMON_HTTP_PRIVATE_H

#include "services/common/bencode.h"
#include "services/common/http.h"

#include <microhttpd.h>

#define SPARE_ARENAS 64 /* kept for the next requests */

struct http {
    struct http *next; /* of all listeners */
    struct loop *loop;
    struct MHD_Daemon *daemon;
    struct loop_watch *watch;
    struct loop_timer *wake;
    int64_t wake_at;
    char address[64];
    unsigned port;
    struct http_limits limits;
    http_handler_fn *handler;
    void *arg;
    struct http_request *requests;
    struct arena *spare[SPARE_ARENAS];
    size_t spare_count;
    uint64_t handled, refused;
    bool running, stopping; /* stopping: takes no new connections */
    bool full;              /* has as many connections as it may */
    bool closing;           /* takes no new requests either */
};

/* A request's way: NEW -> READING -> HANDLING -> (WAITING ->) ANSWERED -> SENT. It is freed when it has been answered
 * and MHD has done with it, in whichever order the two happen. */
enum request_state {
    REQUEST_NEW,      /* only its first line is known */
    REQUEST_READING,  /* its body arrives */
    REQUEST_HANDLING, /* inside the handler */
    REQUEST_WAITING,  /* its connection sleeps until http_reply */
    REQUEST_ANSWERED, /* its response is made */
    REQUEST_SENT,     /* MHD has the response */
};

struct http_request {
    struct http_request *next, *before; /* of its listener's, or those that outlived it */
    struct http *http;                  /* NULL: the listener is gone */
    struct MHD_Connection *connection;  /* NULL: the client is gone */
    enum request_state state;
    struct arena *arena; /* the request itself lives in it too */
    struct slice method, path, query;
    struct buffer body;
    size_t dropped;   /* bytes of a body that is too large */
    size_t held;      /* what its body counts in the sum of all large ones */
    unsigned refused; /* the status that its body gets; 0: it is taken */
    bool replied;     /* http_reply was called */
    bool finished;    /* MHD has done with it */
    struct http_header_set *headers;
    struct MHD_Response *response;
    unsigned status;
    void (*done)(void *arg);
    void *done_arg;
};

struct http_request *request_new(struct http *http, const char *target);
/* Frees it when nobody needs it any more. */
void request_settle(struct http_request *request);
void request_free(struct http_request *request);
/* Counts a body that has grown to `size` in the sum of all; false: together they are more than `limit`. */
bool request_hold(struct http_request *request, size_t size, size_t limit);
/* Lets go of the body. */
void request_drop_body(struct http_request *request);
/* Makes the response; a request is answered at most once. */
void request_answer(struct http_request *request, unsigned status, const char *type, struct slice body);

void http_link(struct http_request **list, struct http_request *request);
void http_unlink(struct http_request **list, struct http_request *request);
struct arena *http_take_arena(struct http *http);
void http_keep_arena(struct http *http, struct arena *arena);
/* Wakes the request's connection: its response is ready. */
void http_wake(struct http *http, struct http_request *request);

/* Answers for a handler that is not asked any more. */
void request_answer_closing(struct http_request *request);
/* MHD's part, on an open listening socket; NULL when it does not start. */
struct MHD_Daemon *http_daemon_start(struct http *http, int fd);

#endif
