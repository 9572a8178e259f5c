/* Kept replies: two statements on <schema>.kept, and a third that now and then forgets what is older than a day. */
#include "services/common/kept.h"

#include "services/common/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { FORGET_EVERY_MS = 600000 };

struct kept {
    struct db *db;
    struct statement find, add, forget;
    char find_sql[100], add_sql[100], forget_sql[200];
    int64_t forgot_at; /* clock_ticks */
};

struct finding {
    kept_found_fn *found;
    void *arg;
};

struct kept *kept_new(struct db *db, const char *schema)
{
    struct kept *kept = mem_zero(1, sizeof *kept);
    kept->db = db;
    snprintf(kept->find_sql, sizeof kept->find_sql, "SELECT reply FROM %.32s.kept WHERE key = $1", schema);
    snprintf(kept->add_sql, sizeof kept->add_sql, "INSERT INTO %.32s.kept (key, reply) VALUES ($1, $2)", schema);
    snprintf(kept->forget_sql, sizeof kept->forget_sql,
             "DELETE FROM %.32s.kept WHERE key IN (SELECT key FROM %.32s.kept"
             " WHERE at < now() - interval '1 day' ORDER BY at LIMIT 10000)",
             schema, schema);
    kept->find = (struct statement){.name = "kept_find", .sql = kept->find_sql};
    kept->add = (struct statement){.name = "kept_add", .sql = kept->add_sql};
    kept->forget = (struct statement){.name = "kept_forget", .sql = kept->forget_sql};
    kept->forgot_at = clock_ticks();
    db_add_statements(db, (const struct statement *const[]){&kept->find, &kept->add, &kept->forget}, 3);
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
    db_ask(kept->db, &kept->find, db_bytes(db_args(), key), on_found, finding);
}

void kept_add(struct kept *kept, struct db_tx *tx, struct slice key, struct slice reply)
{
    db_tx_ask(tx, &kept->add, db_bytes(db_bytes(db_args(), key), reply), NULL, NULL);
    int64_t now = clock_ticks();
    if (now - kept->forgot_at < FORGET_EVERY_MS)
        return;
    kept->forgot_at = now;
    db_ask(kept->db, &kept->forget, NULL, NULL, NULL);
}
