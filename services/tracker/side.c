/* A slab, and a table by owner. The table sees 32 bits of a hash, as many as an owner has: it takes each for another.
 */
#include "services/tracker/side.h"

void side_init(struct side *side, size_t record)
{
    *side = (struct side){0};
    slab_init(&side->slab, record);
}

void side_clear(struct side *side)
{
    slab_clear(&side->slab);
    table_clear(&side->table);
}

/* One to one, and without the runs that handles in a row would make. */
static uint32_t mix(uint32_t owner)
{
    owner *= UINT32_C(0x9e3779b1);
    return owner ^ owner >> 16;
}

static uint32_t find(const struct side *side, uint32_t owner)
{
    uint32_t place = 0;
    return table_next(&side->table, mix(owner), &place);
}

void *side_find(const struct side *side, uint32_t owner)
{
    uint32_t at = find(side, owner);
    return at != SLAB_NONE ? slab_at(&side->slab, at) : NULL;
}

void *side_make(struct side *side, uint32_t owner)
{
    void *known = side_find(side, owner);
    if (known != NULL)
        return known;
    uint32_t at = slab_take(&side->slab);
    uint32_t *record = slab_at(&side->slab, at);
    *record = owner;
    table_add(&side->table, mix(owner), at);
    return record;
}

void side_drop(struct side *side, uint32_t owner)
{
    uint32_t at = find(side, owner);
    if (at == SLAB_NONE)
        return;
    table_remove(&side->table, mix(owner), at);
    slab_give(&side->slab, at);
}

size_t side_bytes(const struct side *side)
{
    return slab_bytes(&side->slab) + table_bytes(&side->table);
}
