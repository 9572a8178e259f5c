/* Passwords: what is accepted, and scrypt (RFC 7914) through OpenSSL. Pure; slow on purpose (see worker.h). */
#ifndef DJEMBE_WEB_PASSWORD_H
#define DJEMBE_WEB_PASSWORD_H

#include "proto/fault.h"

#define PASSWORD_MIN 10  /* letters or bytes, whichever a browser counts: enough with a rate limit on sign-in */
#define PASSWORD_MAX 256 /* bytes */
#define PASSWORD_HASH_MAX 160

/* No password has this hash: of an account that has none yet, and of a name that does not exist. */
#define PASSWORD_NONE                                                                                                  \
    "scrypt$ln=15,r=8,p=1$00000000000000000000000000000000"                                                            \
    "$0000000000000000000000000000000000000000000000000000000000000000"

/* May this be a password of that member? False with the sentence in `why` (field "password"). */
bool password_good(struct slice password, struct slice name, struct fault *why);

/* `scrypt$ln=15,r=8,p=1$<salt>$<hash>`, with a fresh salt. */
void password_hash(struct slice password, char into[PASSWORD_HASH_MAX]);

/* False for a wrong password and for a hash that cannot be read. */
bool password_check(struct slice password, struct slice stored);

/* A password nobody has chosen: 20 letters of base32. */
void password_make(char into[21]);

#endif
