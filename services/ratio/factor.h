/* How much of what is moved counts (RULES 5): factors in percent that hold for a span of time, for a torrent, for a
 * member's torrent (a token) or for all (an event). Pure. */
#ifndef DJEMBE_RATIO_FACTOR_H
#define DJEMBE_RATIO_FACTOR_H

#include <stddef.h>
#include <stdint.h>

#define FACTOR_PERCENT_MAX 1000
#define FACTOR_ONE 10000 /* all of it counts */

/* It holds from `from` on, and no longer at `to`. */
struct factor_span {
    uint64_t torrent;          /* 0: of all torrents */
    uint64_t user;             /* 0: of all members */
    int64_t from, to;          /* unix ms; `to` 0: without end */
    uint32_t upload, download; /* percent */
};

/* What several of them come to, in ten-thousandths. */
struct factor {
    uint32_t up, down;
};

/* By torrent, as factor_at looks for them. */
void factor_sort(struct factor_span *spans, size_t count);

/* All spans that hold at a moment, multiplied. Of one kind at most one holds, so with a token (100 or 0 percent) the
 * product is exact. `spans` are sorted. */
struct factor factor_at(const struct factor_span *spans, size_t count, uint64_t user, uint64_t torrent, int64_t at);

/* So many of `bytes` count, rounded down; at most 2^63-1. */
uint64_t factor_of(uint64_t bytes, uint32_t factor);

#endif
