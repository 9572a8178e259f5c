/* What members and torrents have moved, for pages. */
#include "services/ratio/ratio.h"
#include "services/ratio/statements.h"

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
                       });
}

const struct statement figures_member = {
    .name = "figures_member",
    .sql = "SELECT coalesce(t.uploaded, 0), coalesce(t.downloaded, 0),"
           " (SELECT count(*) FROM ratio.snatch s LEFT JOIN ratio.torrent USING (torrent_id)"
           "  WHERE s.user_id = m.user_id AND accounting IS DISTINCT FROM 'redundancy'),"
           " coalesce(p.may_leech, false),"
           " coalesce(p.reason, 'This account is not known to the tracker yet.')"
           " FROM (SELECT $1::bigint AS user_id) m LEFT JOIN ratio.member_total t USING (user_id)"
           " LEFT JOIN ratio.permit p USING (user_id)"};

static void on_member_get(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_member_get *ask = message;
    db_ask(figures_db, &figures_member, db_int(db_args(), (int64_t)ask->user), on_member, request);
}

/* ---- ratio.member.torrents ---- */

static void on_member_rows(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    if (why != NULL) {
        bus_fail(request, why);
        return;
    }
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, db_count(rows));
    for (size_t i = 0; i < db_count(rows); i++) {
        struct member_torrent row = {
            .torrent = (uint64_t)db_get_int(rows, i, 0),
            .uploaded = (uint64_t)db_get_int(rows, i, 1),
            .downloaded = (uint64_t)db_get_int(rows, i, 2),
            .left = (uint64_t)db_get_int(rows, i, 3),
            .seen_at = db_get_time(rows, i, 4),
            .snatched_at = db_is_null(rows, i, 5) ? 0 : db_get_time(rows, i, 5),
            .seeded = (uint64_t)db_get_int(rows, i, 6),
            .client = db_is_null(rows, i, 7) ? slice_text("") : db_get_bytes(rows, i, 7),
        };
        row_pack(&member_torrent_row, &row, &packer);
    }
    struct ratio_member_torrents_reply reply = {.torrents.packed = slice_of(buffer.data, buffer.size)};
    bus_reply(request, &reply);
    msgpack_sbuffer_destroy(&buffer);
}

const struct statement figures_member_torrents = {
    .name = "figures_member_torrents",
    .sql = "SELECT m.torrent_id, m.uploaded, m.downloaded, m.remaining, m.seen_at, s.at, m.seeded / 1000, m.client"
           " FROM ratio.member_torrent m LEFT JOIN ratio.snatch s USING (user_id, torrent_id)"
           " WHERE m.user_id = $1 ORDER BY m.seen_at DESC, m.torrent_id LIMIT $2"};

static void on_member_torrents(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_member_torrents *ask = message;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->user), (int64_t)ask->limit);
    db_ask(figures_db, &figures_member_torrents, args, on_member_rows, request);
}

/* ---- ratio.torrent.counts ---- */

static void on_counts(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    if (why != NULL) {
        bus_fail(request, why);
        return;
    }
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, db_count(rows));
    for (size_t i = 0; i < db_count(rows); i++) {
        struct torrent_count row = {
            .torrent = (uint64_t)db_get_int(rows, i, 0),
            .snatches = (uint64_t)db_get_int(rows, i, 1),
            .uploaded = (uint64_t)db_get_int(rows, i, 2),
            .downloaded = (uint64_t)db_get_int(rows, i, 3),
        };
        row_pack(&torrent_count_row, &row, &packer);
    }
    struct ratio_torrent_counts_reply reply = {.torrents.packed = slice_of(buffer.data, buffer.size)};
    bus_reply(request, &reply);
    msgpack_sbuffer_destroy(&buffer);
}

const struct statement figures_torrents = {.name = "figures_torrents",
                                           .sql = "SELECT torrent_id, snatches, uploaded, downloaded FROM "
                                                  "ratio.torrent_total WHERE torrent_id = ANY($1::bigint[])"};

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
    db_ask(figures_db, &figures_torrents, db_ints(db_args(), ids, count), on_counts, request);
}

void figures_serve(struct bus *bus, struct db *db)
{
    figures_db = db;
    bus_serve(bus, NULL, &ratio_member_get_message, on_member_get, NULL);
    bus_serve(bus, NULL, &ratio_member_torrents_message, on_member_torrents, NULL);
    bus_serve(bus, NULL, &ratio_torrent_counts_message, on_torrent_counts, NULL);
}
