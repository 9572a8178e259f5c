/* A member's drafts are found by that member alone. Of each member the newest few are kept. */
#include "services/web/draft.h"

#include "services/web/statements.h"
#include "services/web/web.h"

#include <stdlib.h>

struct keep {
    draft_kept_fn *kept;
    void *arg;
};

static void on_kept(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct keep keep = *(struct keep *)arg;
    (void)why;
    free(arg);
    keep.kept(keep.arg, rows != NULL && db_count(rows) > 0 ? (uint64_t)db_get_int(rows, 0, 0) : 0);
}

const struct statement draft_add = {
    "draft_add", "WITH old AS (DELETE FROM web.draft WHERE id IN (SELECT id FROM web.draft WHERE member = $1"
                 " ORDER BY id DESC OFFSET 4))"
                 " INSERT INTO web.draft (member, name, content) VALUES ($1, $2, $3) RETURNING id"};

void draft_keep(uint64_t member, struct slice name, struct slice content, draft_kept_fn *kept, void *arg)
{
    struct keep *keep = mem_take(sizeof *keep);
    *keep = (struct keep){kept, arg};
    db_ask(service_db(), &draft_add, db_bytes(db_text(db_int(db_args(), (int64_t)member), name), content), on_kept,
           keep);
}

struct look {
    draft_found_fn *found;
    void *arg;
};

static void on_looked(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct look look = *(struct look *)arg;
    free(arg);
    if (rows == NULL || db_count(rows) == 0) {
        look.found(look.arg, NULL, why);
        return;
    }
    struct draft draft = {(uint64_t)db_get_int(rows, 0, 0), db_get_text(rows, 0, 1), db_get_bytes(rows, 0, 2)};
    look.found(look.arg, &draft, NULL);
}

const struct statement draft_find = {"draft_find",
                                     "SELECT id, name, content FROM web.draft"
                                     " WHERE member = $1 AND id = $2 AND created_at > now() - interval '1 hour'"};

void draft_look(uint64_t member, uint64_t id, draft_found_fn *found, void *arg)
{
    struct look *look = mem_take(sizeof *look);
    *look = (struct look){found, arg};
    db_ask(service_db(), &draft_find, db_int(db_int(db_args(), (int64_t)member), (int64_t)id), on_looked, look);
}

const struct statement draft_drop = {"draft_drop", "DELETE FROM web.draft WHERE member = $1 AND id = $2"};

void draft_forget(uint64_t member, uint64_t id)
{
    if (id != 0)
        db_ask(service_db(), &draft_drop, db_int(db_int(db_args(), (int64_t)member), (int64_t)id), NULL, NULL);
}

const struct statement draft_clean = {"draft_clean",
                                      "DELETE FROM web.draft WHERE created_at < now() - interval '1 hour'"};

void draft_sweep(void)
{
    db_ask(service_db(), &draft_clean, db_args(), NULL, NULL);
}
