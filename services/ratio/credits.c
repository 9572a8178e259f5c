/* One statement a table, a column each. All sums that a page shows are made here, beside the entries they come from;
 * what is a backup's counts in none of those of the ordinary ratio. */
#include "services/ratio/credits.h"

#include "services/common/clock.h"
#include "services/ratio/statements.h"

enum { NUMBERS = 13 };

struct columns {
    size_t count;
    int64_t *numbers[NUMBERS];
    struct slice *texts;
};

static struct columns columns_take(struct arena *arena, size_t count)
{
    struct columns columns = {0};
    for (size_t i = 0; i < NUMBERS; i++)
        columns.numbers[i] = arena_take(arena, (count + 1) * sizeof(int64_t));
    columns.texts = arena_take(arena, (count + 1) * sizeof(struct slice));
    return columns;
}

static void column_put(struct columns *columns, const int64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        columns->numbers[i][columns->count] = numbers[i];
}

/* Columns from..to-1. */
static struct db_args *add_columns(struct db_args *args, const struct columns *columns, int from, int to)
{
    for (int i = from; i < to; i++)
        db_ints(args, columns->numbers[i], columns->count);
    return args;
}

/* ---- by member and torrent ---- */

/* The entries that tell something new. */
static struct columns entry_columns(struct arena *arena, const struct batch *batch)
{
    struct columns columns = columns_take(arena, batch->entries_count);
    for (size_t i = 0; i < batch->entries_count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        if (!entry->changed)
            continue;
        const int64_t numbers[NUMBERS] = {
            (int64_t)entry->user,      (int64_t)entry->torrent,    (int64_t)entry->gain.up,
            (int64_t)entry->gain.down, (int64_t)entry->counted.up, (int64_t)entry->counted.down,
            entry->seeded_ms,          entry->seeded.from,         entry->seeded.to,
            (int64_t)entry->left,      entry->completed_at != 0,   entry->seen_at,
            entry->leeched_at,
        };
        column_put(&columns, numbers, NUMBERS);
        columns.texts[columns.count++] = entry->client;
    }
    return columns;
}

const struct statement credits_store = {
    .name = "credits_store",
    .sql =
        "WITH n AS (SELECT n.*, a.accounting IS NOT DISTINCT FROM 'redundancy' AS backup,"
        " greatest(0, n.seeded - CASE WHEN m.seeded_until > n.seeded_from"
        "  THEN least(m.seeded_until, n.seeded_to) - n.seeded_from ELSE 0 END) AS fresh"
        " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],"
        " $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::timestamptz[], $12::timestamptz[],"
        " $13::bytea[]) AS n(user_id, torrent_id, up, down, counted_up, counted_down, seeded, seeded_from, seeded_to,"
        " remaining, seen_at, leeched_at, client)"
        " LEFT JOIN ratio.member_torrent m USING (user_id, torrent_id)"
        " LEFT JOIN ratio.torrent a USING (torrent_id)),"
        " week AS (INSERT INTO ratio.seed_day AS old (day, user_id, torrent_id, ms)"
        " SELECT seeded_to / 86400000, user_id, torrent_id, fresh FROM n WHERE fresh > 0 AND NOT backup ORDER BY 1, 2, "
        "3"
        " ON CONFLICT (day, user_id, torrent_id) DO UPDATE SET ms = old.ms + excluded.ms)"
        " INSERT INTO ratio.member_torrent AS old (user_id, torrent_id, uploaded, downloaded, credited_up,"
        " credited_down, remaining, seen_at, leeched_at, client, seeded, seeded_until)"
        " SELECT user_id, torrent_id, up, down, CASE WHEN backup THEN 0 ELSE counted_up END,"
        " CASE WHEN backup THEN 0 ELSE counted_down END, remaining, seen_at,"
        " nullif(leeched_at, to_timestamp(0)), client, fresh, seeded_to"
        " FROM n ORDER BY user_id, torrent_id"
        " ON CONFLICT (user_id, torrent_id) DO UPDATE SET"
        " uploaded = ratio.add_counts(old.uploaded, excluded.uploaded),"
        " downloaded = ratio.add_counts(old.downloaded, excluded.downloaded),"
        " credited_up = ratio.add_counts(old.credited_up, excluded.credited_up),"
        " credited_down = ratio.add_counts(old.credited_down, excluded.credited_down),"
        " remaining = CASE WHEN excluded.seen_at >= old.seen_at THEN excluded.remaining ELSE old.remaining END,"
        " client = CASE WHEN excluded.seen_at >= old.seen_at THEN excluded.client ELSE old.client END,"
        " seen_at = greatest(old.seen_at, excluded.seen_at),"
        " leeched_at = greatest(old.leeched_at, excluded.leeched_at),"
        " seeded = old.seeded + excluded.seeded,"
        " seeded_until = greatest(old.seeded_until, excluded.seeded_until)"};

