/* The limits on guessing: passwords by account and address, invitations by address. */
#ifndef DJEMBE_WEB_TRIES_H
#define DJEMBE_WEB_TRIES_H

#include "services/web/visit.h"

void tries_start(void);
void tries_stop(void);

/* One try at a password of that account, or (name empty) at an invitation. False with how long to wait. */
bool tries_take(struct visit *visit, struct slice name, int64_t *wait_ms);
/* It was a good one: it is not counted, and the account's failures are forgotten. */
void tries_forgive(struct visit *visit, struct slice name);

#endif
