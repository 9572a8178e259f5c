/* Host names to addresses without blocking the loop. An address resolves to itself at once. */
#ifndef DJEMBE_COMMON_RESOLVE_H
#define DJEMBE_COMMON_RESOLVE_H

#include "proto/fault.h"

#define RESOLVE_MOST 64 /* addresses of one name */
#define RESOLVE_TEXT 64 /* letters of one address, IPv6 without brackets */

struct resolving;

struct resolved {
    char address[RESOLVE_MOST][RESOLVE_TEXT];
    size_t count;
};

struct resolving *resolve_start(const char *host);

/* False: not yet, ask again in a while. Otherwise `into` is filled; with no address in it, `why` tells what failed. */
bool resolve_done(struct resolving *resolving, struct resolved *into, struct fault *why);

/* May be called before it is done. */
void resolve_destroy(struct resolving **resolving);

#endif
