/* Where a peer is, or the auditor itself: an IP address and a port, as sockets have them. */
#ifndef DJEMBE_RATIO_AUDITOR_ENDPOINT_H
#define DJEMBE_RATIO_AUDITOR_ENDPOINT_H

#include "proto/slice.h"

#include <netinet/in.h>

struct endpoint {
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    };
    socklen_t size; /* 0: none */
};

/* From 4 or 16 bytes in network order. */
struct endpoint endpoint_make(struct slice address, uint16_t port);
/* "192.0.2.1:6970" or "[2001:db8::1]:6970". */
bool endpoint_read(struct slice text, struct endpoint *into);

/* The address in network order, 4 or 16 bytes: one of IPv4 mapped into IPv6 is given as IPv4. */
struct slice endpoint_address(const struct endpoint *endpoint);
uint16_t endpoint_port(const struct endpoint *endpoint);
bool endpoint_is_six(const struct endpoint *endpoint);
bool endpoint_is_any(const struct endpoint *endpoint); /* 0.0.0.0 or [::] */
bool endpoint_same_address(const struct endpoint *a, const struct endpoint *b);

/* Our own address in the eyes of a peer on the same network; false: it cannot be reached from here. */
bool endpoint_towards(const struct endpoint *peer, struct endpoint *into);

#endif
