/* API tokens: what a tool shows in place of a session. */
#ifndef DJEMBE_WEB_TOKEN_H
#define DJEMBE_WEB_TOKEN_H

#include "services/web/member.h"

#define TOKEN_NAME_MAX 64

/* The parameters of the statement token_add. */
struct db_args *token_args(const struct secret *secret, uint64_t member, struct slice name);

/* `member` NULL: none, or not read (why). */
typedef void token_found_fn(void *arg, const struct member *member, const struct fault *why);
void token_look(const struct secret *secret, token_found_fn *found, void *arg);

/* The token of an Authorization header; empty when it is not `Bearer TOKEN`. */
struct slice token_bearer(struct slice header);

#endif
