/* The pipeline of one connection. Each item is followed by a sync of its own, so that one's failure does not abort the
 * next, and is answered when its sync comes back: only then has a single statement committed. */
#include "services/common/db_private.h"

#include "services/common/clock.h"
#include "services/common/log.h"

#include <assert.h>
#include <stdio.h>

/* A statement is prepared under its address: two modules may use one name. */
static const char *prepared_name(const struct statement *statement, char into[64])
{
    snprintf(into, 64, "%.40s@%zx", statement->name, (size_t)statement);
    return into;
}

/* The server ends what takes too long before we give the whole connection up, and compiles nothing: what we ask is over
 * sooner than that. */
static const char *setup_sql(void)
{
    static char sql[200];
    snprintf(sql, sizeof sql,
             "SELECT set_config('statement_timeout', '%d', false),"
             " set_config('idle_in_transaction_session_timeout', '%d', false), set_config('jit', 'off', false)",
             DB_STATEMENT_MS, 2 * DB_TX_MS);
    return sql;
}

static bool item_send(const struct item *item, PGconn *pg)
{
    char name[64];
    if (item->kind == ITEM_ask || item->kind == ITEM_warm)
        return args_send(item->args, pg, prepared_name(item->statement, name));
    if (item->kind == ITEM_prepare)
        return PQsendPrepare(pg, prepared_name(item->statement, name), item->statement->sql, 0, NULL) == 1;
    const char *sql = item->kind == ITEM_begin    ? "BEGIN"
                      : item->kind == ITEM_commit ? "COMMIT"
                      : item->kind == ITEM_setup  ? setup_sql()
                                                  : "ROLLBACK";
    return PQsendQueryParams(pg, sql, 0, NULL, NULL, NULL, NULL, 1) == 1;
}

static void connection_flush(struct connection *connection)
{
    int left = PQflush(connection->pg);
    if (left < 0)
        connection_lose(connection, PQerrorMessage(connection->pg));
    else
        connection_watch(connection, left > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

void connection_send(struct connection *connection, struct item *item)
{
    item->sent = clock_ticks();
    if (connection->sent.first == NULL)
        connection->heard = item->sent;
    queue_add(&connection->sent, item);
    if (item_send(item, connection->pg) && PQpipelineSync(connection->pg) == 1)
        connection_flush(connection);
    else
        connection_lose(connection, PQerrorMessage(connection->pg));
}

/* ---- answers ---- */

static const char *item_name(const struct item *item)
{
    return item->statement != NULL ? item->statement->name : "-";
}

static void ask_answered(struct connection *connection, struct item *item, PGresult *result)
{
    struct db_tx *tx = item->tx;
    if (!result_failed(result)) {
        if (tx == NULL || !tx->silent)
            rows_give(item, result);
        item_free(item);
        return;
    }
    if (tx == NULL && result_may_heal(result) && ++item->tries < DB_TRIES_MOST) {
        queue_add(&connection->db->asks, item);
        return;
    }
    struct fault why = {0};
    if (tx != NULL && tx->failed)
        why = tx->why;
    else
        result_fault(result, item_name(item), &why);
    if (tx != NULL)
        tx_fault(tx, &why);
    if (item->done != NULL && (tx == NULL || !tx->silent))
        item->done(item->arg, NULL, &why);
    item_free(item);
}

/* COMMIT after a failed statement rolls back, and says so in its tag alone. */
static void commit_answered(struct item *item, PGresult *result)
{
    struct db_tx *tx = item->tx;
    struct fault why = {0};
    if (result_failed(result)) {
        result_fault(result, "COMMIT", &why);
        tx_fault(tx, &why);
    } else if (strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        fault_set(&why, STATUS_internal, NULL, "%s", status_text(STATUS_internal));
        tx_fault(tx, &why);
    }
    if (item->committed != NULL)
        item->committed(item->arg, tx->failed ? &tx->why : NULL, false);
    item_free(item);
}

static void setup_answered(struct connection *connection, struct item *item, PGresult *result)
{
    struct db *db = connection->db;
    char reason[200] = "";
    if (result_failed(result) && item->kind != ITEM_warm) {
        const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        snprintf(reason, sizeof reason, "statement %s cannot be prepared: %.150s", item_name(item),
                 message != NULL ? message : "");
    }
    item_free(item);
    if (reason[0] != '\0') {
        connection_lose(connection, reason);
    } else if (connection->sent.first == NULL) {
        connection->state = CONNECTION_ready;
        connection->backoff = DB_RETRY_LEAST_MS;
        db_clear_trouble(db);
        for (unsigned i = 0; i < db->connections_count; i++)
            db->connections[i].retry_at = 0; /* the server is there: the others need not wait */
        db_count_ready(db);
    }
}

/* The first of the sent items has its sync. */
static void first_answered(struct connection *connection)
{
    struct item *item = queue_take(&connection->sent);
    PGresult *result = connection->result;
    connection->result = NULL;
    assert(item != NULL && result != NULL);
    if (item->kind == ITEM_ask) {
        ask_answered(connection, item, result);
    } else if (item->kind == ITEM_commit) {
        commit_answered(item, result);
    } else if (item->kind == ITEM_setup || item->kind == ITEM_prepare || item->kind == ITEM_warm) {
        setup_answered(connection, item, result);
    } else {
        bool failed = result_failed(result);
        item_free(item);
        if (failed) /* a transaction that did not begin, or did not end: nothing may follow it */
            connection_lose(connection, "BEGIN or ROLLBACK failed");
    }
    PQclear(result);
}

/* Keeps the result until its sync; an error that comes with the sync itself (a deferred constraint) outweighs it. */
static void result_keep(struct connection *connection, PGresult *result)
{
    if (connection->result != NULL && result_failed(connection->result)) {
        PQclear(result);
        return;
    }
    PQclear(connection->result);
    connection->result = result;
}

/* False: the connection is not what it was. */
static bool result_take(struct connection *connection, PGresult *result)
{
    unsigned life = connection->life;
    if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        first_answered(connection);
    } else if (result_ends_connection(result)) {
        char reason[200];
        const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        snprintf(reason, sizeof reason, "%.190s", message != NULL ? message : PQerrorMessage(connection->pg));
        PQclear(result);
        connection_lose(connection, reason);
    } else {
        result_keep(connection, result);
    }
    return life == connection->life;
}

void connection_read(struct connection *connection)
{
    struct db *db = connection->db;
    if (PQconsumeInput(connection->pg) != 1) {
        connection_lose(connection, PQerrorMessage(connection->pg));
        return;
    }
    connection->heard = clock_ticks();
    /* A NULL stands behind the results of each statement; two in a row: nothing more is there yet. */
    for (unsigned nulls = 0; nulls < 2 && connection->sent.first != NULL && !PQisBusy(connection->pg);) {
        PGresult *result = PQgetResult(connection->pg);
        nulls = result == NULL ? nulls + 1 : 0;
        if (result != NULL && !result_take(connection, result))
            return;
    }
    if (PQstatus(connection->pg) == CONNECTION_BAD)
        connection_lose(connection, PQerrorMessage(connection->pg));
    else
        connection_flush(connection);
    db_pump(db);
}
