/* Reads an HTTP announce. Pure. */
#ifndef DJEMBE_TRACKER_ANNOUNCE_QUERY_H
#define DJEMBE_TRACKER_ANNOUNCE_QUERY_H

#include "services/tracker/announce.h"

/* Fills all but the address. NULL, or what the client's user is told (a `failure reason`): then only the event may be
 * relied on, for who stops is told nothing (tracker_malformed). */
const char *announce_query_read(struct slice passkey, struct slice query, struct announce *into);

#endif
