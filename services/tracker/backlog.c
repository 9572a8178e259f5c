/* A chain of blocks, the oldest first. The last one stays when all has been taken. */
#include "services/tracker/backlog.h"

#include "services/common/arena.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SESSIONS 32768u /* a block is above 128 KiB: malloc gives such back to the system, see main.c */

struct backlog_block {
    struct backlog_block *next;
    uint64_t seq;  /* of the oldest change in it */
    size_t filled; /* how many were pushed to it */
    uint32_t sessions[BLOCK_SESSIONS];
};

static void drop_first(struct backlog *backlog)
{
    struct backlog_block *gone = backlog->first;
    backlog->first = gone->next;
    backlog->taken = 0;
    free(gone);
}

void backlog_clear(struct backlog *backlog)
{
    while (backlog->first != NULL)
        drop_first(backlog);
    *backlog = (struct backlog){0};
}

static void add_block(struct backlog *backlog, uint64_t seq)
{
    struct backlog_block *block = mem_take(sizeof *block);
    block->next = NULL;
    block->seq = seq;
    block->filled = 0;
    if (backlog->last != NULL)
        backlog->last->next = block;
    else
        backlog->first = block;
    backlog->last = block;
}

void backlog_push(struct backlog *backlog, uint32_t session, uint64_t seq)
{
    if (backlog->last == NULL || backlog->last->filled == BLOCK_SESSIONS)
        add_block(backlog, seq);
    if (backlog->count == 0)
        backlog->last->seq = seq;
    backlog->last->sessions[backlog->last->filled++] = session;
    backlog->count++;
}

size_t backlog_take(struct backlog *backlog, uint32_t *into, size_t most)
{
    size_t count = 0;
    while (count < most && backlog->count > 0) {
        size_t here = backlog->first->filled - backlog->taken;
        size_t part = here < most - count ? here : most - count;
        memcpy(into + count, backlog->first->sessions + backlog->taken, part * sizeof *into);
        count += part;
        backlog->taken += part;
        backlog->count -= part;
        backlog->front += part;
        if (backlog->taken == backlog->first->filled && backlog->first != backlog->last)
            drop_first(backlog);
    }
    if (backlog->count == 0 && backlog->last != NULL)
        backlog->taken = backlog->last->filled = 0;
    return count;
}

uint64_t backlog_oldest(const struct backlog *backlog, uint64_t next)
{
    return backlog->count > 0 ? backlog->first->seq : next;
}

size_t backlog_look(const struct backlog *backlog, uint64_t *at, uint32_t *into, size_t most)
{
    if (*at < backlog->front)
        *at = backlog->front;
    size_t skip = (size_t)(*at - backlog->front) + backlog->taken, count = 0;
    for (const struct backlog_block *block = backlog->first; block != NULL && count < most; block = block->next) {
        if (skip >= block->filled) {
            skip -= block->filled;
            continue;
        }
        size_t part = block->filled - skip < most - count ? block->filled - skip : most - count;
        memcpy(into + count, block->sessions + skip, part * sizeof *into);
        count += part;
        skip = 0;
    }
    *at += count;
    return count;
}

void backlog_rewritten(struct backlog *backlog, uint64_t seq)
{
    for (struct backlog_block *block = backlog->first; block != NULL; block = block->next)
        if (block->seq < seq)
            block->seq = seq;
}
