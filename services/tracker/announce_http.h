/* The HTTP wire: /PASSKEY/announce and /PASSKEY/scrape. */
#ifndef DJEMBE_TRACKER_ANNOUNCE_HTTP_H
#define DJEMBE_TRACKER_ANNOUNCE_HTTP_H

#include "services/common/http.h"
#include "services/tracker/tracker.h"

struct announce_http;

/* NULL with `why` when it cannot listen there. */
struct announce_http *announce_http_new(struct loop *loop, struct tracker *tracker, const char *listen,
                                        const struct http_limits *limits, struct fault *why);
void announce_http_destroy(struct announce_http **wire);

struct http_counters announce_http_count(const struct announce_http *wire);

#endif
