/* Where a request came from, as struct announce has it. */
#ifndef DJEMBE_TRACKER_ADDRESS_H
#define DJEMBE_TRACKER_ADDRESS_H

#include "services/common/networks.h"
#include "services/tracker/announce.h"

#include <netinet/in.h>

struct address address_of(const struct sockaddr *from);
bool address_is(const struct address *a, const struct address *b);

/* To and from the 16 bytes of services/common/networks.h. */
struct address address_from_ip(const uint8_t ip[IP_SIZE]);
void address_to_ip(const struct address *address, uint8_t ip[IP_SIZE]);

#endif
