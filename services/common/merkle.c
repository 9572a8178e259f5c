/* See merkle.h. */
#include "services/common/merkle.h"

#include "services/common/arena.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

static void digest(const void *from, size_t size, uint8_t into[MERKLE_SIZE])
{
    int done = EVP_Digest(from, size, into, NULL, EVP_sha256(), NULL);
    assert(done == 1);
}

uint64_t merkle_width(uint64_t count)
{
    uint64_t width = 1;
    while (width < count)
        width *= 2;
    return width;
}

void merkle_fold(uint8_t *row, size_t count, uint64_t width, const uint8_t pad[MERKLE_SIZE])
{
    uint8_t pads[2 * MERKLE_SIZE];
    memcpy(pads, pad, MERKLE_SIZE);
    for (; width > 1; width /= 2) {
        memcpy(pads + MERKLE_SIZE, pads, MERKLE_SIZE);
        if (count % 2 == 1)
            memcpy(row + count++ * MERKLE_SIZE, pads, MERKLE_SIZE);
        for (size_t i = 0; i < count / 2; i++)
            digest(row + 2 * i * MERKLE_SIZE, sizeof pads, row + i * MERKLE_SIZE);
        count /= 2;
        digest(pads, sizeof pads, pads);
    }
}

void merkle_root(struct slice bytes, uint64_t leaves, uint8_t root[MERKLE_SIZE])
{
    size_t count = (bytes.size + MERKLE_BLOCK - 1) / MERKLE_BLOCK;
    uint8_t *row = mem_take((count + 1) * MERKLE_SIZE);
    for (size_t i = 0; i < count; i++) {
        size_t begin = i * MERKLE_BLOCK, rest = bytes.size - begin;
        digest(bytes.at + begin, rest < MERKLE_BLOCK ? rest : MERKLE_BLOCK, row + i * MERKLE_SIZE);
    }
    merkle_fold(row, count, leaves, (const uint8_t[MERKLE_SIZE]){0});
    memcpy(root, row, MERKLE_SIZE);
    free(row);
}
