#include "services/ratio/once.h"

#include "services/common/kept.h"
#include "services/ratio/statements.h"

static struct {
    struct db *db;
    struct kept *kept;
} changes;

static void on_kept(void *arg, struct slice reply, const struct fault *why);

void once_start(struct db *db)
{
    changes.db = db;
    changes.kept = kept_new(db, "ratio");
}

/* ---- the end ---- */

static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    struct once *once = arg;
    if (why == NULL) {
        if (once->committed != NULL)
            once->committed();
        bus_reply_packed(once->request, once->reply);
    } else if (!once->again && (uncertain || why->status == STATUS_conflict)) {
        once->again = true; /* perhaps it happened: then its reply is kept */
        kept_find(changes.kept, once->key, on_kept, once);
    } else {
        bus_fail(once->request, why);
    }
}

void once_reply(struct once *once, const void *reply)
{
    once->reply = bus_pack(once->request, reply);
    kept_add(changes.kept, once->tx, once->key, once->reply);
    db_commit(once->tx, on_committed, once);
}

/* Perhaps it is refused because the same request has just made the change: then its reply is kept. */
void once_fail(struct once *once, const struct fault *why)
{
    db_rollback(once->tx);
    once->refused = *why;
    kept_find(changes.kept, once->key, on_kept, once);
}

/* ---- the beginning ---- */

const struct statement once_staff = {.name = "once_staff",
                                     .sql = "SELECT 1 FROM ratio.member WHERE user_id = $1 AND standing = 'active'"
                                            " AND class IN ('moderator', 'administrator')"};

static void on_staff(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct once *once = arg;
    struct fault none;
    if (why == NULL && db_count(rows) == 1) {
        once->run(once);
        return;
    }
    fault_set(&none, STATUS_forbidden, NULL, "Only staff may do that.");
    once_fail(once, why != NULL ? why : &none);
}

static void on_kept(void *arg, struct slice reply, const struct fault *why)
{
    struct once *once = arg;
    uint64_t actor = bus_actor(once->request);
    if (why != NULL) {
        bus_fail(once->request, why);
        return;
    }
    if (reply.size > 0) {
        bus_reply_packed(once->request, reply);
        return;
    }
    if (once->refused.status != STATUS_ok) {
        bus_fail(once->request, &once->refused);
        return;
    }
    once->tx = db_begin(changes.db);
    if (once->for_staff && actor != 0)
        db_tx_ask(once->tx, &once_staff, db_int(db_args(), (int64_t)actor), on_staff, once);
    else
        once->run(once);
}

void once_begin(struct bus_request *request, struct slice key, bool for_staff, once_run_fn *run, const void *ask,
                void (*committed)(void))
{
    struct once *once = arena_take(bus_arena(request), sizeof *once);
    *once = (struct once){
        .request = request, .key = key, .for_staff = for_staff, .run = run, .ask = ask, .committed = committed};
    kept_find(changes.kept, key, on_kept, once);
}
