/* One statement a table, a column each. All sums that a page shows are made here, beside the entries they come from;
 * what is a backup's counts in none of those of the ordinary ratio. */
#include "services/ratio/credits.h"

#include "services/common/clock.h"
#include "services/ratio/columns.h"
#include "services/ratio/statements.h"

/* ---- by member and torrent ---- */

enum {
    USER,
    TORRENT,
    UP,
    DOWN,
    COUNTED_UP,
    COUNTED_DOWN,
    FRESH,
    SEEDED_UNTIL,
    LEFT,
    SEEDED_BEFORE,
    SEEN_AT,
    LEECHED_AT,
    COMPLETED,
    ENTRY_NUMBERS
};

static bool is_backup(const struct batch_entry *entry)
{
    return entry->stored.accounting == BATCH_BACKUP;
}

typedef bool entry_picks(const struct batch_entry *entry);

/* The entries that tell something new, of those picked. */
static struct columns entry_columns(struct arena *arena, const struct batch *batch, entry_picks *picks)
{
    struct columns columns = columns_take(arena, batch->entries_count, ENTRY_NUMBERS);
    for (size_t i = 0; i < batch->entries_count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        bool counts = !is_backup(entry);
        if (!entry->changed || !picks(entry))
            continue;
        const int64_t numbers[ENTRY_NUMBERS] = {
            [USER] = (int64_t)entry->user,
            [TORRENT] = (int64_t)entry->torrent,
            [UP] = (int64_t)entry->gain.up,
            [DOWN] = (int64_t)entry->gain.down,
            [COUNTED_UP] = counts ? (int64_t)entry->counted.up : 0,
            [COUNTED_DOWN] = counts ? (int64_t)entry->counted.down : 0,
            [FRESH] = entry->fresh_ms,
            [SEEDED_UNTIL] = entry->seeded.to,
            [LEFT] = (int64_t)entry->left,
            [SEEDED_BEFORE] = entry->stored.seeded_until,
            [SEEN_AT] = entry->seen_at,
            [LEECHED_AT] = entry->leeched_at,
            [COMPLETED] = entry->completed_at != 0,
        };
        columns_put(&columns, numbers, ENTRY_NUMBERS, entry->client);
    }
    return columns;
}

static bool is_new(const struct batch_entry *entry)
{
    return !is_backup(entry) && !entry->stored.entry;
}

static bool is_old(const struct batch_entry *entry)
{
    return !is_backup(entry) && entry->stored.entry;
}

static bool has_moved(const struct batch_entry *entry)
{
    return entry->gain.up > 0 || entry->gain.down > 0;
}

static bool has_moved_for_ratio(const struct batch_entry *entry)
{
    return has_moved(entry) && entry->stored.accounting == BATCH_RATIO;
}

static bool has_seeded(const struct batch_entry *entry)
{
    return entry->fresh_ms > 0 && !is_backup(entry);
}

static bool may_be_due(const struct batch_entry *entry)
{
    return entry->stored.accounting == BATCH_RATIO &&
           (has_moved(entry) || entry->fresh_ms > 0 || entry->completed_at != 0);
}

#define ENTRY_COLUMNS                                                                                                  \
    "unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],"         \
    " $8::bigint[], $9::bigint[], $10::bigint[], $11::timestamptz[], $12::timestamptz[], $13::bytea[])"                \
    " AS n(user_id, torrent_id, up, down, counted_up, counted_down, fresh, seeded_until, remaining, seeded_before,"    \
    " seen_at, leeched_at, client)"

static struct db_args *entry_args(const struct columns *entries)
{
    struct db_args *args = columns_ints(db_args(), entries, USER, SEEN_AT);
    return columns_blobs(columns_times(args, entries, SEEN_AT, COMPLETED), entries);
}

const struct statement credits_begin = {
    .name = "credits_begin",
    .sql = "WITH begun AS (INSERT INTO ratio.member_torrent (user_id, torrent_id, uploaded, downloaded, credited_up,"
           " credited_down, remaining, seen_at, leeched_at, client, seeded, seeded_until)"
           " SELECT user_id, torrent_id, up, down, counted_up, counted_down, remaining, seen_at,"
           " nullif(leeched_at, to_timestamp(0)), client, fresh, seeded_until FROM " ENTRY_COLUMNS
           " ON CONFLICT DO NOTHING RETURNING 1) SELECT ratio.expect(count(*), cardinality($1)) FROM begun"};

