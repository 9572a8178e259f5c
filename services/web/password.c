/* scrypt with N = 2^15, r = 8, p = 1: 32 MiB and about a tenth of a second, which is what OWASP asks for. The
 * parameters stand in the stored text, so that they can be raised without touching old accounts. */
#include "services/web/password.h"

#include "services/common/encode.h"
#include "services/common/log.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define COST 15
#define BLOCK 8
#define LANES 1
#define SALT_SIZE 16
#define KEY_SIZE 32

struct cost {
    unsigned n, r, p;
};

static bool derive(struct slice password, struct cost cost, const char *salt, char into[KEY_SIZE])
{
    uint64_t memory = 64u << 20; /* twice what the standard cost takes */
    return EVP_PBE_scrypt(password.at != NULL ? password.at : "", password.size, (const unsigned char *)salt, SALT_SIZE,
                          UINT64_C(1) << cost.n, cost.r, cost.p, memory, (unsigned char *)into, KEY_SIZE) == 1;
}

bool password_good(struct slice password, struct slice name, struct fault *why)
{
    if (password.size < PASSWORD_MIN)
        return fault_set(why, STATUS_invalid, "password", "A password needs at least %d letters: take a sentence.",
                         PASSWORD_MIN);
    if (password.size > PASSWORD_MAX)
        return fault_set(why, STATUS_invalid, "password", "A password has at most %d letters.", PASSWORD_MAX);
    if (slice_equal(password, name))
        return fault_set(why, STATUS_invalid, "password", "The password must not be the name itself.");
    size_t same = 1;
    while (same < password.size && password.at[same] == password.at[0])
        same++;
    if (same == password.size)
        return fault_set(why, STATUS_invalid, "password",
                         "One letter over and over is soon guessed: choose another password.");
    return true;
}

void password_hash(struct slice password, char into[PASSWORD_HASH_MAX])
{
    char salt[SALT_SIZE], key[KEY_SIZE], salt_hex[2 * SALT_SIZE + 1], key_hex[2 * KEY_SIZE + 1];
    random_bytes(salt, sizeof salt);
    if (!derive(password, (struct cost){COST, BLOCK, LANES}, salt, key))
        fatal("OpenSSL cannot compute scrypt: it needs 32 MiB of memory.");
    hex_write(slice_of(salt, sizeof salt), salt_hex);
    hex_write(slice_of(key, sizeof key), key_hex);
    snprintf(into, PASSWORD_HASH_MAX, "scrypt$ln=%d,r=%d,p=%d$%s$%s", COST, BLOCK, LANES, salt_hex, key_hex);
}

static bool take_text(struct slice *rest, const char *text)
{
    size_t size = strlen(text);
    if (rest->size < size || memcmp(rest->at, text, size) != 0)
        return false;
    *rest = slice_of(rest->at + size, rest->size - size);
    return true;
}

/* One or two digits. */
static bool take_number(struct slice *rest, unsigned *number)
{
    size_t size = 0;
    for (*number = 0; size < 2 && size < rest->size && rest->at[size] >= '0' && rest->at[size] <= '9'; size++)
        *number = *number * 10 + (unsigned)(rest->at[size] - '0');
    *rest = slice_of(rest->at + size, rest->size - size);
    return size > 0;
}

static bool take_hex(struct slice *rest, char *into, size_t size)
{
    if (rest->size < 2 * size || !hex_read(slice_of(rest->at, 2 * size), into, size))
        return false;
    *rest = slice_of(rest->at + 2 * size, rest->size - 2 * size);
    return true;
}

static bool read_stored(struct slice stored, struct cost *cost, char salt[SALT_SIZE], char key[KEY_SIZE])
{
    return stored.size > 0 && take_text(&stored, "scrypt$ln=") && take_number(&stored, &cost->n) &&
           take_text(&stored, ",r=") && take_number(&stored, &cost->r) && take_text(&stored, ",p=") &&
           take_number(&stored, &cost->p) && take_text(&stored, "$") && take_hex(&stored, salt, SALT_SIZE) &&
           take_text(&stored, "$") && take_hex(&stored, key, KEY_SIZE) && stored.size == 0 && cost->n < 64;
}

bool password_check(struct slice password, struct slice stored)
{
    struct cost cost;
    char salt[SALT_SIZE], expected[KEY_SIZE], key[KEY_SIZE];
    return read_stored(stored, &cost, salt, expected) && derive(password, cost, salt, key) &&
           secret_equal(slice_of(key, sizeof key), slice_of(expected, sizeof expected));
}

void password_make(char into[21])
{
    char bytes[12], text[21];
    random_bytes(bytes, sizeof bytes);
    base32_write(slice_of(bytes, sizeof bytes), text); /* 12 bytes are 20 letters */
    memcpy(into, text, sizeof text);
}
