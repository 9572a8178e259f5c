/* See change.h. */
#include "services/catalog/change.h"

static const struct statement change_lock = {
    "change_lock",
    "SELECT pg_advisory_xact_lock(hashtextextended('djembe catalog add', 0))",
};

void change_begin(struct db_tx *tx)
{
    db_tx_ask(tx, &change_lock, NULL, NULL, NULL);
}

/* A group without torrents is in no list, and its page can be found only by who has its address. */
static const struct statement change_list = {
    "change_list",
    "SELECT catalog.list($1::bigint[])",
};

void change_touch_all(struct db_tx *tx, const int64_t *groups, size_t count, db_done_fn *done, void *arg)
{
    db_tx_ask(tx, &change_list, db_ints(db_args(), groups, count), done, arg);
}

void change_touch(struct db_tx *tx, uint64_t group)
{
    change_touch_all(tx, &(int64_t){(int64_t)group}, 1, NULL, NULL);
}

static const struct statement change_add = {
    "change_add",
    "INSERT INTO catalog.change (plugin, entity, grp, what, actor, why, before, after)"
    " SELECT plugin, id, $2, $3, $4, $5, nullif($6, '')::jsonb, nullif($7, '')::jsonb FROM catalog.entity WHERE id = "
    "$1",
};

void change_log(struct db_tx *tx, const struct change *change)
{
    struct db_args *args = db_int(db_int(db_args(), (int64_t)change->entity), (int64_t)change->group);
    db_int(db_text(args, slice_text(change->what)), (int64_t)change->actor);
    db_text(db_text(db_text(args, change->why), change->before), change->after);
    db_tx_ask(tx, &change_add, args, NULL, NULL);
}

const struct statement *const change_statements[] = {&change_lock, &change_list, &change_add};
const size_t change_statements_count = sizeof change_statements / sizeof *change_statements;
