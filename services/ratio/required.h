/* The required ratio (RULES 5): by what was downloaded, relaxed by the share of snatches still seeded. Pure, integers
 * only: ratios are thousandths. */
#ifndef DJEMBE_RATIO_REQUIRED_H
#define DJEMBE_RATIO_REQUIRED_H

#include "proto/fault.h"

#include <stdint.h>

#define REQUIRED_BANDS_MAX 32
#define REQUIRED_RATIO_MAX 100000 /* thousandths */

/* From so many bytes downloaded on: what is required with nothing seeded, and with all of it. */
struct required_band {
    uint64_t from;
    uint32_t most, least;
};

struct required_bands {
    struct required_band at[REQUIRED_BANDS_MAX]; /* ascending */
    size_t count;
};

/* what.cd's table (SITES 3.8). */
#define REQUIRED_BANDS_STANDARD                                                                                        \
    "5G:0.15/0 10G:0.20/0 20G:0.30/0.05 30G:0.40/0.10 40G:0.50/0.20 50G:0.60/0.30 60G:0.60/0.40 80G:0.60/0.50 "        \
    "100G:0.60/0.60"

/* Reads bands as a setting has them: FROM:MOST/LEAST, separated by spaces, ascending; empty: nothing is ever required.
 */
bool required_bands_read(const char *text, struct required_bands *into, struct fault *why);

/* Bytes that count, and of how many snatches how many are still seeded. */
struct required_figures {
    uint64_t up, down;
    uint64_t snatched, seeding;
};

struct required {
    const struct required_band *band; /* NULL: below the first, nothing is required */
    uint32_t ratio;                   /* rounded down to a thousandth, in the member's favour */
    bool met;
    uint64_t missing; /* bytes to upload until it is met */
};

/* most × (1 − seeding ÷ snatched), at least `least`; what a band begins at belongs to it. */
struct required required_of(const struct required_bands *bands, const struct required_figures *figures);

#endif
