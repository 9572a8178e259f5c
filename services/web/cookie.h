/* The Cookie header, and Set-Cookie lines (RFC 6265). Pure. */
#ifndef DJEMBE_WEB_COOKIE_H
#define DJEMBE_WEB_COOKIE_H

#include "proto/slice.h"

#define COOKIE_LINE_MAX 4096

/* The value of the first cookie of that name; empty when there is none or it holds bytes that no cookie of ours has. */
struct slice cookie_get(struct slice header, const char *name);

/* Writes `name=value; Path=/; HttpOnly; SameSite=Lax[; Secure][; Max-Age=n]`. seconds 0: as long as the browser is
 * open; below 0: deletes it. False when it does not fit. */
bool cookie_set(char into[COOKIE_LINE_MAX], const char *name, const char *value, int64_t seconds, bool secure);

#endif
