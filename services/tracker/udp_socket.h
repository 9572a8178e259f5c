/* A UDP socket that takes packets and sends answers many at a time, each answer from the address that was asked. Knows
 * nothing of what is in them. */
#ifndef DJEMBE_TRACKER_UDP_SOCKET_H
#define DJEMBE_TRACKER_UDP_SOCKET_H

#include "services/tracker/announce_udp.h"

#include "proto/fault.h"

#define UDP_BATCH 64

struct udp_socket;

/* NULL with `why` when it cannot be opened. `shared`: several sockets of this process share the port. */
struct udp_socket *udp_socket_new(const char *listen, bool shared, struct fault *why);
void udp_socket_destroy(struct udp_socket **socket);
/* Wakes whoever waits for packets; no more come. From any thread. */
void udp_socket_shut(struct udp_socket *socket);

/* Waits for packets; how many there are, at most UDP_BATCH, 0 once it was shut. The others are valid until the next
 * call. */
unsigned udp_socket_receive(struct udp_socket *socket);
struct slice udp_socket_packet(const struct udp_socket *socket, unsigned at);
struct address udp_socket_from(const struct udp_socket *socket, unsigned at);
/* The answer to that packet; of size 0 at first. */
struct udp_reply *udp_socket_reply(struct udp_socket *socket, unsigned at);
/* Sends the answers that were written. One that cannot be sent is dropped: clients ask again. */
void udp_socket_send(struct udp_socket *socket);

#endif
