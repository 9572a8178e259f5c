/* Which piece is asked for (RULES 2.11). Pure. */
#ifndef DJEMBE_RATIO_AUDITOR_CHOICE_H
#define DJEMBE_RATIO_AUDITOR_CHOICE_H

#include <stdint.h>

#define FAST_SET_MAX 10 /* pieces of the longest allowed-fast set */

/* The pieces that BEP 6 lets a choked peer of this IPv4 address have, in its order: `count` of them, at most
 * FAST_SET_MAX and as many as the torrent has. Returns how many. */
unsigned fast_set(const uint8_t ipv4[4], const uint8_t info_hash[20], uint32_t pieces, unsigned count,
                  uint32_t into[FAST_SET_MAX]);

/* One of the pieces by the 8 bytes drawn for this audit, each with the same chance; not one of those a cheat could have
 * kept for our address alone, and not the one it has `refused` (-1: none), when the torrent has more than these. `ipv4`
 * NULL: the peer sees no IPv4 address. */
uint32_t piece_choose(const uint8_t drawn[8], const uint8_t ipv4[4], const uint8_t info_hash[20], uint32_t pieces,
                      int64_t refused);

#endif
