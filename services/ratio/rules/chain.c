/* The links are part of struct copy; nothing else of it matters here. */
#include "services/ratio/rules/state.h"

static struct chain_link *link_of(const struct slab *copies, enum chain_side side, uint32_t copy)
{
    struct copy *at = slab_at(copies, copy);
    return side == CHAIN_MEMBER ? &at->by_member : &at->by_version;
}

void chain_insert(const struct slab *copies, struct chain *chain, enum chain_side side, uint32_t copy, uint32_t after)
{
    struct chain_link *link = link_of(copies, side, copy);
    link->prev = after;
    link->next = after == 0 ? chain->first : link_of(copies, side, after)->next;
    if (after == 0)
        chain->first = copy;
    else
        link_of(copies, side, after)->next = copy;
    if (link->next == 0)
        chain->last = copy;
    else
        link_of(copies, side, link->next)->prev = copy;
}

void chain_add(const struct slab *copies, struct chain *chain, enum chain_side side, uint32_t copy)
{
    chain_insert(copies, chain, side, copy, chain->last);
}

void chain_remove(const struct slab *copies, struct chain *chain, enum chain_side side, uint32_t copy)
{
    struct chain_link *link = link_of(copies, side, copy);
    if (link->prev == 0)
        chain->first = link->next;
    else
        link_of(copies, side, link->prev)->next = link->next;
    if (link->next == 0)
        chain->last = link->prev;
    else
        link_of(copies, side, link->next)->prev = link->prev;
    *link = (struct chain_link){0};
}
