/* Doubly linked lists of copies: each copy stands in one list of its holder and in one of its version. */
#ifndef DJEMBE_RATIO_RULES_CHAIN_H
#define DJEMBE_RATIO_RULES_CHAIN_H

#include "services/common/slab.h"

struct chain_link {
    uint32_t prev, next;
};

struct chain {
    uint32_t first, last;
};

/* Which of a copy's two links a chain runs through: the link's offset within the record. */
enum chain_side { CHAIN_MEMBER, CHAIN_VERSION };

void chain_add(const struct slab *copies, struct chain *chain, enum chain_side side, uint32_t copy); /* at its end */
/* Behind `after`, 0: at the front. */
void chain_insert(const struct slab *copies, struct chain *chain, enum chain_side side, uint32_t copy, uint32_t after);
void chain_remove(const struct slab *copies, struct chain *chain, enum chain_side side, uint32_t copy);

#endif
