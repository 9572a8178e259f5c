/* Sessions that wait, in the order of the journal: a handle each, and for some ten thousand of them together where in
 * the journal the first of their changes stands. Gives its memory back as it is taken from. Pure. */
#ifndef DJEMBE_TRACKER_BACKLOG_H
#define DJEMBE_TRACKER_BACKLOG_H

#include <stddef.h>
#include <stdint.h>

struct backlog_block;

/* All zero: empty. */
struct backlog {
    struct backlog_block *first, *last;
    size_t taken;   /* from the first block */
    size_t count;   /* that wait */
    uint64_t front; /* the number of the first that waits, counted from the backlog's beginning */
};

void backlog_clear(struct backlog *backlog);

/* `seq` is the change's record in the journal; it never falls. */
void backlog_push(struct backlog *backlog, uint32_t session, uint64_t seq);
/* Takes up to `most` from the front; returns how many. */
size_t backlog_take(struct backlog *backlog, uint32_t *into, size_t most);

/* No change of those that wait stands in the journal before this seq; `next` when nothing waits. */
uint64_t backlog_oldest(const struct backlog *backlog, uint64_t next);

/* Copies up to `most`, from the one numbered *at on, and moves that behind them. Returns how many; 0 at the end. */
size_t backlog_look(const struct backlog *backlog, uint64_t *at, uint32_t *into, size_t most);
/* The changes of all that wait stand in the journal again, at `seq` or behind. */
void backlog_rewritten(struct backlog *backlog, uint64_t seq);

#endif
