/* Where a request came from, as struct announce has it. */
#ifndef DJEMBE_TRACKER_ADDRESS_H
#define DJEMBE_TRACKER_ADDRESS_H

#include "services/tracker/announce.h"

#include <netinet/in.h>

struct address address_of(const struct sockaddr *from);

#endif
