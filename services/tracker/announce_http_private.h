/* What announce_http.c (the worker: its thread and its connections) and announce_http_request.c (a request and its
 * answer) share. */
#ifndef DJEMBE_TRACKER_ANNOUNCE_HTTP_PRIVATE_H
#define DJEMBE_TRACKER_ANNOUNCE_HTTP_PRIVATE_H

#include "services/tracker/announce_http.h"
#include "services/tracker/proxied.h"
#include "services/tracker/query.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

/* A request that has begun. What it asks is read when its first line is there, for the library cuts that into pieces
 * afterwards. */
struct http_ask {
    struct http_ask *next; /* of those not in use */
    enum query_path path;
    const char *wrong;
    bool begun;                 /* its headers are there */
    size_t body;                /* bytes of a body, which nobody wants */
    char passkey[PASSKEY_SIZE]; /* of a scrape */
    bool passkey_known;
    union {
        struct announce announce;
        struct scrape scrape;
    };
};

/* An answer, until it is sent. */
struct http_answer {
    struct http_answer *next; /* of those not in use */
    struct announce_http *wire;
    struct reply_text text;
};

struct announce_http {
    struct tracker *tracker;
    struct announce_http_settings settings;
    struct MHD_Daemon *daemon;
    struct MHD_Response *nothing; /* for what is no announce */
    struct proxied *proxied;      /* NULL: no PROXY protocol */
    int listening;                /* -1: the library's */
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    atomic_uint_least64_t requests, refused;
    atomic_int_least64_t connections;
    /* The thread's. */
    unsigned asks_count; /* in use */
    bool closes;         /* a connection that was answered: the library takes that for an error and says so */
    struct http_ask *asks;
    struct http_answer *answers;
    struct announce_reply reply; /* too large for the stack */
};

/* A request begins, by the target of its first line; give it back at its end. */
struct http_ask *http_ask_begin(struct announce_http *wire, struct slice target);
void http_ask_end(struct announce_http *wire, struct http_ask *ask);
/* Answers it. */
enum MHD_Result http_ask_answer(struct announce_http *wire, struct http_ask *ask, struct MHD_Connection *connection);
/* Frees what is not in use. */
void http_asks_free(struct announce_http *wire);

#endif
