/* Sockets that listen on an address as settings have it: "127.0.0.1:8080", "[::]:6969". */
#ifndef DJEMBE_COMMON_LISTEN_H
#define DJEMBE_COMMON_LISTEN_H

#include "proto/fault.h"

#include <stdbool.h>
#include <sys/socket.h>

/* `type` is SOCK_STREAM or SOCK_DGRAM; non-blocking. `shared`: several sockets may have the same address, and the
 * system deals out what comes. -1 with `why` when it cannot be opened. */
int listen_socket(const char *address, int type, bool shared, struct fault *why);

#endif
