/* Invitations: who may open an account, and who let them. */
#ifndef DJEMBE_WEB_INVITE_H
#define DJEMBE_WEB_INVITE_H

#include "services/web/member.h"
#include "services/web/web.h"

/* URL/sign-up?code=CODE. */
void invite_link(const struct secret *secret, char into[WEB_URL_MAX]);

/* `expires_at` 0: not made, with why, or without it when the member has no invitation left. */
typedef void invite_made_fn(void *arg, int64_t expires_at, const struct fault *why);

/* As a member: costs one of the allowance, except administrators'. */
void invite_make(const struct secret *secret, uint64_t member, int64_t now, invite_made_fn *made, void *arg);

/* As the operator. `class_name` empty: administrator while the site has none, else member. A secret that is there
 * already gives the same answer again. */
void invite_make_operator(const struct secret *secret, struct slice class_name, int64_t now, invite_made_fn *made,
                          void *arg);

#endif
