/* Which program a peer_id says it is. Pure. */
#ifndef DJEMBE_WEB_CLIENT_NAME_H
#define DJEMBE_WEB_CLIENT_NAME_H

#include "proto/slice.h"
#include "services/web/format.h"

/* `id`: the first 8 bytes of a peer_id. "qBittorrent 4.5.2"; the letters as they stand for a program not known here,
 * "unknown" for what is no such id. */
const char *client_name(struct slice id, char into[FORMAT_MAX]);

#endif
