/* Lists of networks as settings have them: "10.0.0.0/8, 192.0.2.7, fd00::/8". Pure. An address is 16 bytes here; IPv4
 * stands in it as ::ffff:a.b.c.d. */
#ifndef DJEMBE_COMMON_NETWORKS_H
#define DJEMBE_COMMON_NETWORKS_H

#include "proto/slice.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define NETWORKS_MAX 64
#define IP_SIZE 16

struct networks {
    size_t count;
    struct network {
        uint8_t address[IP_SIZE];
        unsigned bits; /* as many of the first are compared */
    } at[NETWORKS_MAX];
};

/* Separated by commas or spaces; nothing is an empty list. False: a part is no network, or there are too many. */
bool networks_read(struct slice text, struct networks *into);
bool networks_hold(const struct networks *networks, const uint8_t address[IP_SIZE]);

/* "192.0.2.7", "2001:db8::7". False: it is no address. */
bool ip_read(struct slice text, uint8_t into[IP_SIZE]);
/* As people write it: IPv4 without ::ffff:. */
void ip_write(const uint8_t address[IP_SIZE], char into[INET6_ADDRSTRLEN]);
/* All zero for what is neither IPv4 nor IPv6. */
void ip_of(const struct sockaddr *from, uint8_t into[IP_SIZE]);
bool ip_is_v4(const uint8_t address[IP_SIZE]);

#endif
