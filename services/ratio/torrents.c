/* Torrents as catalog tells of them. What was reported of a torrent before it was known counts for the ratio from the
 * moment in which it turns out to be a torrent with that accounting. */
#include "services/ratio/books/books.h"
#include "services/ratio/ratio.h"
#include "services/ratio/statements.h"

#include "services/common/log.h"
#include "services/common/position.h"

#include <inttypes.h>

static struct position *torrents;

struct columns {
    size_t count;
    int64_t *ids, *sizes, *owners, *actives, *seqs, *backups, *redundancies, *backups_deleted, *depends_on;
    struct slice *accountings;
};

static struct columns columns_take(struct arena *arena, size_t count)
{
    size_t numbers = (count + 1) * sizeof(int64_t);
    return (struct columns){
        .ids = arena_take(arena, numbers),
        .sizes = arena_take(arena, numbers),
        .owners = arena_take(arena, numbers),
        .actives = arena_take(arena, numbers),
        .seqs = arena_take(arena, numbers),
        .backups = arena_take(arena, numbers),
        .redundancies = arena_take(arena, numbers),
        .backups_deleted = arena_take(arena, numbers),
        .depends_on = arena_take(arena, numbers),
        .accountings = arena_take(arena, (count + 1) * sizeof(struct slice)),
    };
}

static void column_add(struct columns *into, struct arena *arena, const struct feed_row *row)
{
    struct torrent_fact torrent;
    struct fault why = {0};
    msgpack_object object;
    msgpack_zone *zone = msgpack_zone_new(1024);
    if (!object_read(row->fact, row->fact.size, zone, &object, &why) ||
        !row_read(&torrent_fact_row, &torrent, &object, &why)) {
        log_error("fact not understood", "feed=catalog.torrents seq=%" PRIu64 " why=\"%s\"", row->seq, why.text);
        msgpack_zone_free(zone);
        return;
    }
    size_t i = into->count++;
    into->ids[i] = (int64_t)torrent.torrent;
    into->sizes[i] = (int64_t)torrent.size;
    into->owners[i] = (int64_t)torrent.owner;
    into->actives[i] = torrent.active;
    into->seqs[i] = (int64_t)row->seq;
    into->backups[i] = (int64_t)torrent.backup;
    into->redundancies[i] = (int64_t)torrent.redundancy;
    into->backups_deleted[i] = torrent.backup_deleted;
    into->depends_on[i] = (int64_t)torrent.depends_on;
    into->accountings[i] = arena_copy(arena, torrent.accounting);
    msgpack_zone_free(zone);
}

/* Waits for batches that may not know of the torrents (sessions.c). */
const struct statement torrents_settle = {.name = "torrents_settle",
                                          .sql = "SELECT pg_advisory_xact_lock(hashtext('ratio torrents'))"};

/* All parts of the statement see the torrents as they were before it. The books get each version that is new or
 * changed, each backup that is deleted as a whole, and what was reported of it in the last hour, which they have not
 * heard of yet. */
