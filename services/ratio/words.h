/* Figures as people read them, for sentences. Pure. */
#ifndef DJEMBE_RATIO_WORDS_H
#define DJEMBE_RATIO_WORDS_H

#include <stdint.h>

#define WORDS_MAX 32

/* Each writes NUL-terminated text and returns `into`. */
const char *words_size(uint64_t bytes, char into[WORDS_MAX]);           /* "12.4 GiB", cut */
const char *words_needed(uint64_t bytes, char into[WORDS_MAX]);         /* the same, rounded up */
const char *words_ratio(uint32_t thousandths, char into[WORDS_MAX]);    /* "0.60", "0.125" */
const char *words_by(uint64_t up, uint64_t down, char into[WORDS_MAX]); /* up by down, cut: "0.731" */
const char *words_time(int64_t unix_ms, char into[WORDS_MAX]);          /* "8 Dec 2026, 14:00 UTC" */
const char *words_span(int64_t ms, char into[WORDS_MAX]);               /* "14 days", "72 hours", "90 minutes" */

#endif
