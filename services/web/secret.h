/* Random secrets that people and browsers carry, and what proves that somebody knows one. Pure but for the random
 * bytes. */
#ifndef DJEMBE_WEB_SECRET_H
#define DJEMBE_WEB_SECRET_H

#include "proto/slice.h"

#define SECRET_SIZE 32                     /* bytes of a session, invitation or API token */
#define SECRET_TEXT_MAX (52 + 1)           /* the same in base32 */
#define HASH_SIZE 32                       /* SHA-256 */
#define PASSKEY_TEXT_MAX (32 + 1)          /* 20 bytes in base32 */
#define PROOF_TEXT_MAX (2 * HASH_SIZE + 1) /* an HMAC in hex */

struct secret {
    char text[SECRET_TEXT_MAX]; /* what its owner is given, once */
    char hash[HASH_SIZE];       /* what a table holds */
};

void secret_make(struct secret *into);

/* The secret that belongs to an idempotency key: the same key gives the same secret again, so that a request that is
 * repeated can be answered alike without anything being kept in clear. */
void secret_derive(struct slice key, const char *purpose, struct secret *into);

/* The hash of what somebody presents. False when it cannot be one of our secrets. */
bool secret_read(struct slice text, struct secret *into);

void passkey_make(char into[PASSKEY_TEXT_MAX]);

/* HMAC-SHA256 of `text`, keyed with a secret's text and what it is for ("csrf", "flash"). */
void secret_prove(struct slice secret, const char *purpose, struct slice text, char into[PROOF_TEXT_MAX]);
bool secret_proves(struct slice secret, const char *purpose, struct slice text, struct slice proof);

#endif
