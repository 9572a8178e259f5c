/* Migrations, on the first connection before it is pipelined: take the advisory lock, see what has been applied, apply
 * the rest one by one, give the lock back. A file and its row in <schema>.migration go as one message, which PostgreSQL
 * runs as one transaction. A failure loses the connection and with it the lock; it is tried again like a connection
 * that cannot be opened. */
#include "services/common/db_private.h"

#include "services/common/bencode.h"
#include "services/common/clock.h"
#include "services/common/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum step { STEP_lock, STEP_wait, STEP_table, STEP_list, STEP_apply, STEP_unlock };

struct migrating {
    enum step step;
    int64_t since;
    const struct embedded **files; /* all, in order; NULL: applied */
    size_t count, at;
    bool locked;
};

extern const struct embedded common_migrations[];
extern const size_t common_migrations_count;

/* ---- the files ---- */

static const char *file_name(const struct embedded *file)
{
    const char *slash = strrchr(file->path, '/');
    return slash != NULL ? slash + 1 : file->path;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(file_name(*(const struct embedded *const *)a), file_name(*(const struct embedded *const *)b));
}

static void files_add(struct migrating *migrating, const struct embedded *files, size_t count)
{
    size_t old = migrating->count;
    migrating->files = mem_grow(migrating->files, (old + count + 1) * sizeof(struct embedded *));
    for (size_t i = 0; i < count; i++) {
        const char *name = file_name(&files[i]);
        assert(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.") == strlen(name));
        migrating->files[migrating->count++] = &files[i];
    }
    if (count > 0)
        qsort(migrating->files + old, count, sizeof(struct embedded *), by_name);
}

static void files_strike(struct migrating *migrating, const char *name)
{
    for (size_t i = 0; i < migrating->count; i++)
        if (migrating->files[i] != NULL && strcmp(file_name(migrating->files[i]), name) == 0)
            migrating->files[i] = NULL;
}

void migrating_destroy(struct migrating **migrating)
{
    if (*migrating == NULL)
        return;
    free(*migrating != NULL ? (*migrating)->files : NULL);
    free(*migrating);
    *migrating = NULL;
}

/* ---- the steps ---- */

static void step_send(struct connection *connection, enum step step, const char *sql)
{
    connection->migrating->step = step;
    connection->migrating->since = clock_ticks();
    if (PQsendQuery(connection->pg, sql) != 1 || PQflush(connection->pg) < 0)
        connection_lose(connection, PQerrorMessage(connection->pg));
    else
        connection_watch(connection, LOOP_READ | LOOP_WRITE);
}

static void lock_send(struct connection *connection)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT pg_try_advisory_lock(hashtext('djembe migration'), hashtext('%s'))",
             connection->db->schema);
    step_send(connection, STEP_lock, sql);
}

/* CREATE SCHEMA IF NOT EXISTS asks for the right to create even when there is nothing to do. */
static void table_send(struct connection *connection)
{
    const char *schema = connection->db->schema;
    struct buffer sql = {0};
    buffer_print(&sql,
                 "DO $$ BEGIN IF to_regnamespace('%s') IS NULL THEN CREATE SCHEMA %s; END IF; END $$;"
                 "CREATE TABLE IF NOT EXISTS %s.migration"
                 " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
                 schema, schema, schema);
    buffer_add(&sql, "", 1);
    step_send(connection, STEP_table, sql.at);
    buffer_free(&sql);
}

static void list_send(struct connection *connection)
{
    char sql[120];
    snprintf(sql, sizeof sql, "SELECT name FROM %s.migration", connection->db->schema);
    step_send(connection, STEP_list, sql);
}

/* @SCHEMA@ becomes the schema's name. */
static void file_print(struct buffer *into, const struct embedded *file, const char *schema)
{
    static const char mark[] = "@SCHEMA@";
    const char *at = file->at;
    for (const char *next; (next = strstr(at, mark)) != NULL; at = next + sizeof mark - 1) {
        buffer_add(into, at, (size_t)(next - at));
        buffer_add(into, schema, strlen(schema));
    }
    buffer_add(into, at, strlen(at));
}