/* Only torrents that are known to count for the ratio: those learnt of later are settled then (torrents.c). */
const struct statement credits_total = {
    .name = "credits_total",
    .sql = "INSERT INTO ratio.member_total AS old (user_id, uploaded, downloaded, credited_up, credited_down)"
           " SELECT n.user_id, ratio.add_counts(0, sum(n.up)), ratio.add_counts(0, sum(n.down)),"
           " ratio.add_counts(0, sum(n.counted_up)), ratio.add_counts(0, sum(n.counted_down))"
           " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])"
           " AS n(user_id, torrent_id, up, down, counted_up, counted_down)"
           " JOIN ratio.torrent USING (torrent_id) WHERE accounting = 'ratio'"
           " GROUP BY n.user_id ORDER BY n.user_id"
           " ON CONFLICT (user_id) DO UPDATE SET uploaded = ratio.add_counts(old.uploaded, excluded.uploaded),"
           " downloaded = ratio.add_counts(old.downloaded, excluded.downloaded),"
           " credited_up = ratio.add_counts(old.credited_up, excluded.credited_up),"
           " credited_down = ratio.add_counts(old.credited_down, excluded.credited_down)"};

/* What the torrents have moved in all; where that does not balance, it is evidence. */
const struct statement credits_torrents = {
    .name = "credits_torrents",
    .sql = "WITH total AS (INSERT INTO ratio.torrent_total AS old (torrent_id, snatches, uploaded, downloaded)"
           " SELECT n.torrent_id, 0, ratio.add_counts(0, sum(n.up)), ratio.add_counts(0, sum(n.down))"
           " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS n(torrent_id, up, down)"
           " GROUP BY n.torrent_id ORDER BY n.torrent_id"
           " ON CONFLICT (torrent_id) DO UPDATE SET uploaded = ratio.add_counts(old.uploaded, excluded.uploaded),"
           " downloaded = ratio.add_counts(old.downloaded, excluded.downloaded)"
           " RETURNING torrent_id, uploaded, downloaded)"
           " INSERT INTO ratio.evidence AS old (kind, user_id, torrent_id, times, unexplained, claimed, possible, span,"
           " first_at, last_at)"
           " SELECT 'balance', 0, torrent_id, 1, uploaded - downloaded, uploaded, downloaded, 0, now(), now()"
           " FROM total LEFT JOIN ratio.torrent USING (torrent_id)"
           " WHERE uploaded - downloaded > greatest(2 * coalesce(size, 0)::numeric, downloaded / 10, 67108864)"
           " ON CONFLICT (kind, user_id, torrent_id) DO UPDATE SET times = old.times + 1,"
           " unexplained = excluded.unexplained, claimed = excluded.claimed, possible = excluded.possible,"
           " last_at = excluded.last_at"};

/* Downloads and snatches may put a member below what is required; uploads and seeding matter to those on watch. */
const struct statement credits_due = {
    .name = "credits_due",
    .sql = "INSERT INTO ratio.standing AS old (user_id, due_at)"
           " SELECT user_id, $7::timestamptz FROM (SELECT user_id,"
           " bool_or(counted_down > 0 OR completed > 0) AS may_fall, bool_or(counted_up > 0 OR seeded > 0) AS may_rise"
           " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])"
           " AS n(user_id, torrent_id, counted_up, counted_down, seeded, completed)"
           " JOIN ratio.torrent USING (torrent_id) WHERE accounting = 'ratio' GROUP BY user_id) told"
           " LEFT JOIN ratio.standing s USING (user_id) WHERE may_fall OR (may_rise AND s.watch <> 'clear')"
           " ORDER BY user_id"
           " ON CONFLICT (user_id) DO UPDATE SET due_at = excluded.due_at"
           " WHERE old.due_at IS NULL OR old.due_at > excluded.due_at"};

