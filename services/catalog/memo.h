/* Answers kept in memory for a minute, by what was asked. Bounded: what comes in takes the place of another. */
#ifndef DJEMBE_CATALOG_MEMO_H
#define DJEMBE_CATALOG_MEMO_H

#include "proto/slice.h"

#include <stdint.h>

#define MEMO_PLACES 1024
#define MEMO_BYTES_MOST 16384 /* of a question with its answer; mostly some hundred */

struct memo_place {
    char *at; /* the question, then the answer; NULL: nothing is here */
    uint32_t asked_size, told_size;
    int64_t until; /* by clock_ticks() */
};

struct memo {
    struct memo_place places[MEMO_PLACES];
};

/* Empty: it is not there. Borrowed until the next memo_keep(). */
struct slice memo_find(const struct memo *memo, struct slice asked);
void memo_keep(struct memo *memo, struct slice asked, struct slice told);

#endif
