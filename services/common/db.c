/* The database as a whole: who asks waits here until a connection can take it, and is told when none can. The
 * connections come and go by themselves (db_connection.c); at least one of them ready is what "up" means. */
#include "services/common/db_private.h"

#include "services/common/clock.h"
#include "services/common/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void on_tick(void *arg);

static void on_start(void *arg)
{
    struct db *db = arg;
    db->start = NULL;
    db->started = true;
    on_tick(db);
}

struct db *db_new(struct loop *loop, const char *url, unsigned connections, const struct statement *const *statements,
                  size_t count)
{
    assert(connections > 0);
    struct db *db = mem_zero(1, sizeof *db);
    char *wrong = NULL;
    db->loop = loop;
    db->url = PQconninfoParse(url, &wrong);
    if (db->url == NULL)
        fatal("DJEMBE_DATABASE is not an address of PostgreSQL: %.*s", (int)strcspn(wrong != NULL ? wrong : "", "\n"),
              wrong);
    db->connections = mem_zero(connections, sizeof *db->connections);
    db->connections_count = connections;
    for (unsigned i = 0; i < connections; i++)
        db->connections[i] = (struct connection){.db = db, .number = i, .fd = -1, .backoff = DB_RETRY_LEAST_MS};
    db->written = arena_new();
    db->migrated = true; /* unless db_migrate says that there is something to do */
    db_add_statements(db, statements, count);
    db->tick = loop_timer_new(loop, DB_TICK_MS, DB_TICK_MS, on_tick, db);
    db->start = loop_timer_new(loop, 0, 0, on_start, db);
    return db;
}

void db_destroy(struct db **db)
{
    if (*db == NULL)
        return;
    struct db *self = *db;
    *db = NULL;
    struct loop_timer **timers[] = {&self->tick, &self->deliver, &self->start};
    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
        if (*timers[i] != NULL)
            loop_timer_cancel(timers[i]);
    for (unsigned i = 0; i < self->connections_count; i++)
        connection_close(&self->connections[i]);
    for (struct item *item; (item = queue_take(&self->begins)) != NULL;) {
        item->tx->ended = true; /* whoever began it will not end it any more */
        queue_clear(&item->tx->waiting);
        item_free(item);
    }
    queue_clear(&self->asks);
    queue_clear(&self->failed);
    PQconninfoFree(self->url);
    free(self->statements);
    arena_destroy(&self->written);
    free(self->connections);
    free(self->schema);
    free(self);
}

bool db_is_up(const struct db *db)
{
    return db->up;
}

void db_on_change(struct db *db, void (*changed)(void *arg, bool up), void *arg)
{
    db->changed = changed;
    db->changed_arg = arg;
}

const char *db_trouble(const struct db *db)
{
    return db->trouble[0] != '\0' ? db->trouble : NULL;
}

size_t db_busy(const struct db *db)
{
    size_t busy = db->asks.count + db->begins.count + db->failed.count;
    for (unsigned i = 0; i < db->connections_count; i++) {
        const struct connection *connection = &db->connections[i];
        if (connection->state == CONNECTION_ready)
            busy += connection->sent.count + (connection->owner != NULL);
    }
    return busy;
}

static bool statement_known(const struct db *db, const struct statement *statement)
{
    for (size_t i = 0; i < db->statements_count; i++)
        if (db->statements[i] == statement)
            return true;
    return false;
}

void db_add_statements(struct db *db, const struct statement *const *statements, size_t count)
{
    assert(!db->up);
    db->statements = mem_grow(db->statements, (db->statements_count + count + 1) * sizeof(struct statement *));
    for (size_t i = 0; i < count; i++)
        if (!statement_known(db, statements[i]))
            db->statements[db->statements_count++] = statements[i];
}

const struct statement *db_add_statement(struct db *db, const char *name, const char *sql)
{
    for (size_t i = 0; i < db->statements_count; i++)
        if (strcmp(db->statements[i]->name, name) == 0)
            return db->statements[i]; /* two modules share it */
    struct statement *statement = arena_take(db->written, sizeof *statement);
    statement->name = arena_copy(db->written, slice_text(name)).at;
    statement->sql = arena_copy(db->written, slice_text(sql)).at;
    db_add_statements(db, (const struct statement *const[]){statement}, 1);
    return statement;
}

void db_warm(struct db *db, const struct statement *statement)
{
    assert(!db->up && statement_known(db, statement));
    db->warm = statement;
}

void db_migrate(struct db *db, const char *schema, const struct embedded *migrations, size_t count)
{
    assert(!db->started);
    db->schema = mem_text(slice_text(schema));
    db->migrations = migrations;
    db->migrations_count = count;
    db->migrated = false;
}

void db_set_trouble(struct db *db, const char *format, ...)
{
    char text[sizeof db->trouble];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text[strcspn(text, "\n")] = '\0'; /* libpq goes on to guess what this means */
    if (strcmp(text, db->trouble) == 0)
        return;
    memcpy(db->trouble, text, sizeof text);
    char quoted[300];
    log_error("database trouble", "error=%s", log_quote(slice_text(text), quoted, sizeof quoted));
}

