/* The token that a form carries to show that our own page made it. Pure. */
#ifndef DJEMBE_WEB_CSRF_H
#define DJEMBE_WEB_CSRF_H

#include "services/web/secret.h"

/* The token for a session's cookie, or for the cookie of a guest. */
void csrf_make(struct slice cookie, char into[PROOF_TEXT_MAX]);
bool csrf_check(struct slice cookie, struct slice token);

#endif