/* What was seeded is worked out from what had been counted before. */
const struct statement credits_move = {
    .name = "credits_move",
    .sql = "WITH moved AS (UPDATE ratio.member_torrent m SET uploaded = ratio.add_counts(m.uploaded, n.up),"
           " downloaded = ratio.add_counts(m.downloaded, n.down),"
           " credited_up = ratio.add_counts(m.credited_up, n.counted_up),"
           " credited_down = ratio.add_counts(m.credited_down, n.counted_down),"
           " remaining = CASE WHEN n.seen_at >= m.seen_at THEN n.remaining ELSE m.remaining END,"
           " client = CASE WHEN n.seen_at >= m.seen_at THEN n.client ELSE m.client END,"
           " seen_at = greatest(m.seen_at, n.seen_at),"
           " leeched_at = greatest(m.leeched_at, nullif(n.leeched_at, to_timestamp(0))),"
           " seeded = m.seeded + n.fresh, seeded_until = greatest(m.seeded_until, n.seeded_until)"
           " FROM " ENTRY_COLUMNS " WHERE (m.user_id, m.torrent_id) = (n.user_id, n.torrent_id)"
           " AND m.seeded_until = n.seeded_before RETURNING 1)"
           " SELECT ratio.expect(count(*), cardinality($1)) FROM moved"};

/* Of a backup: raw figures, and nothing that another batch could have counted before. */
const struct statement credits_backups = {
    .name = "credits_backups",
    .sql =
        "INSERT INTO ratio.member_torrent AS old (user_id, torrent_id, uploaded, downloaded, remaining, seen_at,"
        " leeched_at, client)"
        " SELECT user_id, torrent_id, up, down, remaining, seen_at, nullif(leeched_at, to_timestamp(0)), client"
        " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[],"
        " $7::timestamptz[], $8::bytea[])"
        " AS n(user_id, torrent_id, up, down, remaining, seen_at, leeched_at, client)"
        " ON CONFLICT (user_id, torrent_id) DO UPDATE SET uploaded = ratio.add_counts(old.uploaded, excluded.uploaded),"
        " downloaded = ratio.add_counts(old.downloaded, excluded.downloaded),"
        " remaining = CASE WHEN excluded.seen_at >= old.seen_at THEN excluded.remaining ELSE old.remaining END,"
        " client = CASE WHEN excluded.seen_at >= old.seen_at THEN excluded.client ELSE old.client END,"
        " seen_at = greatest(old.seen_at, excluded.seen_at),"
        " leeched_at = greatest(old.leeched_at, excluded.leeched_at)"};

const struct statement credits_week = {
    .name = "credits_week",
    .sql = "INSERT INTO ratio.seed_day AS old (day, user_id, torrent_id, ms)"
           " SELECT seeded_until / 86400000, user_id, torrent_id, fresh FROM"
           " unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])"
           " AS n(user_id, torrent_id, fresh, seeded_until) ORDER BY 1, 2, 3"
           " ON CONFLICT (day, user_id, torrent_id) DO UPDATE SET ms = old.ms + excluded.ms"};

/* Only torrents that are known to count for the ratio: those learnt of later are settled then (torrents.c). */
const struct statement credits_total = {
    .name = "credits_total",
    .sql = "INSERT INTO ratio.member_total AS old (user_id, uploaded, downloaded, credited_up, credited_down)"
           " SELECT n.user_id, ratio.add_counts(0, sum(n.up)), ratio.add_counts(0, sum(n.down)),"
           " ratio.add_counts(0, sum(n.counted_up)), ratio.add_counts(0, sum(n.counted_down))"
           " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])"
           " AS n(user_id, torrent_id, up, down, counted_up, counted_down)"
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
           " GROUP BY user_id) told"
           " LEFT JOIN ratio.standing s USING (user_id) WHERE may_fall OR (may_rise AND s.watch <> 'clear')"
           " ORDER BY user_id"
           " ON CONFLICT (user_id) DO UPDATE SET due_at = excluded.due_at"
           " WHERE old.due_at IS NULL OR old.due_at > excluded.due_at"};

/* ---- storing the entries ---- */

