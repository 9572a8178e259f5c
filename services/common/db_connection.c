/* One connection's life: down, resolving, connecting, migrating (the first one, once), preparing, ready; lost at any
 * moment and back to down. All that passes by time is driven by the database's tick. */
#include "services/common/db_private.h"

#include "services/common/clock.h"
#include "services/common/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void on_socket(void *arg, int events);

/* While it connects, libpq may close its socket and open another one, even of the same number. */
void connection_watch(struct connection *connection, int events)
{
    int fd = PQsocket(connection->pg);
    if (connection->watch != NULL && fd == connection->fd && connection->state != CONNECTION_connecting) {
        loop_watch_change(connection->watch, events);
        return;
    }
    if (connection->watch != NULL)
        loop_unwatch(&connection->watch);
    connection->fd = fd;
    if (fd >= 0)
        connection->watch = loop_watch_fd(connection->db->loop, fd, events, on_socket, connection);
}

static void connection_enter(struct connection *connection, enum connection_state state)
{
    connection->state = state;
    connection->since = clock_ticks();
}

/* ---- losing it ---- */

/* A statement that changes nothing may be asked again whatever became of the first time (db.h says what counts). */
static bool statement_reads(const struct statement *statement)
{
    return strncmp(statement->sql, "SELECT", 6) == 0 && strstr(statement->sql, "feed_add") == NULL &&
           strstr(statement->sql, "nextval") == NULL;
}

static void sent_lost(struct db *db, struct item *item, struct queue *again, const struct fault *why)
{
    if (item->kind == ITEM_setup || item->kind == ITEM_prepare || item->kind == ITEM_warm) {
        item_free(item);
    } else if (item->kind == ITEM_ask && item->tx == NULL && statement_reads(item->statement)) {
        queue_add(again, item);
    } else {
        /* The loss is no fault of the transaction yet: whether one of its statements had failed before decides about
         * the commit behind them. */
        bool failed = item->tx != NULL && item->tx->failed;
        item->uncertain = item->kind == ITEM_commit && !failed;
        db_fail(db, item, failed ? &item->tx->why : why);
    }
}

static void all_sent_lost(struct connection *connection)
{
    struct db *db = connection->db;
    struct queue sent = connection->sent, again = {0};
    struct fault why = {0};
    fault_set(&why, STATUS_unavailable, NULL, "%s", status_text(STATUS_unavailable));
    connection->sent = (struct queue){0};
    for (struct item *item; (item = queue_take(&sent)) != NULL;)
        sent_lost(db, item, &again, &why);
    for (struct item *item; (item = queue_take(&db->asks)) != NULL;)
        queue_add(&again, item); /* they came later */
    db->asks = again;
    struct db_tx *tx = connection->owner;
    connection->owner = NULL;
    if (tx != NULL) {
        tx->connection = NULL;
        tx_abandon(tx, &why);
    }
}

static void connection_drop(struct connection *connection)
{
    connection->life++;
    if (connection->watch != NULL)
        loop_unwatch(&connection->watch);
    connection->fd = -1;
    migrating_destroy(&connection->migrating);
    resolve_destroy(&connection->resolving);
    PQclear(connection->result);
    connection->result = NULL;
    PQfinish(connection->pg);
    connection->pg = NULL;
}

void connection_lose(struct connection *connection, const char *reason)
{
    struct db *db = connection->db;
    db_set_trouble(db, "%s", reason); /* before the text goes with the connection */
    connection_drop(connection);
    connection_enter(connection, CONNECTION_down);
    connection->retry_at = connection->since + connection->backoff;
    connection->backoff *= 2;
    if (connection->backoff > DB_RETRY_MOST_MS)
        connection->backoff = DB_RETRY_MOST_MS;
    all_sent_lost(connection);
    db_count_ready(db);
}

void connection_close(struct connection *connection)
{
    struct db_tx *tx = connection->owner;
    connection_drop(connection);
    queue_clear(&connection->sent);
    if (tx != NULL && tx->items == 0)
        free(tx); /* whoever began it will not end it any more */
}

/* ---- getting it ---- */

static void connecting_poll(struct connection *connection)
{
    PostgresPollingStatusType status = PQconnectPoll(connection->pg);
    if (status == PGRES_POLLING_FAILED) {
        connection_lose(connection, PQerrorMessage(connection->pg));
    } else if (status != PGRES_POLLING_OK) {
        connection_watch(connection, status == PGRES_POLLING_WRITING ? LOOP_WRITE : LOOP_READ);
    } else if (connection->db->migrated) {
        connection_prepare(connection);
    } else {
        connection_enter(connection, CONNECTION_migrating);
        PQsetnonblocking(connection->pg, 1);
        migrating_start(connection);
    }
}

/* Notices (a table that is there already …) are of no interest; libpq's own habit is to print them. */
static void on_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

