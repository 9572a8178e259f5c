/* Transactions: each has a connection for itself from BEGIN until its end is sent; what comes behind the end in the
 * pipeline belongs to others already. */
#include "services/common/db_private.h"

#include "services/common/clock.h"

#include <assert.h>
#include <stdlib.h>

struct db_tx *db_begin(struct db *db)
{
    struct db_tx *tx = mem_zero(1, sizeof *tx);
    tx->db = db;
    struct item *begin = item_new(ITEM_begin, tx);
    if (db->begins.count >= DB_WAITING_MOST) {
        struct fault why = {0};
        fault_set(&why, STATUS_unavailable, NULL, "%s", status_text(STATUS_unavailable));
        tx_fault(tx, &why);
        db_fail(db, begin, &why);
        return tx;
    }
    queue_add(&db->begins, begin);
    db_pump(db);
    return tx;
}

void tx_fault(struct db_tx *tx, const struct fault *why)
{
    if (tx->failed)
        return;
    tx->failed = true;
    tx->why = *why;
}

/* The end frees the connection for others as soon as it is sent. */
static void tx_send(struct db_tx *tx, struct item *item)
{
    struct connection *connection = tx->connection;
    if (item->kind != ITEM_ask) {
        connection->owner = NULL;
        tx->connection = NULL;
    }
    connection_send(connection, item);
}

static void tx_put(struct db_tx *tx, struct item *item)
{
    struct db *db = tx->db;
    if (tx->connection != NULL)
        tx_send(tx, item);
    else if (tx->failed)
        db_fail(db, item, &tx->why);
    else
        queue_add(&tx->waiting, item);
    db_pump(db);
}

void tx_start(struct db_tx *tx, struct connection *connection, struct item *begin)
{
    if (tx->silent) { /* rolled back before it began */
        queue_clear(&tx->waiting);
        item_free(begin);
        return;
    }
    tx->connection = connection;
    tx->born = clock_ticks();
    connection->owner = tx;
    connection_send(connection, begin);
    for (struct item *item; tx->connection != NULL && (item = queue_take(&tx->waiting)) != NULL;)
        tx_send(tx, item);
}

void tx_abandon(struct db_tx *tx, const struct fault *why)
{
    tx_fault(tx, why);
    for (struct item *item; (item = queue_take(&tx->waiting)) != NULL;)
        db_fail(tx->db, item, why);
}

void db_tx_ask(struct db_tx *tx, const struct statement *statement, struct db_args *args, db_done_fn *done, void *arg)
{
    assert(!tx->ended);
    struct item *item = item_new(ITEM_ask, tx);
    item->statement = statement;
    item->args = args;
    item->done = done;
    item->arg = arg;
    tx_put(tx, item);
}

void db_commit(struct db_tx *tx, db_commit_fn *done, void *arg)
{
    assert(!tx->ended);
    struct item *item = item_new(ITEM_commit, tx);
    item->committed = done;
    item->arg = arg;
    tx->ended = true;
    tx_put(tx, item);
}

void db_rollback(struct db_tx *tx)
{
    assert(!tx->ended);
    tx->ended = true;
    tx->silent = true;
    if (tx->connection != NULL) {
        struct db *db = tx->db;
        tx_send(tx, item_new(ITEM_rollback, tx));
        db_pump(db);
    } else if (tx->items == 0) {
        free(tx);
    }
}
