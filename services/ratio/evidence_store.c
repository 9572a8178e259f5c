/* One row a kind, member and torrent, so that the table stays small however often something is seen. */
#include "services/ratio/evidence_store.h"

#include "services/ratio/columns.h"
#include "services/ratio/ratio.h"
#include "services/ratio/rows.h"
#include "services/ratio/statements.h"

struct evidence_rules evidence_settings;

static struct db *evidence_db;

/* ---- storing ---- */

enum { AT = 6, NUMBERS = 8 };

/* Upload claimed where nobody downloads: nobody else had a byte missing since two intervals before the report before.
 */
const struct statement evidence_add = {
    .name = "evidence_add",
    .sql = "INSERT INTO ratio.evidence AS old (kind, user_id, torrent_id, times, unexplained, claimed, possible, span,"
           " first_at, last_at)"
           " SELECT n.kind, n.user_id, n.torrent_id, count(*), ratio.add_counts(0, sum(n.unexplained)),"
           " (array_agg(n.claimed ORDER BY n.at DESC))[1], (array_agg(n.possible ORDER BY n.at DESC))[1],"
           " (array_agg(n.span ORDER BY n.at DESC))[1], min(n.at), max(n.at)"
           " FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],"
           " $7::bigint[], $8::timestamptz[], $9::timestamptz[])"
           " AS n(kind, user_id, torrent_id, unexplained, claimed, possible, span, at, since)"
           " WHERE n.kind <> 'alone' OR NOT EXISTS (SELECT FROM ratio.member_torrent m"
           "  WHERE m.torrent_id = n.torrent_id AND m.leeched_at >= n.since AND m.user_id <> n.user_id)"
           " GROUP BY n.kind, n.user_id, n.torrent_id ORDER BY n.kind, n.user_id, n.torrent_id"
           " ON CONFLICT (kind, user_id, torrent_id) DO UPDATE SET times = old.times + excluded.times,"
           " unexplained = ratio.add_counts(old.unexplained, excluded.unexplained), claimed = excluded.claimed,"
           " possible = excluded.possible, span = excluded.span, last_at = greatest(old.last_at, excluded.last_at)"};

void evidence_store(struct db_tx *tx, struct arena *arena, const struct batch *batch)
{
    struct columns columns = columns_take(arena, batch->evidence_count, NUMBERS);
    for (size_t i = 0; i < batch->evidence_count; i++) {
        const struct evidence *found = &batch->evidence[i];
        const int64_t numbers[NUMBERS] = {
            (int64_t)found->user,
            (int64_t)found->torrent,
            (int64_t)found->unexplained,
            (int64_t)found->claimed,
            (int64_t)found->possible,
            found->span,
            found->at,
            found->since > 0 ? found->since : 0,
        };
        columns_put(&columns, numbers, NUMBERS, slice_text(evidence_name(found->kind)));
    }
    if (columns.count == 0)
        return;
    struct db_args *args = columns_ints(db_texts(db_args(), columns.texts, columns.count), &columns, 0, AT);
    db_tx_ask(tx, &evidence_add, columns_times(args, &columns, AT, NUMBERS), NULL, NULL);
}

/* ---- ratio.evidence.list ---- */

static void pack_evidence(const struct db_rows *rows, size_t i, msgpack_packer *packer)
{
    struct evidence_row row = {
        .kind = db_get_text(rows, i, 0),
        .user = (uint64_t)db_get_int(rows, i, 1),
        .torrent = (uint64_t)db_get_int(rows, i, 2),
        .times = (uint64_t)db_get_int(rows, i, 3),
        .unexplained = (uint64_t)db_get_int(rows, i, 4),
        .claimed = (uint64_t)db_get_int(rows, i, 5),
        .possible = (uint64_t)db_get_int(rows, i, 6),
        .span = (uint64_t)db_get_int(rows, i, 7),
        .first_at = db_get_time(rows, i, 8),
        .last_at = db_get_time(rows, i, 9),
        .rank = (uint64_t)db_get_int(rows, i, 10),
    };
    row_pack(&evidence_row_row, &row, packer);
}

static void on_ranked(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct ratio_evidence_list_reply reply = {0};
    if (why != NULL)
        bus_fail(request, why);
    else
        rows_reply(request, rows, pack_evidence, &reply.evidence, &reply);
}

/* How unlikely: what cannot be explained, in thousandths of the torrent, and the less weight the more innocent ways
 * there are to it. A recheck makes `left` grow; a leecher that vanishes leaves a balance open. */
const struct statement evidence_ranked = {
    .name = "evidence_ranked",
    .sql = "SELECT kind, user_id, torrent_id, times, unexplained, claimed, possible, span, first_at, last_at,"
           " least(unexplained::numeric * 1000 / greatest(coalesce(size, 0), 1048576)"
           " * CASE kind WHEN 'alone' THEN 4 WHEN 'rate' THEN 3 WHEN 'balance' THEN 2 ELSE 0.25 END,"
           " 9223372036854775807)::bigint AS rank"
           " FROM ratio.evidence LEFT JOIN ratio.torrent USING (torrent_id)"
           " ORDER BY rank DESC, last_at DESC, kind, user_id, torrent_id LIMIT $1"};

static void on_list(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_evidence_list *ask = message;
    db_ask(evidence_db, &evidence_ranked, db_int(db_args(), (int64_t)ask->limit), on_ranked, request);
}

void evidence_serve(struct bus *bus, struct db *db)
{
    evidence_db = db;
    bus_serve(bus, NULL, &ratio_evidence_list_message, on_list, NULL);
}
