/* The UDP wire (BEP 15): announces and scrapes of clients that send their passkey along (BEP 41). */
#ifndef DJEMBE_TRACKER_UDP_H
#define DJEMBE_TRACKER_UDP_H

#include "services/common/loop.h"
#include "services/tracker/connection_id.h"
#include "services/tracker/tracker.h"
#include "services/tracker/udp_socket.h"

struct udp;

struct udp_counters {
    uint64_t connects, announces, scrapes;
    uint64_t ignored; /* without a valid connection id, or no request at all: nothing was answered */
};

/* The secret behind connection ids: made in `folder` at the first start, kept over restarts. False with `why` when the
 * folder cannot be used. */
bool udp_key_read(const char *folder, struct connection_key *into, struct fault *why);

/* NULL with `why` when it cannot listen there. */
struct udp *udp_new(struct loop *loop, struct tracker *tracker, const char *listen, const struct connection_key *key,
                    struct fault *why);
void udp_destroy(struct udp **udp);

struct udp_counters udp_count(const struct udp *udp);

#endif
