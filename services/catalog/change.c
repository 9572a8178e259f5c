/* See change.h. */
#include "services/catalog/change.h"

#include "services/catalog/catalog.h"
#include "services/common/log.h"

/* What is asked in a turn looks up a few rows by their keys, whatever it is asked with: so it is planned once for a
 * connection, instead of six times, and no small table is read whole, for it is read again and again. */
#define TURN                                                                                                           \
    "set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),"            \
    " pg_advisory_xact_lock(hashtextextended('djembe catalog add', 0))"

static const struct statement change_lock = {"change_lock", "SELECT " TURN};

static const struct statement change_unsynced = {
    "change_unsynced",
    "SELECT set_config('synchronous_commit', 'off', true)",
};

void change_begin(struct db_tx *tx)
{
    db_tx_ask(tx, &change_lock, NULL, NULL, NULL);
}

void change_begin_behind(struct db_tx *tx)
{
    db_tx_ask(tx, &change_unsynced, NULL, NULL, NULL);
    change_begin(tx);
}

/* ---- a request from its turn to its answer ---- */

static const struct statement change_kept = {"change_kept", "SELECT reply FROM catalog.kept WHERE key = $1"};

/* Nothing of `changing` is touched after its answer: it goes with the request. */
static void answer(struct changing *changing, const struct fault *why, struct slice reply)
{
    log_trace(bus_trace(changing->request));
    if (changing->over != NULL)
        changing->over(changing->owner, why);
    log_trace("");
    if (why != NULL)
        bus_fail(changing->request, why);
    else
        bus_reply_packed(changing->request, reply);
}

void changing_fail(struct changing *changing, const struct fault *why)
{
    if (changing->tx != NULL)
        db_rollback(changing->tx);
    answer(changing, why, (struct slice){0});
}

bool changing_goes_on(struct changing *changing, const struct fault *why, const struct fault *wrong)
{
    if (why == NULL && wrong->status == STATUS_ok)
        return true;
    changing_fail(changing, why != NULL ? why : wrong);
    return false;
}

/* The answer to the commit was lost: the kept reply tells whether it happened. */
static void on_resolved(void *arg, struct slice reply, const struct fault *why)
{
    struct fault away = {0};
    if (why == NULL && reply.size == 0)
        fault_set(&away, STATUS_unavailable, NULL, "%s", status_text(STATUS_unavailable));
    answer(arg, why != NULL ? why : reply.size == 0 ? &away : NULL, reply);
}

static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    struct changing *changing = arg;
    if (uncertain && changing->key.size > 0) {
        kept_find(catalog.kept, changing->key, on_resolved, changing);
        return;
    }
    if (why == NULL && changing->made != NULL) {
        log_trace(bus_trace(changing->request));
        changing->made(changing->owner);
        log_trace("");
    }
    answer(changing, why, changing->reply);
}

void changing_done(struct changing *changing, const void *reply)
{
    changing->reply = bus_pack(changing->request, reply);
    if (changing->key.size > 0)
        kept_add(catalog.kept, changing->tx, changing->key, changing->reply);
    db_commit(changing->tx, on_committed, changing);
}

/* What was asked behind this is taken back, and nobody is told of it. */
static void on_kept(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct changing *changing = arg;
    if (why != NULL) {
        changing_fail(changing, why);
    } else if (db_count(rows) > 0) {
        struct slice reply = arena_copy(bus_arena(changing->request), db_get_bytes(rows, 0, 0));
        db_rollback(changing->tx);
        answer(changing, NULL, reply);
    }
}

void changing_start(struct changing *changing)
{
    changing->tx = db_begin(service_db());
    change_begin(changing->tx);
    if (changing->key.size > 0)
        db_tx_ask(changing->tx, &change_kept, db_bytes(db_args(), changing->key), on_kept, changing);
    changing->run(changing->owner);
}

void changing_try(struct changing *changing, const struct fault *why)
{
    if (why->status == STATUS_ok)
        changing_start(changing);
    else
        bus_fail(changing->request, why);
}

/* ---- what was changed ---- */

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

/* Where its turn does not come soon the connection is used as it is. */
static const struct statement change_warm = {
    "change_warm",
    "SELECT set_config('lock_timeout', '2000', true), " TURN ", catalog.warm()",
};

void change_start(void)
{
    db_warm(service_db(), &change_warm);
}

static const struct statement change_add = {
    "change_add",
    "INSERT INTO catalog.change (plugin, entity, grp, what, actor, why, before, after)"
    " SELECT plugin, id, $2, $3, $4, $5, nullif($6, '')::jsonb, nullif($7, '')::jsonb FROM catalog.entity WHERE id = "
    "$1",
};
static const struct statement change_add_request = {
    "change_add_request",
    "INSERT INTO catalog.change (plugin, request, what, actor, why)"
    " SELECT plugin, id, $2, $3, $4 FROM catalog.request WHERE id = $1",
};

static const struct statement change_add_collage = {
    "change_add_collage",
    "INSERT INTO catalog.change (plugin, collage, what, actor, why) VALUES ('', $1, $2, $3, $4)",
};

void change_log(struct db_tx *tx, const struct change *change)
{
    bool entity = change->request == 0 && change->collage == 0;
    struct db_args *args = db_int(db_args(), (int64_t)(entity                 ? change->entity
                                                       : change->request != 0 ? change->request
                                                                              : change->collage));
    if (entity)
        db_int(args, (int64_t)change->group);
    db_text(db_int(db_text(args, slice_text(change->what)), (int64_t)change->actor), change->why);
    if (entity)
        db_text(db_text(args, change->before), change->after);
    db_tx_ask(tx,
              entity                 ? &change_add
              : change->request != 0 ? &change_add_request
                                     : &change_add_collage,
              args, NULL, NULL);
}

const struct statement *const change_statements[] = {&change_unsynced,    &change_lock,       &change_kept,
                                                     &change_list,        &change_warm,       &change_add,
                                                     &change_add_request, &change_add_collage};
const size_t change_statements_count = sizeof change_statements / sizeof *change_statements;
