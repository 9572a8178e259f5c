/* One batch at a time: the number is moved, the facts are stored, both are committed, and the reader is told. */
#include "services/common/position.h"

#include "services/common/log.h"

#include <inttypes.h>
#include <stdlib.h>

enum { FIND_AGAIN_MS = 1000 };

struct position {
    struct loop *loop;
    struct bus *bus;
    struct db *db;
    const struct position_table *table;
    const char *feed;
    position_store_fn *store;
    void (*stored)(void);
    struct feed_reader *reader; /* NULL until the stored number is known */
    uint64_t seq;               /* stored */
    uint64_t next;              /* to be stored by the transaction under way */
    struct db_tx *tx;
    struct loop_timer *again;
    bool moved;
    bool waiting; /* for the database to call back */
    bool gone;    /* destroyed while waiting */
};

static void find(void *arg);

/* The database has called back. False: nobody is there any more. */
static bool called_back(struct position *position)
{
    position->waiting = false;
    if (!position->gone)
        return true;
    free(position);
    return false;
}

static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    struct position *position = arg;
    (void)uncertain; /* given again, it finds the number moved on */
    if (!called_back(position))
        return;
    if (why == NULL) {
        position->seq = position->next;
        if (position->stored != NULL)
            position->stored();
    }
    feed_applied(position->reader, why == NULL);
}

static void on_stored(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct position *position = arg;
    (void)rows;
    if (why == NULL && !position->moved) { /* another replica was faster */
        db_rollback(position->tx);
        if (called_back(position))
            find(position);
        return;
    }
    db_commit(position->tx, on_committed, position);
}

static void on_moved(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct position *position = arg;
    position->moved = why == NULL && db_affected(rows) == 1;
}

static void on_facts(void *arg, const struct feed_batch *batch)
{
    struct position *position = arg;
    bool whole = !batch->snapshot || batch->last;
    position->next = whole ? batch->seq : position->seq;
    position->waiting = true;
    position->tx = db_begin(position->db);
    struct db_args *args = db_int(db_text(db_args(), slice_text(position->feed)), (int64_t)position->seq);
    db_tx_ask(position->tx, position->table->move, db_int(args, (int64_t)position->next), on_moved, position);
    position->store(position->tx, batch, on_stored, position);
}

static void on_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct position *position = arg;
    if (!called_back(position))
        return;
    if (why != NULL) {
        position->again = loop_timer_new(position->loop, FIND_AGAIN_MS, 0, find, position);
        return;
    }
    position->seq = db_count(rows) == 1 ? (uint64_t)db_get_int(rows, 0, 0) : 0;
    log_info("feed position", "feed=%s seq=%" PRIu64, position->feed, position->seq);
    if (position->reader != NULL)
        feed_seek(position->reader, position->seq);
    else
        position->reader = feed_read(position->bus, position->feed, position->seq, on_facts, position);
}

static void find(void *arg)
{
    struct position *position = arg;
    position->again = NULL;
    position->waiting = true;
    db_ask(position->db, position->table->find, db_text(db_args(), slice_text(position->feed)), on_found, position);
}

struct position *position_follow(struct loop *loop, struct bus *bus, struct db *db, const struct position_table *table,
                                 const char *feed, position_store_fn *store, void (*stored)(void))
{
    struct position *position = mem_zero(1, sizeof *position);
    *position = (struct position){
        .loop = loop, .bus = bus, .db = db, .table = table, .feed = feed, .store = store, .stored = stored};
    find(position);
    return position;
}

void position_destroy(struct position **position)
{
    struct position *self = *position;
    if (self == NULL)
        return;
    *position = NULL;
    if (self->reader != NULL)
        feed_reader_destroy(&self->reader);
    if (self->again != NULL)
        loop_timer_cancel(&self->again);
    if (self->waiting)
        self->gone = true;
    else
        free(self);
}

bool position_ready(const struct position *position)
{
    return position != NULL && position->reader != NULL && feed_ready(position->reader);
}