const struct statement torrents_store = {
    .name = "torrents_store",
    .sql =
        "WITH told AS (SELECT DISTINCT ON (torrent_id) *"
        " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],"
        " $8::bigint[], $9::bigint[], $10::bigint[])"
        " AS n(torrent_id, size, owner, accounting, active, seq, backup_id, redundancy, backup_deleted, depends_on)"
        " ORDER BY torrent_id, seq DESC),"
        " learnt AS (INSERT INTO ratio.torrent AS old (torrent_id, size, owner, accounting, active, seq, backup_id)"
        " SELECT torrent_id, size, owner, accounting, active <> 0, seq, backup_id FROM told"
        " ON CONFLICT (torrent_id) DO UPDATE SET size = excluded.size, owner = excluded.owner,"
        " active = excluded.active, seq = excluded.seq, backup_id = excluded.backup_id"
        " WHERE old.seq < excluded.seq RETURNING torrent_id),"
        " version AS (SELECT told.* FROM told JOIN learnt USING (torrent_id) WHERE accounting = 'redundancy'),"
        " kept AS (INSERT INTO ratio.book_backup (backup_id, owner) SELECT DISTINCT backup_id, owner FROM version"
        " WHERE backup_id > 0 ON CONFLICT DO NOTHING),"
        " seen AS (SELECT string_agg(int8send(user_id) || int8send(torrent_id) || int8send(remaining), ''"
        " ORDER BY user_id, torrent_id) AS payload FROM version JOIN ratio.member_torrent USING (torrent_id)"
        " WHERE seen_at > now() - interval '1 hour' AND NOT EXISTS"
        " (SELECT FROM ratio.torrent t WHERE t.torrent_id = version.torrent_id)),"
        " booked AS (INSERT INTO ratio.book_inbox (kind, user_id, backup_id, version_id, amount, other, payload, "
        "depends_on)"
        " SELECT CASE WHEN active = 0 THEN 'delete_version' ELSE 'version' END, owner, backup_id, torrent_id, size,"
        " redundancy, ''::bytea, depends_on FROM (SELECT * FROM version ORDER BY torrent_id) v"
        " UNION ALL SELECT DISTINCT 'delete_backup', 0::bigint, backup_id, 0::bigint, 0::bigint, 0::bigint, ''::bytea, "
        "0::bigint"
        " FROM version WHERE backup_deleted <> 0 AND backup_id > 0"
        " UNION ALL SELECT 'sightings', 0, 0, 0, 0, 0, payload, 0 FROM seen WHERE payload IS NOT NULL),"
        " settled AS (INSERT INTO ratio.member_total AS old (user_id, uploaded, downloaded, credited_up, credited_down)"
        " SELECT m.user_id, ratio.add_counts(0, sum(m.uploaded)), ratio.add_counts(0, sum(m.downloaded)),"
        " ratio.add_counts(0, sum(m.credited_up)), ratio.add_counts(0, sum(m.credited_down))"
        " FROM told JOIN ratio.member_torrent m USING (torrent_id)"
        " WHERE told.accounting = 'ratio'"
        " AND NOT EXISTS (SELECT FROM ratio.torrent t WHERE t.torrent_id = told.torrent_id)"
        " GROUP BY m.user_id ORDER BY m.user_id"
        " ON CONFLICT (user_id) DO UPDATE SET uploaded = ratio.add_counts(old.uploaded, excluded.uploaded),"
        " downloaded = ratio.add_counts(old.downloaded, excluded.downloaded),"
        " credited_up = ratio.add_counts(old.credited_up, excluded.credited_up),"
        " credited_down = ratio.add_counts(old.credited_down, excluded.credited_down) RETURNING old.user_id)"
        " INSERT INTO ratio.standing AS old (user_id, due_at) SELECT user_id, now() FROM settled ORDER BY user_id"
        " ON CONFLICT (user_id) DO UPDATE SET due_at = excluded.due_at"
        " WHERE old.due_at IS NULL OR old.due_at > excluded.due_at"};

static void store(struct db_tx *tx, const struct feed_batch *batch, db_done_fn *done, void *arg)
{
    struct arena *arena = arena_new();
    struct columns columns = columns_take(arena, batch->count);
    for (size_t i = 0; i < batch->count; i++)
        column_add(&columns, arena, &batch->facts[i]);
    size_t count = columns.count;
    struct db_args *args = db_ints(db_ints(db_args(), columns.ids, count), columns.sizes, count);
    args = db_texts(db_ints(args, columns.owners, count), columns.accountings, count);
    args = db_ints(db_ints(args, columns.actives, count), columns.seqs, count);
    args = db_ints(db_ints(args, columns.backups, count), columns.redundancies, count);
    args = db_ints(db_ints(args, columns.backups_deleted, count), columns.depends_on, count);
    db_tx_ask(tx, &torrents_settle, NULL, NULL, NULL);
    db_tx_ask(tx, &torrents_store, args, done, arg);
    arena_destroy(&arena);
}

void torrents_read(struct loop *loop, struct bus *bus, struct db *db)
{
    torrents = position_follow(loop, bus, db, &ratio_positions, "catalog.torrents", store, books_wake);
}

void torrents_stop(void)
{
    position_destroy(&torrents);
}

bool torrents_ready(void)
{
    return position_ready(torrents);
}
