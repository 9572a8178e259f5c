/* The HTTP wire: /PASSKEY/announce and /PASSKEY/scrape. A worker is a thread with a listening socket of its own; the
 * system deals out what comes to those of one port. */
#ifndef DJEMBE_TRACKER_ANNOUNCE_HTTP_H
#define DJEMBE_TRACKER_ANNOUNCE_HTTP_H

#include "services/common/networks.h"
#include "services/tracker/tracker.h"

struct announce_http;

struct announce_http_settings {
    const char *listen;
    bool shared;                    /* others listen there, too */
    unsigned connections;           /* most at once */
    unsigned address_connections;   /* most at once from one address; 0: no limit */
    unsigned idle_seconds;          /* how long a silent connection is kept */
    const struct networks *proxies; /* whose X-Forwarded-For is believed */
    bool proxy_protocol;            /* their connections begin with a PROXY header */
};

struct announce_http_counters {
    uint64_t requests, refused; /* refused: neither announces nor scrapes */
    uint64_t proxied_refused;   /* connections whose PROXY header was wrong or too slow */
    int64_t connections;
};

/* Listens; answers nothing before announce_http_start. NULL with `why` when it cannot. */
struct announce_http *announce_http_new(struct tracker *tracker, const struct announce_http_settings *settings,
                                        struct fault *why);
void announce_http_start(struct announce_http *wire);
/* Answers what has come, and ends soon; announce_http_destroy waits for that. */
void announce_http_stop(struct announce_http *wire);
void announce_http_destroy(struct announce_http **wire);

/* From any thread. */
struct announce_http_counters announce_http_count(const struct announce_http *wire);

#endif
