/* What events did: the changes that the rules tell of, put as rows of the ledger. Remembers the last figures of every
 * member, backup and version, to know what they were before. */
#ifndef DJEMBE_RATIO_BOOKS_FIGURES_H
#define DJEMBE_RATIO_BOOKS_FIGURES_H

#include "services/ratio/rules/rules.h"

struct effect {
    int64_t seq, at;
    const char *cause, *what;
    int64_t user, version, backup;
    int64_t before, after;
    const char *state_before, *state_after;
};

struct pair {
    int64_t user, version;
};

/* Of one transaction: the effects, and the copies whose permission may have changed. */
struct effects {
    struct effect *rows;
    size_t rows_count, rows_room;
    struct pair *pairs;
    size_t pairs_count, pairs_room;
};

struct memory;

/* Knows what the state is now. */
struct memory *memory_new(struct rules *rules);
void memory_destroy(struct memory **memory);
/* Copies that are HELD, that are STALE, and that became STALE in the last hour. */
void memory_tally(const struct memory *memory, int64_t now, int64_t *held, int64_t *stale, int64_t *fallen);

/* Takes note of what the rules' last call changed, and adds it to `into` unless that is NULL. */
void memory_note(struct memory *memory, struct rules *rules, int64_t seq, const char *cause, struct effects *into);

void effects_add(struct effects *effects, const struct effect *effect);
void effects_pair(struct effects *effects, int64_t user, int64_t version);
void effects_clear(struct effects *effects);

const char *state_name(enum rules_state state);

#endif
