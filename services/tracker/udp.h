/* The UDP wire (BEP 15): announces and scrapes of clients that send their passkey along (BEP 41). A worker is a thread
 * with a socket of its own; the system deals out what comes to those of one port. */
#ifndef DJEMBE_TRACKER_UDP_H
#define DJEMBE_TRACKER_UDP_H

#include "services/tracker/callers.h"
#include "services/tracker/connection_id.h"
#include "services/tracker/tracker.h"

struct udp;

struct udp_counters {
    uint64_t connects, announces, scrapes;
    uint64_t ignored; /* without a valid connection id, or no request at all: nothing was answered */
};

/* Listens; answers nothing before udp_start. `shared`: others listen there, too. NULL with `why` when it cannot. */
struct udp *udp_new(struct tracker *tracker, const char *listen, bool shared, const struct connection_key *key,
                    struct callers *callers, struct fault *why);
void udp_start(struct udp *udp);
/* Answers what has come, and ends soon; udp_destroy waits for that. */
void udp_stop(struct udp *udp);
void udp_destroy(struct udp **udp);

/* From any thread. */
struct udp_counters udp_count(const struct udp *udp);

#endif