void db_clear_trouble(struct db *db)
{
    db->trouble[0] = '\0';
}

void db_count_ready(struct db *db)
{
    bool up = false;
    for (unsigned i = 0; i < db->connections_count; i++)
        up = up || db->connections[i].state == CONNECTION_ready;
    if (up == db->up)
        return;
    db->up = up;
    if (up)
        log_info("database up", "connections=%u", db->connections_count);
    else
        log_warning("database away", "waiting=%zu", db->asks.count + db->begins.count);
    if (db->changed != NULL)
        db->changed(db->changed_arg, up);
}

/* ---- who fails ---- */

static void deliver_one(struct item *item)
{
    bool silent = item->tx != NULL && item->tx->silent;
    if (item->tx != NULL)
        tx_fault(item->tx, &item->why);
    if (!silent && item->kind == ITEM_commit && item->committed != NULL)
        item->committed(item->arg, &item->why, item->uncertain);
    else if (!silent && item->done != NULL)
        item->done(item->arg, NULL, &item->why);
    item_free(item);
}

static void on_deliver(void *arg)
{
    struct db *db = arg;
    db->deliver = NULL;
    struct queue failed = db->failed;
    db->failed = (struct queue){0};
    for (struct item *item; (item = queue_take(&failed)) != NULL;)
        deliver_one(item);
}

void db_fail(struct db *db, struct item *item, const struct fault *why)
{
    item->why = *why;
    queue_add(&db->failed, item);
    if (db->deliver == NULL)
        db->deliver = loop_timer_new(db->loop, 0, 0, on_deliver, db);
}

static void fail_late(struct db *db, struct queue *queue, int64_t now)
{
    int64_t patience = db->up ? DB_WAIT_MS : DB_AWAY_MS;
    struct fault why = {0};
    fault_set(&why, STATUS_unavailable, NULL, "%s", status_text(STATUS_unavailable));
    while (queue->first != NULL && now - queue->first->born > patience) {
        struct item *item = queue_take(queue);
        if (item->kind == ITEM_begin)
            tx_abandon(item->tx, &why);
        db_fail(db, item, &why);
    }
}

static void on_tick(void *arg)
{
    struct db *db = arg;
    int64_t now = clock_ticks();
    for (unsigned i = 0; i < db->connections_count; i++)
        if (db->started && (db->migrated || i == 0)) /* the first one migrates, the others come when that is done */
            connection_tick(&db->connections[i], now);
    fail_late(db, &db->asks, now);
    fail_late(db, &db->begins, now);
    db_pump(db);
}

/* ---- who goes where ---- */

static unsigned ready_count(const struct db *db, unsigned *owned)
{
    unsigned ready = 0;
    *owned = 0;
    for (unsigned i = 0; i < db->connections_count; i++) {
        ready += db->connections[i].state == CONNECTION_ready;
        *owned += db->connections[i].owner != NULL;
    }
    return ready;
}

/* The ready connection without a transaction that has least to do. */
static struct connection *connection_free(struct db *db)
{
    struct connection *best = NULL;
    for (unsigned i = 0; i < db->connections_count; i++) {
        struct connection *other = &db->connections[i];
        if (other->state != CONNECTION_ready || other->owner != NULL || other->sent.count >= DB_SENT_MOST)
            continue;
        if (best == NULL || other->sent.count < best->sent.count)
            best = other;
    }
    return best;
}

/* Transactions leave one connection to single asks: one that waits for such an ask would wait for itself. */
static struct connection *connection_for_tx(struct db *db)
{
    unsigned owned, ready = ready_count(db, &owned);
    unsigned most = ready > 1 ? ready - 1 : ready;
    return owned < most ? connection_free(db) : NULL;
}

void db_pump(struct db *db)
{
    struct connection *connection;
    while (db->begins.first != NULL && (connection = connection_for_tx(db)) != NULL) {
        struct item *begin = queue_take(&db->begins);
        tx_start(begin->tx, connection, begin);
    }
    while (db->asks.first != NULL && (connection = connection_free(db)) != NULL)
        connection_send(connection, queue_take(&db->asks));
}

void db_ask(struct db *db, const struct statement *statement, struct db_args *args, db_done_fn *done, void *arg)
{
    assert(statement_known(db, statement));
    struct item *item = item_new(ITEM_ask, NULL);
    item->statement = statement;
    item->args = args;
    item->done = done;
    item->arg = arg;
    if (db->asks.count >= DB_WAITING_MOST) {
        struct fault why = {0};
        fault_set(&why, STATUS_unavailable, NULL, "%s", status_text(STATUS_unavailable));
        db_fail(db, item, &why);
        return;
    }
    queue_add(&db->asks, item);
    db_pump(db);
}
