/* X-Forwarded-For: for whom a proxy speaks. Each proxy adds the address that it was asked from on the right, and a
 * client may have sent the header itself: believed is the right-most address that is no proxy of ours. Pure. */
#ifndef DJEMBE_COMMON_FORWARDED_H
#define DJEMBE_COMMON_FORWARDED_H

#include "services/common/networks.h"

struct forwarded {
    bool known; /* false: nobody is named who can be believed */
    uint8_t client[IP_SIZE];
};

/* Reads one header line; several are read in their order, into the same struct, which begins as zeros. */
void forwarded_read(struct slice line, const struct networks *proxies, struct forwarded *into);

#endif
