/* The file of the secret behind connection ids. */
#ifndef DJEMBE_TRACKER_UDP_KEY_H
#define DJEMBE_TRACKER_UDP_KEY_H

#include "services/tracker/connection_id.h"

#include "proto/fault.h"

/* Made in `folder` at the first start, kept over restarts. False with `why` when the folder cannot be used. */
bool udp_key_read(const char *folder, struct connection_key *into, struct fault *why);

#endif
