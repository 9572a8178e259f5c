/* Connections where proxies speak the PROXY protocol: taken from the listening socket, given on with the address that
 * the header tells. A connection that no listed proxy opened is given on as it is, at once. Used by one thread. */
#ifndef DJEMBE_TRACKER_PROXIED_H
#define DJEMBE_TRACKER_PROXIED_H

#include "services/common/networks.h"

struct proxied;

/* The descriptor is the receiver's from then on. */
typedef void proxied_ready_fn(void *arg, int fd, const struct sockaddr *from, socklen_t size);

/* `also`: another descriptor whose readiness ends the waiting of proxied_run. Both stay the caller's. */
struct proxied *proxied_new(int listening, int also, const struct networks *proxies, proxied_ready_fn *ready,
                            void *arg);
void proxied_destroy(struct proxied **proxied);

/* Waits for at most `ms` until something has come, and takes it. */
void proxied_run(struct proxied *proxied, int ms);
/* Takes what waits on the listening socket, and no more from then on. */
void proxied_close(struct proxied *proxied);

/* Connections closed for their header. From any thread. */
uint64_t proxied_refused(const struct proxied *proxied);

#endif
