/* Two queues in the order of the journal, the ended epochs and the changed sessions, and the batch cut from their
 * fronts. Since a batch takes ended epochs first, a new epoch never overtakes the old one. */
#include "services/tracker/outbox.h"

#include "services/common/arena.h"
#include "services/tracker/ring.h"

#include <assert.h>
#include <stdlib.h>

struct changed {
    uint64_t seq; /* of the first change that no batch holds */
    uint32_t session;
};

struct closed {
    uint64_t seq;
    struct session_totals totals;
};

struct outbox {
    struct sessions *sessions;
    struct ring changed, closed;
    struct session_totals *batch;
    size_t batch_count; /* 0: none under way */
    uint64_t batch_seq; /* the oldest change in it */
};

struct outbox *outbox_new(struct sessions *sessions)
{
    struct outbox *outbox = mem_zero(1, sizeof *outbox);
    outbox->sessions = sessions;
    ring_init(&outbox->changed, sizeof(struct changed));
    ring_init(&outbox->closed, sizeof(struct closed));
    outbox->batch = mem_take(OUTBOX_BATCH_MAX * sizeof *outbox->batch);
    return outbox;
}

void outbox_destroy(struct outbox **outbox)
{
    if (*outbox == NULL)
        return;
    ring_clear(&(*outbox)->changed);
    ring_clear(&(*outbox)->closed);
    free((*outbox)->batch);
    free(*outbox);
    *outbox = NULL;
}

void outbox_add(struct outbox *outbox, uint32_t session, uint64_t seq)
{
    struct session *changed = sessions_at(outbox->sessions, session);
    if (changed->marks & MARK_report)
        return;
    changed->marks |= MARK_report;
    ring_push(&outbox->changed, &(struct changed){.seq = seq, .session = session});
}

void outbox_close_epoch(struct outbox *outbox, const struct session_totals *closed, uint64_t seq)
{
    ring_push(&outbox->closed, &(struct closed){.seq = seq, .totals = *closed});
}

static uint64_t oldest_waiting(const struct outbox *outbox, uint64_t otherwise)
{
    uint64_t oldest = otherwise;
    if (outbox->changed.count > 0)
        oldest = ((const struct changed *)ring_at(&outbox->changed, 0))->seq;
    if (outbox->closed.count > 0) {
        const struct closed *first = ring_at(&outbox->closed, 0);
        if (first->seq < oldest)
            oldest = first->seq;
    }
    return oldest;
}

static void take_closed(struct outbox *outbox)
{
    size_t count = outbox->closed.count < OUTBOX_BATCH_MAX ? outbox->closed.count : OUTBOX_BATCH_MAX;
    for (size_t i = 0; i < count; i++)
        outbox->batch[outbox->batch_count++] = ((const struct closed *)ring_at(&outbox->closed, i))->totals;
    ring_drop(&outbox->closed, count);
}

static void take_changed(struct outbox *outbox)
{
    size_t room = OUTBOX_BATCH_MAX - outbox->batch_count;
    size_t count = outbox->changed.count < room ? outbox->changed.count : room;
    for (size_t i = 0; i < count; i++) {
        const struct changed *changed = ring_at(&outbox->changed, i);
        struct session *session = sessions_at(outbox->sessions, changed->session);
        session->marks &= ~(uint32_t)MARK_report;
        outbox->batch[outbox->batch_count++] = session->totals;
    }
    ring_drop(&outbox->changed, count);
}

size_t outbox_batch(struct outbox *outbox, const struct session_totals **rows)
{
    if (outbox->batch_count == 0) {
        outbox->batch_seq = oldest_waiting(outbox, 0);
        take_closed(outbox);
        if (outbox->closed.count == 0)
            take_changed(outbox);
    }
    *rows = outbox->batch;
    return outbox->batch_count;
}

void outbox_acknowledge(struct outbox *outbox)
{
    assert(outbox->batch_count > 0);
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

void outbox_rewrite(struct outbox *outbox, uint64_t (*append)(void *arg, const struct session_totals *totals),
                    void *arg)
{
    for (size_t i = 0; i < outbox->batch_count; i++)
        append(arg, &outbox->batch[i]);
    for (size_t i = 0; i < outbox->closed.count; i++)
        append(arg, &((const struct closed *)ring_at(&outbox->closed, i))->totals);
    for (size_t i = 0; i < outbox->changed.count; i++) {
        const struct changed *changed = ring_at(&outbox->changed, i);
        append(arg, &sessions_at(outbox->sessions, changed->session)->totals);
    }
}
