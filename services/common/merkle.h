/* The trees of BEP 52: SHA-256, over blocks of 16 KiB and then over two hashes at a time. Pure. */
#ifndef DJEMBE_COMMON_MERKLE_H
#define DJEMBE_COMMON_MERKLE_H

#include "proto/slice.h"

#define MERKLE_SIZE 32     /* bytes of a hash */
#define MERKLE_BLOCK 16384 /* bytes that a leaf stands for; the last block of a file may be shorter */

/* The power of two in which `count` have a place. */
uint64_t merkle_width(uint64_t count);

/* Makes the root of a row of hashes, which becomes its first: `count` of them (at least one) are there, and as many
 * times `pad` behind them as fill the `width`, a power of two. The row has room for one more than are there. */
void merkle_fold(uint8_t *row, size_t count, uint64_t width, const uint8_t pad[MERKLE_SIZE]);

/* The root over the blocks of `bytes` (at least one byte); leaves without a block are zeros. */
void merkle_root(struct slice bytes, uint64_t leaves, uint8_t root[MERKLE_SIZE]);

#endif
