/* X-Forwarded-For: for whom a proxy speaks. Each proxy adds the address that it was asked from on the right, and a
 * client may have sent the header itself: believed is the right-most address that is no proxy of ours. Pure. */
#ifndef DJEMBE_TRACKER_FORWARDED_H
#define DJEMBE_TRACKER_FORWARDED_H

#include "services/common/networks.h"
#include "services/tracker/announce.h"

/* Reads one header line; several are read in their order, into the same `client`, which begins as FAMILY_none and ends
 * so when nobody is named who can be believed. */
void forwarded_read(struct slice line, const struct networks *proxies, struct address *client);

#endif
