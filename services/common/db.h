/* PostgreSQL without blocking the loop: a few pipelined connections, prepared statements, reconnecting with backoff.
 * Parameters are never pasted into SQL. Every ask has a deadline; when the database is away an ask fails with
 * STATUS_unavailable instead of hanging. */
#ifndef DJEMBE_COMMON_DB_H
#define DJEMBE_COMMON_DB_H

#include "proto/fault.h"
#include "services/common/arena.h"
#include "services/common/embed.h"
#include "services/common/loop.h"

struct db;
struct db_args;
struct db_rows;
struct db_tx;

/* A statement stands above the one function that uses it, and in the service's table: all of the table are prepared at
 * connect, so a typo stops the start (and --check), not a member's request. */
struct statement {
    const char *name;
    const char *sql; /* parameters $1, $2 …, typed by casts where PostgreSQL cannot tell */
};

struct db *db_new(struct loop *loop, const char *url, unsigned connections, const struct statement *const *statements,
                  size_t count);
void db_destroy(struct db **db);
bool db_is_up(const struct db *db);
/* Why it is not up, for people: NULL when all is well or nothing has been tried yet. With --check the first trouble
 * ends the program. */
const char *db_trouble(const struct db *db);
/* Asks and transactions under way: 0 when it can be stopped without cutting anything off. */
size_t db_busy(const struct db *db);
/* Called at each change between up and away; up means migrated and prepared. At most one. */
void db_on_change(struct db *db, void (*changed)(void *arg, bool up), void *arg);

/* Parameters, in order. Text and bytes are copied. The args belong to the call they are given to. */
struct db_args *db_args(void);
struct db_args *db_int(struct db_args *args, int64_t value);
struct db_args *db_flag(struct db_args *args, bool value);
struct db_args *db_text(struct db_args *args, struct slice value);
struct db_args *db_bytes(struct db_args *args, struct slice value); /* bytea */
struct db_args *db_time(struct db_args *args, int64_t unix_ms);     /* timestamptz */
struct db_args *db_null(struct db_args *args);
/* Arrays, for unnest(): bigint[], text[], bytea[], timestamptz[] from unix ms, tid[] from what db_get_int read of one.
 */
struct db_args *db_ints(struct db_args *args, const int64_t *values, size_t count);
struct db_args *db_texts(struct db_args *args, const struct slice *values, size_t count);
struct db_args *db_blobs(struct db_args *args, const struct slice *values, size_t count);
struct db_args *db_times(struct db_args *args, const int64_t *unix_ms, size_t count);
struct db_args *db_tids(struct db_args *args, const int64_t *values, size_t count);

/* The result: `rows` when it worked, else NULL and `why` (unavailable, conflict for a unique violation or a
 * serialisation failure that did not heal by trying again, internal for the rest, which is logged). Rows live until the
 * callback returns. */
typedef void db_done_fn(void *arg, const struct db_rows *rows, const struct fault *why);

/* One statement by itself. When the connection breaks under it, it is asked again if it begins with SELECT (and calls
 * neither feed_add nor nextval), else it fails: whether it was done is then unknown. `args` NULL: none. `done` may be
 * NULL. No callback of this file is called before the function it was given to returns. */
void db_ask(struct db *db, const struct statement *statement, struct db_args *args, db_done_fn *done, void *arg);

/* Several statements in one transaction, on one connection. After a failed statement every further ask of the
 * transaction fails at once and db_commit rolls back and tells the first fault. A commit whose answer was lost is told
 * as STATUS_unavailable with `uncertain` set: resolve it by its key. */
struct db_tx *db_begin(struct db *db);
void db_tx_ask(struct db_tx *tx, const struct statement *statement, struct db_args *args, db_done_fn *done, void *arg);
typedef void db_commit_fn(void *arg, const struct fault *why /* NULL: committed */, bool uncertain);
void db_commit(struct db_tx *tx, db_commit_fn *done, void *arg); /* consumes tx */
void db_rollback(struct db_tx *tx);                              /* consumes tx; waiting callbacks are not called */

size_t db_count(const struct db_rows *rows);      /* rows returned */
uint64_t db_affected(const struct db_rows *rows); /* rows changed */
bool db_is_null(const struct db_rows *rows, size_t row, int column);
int64_t db_get_int(const struct db_rows *rows, size_t row, int column); /* any integer type, tid, xid */
bool db_get_flag(const struct db_rows *rows, size_t row, int column);
struct slice db_get_text(const struct db_rows *rows, size_t row, int column); /* text, jsonb; NUL-terminated */
struct slice db_get_bytes(const struct db_rows *rows, size_t row, int column);
int64_t db_get_time(const struct db_rows *rows, size_t row, int column); /* unix ms */

/* Adds statements after db_new and before the connections are ready (a module's own, such as a feed's). */
void db_add_statements(struct db *db, const struct statement *const *statements, size_t count);
/* The same for one that is written at run time: copied, and kept until db_destroy, for a connection may prepare it
 * after the module has ended. */
const struct statement *db_add_statement(struct db *db, const char *name, const char *sql);

/* Runs it, without parameters, on each new connection before that is used: it writes nothing, and what others call is
 * planned then, for a connection keeps the plans of functions. At most one; whether it works is nobody's business. */
void db_warm(struct db *db, const struct statement *statement);

/* Applies migrations under an advisory lock before the statements are prepared: first common/migrations/0000_schema.sql
 * (the schema, feed tables, kept replies; @SCHEMA@ stands for its name), then the service's own NNNN_*.sql in order of
 * their names. Each runs once, in a transaction of its own, and is recorded in <schema>.migration. */
void db_migrate(struct db *db, const char *schema, const struct embedded *migrations, size_t count);

#endif
