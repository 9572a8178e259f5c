/* Two rounds a word, four at the end; words are read as little-endian ones on every machine. Knows bytes only. */
#include "services/common/siphash.h"

#include <endian.h>
#include <string.h>

struct sip {
    uint64_t a, b, c, d;
};

static uint64_t left(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return le64toh(word);
}

static void mix(struct sip *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = left(s->b, 13) ^ s->a;
    s->d = left(s->d, 16) ^ s->c;
    s->a = left(s->a, 32);
    s->c += s->b;
    s->a += s->d;
    s->b = left(s->b, 17) ^ s->c;
    s->d = left(s->d, 21) ^ s->a;
    s->c = left(s->c, 32);
}

static void take(struct sip *s, uint64_t word)
{
    s->d ^= word;
    mix(s);
    mix(s);
    s->a ^= word;
}

uint64_t siphash(const uint8_t key[SIPHASH_KEY_SIZE], const void *bytes, size_t size)
{
    uint64_t k0 = word_at(key), k1 = word_at(key + 8);
    struct sip s = {k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
                    k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
    const uint8_t *at = bytes;
    size_t rest = size;
    for (; rest >= 8; rest -= 8, at += 8)
        take(&s, word_at(at));
    uint64_t last = (uint64_t)size << 56;
    for (size_t i = 0; i < rest; i++)
        last |= (uint64_t)at[i] << (8 * i);
    take(&s, last);
    s.c ^= 0xff;
    for (int i = 0; i < 4; i++)
        mix(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}
