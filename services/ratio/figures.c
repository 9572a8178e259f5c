/* What members and torrents have moved, for pages. */
#include "services/ratio/ratio.h"
#include "services/ratio/rows.h"
#include "services/ratio/statements.h"

#include "services/common/clock.h"

static struct db *figures_db;

/* ---- ratio.member.get ---- */

static void on_member(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    if (why != NULL) {
        bus_fail(request, why);
        return;
    }
    bus_reply(request, &(struct ratio_member_get_reply){
                           .uploaded = (uint64_t)db_get_int(rows, 0, 0),
                           .downloaded = (uint64_t)db_get_int(rows, 0, 1),
                           .snatches = (uint64_t)db_get_int(rows, 0, 2),
                           .may_leech = db_get_flag(rows, 0, 3),
                           .reason = db_get_text(rows, 0, 4),
                           .credited_up = (uint64_t)db_get_int(rows, 0, 5),
                           .credited_down = (uint64_t)db_get_int(rows, 0, 6),
                       });
}

const struct statement figures_member = {
    .name = "figures_member",
    .sql = "SELECT coalesce(t.uploaded, 0), coalesce(t.downloaded, 0),"
           " (SELECT count(*) FROM ratio.snatch s LEFT JOIN ratio.torrent USING (torrent_id)"
           "  WHERE s.user_id = m.user_id AND accounting IS DISTINCT FROM 'redundancy'),"
           " coalesce(p.may_leech, false),"
           " coalesce(p.reason, 'This account is not known to the tracker yet.'),"
           " coalesce(t.credited_up, 0), coalesce(t.credited_down, 0)"
           " FROM (SELECT $1::bigint AS user_id) m LEFT JOIN ratio.member_total t USING (user_id)"
           " LEFT JOIN ratio.permit p USING (user_id)"};

static void on_member_get(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_member_get *ask = message;
    db_ask(figures_db, &figures_member, db_int(db_args(), (int64_t)ask->user), on_member, request);
}

/* ---- ratio.member.torrents ---- */

static void pack_moved(const struct db_rows *rows, size_t i, msgpack_packer *packer)
{
    struct member_torrent row = {
        .torrent = (uint64_t)db_get_int(rows, i, 0),
        .uploaded = (uint64_t)db_get_int(rows, i, 1),
        .downloaded = (uint64_t)db_get_int(rows, i, 2),
        .left = (uint64_t)db_get_int(rows, i, 3),
        .seen_at = db_get_time(rows, i, 4),
        .snatched_at = db_is_null(rows, i, 5) ? 0 : db_get_time(rows, i, 5),
        .seeded = (uint64_t)db_get_int(rows, i, 6),
        .client = db_is_null(rows, i, 7) ? slice_text("") : db_get_bytes(rows, i, 7),
        .credited_up = (uint64_t)db_get_int(rows, i, 8),
        .credited_down = (uint64_t)db_get_int(rows, i, 9),
    };
    row_pack(&member_torrent_row, &row, packer);
}

static void on_member_rows(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct ratio_member_torrents_reply reply = {0};
    if (why != NULL)
        bus_fail(request, why);
    else
        rows_reply(request, rows, pack_moved, &reply.torrents, &reply);
}

/* Of a backup's holder who is merely still there, its session alone tells. */
const struct statement figures_member_torrents = {
    .name = "figures_member_torrents",
    .sql = "SELECT m.torrent_id, m.uploaded, m.downloaded, m.remaining, l.seen_at, s.at, m.seeded / 1000, m.client,"
           " m.credited_up, m.credited_down"
           " FROM ratio.member_torrent m LEFT JOIN ratio.snatch s USING (user_id, torrent_id)"
           " CROSS JOIN LATERAL (SELECT greatest(m.seen_at, max(n.seen_at)) AS seen_at FROM ratio.session n"
           "  WHERE (n.user_id, n.torrent_id) = (m.user_id, m.torrent_id)) l"
           " WHERE m.user_id = $1 ORDER BY l.seen_at DESC, m.torrent_id LIMIT $2"};