static void store_entries(struct db_tx *tx, struct arena *arena, const struct batch *batch)
{
    struct columns old = entry_columns(arena, batch, is_old), new = entry_columns(arena, batch, is_new);
    struct columns seeded = entry_columns(arena, batch, has_seeded), backups = entry_columns(arena, batch, is_backup);
    if (old.count > 0)
        db_tx_ask(tx, &credits_move, entry_args(&old), NULL, NULL);
    if (new.count > 0)
        db_tx_ask(tx, &credits_begin, entry_args(&new), NULL, NULL);
    if (backups.count > 0) {
        struct db_args *args =
            columns_ints(columns_ints(db_args(), &backups, USER, COUNTED_UP), &backups, LEFT, SEEDED_BEFORE);
        args = columns_times(args, &backups, SEEN_AT, COMPLETED);
        db_tx_ask(tx, &credits_backups, columns_blobs(args, &backups), NULL, NULL);
    }
    if (seeded.count > 0) {
        struct db_args *args = columns_ints(db_args(), &seeded, USER, UP);
        db_tx_ask(tx, &credits_week, columns_ints(args, &seeded, FRESH, LEFT), NULL, NULL);
    }
}

static void store_totals(struct db_tx *tx, struct arena *arena, const struct batch *batch)
{
    struct columns members = entry_columns(arena, batch, has_moved_for_ratio);
    struct columns torrents = entry_columns(arena, batch, has_moved);
    if (members.count > 0)
        db_tx_ask(tx, &credits_total, columns_ints(db_args(), &members, USER, FRESH), NULL, NULL);
    if (torrents.count > 0)
        db_tx_ask(tx, &credits_torrents, columns_ints(db_args(), &torrents, TORRENT, COUNTED_UP), NULL, NULL);
}

static void mark_due(struct db_tx *tx, struct arena *arena, const struct batch *batch)
{
    struct columns due = entry_columns(arena, batch, may_be_due);
    if (due.count == 0)
        return;
    struct db_args *args = columns_ints(columns_ints(db_args(), &due, USER, UP), &due, COUNTED_UP, SEEDED_UNTIL);
    args = columns_ints(args, &due, COMPLETED, ENTRY_NUMBERS);
    db_tx_ask(tx, &credits_due, db_time(args, clock_now()), NULL, NULL);
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
           " GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
           " ON CONFLICT (user_id, torrent_id, day, upload_factor, download_factor) DO UPDATE SET"
           " uploaded = ratio.add_counts(old.uploaded, excluded.uploaded),"
           " downloaded = ratio.add_counts(old.downloaded, excluded.downloaded),"
           " credited_up = ratio.add_counts(old.credited_up, excluded.credited_up),"
           " credited_down = ratio.add_counts(old.credited_down, excluded.credited_down),"
           " first_at = least(old.first_at, excluded.first_at), last_at = greatest(old.last_at, excluded.last_at)"};

/* Pieces are in the order of entries. */
static void store_pieces(struct db_tx *tx, struct arena *arena, const struct batch *batch)
{
    enum { AT = 9, NUMBERS };
    struct columns columns = columns_take(arena, batch->pieces_count, NUMBERS);
    for (size_t i = 0, e = 0; i < batch->pieces_count; i++) {
        const struct batch_piece *piece = &batch->pieces[i];
        while (batch->entries[e].user != piece->user || batch->entries[e].torrent != piece->torrent)
            e++;
        const int64_t numbers[NUMBERS] = {
            (int64_t)piece->user,         (int64_t)piece->torrent,
            piece->at / 86400000,         piece->factor.up,
            piece->factor.down,           (int64_t)piece->gain.up,
            (int64_t)piece->gain.down,    (int64_t)piece->counted.up,
            (int64_t)piece->counted.down, piece->at,
        };
        if (!is_backup(&batch->entries[e]))
            columns_put(&columns, numbers, NUMBERS, batch->entries[e].client);
    }
    if (columns.count == 0)
        return;
    struct db_args *args = columns_ints(db_args(), &columns, 0, AT);
    db_tx_ask(tx, &credits_ledger, columns_times(args, &columns, AT, NUMBERS), NULL, NULL);
}

void credits_add(struct db_tx *tx, struct arena *arena, const struct batch *batch)
{
    store_entries(tx, arena, batch);
    store_totals(tx, arena, batch);
    store_pieces(tx, arena, batch);
    mark_due(tx, arena, batch);
}
