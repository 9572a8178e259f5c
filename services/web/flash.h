/* A sentence that the page after a POST shows once, carried in a signed cookie. Pure. */
#ifndef DJEMBE_WEB_FLASH_H
#define DJEMBE_WEB_FLASH_H

#include "services/web/secret.h"

#define FLASH_TEXT_MAX 1024
#define FLASH_COOKIE_MAX (2 * (FLASH_TEXT_MAX + 1) + PROOF_TEXT_MAX + 2)

/* What kind of thing it tells: a sentence, or a secret shown once. The letter is what the cookie says. */
enum flash_kind { FLASH_none = 0, FLASH_good = 'g', FLASH_bad = 'b', FLASH_invite = 'i', FLASH_token = 't' };

struct flash {
    enum flash_kind kind;
    char text[FLASH_TEXT_MAX];
};

/* `owner`: the cookie of the session or guest who will read it. A text that is too long is cut between letters. */
void flash_write(struct slice owner, enum flash_kind kind, struct slice text, char into[FLASH_COOKIE_MAX]);

/* False, with kind FLASH_none, when it was not written for this owner. */
bool flash_read(struct slice owner, struct slice cookie, struct flash *into);

#endif