static void on_member_torrents(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_member_torrents *ask = message;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->user), (int64_t)ask->limit);
    db_ask(figures_db, &figures_member_torrents, args, on_member_rows, request);
}

/* ---- ratio.torrent.counts ---- */

static void pack_counts(const struct db_rows *rows, size_t i, msgpack_packer *packer)
{
    struct torrent_count row = {
        .torrent = (uint64_t)db_get_int(rows, i, 0),
        .snatches = (uint64_t)db_get_int(rows, i, 1),
        .uploaded = (uint64_t)db_get_int(rows, i, 2),
        .downloaded = (uint64_t)db_get_int(rows, i, 3),
        .has_factor = db_get_flag(rows, i, 4),
        .upload_percent = (uint64_t)db_get_int(rows, i, 5),
        .download_percent = (uint64_t)db_get_int(rows, i, 6),
        .factor_ends_at = db_get_time(rows, i, 7),
    };
    row_pack(&torrent_count_row, &row, packer);
}

static void on_counts(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct ratio_torrent_counts_reply reply = {0};
    if (why != NULL)
        bus_fail(request, why);
    else
        rows_reply(request, rows, pack_counts, &reply.torrents, &reply);
}

/* The factor of a torrent and that of an event, of those that hold now, multiplied; until the first of them ends. */
const struct statement figures_torrents = {
    .name = "figures_torrents",
    .sql =
        "SELECT n.torrent_id, coalesce(t.snatches, 0), coalesce(t.uploaded, 0), coalesce(t.downloaded, 0),"
        " f.factor_id IS NOT NULL OR e.factor_id IS NOT NULL, coalesce(f.upload, 100) * coalesce(e.upload, 100) / 100,"
        " coalesce(f.download, 100) * coalesce(e.download, 100) / 100,"
        " coalesce(least(f.ends_at, e.ends_at), to_timestamp(0))"
        " FROM unnest($1::bigint[]) n(torrent_id) LEFT JOIN ratio.torrent_total t USING (torrent_id)"
        " LEFT JOIN ratio.torrent c ON c.torrent_id = n.torrent_id AND c.accounting = 'ratio'"
        " LEFT JOIN ratio.factor f ON f.torrent_id = c.torrent_id AND f.kind = 'torrent'"
        " AND f.starts_at <= $2::timestamptz AND (f.ends_at IS NULL OR f.ends_at > $2::timestamptz)"
        " LEFT JOIN ratio.factor e ON c.torrent_id IS NOT NULL AND e.torrent_id = 0 AND e.kind = 'event'"
        " AND e.starts_at <= $2::timestamptz AND (e.ends_at IS NULL OR e.ends_at > $2::timestamptz)"
        " WHERE t.torrent_id IS NOT NULL OR f.factor_id IS NOT NULL OR e.factor_id IS NOT NULL"};

static void on_torrent_counts(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_torrent_counts *ask = message;
    size_t count = rows_count(ask->torrents);
    int64_t *ids = arena_take(bus_arena(request), (count + 1) * sizeof *ids);
    for (size_t i = 0; i < count; i++) {
        const msgpack_object *id = rows_at(ask->torrents, i);
        if (id->type != MSGPACK_OBJECT_POSITIVE_INTEGER || id->via.u64 > ID_MAX) {
            struct fault why;
            fault_set(&why, STATUS_invalid, "torrents", "Each torrent is named by its id, a positive number.");
            bus_fail(request, &why);
            return;
        }
        ids[i] = (int64_t)id->via.u64;
    }
    db_ask(figures_db, &figures_torrents, db_time(db_ints(db_args(), ids, count), clock_now()), on_counts, request);
}

void figures_serve(struct bus *bus, struct db *db)
{
    figures_db = db;
    bus_serve(bus, NULL, &ratio_member_get_message, on_member_get, NULL);
    bus_serve(bus, NULL, &ratio_member_torrents_message, on_member_torrents, NULL);
    bus_serve(bus, NULL, &ratio_torrent_counts_message, on_torrent_counts, NULL);
}
