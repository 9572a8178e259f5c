/* The hash multiplies 64 by 64 bits and folds the product, word after word. Knows bytes only. */
#include "services/tracker/hash.h"

#include <string.h>

__extension__ typedef unsigned __int128 wide;

#define HASH_STEP UINT64_C(0x9e3779b97f4a7c15)
#define HASH_END UINT64_C(0xd6e8feb86659fd93)

static uint64_t fold(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash_of(const struct hash_key *key, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = key->a;
    size_t rest = size;
    for (; rest >= 8; rest -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = fold(hash ^ word, key->b ^ HASH_STEP) + HASH_STEP;
    }
    uint64_t tail = 0;
    memcpy(&tail, at, rest);
    return fold(fold(hash ^ tail, key->b ^ HASH_END), HASH_STEP ^ size);
}

/* The state only counts, so that one number need not wait for the one before. */
uint64_t hash_random(uint64_t *state)
{
    *state += HASH_STEP;
    return fold(*state, *state ^ HASH_END);
}
