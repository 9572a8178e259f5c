/* ZeroMQ sockets as the bus uses them: CURVE on each, bounded sizes and queues, heartbeats. A server's peers are
 * checked against the public keys in the keys folder, which is read again when it changes. */
#ifndef DJEMBE_COMMON_BUS_SOCKET_H
#define DJEMBE_COMMON_BUS_SOCKET_H

#include "proto/fault.h"

#include <czmq.h>

/* Our own certificate with its secret half; NULL with `why`. */
zcert_t *bus_cert_own(const char *keys, const char *service, struct fault *why);

/* Starts the check of peers for the process; each call that gave true is undone by one bus_guard_stop. */
bool bus_guard_start(const char *keys, struct fault *why);
void bus_guard_stop(void);

/* ROUTER or PUB, bound to `listen`; NULL with `why`. */
zsock_t *bus_socket_bind(int type, const zcert_t *cert, const char *listen, struct fault *why);

/* DEALER or SUB that will trust only a server with the public key of `service`. */
zsock_t *bus_socket_client(int type, const zcert_t *cert, const char *keys, const char *service, struct fault *why);

/* Receives one whole message of at most `most` frames; surplus ones are dropped. Returns how many frames it had, 0 when
 * none waits. The caller closes the first min(count, most). */
size_t bus_receive(zsock_t *socket, zmq_msg_t *frames, size_t most);

static inline struct slice bus_frame(zmq_msg_t *frame)
{
    return slice_of(zmq_msg_data(frame), zmq_msg_size(frame));
}

#endif
