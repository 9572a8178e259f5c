/* How the files db*.c share their work. One `struct db` has a few connections; an item is one statement on its way: it
 * waits in the database's or its transaction's queue, then stands in its connection's `sent` queue until its answer has
 * come, or goes to the `failed` queue, whose callbacks run in the next turn of the loop.
 *
 * Order within a transaction: while it has its connection everything goes there, failed or not, and answers come in
 * order. Once the connection is lost everything goes to the failed queue, in order too. So a commit's callback always
 * comes last. */
#ifndef DJEMBE_COMMON_DB_PRIVATE_H
#define DJEMBE_COMMON_DB_PRIVATE_H

#include "services/common/db.h"
#include "services/common/resolve.h"

#include <libpq-fe.h>

enum {
    DB_TICK_MS = 100,
    DB_WAIT_MS = 5000,         /* an ask waits this long for a connection that is busy, */
    DB_AWAY_MS = 2000,         /* and this long for a database that is away */
    DB_ANSWER_MS = 10000,      /* a server that says nothing for so long is given up */
    DB_CONNECT_MS = 5000,      /* to resolve the name and connect */
    DB_STATEMENT_MS = 9000,    /* the server ends a statement itself, a little before we would give it up */
    DB_TX_MS = 30000,          /* the longest transaction */
    DB_MIGRATION_MS = 3600000, /* the longest migration */
    DB_RETRY_LEAST_MS = 200,
    DB_RETRY_MOST_MS = 5000,
    DB_WAITING_MOST = 10000, /* items without a connection */
    DB_SENT_MOST = 16,       /* asks in one connection's pipeline */
    DB_TRIES_MOST = 4,       /* of an ask that meets serialisation failures */
};

struct connection;
struct migrating;

enum item_kind { ITEM_ask, ITEM_begin, ITEM_commit, ITEM_rollback, ITEM_setup, ITEM_prepare, ITEM_warm };

struct item {
    struct item *next;
    enum item_kind kind;
    const struct statement *statement;
    struct db_args *args;
    struct db_tx *tx;        /* NULL: by itself */
    db_done_fn *done;        /* may be NULL */
    db_commit_fn *committed; /* ITEM_commit */
    void *arg;
    int64_t born, sent; /* clock_ticks */
    unsigned tries;
    bool uncertain;   /* a commit that was sent and never answered */
    struct fault why; /* in the failed queue */
};

struct queue {
    struct item *first, *last;
    size_t count;
};

enum connection_state {
    CONNECTION_down, /* until retry_at */
    CONNECTION_resolving,
    CONNECTION_connecting,
    CONNECTION_migrating,
    CONNECTION_preparing,
    CONNECTION_ready,
};

struct connection {
    struct db *db;
    unsigned number;
    enum connection_state state;
    int64_t since;    /* when this state began */
    int64_t retry_at; /* CONNECTION_down */
    uint32_t backoff;
    unsigned life; /* counts losses, so that a loop over results sees that its connection has gone */
    struct resolving *resolving;
    struct migrating *migrating;
    PGconn *pg;
    int fd;
    struct loop_watch *watch;
    struct queue sent;
    PGresult *result;    /* of the first sent, until its sync comes */
    int64_t heard;       /* the last sign of life while something is sent */
    struct db_tx *owner; /* a transaction that has not sent its end yet */
};

struct db_tx {
    struct db *db;
    struct connection *connection; /* NULL: it waits for one, or has lost it */
    struct queue waiting;          /* what was asked before there was a connection */
    size_t items;                  /* that point here */
    int64_t born;                  /* when it got its connection */
    bool ended;                    /* commit or rollback has been called */
    bool silent;                   /* rolled back: its callbacks are not called any more */
    bool failed;
    struct fault why; /* the first fault */
};

struct db {
    struct loop *loop;
    PQconninfoOption *url;
    const struct statement **statements;
    size_t statements_count;
    const struct statement *warm; /* NULL: none */
    struct arena *written;        /* the statements that were written at run time */
    struct connection *connections;
    unsigned connections_count;
    struct queue asks, begins; /* without a connection */
    struct queue failed;
    struct loop_timer *tick, *deliver, *start;
    bool started, up;
    void (*changed)(void *arg, bool up);
    void *changed_arg;
    char trouble[256];
    char *schema;
    const struct embedded *migrations;
    size_t migrations_count;
    bool migrated;
};

/* ---- db_queue.c: items ---- */

struct item *item_new(enum item_kind kind, struct db_tx *tx);
void item_free(struct item *item);
void queue_add(struct queue *queue, struct item *item);
void queue_push_front(struct queue *queue, struct item *item);
struct item *queue_take(struct queue *queue);
void queue_clear(struct queue *queue);

/* ---- db.c: who goes where ---- */

/* Gives waiting items to connections that can take them. */
void db_pump(struct db *db);
/* The item's callback is told of `why` in the next turn. */
void db_fail(struct db *db, struct item *item, const struct fault *why);
/* Remembers and logs why the database does not work; NULL: it does. */
void db_set_trouble(struct db *db, const char *format, ...) __attribute__((format(printf, 2, 3)));
void db_clear_trouble(struct db *db);
/* A connection became ready or was lost. */
void db_count_ready(struct db *db);

/* ---- db_connection.c: from down to ready and back ---- */

void connection_start(struct connection *connection);
void connection_tick(struct connection *connection, int64_t now);
void connection_lose(struct connection *connection, const char *reason);
void connection_close(struct connection *connection);
/* Watches for what the connection needs now. */
void connection_watch(struct connection *connection, int events);
/* Leaves CONNECTION_connecting or _migrating: prepares the statements. */
void connection_prepare(struct connection *connection);

/* ---- db_pipeline.c: items out, results in ---- */

void connection_send(struct connection *connection, struct item *item);
void connection_read(struct connection *connection);

/* ---- db_tx.c ---- */

void tx_start(struct db_tx *tx, struct connection *connection, struct item *begin);
/* Remembers the first fault. */
void tx_fault(struct db_tx *tx, const struct fault *why);
/* Its connection is lost, or it never got one: whatever waits in it fails. */
void tx_abandon(struct db_tx *tx, const struct fault *why);

/* ---- db_args.c ---- */

bool args_send(const struct db_args *args, PGconn *pg, const char *statement);
void args_free(struct db_args **args);

/* ---- db_rows.c ---- */

void rows_give(const struct item *item, PGresult *result);

/* ---- db_fault.c: SQLSTATE to status ---- */

bool result_failed(const PGresult *result);
/* The server ends the connection, or must be asked afresh. */
bool result_ends_connection(const PGresult *result);
bool result_may_heal(const PGresult *result); /* by asking again */
void result_fault(const PGresult *result, const char *statement, struct fault *why);

/* ---- db_address.c: where to ---- */

/* NULL: nothing to look up, libpq can connect at once. */
struct resolving *url_resolve(const PQconninfoOption *url);
/* Starts connecting, at the addresses found when there was something to look up. */
PGconn *url_connect(const PQconninfoOption *url, const struct resolved *resolved, const char *name);

/* ---- db_migrate.c ---- */

void migrating_start(struct connection *connection);
void migrating_read(struct connection *connection);
void migrating_tick(struct connection *connection, int64_t now);
void migrating_destroy(struct migrating **migrating);

#endif
