/* What ratio has yet to acknowledge. One batch is under way at a time and stays as it is until acknowledged; a session
 * that changes meanwhile waits for the next. The last row of an epoch goes before the first of the next. Pure. */
#ifndef DJEMBE_TRACKER_OUTBOX_H
#define DJEMBE_TRACKER_OUTBOX_H

#include "services/tracker/backlog.h"
#include "services/tracker/session.h"

#define OUTBOX_BATCH_MAX 500 /* rows; ratio would take more, but does nothing else while it reads them */

struct outbox;

struct outbox *outbox_new(struct sessions *sessions);
void outbox_destroy(struct outbox **outbox);

/* The session has changed; `seq` is the change's record in the journal. */
void outbox_add(struct outbox *outbox, uint32_t session, uint64_t seq);
/* An epoch has ended with these totals. Before outbox_add of the same change. */
void outbox_close_epoch(struct outbox *outbox, const struct session_totals *closed, uint64_t seq);

/* After a journal was read that had ended epochs behind later ones: they go out in their order. */
void outbox_order(struct outbox *outbox);

/* The batch under way, made now when there is none. *rows live until outbox_acknowledge. 0: nothing to tell. */
size_t outbox_batch(struct outbox *outbox, size_t most, const struct session_totals **rows);
/* Ratio has committed the batch. */
void outbox_acknowledge(struct outbox *outbox);

/* Every journal record below this seq is acknowledged; `next` when all are. It may lag by some ten thousand rows. */
uint64_t outbox_oldest(const struct outbox *outbox, uint64_t next);
/* Rows that wait, those under way included. */
size_t outbox_count(const struct outbox *outbox);

/* Appends what ended and what is under way to the journal again, which is to lose its older part; `append` writes one
 * row. `seq` is the first that these records can get. The sessions that wait are appended by the caller, by and by: see
 * outbox_waiting. */
void outbox_rewrite(struct outbox *outbox, uint64_t seq, void (*append)(void *arg, const struct session_totals *totals),
                    void *arg);
/* The changed sessions that no batch holds. */
struct backlog *outbox_waiting(struct outbox *outbox);

#endif
