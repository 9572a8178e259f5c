/* Kept replies: two statements on <schema>.kept, and a third that now and then forgets what is older than a day. */
#include "services/common/kept.h"

#include "services/common/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FORGET_EVERY_MS = 600000 };

struct kept {
    struct db *db;
    const struct statement *find, *add, *forget;
    int64_t forgot_at; /* clock_ticks */
};

struct finding {
    kept_found_fn *found;
    void *arg;
};

__attribute__((format(printf, 3, 4))) static const struct statement *statement_make(struct db *db, const char *name,
                                                                                    const char *format, ...)
{
    char sql[256];
    va_list args;
    va_start(args, format);
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    return db_add_statement(db, name, sql);
}

struct kept *kept_new(struct db *db, const char *schema)
{
    struct kept *kept = mem_zero(1, sizeof *kept);
    kept->db = db;
    kept->find = statement_make(db, "kept_find", "SELECT reply FROM %s.kept WHERE key = $1", schema);
    kept->add = statement_make(db, "kept_add", "INSERT INTO %s.kept (key, reply) VALUES ($1, $2)", schema);
    kept->forget = statement_make(db, "kept_forget",
                                  "DELETE FROM %s.kept WHERE key IN (SELECT key FROM %s.kept"
                                  " WHERE at < now() - interval '1 day' ORDER BY at LIMIT 10000)",
                                  schema, schema);
    kept->forgot_at = clock_ticks();
    return kept;
}

void kept_destroy(struct kept **kept)
{
    free(*kept);
    *kept = NULL;
}

static void on_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct finding *finding = arg;
    struct slice reply = rows != NULL && db_count(rows) == 1 ? db_get_bytes(rows, 0, 0) : slice_text("");
    finding->found(finding->arg, reply, why);
    free(finding);
}

void kept_find(struct kept *kept, struct slice key, kept_found_fn *found, void *arg)
{
    struct finding *finding = mem_take(sizeof *finding);
    *finding = (struct finding){.found = found, .arg = arg};
    db_ask(kept->db, kept->find, db_bytes(db_args(), key), on_found, finding);
}

void kept_add(struct kept *kept, struct db_tx *tx, struct slice key, struct slice reply)
{
    db_tx_ask(tx, kept->add, db_bytes(db_bytes(db_args(), key), reply), NULL, NULL);
    int64_t now = clock_ticks();
    if (now - kept->forgot_at < FORGET_EVERY_MS)
        return;
    kept->forgot_at = now;
    db_ask(kept->db, kept->forget, NULL, NULL, NULL);
}
