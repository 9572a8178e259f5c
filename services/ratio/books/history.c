/* What happened: the effects of the log's events, as they were stored with them. */
#include "services/ratio/books/answers.h"

#include "services/ratio/statements.h"

static void pack_entry(const struct db_rows *rows, size_t i, msgpack_packer *packer)
{
    struct history_row row = {
        .entry = (uint64_t)db_get_int(rows, i, 0),
        .event = (uint64_t)db_get_int(rows, i, 1),
        .at = db_get_time(rows, i, 2),
        .cause = db_get_text(rows, i, 3),
        .what = db_get_text(rows, i, 4),
        .user = (uint64_t)db_get_int(rows, i, 5),
        .version = (uint64_t)db_get_int(rows, i, 6),
        .backup = (uint64_t)db_get_int(rows, i, 7),
        .before = db_get_int(rows, i, 8),
        .after = db_get_int(rows, i, 9),
        .state_before = db_get_text(rows, i, 10),
        .state_after = db_get_text(rows, i, 11),
        .reason = db_get_text(rows, i, 12),
        .by = (uint64_t)db_get_int(rows, i, 13),
    };
    row_pack(&history_row_row, &row, packer);
}

static void on_entries(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct ratio_history_list_reply reply = {0};
    if (why != NULL)
        bus_fail(request, why);
    else
        rows_reply(request, rows, pack_entry, &reply.entries, &reply);
}

#define ENTRIES(where)                                                                                                 \
    "SELECT entry, seq, at, cause, what, user_id, version_id, backup_id, before, after, state_before, state_after,"    \
    " coalesce(reason, ''), coalesce(said_by, 0) FROM ratio.book_effect LEFT JOIN ratio.book_reason USING (seq) "      \
    "WHERE " where " AND entry < $2 AND ($3 = '' OR what = ANY (string_to_array($3, ','))) "                           \
    "ORDER BY entry DESC LIMIT $4"

const struct statement book_history_user = {.name = "book_history_user", .sql = ENTRIES("user_id = $1")};
const struct statement book_history_version = {.name = "book_history_version", .sql = ENTRIES("version_id = $1")};
const struct statement book_history_copy = {.name = "book_history_copy",
                                            .sql = ENTRIES("user_id = $1 AND version_id = $5")};

bool about_begin(struct about *about, struct bus_request *request, uint64_t user, uint64_t version)
{
    if (user == 0 && version == 0) {
        bus_fail(request, &(struct fault){
                              .status = STATUS_invalid, .field = "user", .text = "Name a member, a version, or both."});
        return false;
    }
    about->chosen = version == 0 ? about->user : user == 0 ? about->version : about->copy;
    about->args = db_int(db_args(), (int64_t)(user != 0 ? user : version));
    about->last = user != 0 ? version : 0;
    return true;
}

void about_ask(struct about *about, db_done_fn *done, struct bus_request *request)
{
    if (about->last != 0)
        db_int(about->args, (int64_t)about->last);
    db_ask(book.reader, about->chosen, about->args, done, request);
}

static void serve_history(struct bus_request *request, const void *message)
{
    const struct ratio_history_list *ask = message;
    struct about about = {.user = &book_history_user, .version = &book_history_version, .copy = &book_history_copy};
    if (!about_begin(&about, request, ask->user, ask->version))
        return;
    db_int(about.args, ask->before != 0 ? (int64_t)ask->before : INT64_MAX);
    db_int(db_text(about.args, ask->what), (int64_t)ask->limit);
    about_ask(&about, on_entries, request);
}

static void on_history(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    book_read(request, message, serve_history);
}

void history_serve(void)
{
    bus_serve(book.bus, NULL, &ratio_history_list_message, on_history, NULL);
}
