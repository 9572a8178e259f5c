/* ratio.ledger.list: the entries behind a member's totals. */
#include "services/ratio/ratio.h"
#include "services/ratio/rows.h"
#include "services/ratio/statements.h"

static struct db *ledger_db;

static void pack_entry(const struct db_rows *rows, size_t i, msgpack_packer *packer)
{
    struct ledger_row row = {
        .entry = (uint64_t)db_get_int(rows, i, 0),
        .torrent = (uint64_t)db_get_int(rows, i, 1),
        .uploaded = (uint64_t)db_get_int(rows, i, 2),
        .downloaded = (uint64_t)db_get_int(rows, i, 3),
        .credited_up = (uint64_t)db_get_int(rows, i, 4),
        .credited_down = (uint64_t)db_get_int(rows, i, 5),
        .upload_factor = (uint64_t)db_get_int(rows, i, 6),
        .download_factor = (uint64_t)db_get_int(rows, i, 7),
        .first_at = db_get_time(rows, i, 8),
        .last_at = db_get_time(rows, i, 9),
    };
    row_pack(&ledger_row_row, &row, packer);
}

static void on_page(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct ratio_ledger_list_reply reply = {0};
    if (why != NULL)
        bus_fail(request, why);
    else
        rows_reply(request, rows, pack_entry, &reply.entries, &reply);
}

const struct statement ledger_page = {
    .name = "ledger_page",
    .sql = "SELECT ledger_id, torrent_id, l.uploaded, l.downloaded, credited_up, credited_down, upload_factor,"
           " download_factor, first_at, last_at FROM ratio.ledger l LEFT JOIN ratio.torrent t USING (torrent_id)"
           " WHERE l.user_id = $1 AND ($2::bigint = 0 OR ledger_id < $2)"
           " AND (torrent_id = 0 OR t.accounting = 'ratio')"
           " ORDER BY ledger_id DESC LIMIT $3"};

static void on_list(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_ledger_list *ask = message;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->user), (int64_t)ask->before);
    db_ask(ledger_db, &ledger_page, db_int(args, (int64_t)ask->limit), on_page, request);
}

void ledger_serve(struct bus *bus, struct db *db)
{
    ledger_db = db;
    bus_serve(bus, NULL, &ratio_ledger_list_message, on_list, NULL);
}
