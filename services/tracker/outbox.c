/* Two queues in the order of the journal, the ended epochs and the changed sessions, and the batch cut from their
 * fronts. Since a batch takes ended epochs first, a new epoch never overtakes the old one. */
#include "services/tracker/outbox.h"

#include "services/common/arena.h"
#include "services/tracker/ring.h"

#include <assert.h>
#include <stdlib.h>

struct closed {
    uint64_t seq;
    struct session_totals totals;
};

struct outbox {
    struct sessions *sessions;
    struct backlog changed;
    struct ring closed;
    struct session_totals *batch; /* there while one is under way */
    size_t batch_count;           /* 0: none under way */
    uint64_t batch_seq;           /* the oldest change in it */
};

struct outbox *outbox_new(struct sessions *sessions)
{
    struct outbox *outbox = mem_zero(1, sizeof *outbox);
    outbox->sessions = sessions;
    ring_init(&outbox->closed, sizeof(struct closed));
    return outbox;
}

void outbox_destroy(struct outbox **outbox)
{
    if (*outbox == NULL)
        return;
    backlog_clear(&(*outbox)->changed);
    ring_clear(&(*outbox)->closed);
    free((*outbox)->batch);
    free(*outbox);
    *outbox = NULL;
}

void outbox_add(struct outbox *outbox, uint32_t session, uint64_t seq)
{
    if (sessions_mark(outbox->sessions, session, MARK_report))
        backlog_push(&outbox->changed, session, seq);
}

void outbox_close_epoch(struct outbox *outbox, const struct session_totals *closed, uint64_t seq)
{
    ring_push(&outbox->closed, &(struct closed){.seq = seq, .totals = *closed});
}

static int by_epoch(const void *left, const void *right)
{
    const struct closed *a = left, *b = right;
    return a->totals.epoch < b->totals.epoch ? -1 : a->totals.epoch > b->totals.epoch;
}

/* The first has the least seq, and keeps the journal that all of them are in. */
void outbox_order(struct outbox *outbox)
{
    struct ring *ring = &outbox->closed;
    struct closed *sorted = mem_take((ring->count + 1) * sizeof *sorted);
    for (size_t i = 0; i < ring->count; i++)
        sorted[i] = *(struct closed *)ring_at(ring, i);
    uint64_t least = ring->count > 0 ? sorted[0].seq : 0;
    qsort(sorted, ring->count, sizeof *sorted, by_epoch);
    for (size_t i = 0; i < ring->count; i++) {
        sorted[i].seq = least;
        *(struct closed *)ring_at(ring, i) = sorted[i];
    }
    free(sorted);
}

static uint64_t oldest_waiting(const struct outbox *outbox, uint64_t otherwise)
{
    uint64_t oldest = backlog_oldest(&outbox->changed, otherwise);
    if (outbox->closed.count > 0) {
        const struct closed *first = ring_at(&outbox->closed, 0);
        if (first->seq < oldest)
            oldest = first->seq;
    }
    return oldest;
}

static void take_closed(struct outbox *outbox, size_t count)
{
    for (size_t i = 0; i < count; i++)
        outbox->batch[outbox->batch_count++] = ((const struct closed *)ring_at(&outbox->closed, i))->totals;
    ring_drop(&outbox->closed, count);
}

static void take_changed(struct outbox *outbox, size_t count)
{
    uint32_t changed[OUTBOX_BATCH_MAX];
    backlog_take(&outbox->changed, changed, count);
    for (size_t i = 0; i < count; i++) {
        sessions_unmark(outbox->sessions, changed[i], MARK_report);
        sessions_get(outbox->sessions, changed[i], &outbox->batch[outbox->batch_count++]);
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void make_batch(struct outbox *outbox, size_t most)
{
    size_t closed = least(outbox->closed.count, most);
    bool all_closed = closed == outbox->closed.count;
    size_t changed = all_closed ? least(outbox->changed.count, most - closed) : 0;
    if (closed + changed == 0)
        return;
    outbox->batch_seq = oldest_waiting(outbox, 0);
    outbox->batch = mem_take((closed + changed) * sizeof *outbox->batch);
    take_closed(outbox, closed);
    take_changed(outbox, changed);
}

size_t outbox_batch(struct outbox *outbox, size_t most, const struct session_totals **rows)
{
    assert(most <= OUTBOX_BATCH_MAX);
    if (outbox->batch_count == 0)
        make_batch(outbox, most);
    *rows = outbox->batch;
    return outbox->batch_count;
}

void outbox_acknowledge(struct outbox *outbox)
{
    assert(outbox->batch_count > 0);
    free(outbox->batch);
    outbox->batch = NULL;
    outbox->batch_count = 0;
}

uint64_t outbox_oldest(const struct outbox *outbox, uint64_t next)
{
    uint64_t oldest = oldest_waiting(outbox, next);
    return outbox->batch_count > 0 && outbox->batch_seq < oldest ? outbox->batch_seq : oldest;
}

size_t outbox_count(const struct outbox *outbox)
{
    return outbox->batch_count + outbox->changed.count + outbox->closed.count;
}

void outbox_rewrite(struct outbox *outbox, uint64_t seq, void (*append)(void *arg, const struct session_totals *totals),
                    void *arg)
{
    for (size_t i = 0; i < outbox->batch_count; i++)
        append(arg, &outbox->batch[i]);
    for (size_t i = 0; i < outbox->closed.count; i++) {
        struct closed *closed = ring_at(&outbox->closed, i);
        append(arg, &closed->totals);
        closed->seq = seq;
    }
    outbox->batch_seq = seq;
}

struct backlog *outbox_waiting(struct outbox *outbox)
{
    return &outbox->changed;
}
