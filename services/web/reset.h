/* Links by which members set a new password: an operator makes them, for those who forgot theirs and for those whose
 * accounts come from another site. */
#ifndef DJEMBE_WEB_RESET_H
#define DJEMBE_WEB_RESET_H

#include "services/web/member.h"

/* web.member.reset */
void reset_serve(void);

/* Whose link that is; `member` NULL: it was used, or is too old. */
void reset_find(const struct secret *secret, member_found_fn *found, void *arg);

/* Uses it up: sets the password and ends every session. `why` is STATUS_forbidden when it was used meanwhile. */
typedef void reset_done_fn(void *arg, const struct fault *why);
void reset_use(const struct secret *secret, const char *stored, const char *address, reset_done_fn *done, void *arg);

#endif
