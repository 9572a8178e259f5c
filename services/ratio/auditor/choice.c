#include "services/ratio/auditor/choice.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SHA1_SIZE 20

static uint32_t number_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_among(uint32_t piece, const uint32_t *set, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (set[i] == piece)
            return true;
    return false;
}

static void digest(const uint8_t *from, size_t size, uint8_t into[SHA1_SIZE])
{
    uint8_t whole[EVP_MAX_MD_SIZE];
    int done = EVP_Digest(from, size, whole, NULL, EVP_sha1(), NULL);
    assert(done);
    memcpy(into, whole, SHA1_SIZE);
}

unsigned fast_set(const uint8_t ipv4[4], const uint8_t info_hash[20], uint32_t pieces, unsigned count,
                  uint32_t into[FAST_SET_MAX])
{
    uint8_t first[4 + 20], x[SHA1_SIZE];
    unsigned found = 0, wanted = count < pieces ? count : pieces;
    assert(count <= FAST_SET_MAX);
    memcpy(first, ipv4, 3);
    first[3] = 0;
    memcpy(first + 4, info_hash, 20);
    digest(first, sizeof first, x);
    while (found < wanted) {
        for (size_t i = 0; i < SHA1_SIZE && found < wanted; i += 4) {
            uint32_t piece = number_at(x + i) % pieces;
            if (!is_among(piece, into, found))
                into[found++] = piece;
        }
        digest(x, sizeof x, x);
    }
    return found;
}

static int ascending(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

uint32_t piece_choose(const uint8_t drawn[8], const uint8_t ipv4[4], const uint8_t info_hash[20], uint32_t pieces,
                      int64_t refused)
{
    uint32_t skipped[FAST_SET_MAX + 1];
    unsigned count = 0;
    if (ipv4 != NULL && pieces > FAST_SET_MAX)
        count = fast_set(ipv4, info_hash, pieces, FAST_SET_MAX, skipped);
    if (refused >= 0 && refused < pieces && pieces - count > 1 && !is_among((uint32_t)refused, skipped, count))
        skipped[count++] = (uint32_t)refused;
    qsort(skipped, count, sizeof *skipped, ascending);
    uint64_t number = (uint64_t)number_at(drawn) << 32 | number_at(drawn + 4);
    uint32_t piece = (uint32_t)(number % (pieces - count));
    for (unsigned i = 0; i < count && piece >= skipped[i]; i++)
        piece++;
    return piece;
}
