/* ratio.snatch.list: who completed a torrent. */
#include "services/ratio/ratio.h"
#include "services/ratio/rows.h"
#include "services/ratio/statements.h"

static struct db *snatches_db;

static void pack_snatch(const struct db_rows *rows, size_t i, msgpack_packer *packer)
{
    struct snatch_row row = {.user = (uint64_t)db_get_int(rows, i, 0), .at = db_get_time(rows, i, 1)};
    row_pack(&snatch_row_row, &row, packer);
}

static void on_page(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct ratio_snatch_list_reply reply = {0};
    if (why != NULL)
        bus_fail(request, why);
    else
        rows_reply(request, rows, pack_snatch, &reply.snatches, &reply);
}

const struct statement snatches_page = {
    .name = "snatches_page",
    .sql = "SELECT s.user_id, s.at FROM ratio.snatch s JOIN ratio.torrent c USING (torrent_id)"
           " WHERE s.torrent_id = $1 AND c.accounting = 'ratio' AND ($2::bigint = 0 OR (s.at, s.user_id) <"
           " (SELECT o.at, o.user_id FROM ratio.snatch o WHERE (o.user_id, o.torrent_id) = ($2, $1)))"
           " ORDER BY s.at DESC, s.user_id DESC LIMIT $3"};

static void on_list(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_snatch_list *ask = message;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->torrent), (int64_t)ask->before);
    db_ask(snatches_db, &snatches_page, db_int(args, (int64_t)ask->limit), on_page, request);
}

void snatches_serve(struct bus *bus, struct db *db)
{
    snatches_db = db;
    bus_serve(bus, NULL, &ratio_snatch_list_message, on_list, NULL);
}
