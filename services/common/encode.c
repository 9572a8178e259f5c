/* Text forms of bytes. Pure, but for random_bytes. */
#include "services/common/encode.h"
#include "services/common/log.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

static const char hex_letters[] = "0123456789abcdef";
static const char base32_letters[] = "abcdefghijklmnopqrstuvwxyz234567";

static int hex_value(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    if (letter >= 'a' && letter <= 'f')
        return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F')
        return letter - 'A' + 10;
    return -1;
}

static int base32_value(char letter)
{
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a';
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= '2' && letter <= '7')
        return letter - '2' + 26;
    return -1;
}

void hex_write(struct slice from, char *into)
{
    for (size_t i = 0; i < from.size; i++) {
        *into++ = hex_letters[(unsigned char)from.at[i] >> 4];
        *into++ = hex_letters[(unsigned char)from.at[i] & 15];
    }
    *into = '\0';
}

bool hex_read(struct slice from, void *into, size_t size)
{
    if (from.size != 2 * size)
        return false;
    unsigned char *bytes = into;
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(from.at[2 * i]), low = hex_value(from.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

void base32_write(struct slice from, char *into)
{
    unsigned held = 0, bits = 0;
    for (size_t i = 0; i < from.size; i++) {
        held = held << 8 | (unsigned char)from.at[i];
        for (bits += 8; bits >= 5; bits -= 5)
            *into++ = base32_letters[held >> (bits - 5) & 31];
        held &= (1U << bits) - 1;
    }
    if (bits > 0)
        *into++ = base32_letters[held << (5 - bits) & 31];
    *into = '\0';
}

bool base32_read(struct slice from, void *into, size_t size)
{
    if (from.size != (size * 8 + 4) / 5)
        return false;
    unsigned char *bytes = into;
    unsigned held = 0, bits = 0;
    for (size_t i = 0; i < from.size; i++) {
        int value = base32_value(from.at[i]);
        if (value < 0)
            return false;
        held = held << 5 | (unsigned)value;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            *bytes++ = (unsigned char)(held >> bits);
            held &= (1U << bits) - 1;
        }
    }
    return held == 0; /* what pads the last letter must be zero: one text for one value */
}

size_t percent_read(struct slice from, void *into, size_t size)
{
    char *bytes = into;
    size_t used = 0;
    for (size_t i = 0; i < from.size; i++) {
        char byte = from.at[i];
        if (byte == '%') {
            int high = i + 2 < from.size ? hex_value(from.at[i + 1]) : -1;
            int low = high >= 0 ? hex_value(from.at[i + 2]) : -1;
            if (low < 0)
                return SIZE_MAX;
            byte = (char)(high << 4 | low);
            i += 2;
        }
        if (used == size)
            return SIZE_MAX;
        bytes[used++] = byte;
    }
    return used;
}

static bool is_unreserved(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '-' || letter == '.' || letter == '_' || letter == '~';
}

size_t percent_write(struct slice from, char *into)
{
    char *start = into;
    for (size_t i = 0; i < from.size; i++) {
        if (is_unreserved(from.at[i])) {
            *into++ = from.at[i];
            continue;
        }
        *into++ = '%';
        *into++ = "0123456789ABCDEF"[(unsigned char)from.at[i] >> 4];
        *into++ = "0123456789ABCDEF"[(unsigned char)from.at[i] & 15];
    }
    *into = '\0';
    return (size_t)(into - start);
}

void random_bytes(void *into, size_t size)
{
    if (RAND_bytes(into, (int)size) != 1)
        fatal("the system gives no random bytes");
}

bool secret_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || CRYPTO_memcmp(a.at, b.at, a.size) == 0);
}
