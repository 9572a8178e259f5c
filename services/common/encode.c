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

/* How many bytes the letter starting with `first` has, and the range of its second byte (RFC 3629, section 4). */
static size_t utf8_shape(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

bool utf8_valid(struct slice text)
{
    const unsigned char *bytes = (const unsigned char *)text.at;
    for (size_t i = 0; i < text.size;) {
        unsigned char low, high;
        size_t size = utf8_shape(bytes[i], &low, &high);
        if (size == 0 || size > text.size - i)
            return false;
        for (size_t k = 1; k < size; k++) {
            if (bytes[i + k] < (k == 1 ? low : 0x80) || bytes[i + k] > (k == 1 ? high : 0xbf))
                return false;
        }
        i += size;
    }
    return true;
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