static void connection_open(struct connection *connection, const struct resolved *resolved)
{
    struct db *db = connection->db;
    char name[64];
    snprintf(name, sizeof name, "djembe-%.40s", db->schema != NULL ? db->schema : "client");
    connection_enter(connection, CONNECTION_connecting);
    connection->pg = url_connect(db->url, resolved, name);
    resolve_destroy(&connection->resolving);
    if (connection->pg == NULL)
        fatal("out of memory");
    if (PQstatus(connection->pg) == CONNECTION_BAD) {
        connection_lose(connection, PQerrorMessage(connection->pg));
        return;
    }
    PQsetNoticeReceiver(connection->pg, on_notice, NULL);
    connection_watch(connection, LOOP_WRITE);
}

void connection_start(struct connection *connection)
{
    connection->resolving = url_resolve(connection->db->url);
    if (connection->resolving == NULL)
        connection_open(connection, NULL);
    else
        connection_enter(connection, CONNECTION_resolving);
}

void connection_prepare(struct connection *connection)
{
    struct db *db = connection->db;
    connection_enter(connection, CONNECTION_preparing);
    connection->heard = connection->since;
    PQsetnonblocking(connection->pg, 1);
    if (PQenterPipelineMode(connection->pg) != 1) {
        connection_lose(connection, "the connection cannot be pipelined");
        return;
    }
    unsigned life = connection->life;
    connection_send(connection, item_new(ITEM_setup, NULL));
    for (size_t i = 0; i < db->statements_count && life == connection->life; i++) {
        struct item *item = item_new(ITEM_prepare, NULL);
        item->statement = db->statements[i];
        connection_send(connection, item);
    }
    if (db->warm == NULL || life != connection->life)
        return;
    struct item *warm = item_new(ITEM_warm, NULL);
    warm->statement = db->warm;
    connection_send(connection, warm);
}

static void on_socket(void *arg, int events)
{
    (void)events;
    struct connection *connection = arg;
    if (connection->state == CONNECTION_connecting)
        connecting_poll(connection);
    else if (connection->state == CONNECTION_migrating)
        migrating_read(connection);
    else if (connection->state == CONNECTION_preparing || connection->state == CONNECTION_ready)
        connection_read(connection);
}

/* ---- time ---- */

static void resolving_tick(struct connection *connection)
{
    struct resolved resolved;
    struct fault why = {0};
    if (!resolve_done(connection->resolving, &resolved, &why))
        return;
    if (resolved.count == 0)
        connection_lose(connection, why.text);
    else
        connection_open(connection, &resolved);
}

/* An ask deep in the pipeline is told in time, though its answer may still come and is then dropped. */
static void answer_late(struct connection *connection, int64_t now)
{
    struct fault why = {0};
    fault_set(&why, STATUS_unavailable, NULL, "%s", status_text(STATUS_unavailable));
    for (struct item *item = connection->sent.first; item != NULL; item = item->next) {
        if (now - item->sent <= DB_ANSWER_MS || item->tx != NULL || item->done == NULL)
            continue;
        struct item *told = item_new(ITEM_ask, NULL);
        told->done = item->done;
        told->arg = item->arg;
        item->done = NULL;
        db_fail(connection->db, told, &why);
    }
}

/* Where one is not answered, those that have nothing to do would not be either: their next ask would wait in vain. */
static void connections_distrust(struct db *db)
{
    for (unsigned i = 0; i < db->connections_count; i++) {
        struct connection *connection = &db->connections[i];
        if (connection->state == CONNECTION_ready && connection->sent.first == NULL && connection->owner == NULL)
            connection_lose(connection, "PostgreSQL does not answer");
    }
}

static void working_tick(struct connection *connection, int64_t now)
{
    if (connection->sent.first != NULL && now - connection->heard > DB_ANSWER_MS) {
        connection_lose(connection, "PostgreSQL does not answer");
        connections_distrust(connection->db);
        return;
    }
    if (connection->owner != NULL && now - connection->owner->born > DB_TX_MS)
        connection_lose(connection, "a transaction took too long");
    else
        answer_late(connection, now);
}

void connection_tick(struct connection *connection, int64_t now)
{
    if (connection->state == CONNECTION_down) {
        if (now >= connection->retry_at)
            connection_start(connection);
        return;
    }
    if (connection->state == CONNECTION_resolving)
        resolving_tick(connection);
    else if (connection->state == CONNECTION_migrating)
        migrating_tick(connection, now);
    else if (connection->state != CONNECTION_connecting)
        working_tick(connection, now);
    bool connecting = connection->state == CONNECTION_resolving || connection->state == CONNECTION_connecting;
    if (connecting && now - connection->since > DB_CONNECT_MS)
        connection_lose(connection, "PostgreSQL does not answer to a connection");
}