static void store_entries(struct db_tx *tx, const struct columns *entries)
{
    size_t count = entries->count;
    struct db_args *store = add_columns(db_args(), entries, 0, 10);
    store = db_times(db_times(store, entries->numbers[11], count), entries->numbers[12], count);
    db_tx_ask(tx, &credits_store, db_blobs(store, entries->texts, count), NULL, NULL);
    db_tx_ask(tx, &credits_total, add_columns(db_args(), entries, 0, 6), NULL, NULL);
    db_tx_ask(tx, &credits_torrents, add_columns(db_args(), entries, 1, 4), NULL, NULL);
}

static void mark_due(struct db_tx *tx, const struct columns *entries)
{
    struct db_args *due = add_columns(add_columns(db_args(), entries, 0, 2), entries, 4, 7);
    due = db_ints(due, entries->numbers[10], entries->count);
    db_tx_ask(tx, &credits_due, db_time(due, clock_now()), NULL, NULL);
}

/* ---- the ledger ---- */

const struct statement credits_ledger = {
    .name = "credits_ledger",
    .sql = "INSERT INTO ratio.ledger AS old (user_id, torrent_id, day, upload_factor, download_factor, uploaded,"
           " downloaded, credited_up, credited_down, first_at, last_at)"
           " SELECT n.user_id, n.torrent_id, n.day, n.upload_factor, n.download_factor, ratio.add_counts(0, sum(n.up)),"
           " ratio.add_counts(0, sum(n.down)), ratio.add_counts(0, sum(n.counted_up)),"
           " ratio.add_counts(0, sum(n.counted_down)), min(n.at), max(n.at)"
           " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],"
           " $7::bigint[], $8::bigint[], $9::bigint[], $10::timestamptz[])"
           " AS n(user_id, torrent_id, day, upload_factor, download_factor, up, down, counted_up, counted_down, at)"
           " LEFT JOIN ratio.torrent t USING (torrent_id) WHERE t.accounting IS DISTINCT FROM 'redundancy'"
           " GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
           " ON CONFLICT (user_id, torrent_id, day, upload_factor, download_factor) DO UPDATE SET"
           " uploaded = ratio.add_counts(old.uploaded, excluded.uploaded),"
           " downloaded = ratio.add_counts(old.downloaded, excluded.downloaded),"
           " credited_up = ratio.add_counts(old.credited_up, excluded.credited_up),"
           " credited_down = ratio.add_counts(old.credited_down, excluded.credited_down),"
           " first_at = least(old.first_at, excluded.first_at), last_at = greatest(old.last_at, excluded.last_at)"};

static void store_pieces(struct db_tx *tx, struct arena *arena, const struct batch *batch)
{
    struct columns columns = columns_take(arena, batch->pieces_count);
    for (size_t i = 0; i < batch->pieces_count; i++) {
        const struct batch_piece *piece = &batch->pieces[i];
        const int64_t numbers[10] = {
            (int64_t)piece->user,         (int64_t)piece->torrent,
            piece->at / 86400000,         piece->factor.up,
            piece->factor.down,           (int64_t)piece->gain.up,
            (int64_t)piece->gain.down,    (int64_t)piece->counted.up,
            (int64_t)piece->counted.down, piece->at,
        };
        column_put(&columns, numbers, 10);
        columns.count++;
    }
    if (columns.count == 0)
        return;
    struct db_args *args = add_columns(db_args(), &columns, 0, 9);
    db_tx_ask(tx, &credits_ledger, db_times(args, columns.numbers[9], columns.count), NULL, NULL);
}

void credits_add(struct db_tx *tx, struct arena *arena, const struct batch *batch)
{
    struct columns entries = entry_columns(arena, batch);
    store_entries(tx, &entries);
    store_pieces(tx, arena, batch);
    mark_due(tx, &entries);
}
