/* Records that only few of the owners have, found by the owner's handle. Pure. */
#ifndef DJEMBE_TRACKER_SIDE_H
#define DJEMBE_TRACKER_SIDE_H

#include "services/common/slab.h"
#include "services/common/table.h"

/* Every record begins with a uint32_t, its owner's handle, which is not 0. */
struct side {
    struct slab slab;
    struct table table;
};

void side_init(struct side *side, size_t record);
void side_clear(struct side *side);

/* NULL: this owner has none. A record stays where it is until it is dropped. */
void *side_find(const struct side *side, uint32_t owner);
/* The owner's record, made with zeros when it has none. */
void *side_make(struct side *side, uint32_t owner);
/* Nothing happens when the owner has none. */
void side_drop(struct side *side, uint32_t owner);

size_t side_bytes(const struct side *side);

#endif