static void next_send(struct connection *connection)
{
    struct migrating *migrating = connection->migrating;
    const char *schema = connection->db->schema;
    while (migrating->at < migrating->count && migrating->files[migrating->at] == NULL)
        migrating->at++;
    if (migrating->at == migrating->count) {
        step_send(connection, STEP_unlock, "SELECT pg_advisory_unlock_all()");
        return;
    }
    struct buffer sql = {0};
    file_print(&sql, migrating->files[migrating->at], schema);
    buffer_print(&sql, "\n;INSERT INTO %s.migration (name) VALUES ('%s')", schema,
                 file_name(migrating->files[migrating->at]));
    buffer_add(&sql, "", 1);
    step_send(connection, STEP_apply, sql.at);
    buffer_free(&sql);
}

static void step_done(struct connection *connection)
{
    struct migrating *migrating = connection->migrating;
    if (migrating->step == STEP_lock && migrating->locked) {
        table_send(connection);
    } else if (migrating->step == STEP_lock) {
        migrating->step = STEP_wait; /* another replica is at it: the tick asks again */
    } else if (migrating->step == STEP_table) {
        list_send(connection);
    } else if (migrating->step == STEP_list) {
        next_send(connection);
    } else if (migrating->step == STEP_apply) {
        log_info("migration applied", "schema=%s file=%s", connection->db->schema,
                 file_name(migrating->files[migrating->at]));
        migrating->at++;
        next_send(connection);
    } else {
        connection->db->migrated = true;
        migrating_destroy(&connection->migrating);
        connection_prepare(connection);
    }
}

void migrating_start(struct connection *connection)
{
    struct db *db = connection->db;
    connection->migrating = mem_zero(1, sizeof *connection->migrating);
    files_add(connection->migrating, common_migrations, common_migrations_count);
    files_add(connection->migrating, db->migrations, db->migrations_count);
    lock_send(connection);
}

/* ---- answers ---- */

static void migration_failed(struct connection *connection, const PGresult *result)
{
    struct migrating *migrating = connection->migrating;
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    char reason[240];
    snprintf(reason, sizeof reason, "migration %.60s failed: %.150s",
             migrating->step == STEP_apply ? file_name(migrating->files[migrating->at]) : "of the schema",
             message != NULL ? message : PQerrorMessage(connection->pg));
    connection_lose(connection, reason);
}

static void result_read(struct migrating *migrating, const PGresult *result)
{
    if (migrating->step == STEP_lock)
        migrating->locked = PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), "t") == 0;
    else if (migrating->step == STEP_list)
        for (int i = 0; i < PQntuples(result); i++)
            files_strike(migrating, PQgetvalue(result, i, 0));
}

void migrating_read(struct connection *connection)
{
    if (PQconsumeInput(connection->pg) != 1) {
        connection_lose(connection, PQerrorMessage(connection->pg));
        return;
    }
    int left = PQflush(connection->pg);
    connection_watch(connection, left > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
    while (connection->migrating->step != STEP_wait && !PQisBusy(connection->pg)) {
        PGresult *result = PQgetResult(connection->pg);
        if (result == NULL) {
            step_done(connection);
            return;
        }
        bool failed = result_failed(result);
        if (failed)
            migration_failed(connection, result);
        else
            result_read(connection->migrating, result);
        PQclear(result);
        if (failed)
            return;
    }
}

void migrating_tick(struct connection *connection, int64_t now)
{
    struct migrating *migrating = connection->migrating;
    if (migrating->step == STEP_wait && now - migrating->since >= INT64_C(2) * DB_TICK_MS)
        lock_send(connection);
    else if (now - migrating->since > (migrating->step == STEP_apply ? DB_MIGRATION_MS : DB_ANSWER_MS))
        connection_lose(connection, "PostgreSQL does not answer during a migration");
}
