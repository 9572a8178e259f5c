/* The announce workers: so many threads for HTTP and as many for UDP, all at one address. */
#ifndef DJEMBE_TRACKER_WORKERS_H
#define DJEMBE_TRACKER_WORKERS_H

#include "services/tracker/announce_http.h"
#include "services/tracker/udp.h"

#define WORKERS_MAX 64

struct workers;

struct workers_settings {
    unsigned count;
    bool udp;
    struct connection_key key;          /* of UDP */
    struct announce_http_settings http; /* its connections: of all workers together */
};

struct workers_counters {
    struct announce_http_counters http;
    struct udp_counters udp;
};

/* Listens at settings->http.listen. From now on the tracker is shared. NULL with `why` when it cannot. */
struct workers *workers_new(struct tracker *tracker, const struct workers_settings *settings, struct fault *why);
/* What has come is answered first. */
void workers_destroy(struct workers **workers);

struct workers_counters workers_count(const struct workers *workers);

#endif
