/* SipHash-2-4 (Aumasson and Bernstein): a keyed hash for short messages which nobody can forge without the key. */
#ifndef DJEMBE_COMMON_SIPHASH_H
#define DJEMBE_COMMON_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_SIZE 16

uint64_t siphash(const uint8_t key[SIPHASH_KEY_SIZE], const void *bytes, size_t size);

#endif
