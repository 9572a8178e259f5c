/* The ordinary ratio of one member: its figures, what is required, and the watch. Pure. */
#ifndef DJEMBE_RATIO_ORDINARY_H
#define DJEMBE_RATIO_ORDINARY_H

#include "services/ratio/required.h"
#include "services/ratio/watch.h"

/* What the daemon's settings make of RULES 5. */
struct ordinary_rules {
    struct required_bands bands;
    struct watch_rules watch;
    int64_t seeding;    /* ms within the last seven days that count as seeding */
    int64_t hit_seed;   /* ms that a snatch must be seeded, unless as much was uploaded; 0: hit-and-run is no rule */
    int64_t hit_within; /* ms after the snatch within which it must */
    int64_t hit_most;   /* hit-and-runs that are let pass */
};

struct ordinary {
    uint64_t user;
    struct required_figures figures;
    uint64_t hit_and_runs;
    struct watch watch;
    struct required required; /* follows from the figures: ordinary_judge */
    bool met;                 /* all that is asked: the ratio, and hit-and-runs within bounds */
};

/* Fills in what follows from the figures. */
void ordinary_judge(const struct ordinary_rules *rules, struct ordinary *member);

/* Takes the watch's next step, if there is one. */
enum watch_step ordinary_step(const struct ordinary_rules *rules, struct ordinary *member, int64_t now);

/* When to look again; 0: when something is reported. */
int64_t ordinary_due(const struct ordinary_rules *rules, const struct ordinary *member, int64_t now);

#endif
