/* The cookie is `<hex of kind and text>.<HMAC>`, signed with its reader's own cookie: nobody else can put words on the
 * page, and a sentence left behind by one member is not shown to the next who uses the browser. */
#include "services/web/flash.h"

#include "services/common/encode.h"

static struct slice cut_to_fit(struct slice text)
{
    if (text.size < FLASH_TEXT_MAX)
        return text;
    size_t size = FLASH_TEXT_MAX - 1;
    while (size > 0 && (text.at[size] & 0xc0) == 0x80)
        size--;
    return slice_of(text.at, size);
}

void flash_write(struct slice owner, enum flash_kind kind, struct slice text, char into[FLASH_COOKIE_MAX])
{
    char plain[FLASH_TEXT_MAX];
    text = cut_to_fit(text);
    plain[0] = (char)kind;
    if (text.size > 0)
        memcpy(plain + 1, text.at, text.size);
    hex_write(slice_of(plain, text.size + 1), into);
    size_t size = 2 * (text.size + 1);
    into[size] = '.';
    secret_prove(owner, "flash", slice_of(into, size), into + size + 1);
}

static bool is_kind(char c)
{
    return c == FLASH_good || c == FLASH_bad || c == FLASH_invite || c == FLASH_token;
}

bool flash_read(struct slice owner, struct slice cookie, struct flash *into)
{
    *into = (struct flash){.kind = FLASH_none};
    const size_t tail = PROOF_TEXT_MAX; /* the point and the proof */
    if (owner.size == 0 || cookie.size < tail + 2 || cookie.size > FLASH_COOKIE_MAX)
        return false;
    struct slice body = slice_of(cookie.at, cookie.size - tail), proof = slice_of(cookie.at + body.size + 1, tail - 1);
    char plain[FLASH_TEXT_MAX];
    size_t size = body.size / 2;
    if (cookie.at[body.size] != '.' || size > sizeof plain || !secret_proves(owner, "flash", body, proof) ||
        !hex_read(body, plain, size) || !is_kind(plain[0]))
        return false;
    into->kind = (enum flash_kind)plain[0];
    memcpy(into->text, plain + 1, size - 1);
    return true;
}
