/* ratio.opening.add: what members and torrents bring along from another site. A member's totals there are an entry of
 * the ledger as all others, of no torrent (0) and no day (0): there is room for one of each member, so that nothing is
 * credited twice however often, and how much later, it is told again. */
#include "services/ratio/once.h"
#include "services/ratio/ratio.h"
#include "services/ratio/statements.h"

static void on_told(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct once *once = arg;
    struct ratio_opening_add_reply reply = {0};
    if (why == NULL) /* else the commit tells it */
        reply.members = (uint64_t)db_get_int(rows, 0, 0);
    once_reply(once, &reply);
}

const struct statement opening_members = {
    .name = "opening_members",
    .sql =
        "WITH told AS (SELECT DISTINCT ON (user_id) * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])"
        " AS n(user_id, uploaded, downloaded) WHERE uploaded > 0 OR downloaded > 0 ORDER BY user_id),"
        " entered AS (INSERT INTO ratio.ledger (user_id, torrent_id, day, upload_factor, download_factor, uploaded,"
        " downloaded, credited_up, credited_down, first_at, last_at)"
        " SELECT user_id, 0, 0, 10000, 10000, uploaded, downloaded, uploaded, downloaded, now(), now() FROM told"
        " ON CONFLICT DO NOTHING RETURNING user_id, uploaded, downloaded),"
        " counted AS (INSERT INTO ratio.member_total AS old (user_id, uploaded, downloaded, credited_up, credited_down)"
        " SELECT user_id, uploaded, downloaded, uploaded, downloaded FROM entered ORDER BY user_id"
        " ON CONFLICT (user_id) DO UPDATE SET uploaded = ratio.add_counts(old.uploaded, excluded.uploaded),"
        " downloaded = ratio.add_counts(old.downloaded, excluded.downloaded),"
        " credited_up = ratio.add_counts(old.credited_up, excluded.credited_up),"
        " credited_down = ratio.add_counts(old.credited_down, excluded.credited_down)),"
        " due AS (INSERT INTO ratio.standing AS old (user_id, due_at) SELECT user_id, now() FROM entered ORDER BY "
        "user_id"
        " ON CONFLICT (user_id) DO UPDATE SET due_at = excluded.due_at"
        " WHERE old.due_at IS NULL OR old.due_at > excluded.due_at)"
        " SELECT count(*) FROM entered"};

const struct statement opening_torrents = {
    .name = "opening_torrents",
    .sql =
        "INSERT INTO ratio.torrent_total AS old (torrent_id, snatches, opening)"
        " SELECT DISTINCT ON (torrent_id) torrent_id, snatches, snatches"
        " FROM unnest($1::bigint[], $2::bigint[]) AS n(torrent_id, snatches) ORDER BY torrent_id"
        " ON CONFLICT (torrent_id) DO UPDATE"
        " SET snatches = ratio.add_counts(old.snatches - old.opening, excluded.opening), opening = excluded.opening"};

static struct db_args *members_args(const struct once *once, struct tree rows)
{
    size_t count = rows_count(rows);
    int64_t *columns = arena_take(bus_arena(once->request), (3 * count + 1) * sizeof *columns);
    for (size_t i = 0; i < count; i++) {
        struct opening_member row;
        row_read(&opening_member_row, &row, rows_at(rows, i), NULL); /* the codec has checked it */
        columns[i] = (int64_t)row.user;
        columns[count + i] = (int64_t)row.uploaded;
        columns[2 * count + i] = (int64_t)row.downloaded;
    }
    return db_ints(db_ints(db_ints(db_args(), columns, count), columns + count, count), columns + 2 * count, count);
}

static struct db_args *torrents_args(const struct once *once, struct tree rows)
{
    size_t count = rows_count(rows);
    int64_t *columns = arena_take(bus_arena(once->request), (2 * count + 1) * sizeof *columns);
    for (size_t i = 0; i < count; i++) {
        struct opening_torrent row;
        row_read(&opening_torrent_row, &row, rows_at(rows, i), NULL);
        columns[i] = (int64_t)row.torrent;
        columns[count + i] = (int64_t)row.snatches;
    }
    return db_ints(db_ints(db_args(), columns, count), columns + count, count);
}

static void tell(struct once *once)
{
    const struct ratio_opening_add *ask = once->ask;
    if (rows_count(ask->torrents) > 0)
        db_tx_ask(once->tx, &opening_torrents, torrents_args(once, ask->torrents), NULL, NULL);
    db_tx_ask(once->tx, &opening_members, members_args(once, ask->members), on_told, once);
}

static void on_add(struct bus_request *request, const void *message, void *arg)
{
    const struct ratio_opening_add *ask = message;
    struct fault why;
    (void)arg;
    if (bus_actor(request) == 0) {
        once_begin(request, ask->key, false, tell, ask, NULL);
        return;
    }
    fault_set(&why, STATUS_forbidden, NULL, "Only the operator tells what was brought along.");
    bus_fail(request, &why);
}

void opening_serve(struct bus *bus)
{
    bus_serve(bus, NULL, &ratio_opening_add_message, on_add, NULL);
}
