/* After how many days without a new version an owner wants to be told. No figure of the rules depends on it, so it is
 * no event: it stands beside the backup, with the version that was told of last. tell.c looks once an hour. */
#include "services/ratio/books/answers.h"

#include "services/ratio/statements.h"

const struct statement remind_get = {.name = "remind_get",
                                     .sql = "SELECT remind_days FROM ratio.book_backup WHERE backup_id = $1"};

/* 0 asks for the staff. */
const struct statement remind_set = {
    .name = "remind_set",
    .sql = "WITH found AS (SELECT owner FROM ratio.book_backup WHERE backup_id = $2),"
           " set AS (UPDATE ratio.book_backup SET remind_days = $3 WHERE backup_id = $2 AND ($1 = 0 OR owner = $1))"
           " SELECT owner = $1 OR $1 = 0 FROM found"};

struct reminding {
    struct bus_request *request;
    uint64_t days;
};

static void on_set(void *arg, const struct db_rows *rows, const struct fault *why)
{
    const struct reminding *reminding = arg;
    struct fault wrong;
    if (why == NULL && db_count(rows) == 1 && db_get_flag(rows, 0, 0)) {
        bus_reply(reminding->request, &(struct ratio_backup_remind_reply){.days = reminding->days});
        return;
    }
    if (why == NULL && db_count(rows) == 0)
        fault_set(&wrong, STATUS_not_found, "backup", "There is no such backup.");
    else
        fault_set(&wrong, STATUS_forbidden, "backup", "The backup belongs to another member.");
    bus_fail(reminding->request, why != NULL ? why : &wrong);
}

static void on_remind(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_backup_remind *ask = message;
    struct reminding *reminding = arena_take(bus_arena(request), sizeof *reminding);
    *reminding = (struct reminding){request, ask->days};
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->user), (int64_t)ask->backup);
    db_ask(book.db, &remind_set, db_int(args, (int64_t)ask->days), on_set, reminding);
}

void remind_serve(void)
{
    bus_serve(book.bus, NULL, &ratio_backup_remind_message, on_remind, NULL);
}
