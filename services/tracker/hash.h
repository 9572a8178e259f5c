/* A keyed hash for tables that hold what clients choose (peer_ids, info-hashes): without the key nobody can pick values
 * that collide. Not for checks against forgery. */
#ifndef DJEMBE_TRACKER_HASH_H
#define DJEMBE_TRACKER_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
    uint64_t a, b; /* random, drawn once a process */
};

uint64_t hash_of(const struct hash_key *key, const void *bytes, size_t size);

/* A fast generator for choosing peers. */
uint64_t hash_random(uint64_t *state);

#endif
