/* Follows ratio.notices, catalog.notices and ratio.permits. A fact that cannot be understood is logged and passed over:
 * the next one about the same member heals it, and a notice of a newer kind is understood all the same. */
#include "services/web/inbox.h"

#include "services/common/log.h"
#include "services/common/position.h"
#include "services/web/statements.h"

#include <inttypes.h>
#include <stdio.h>

const struct statement position_find = {.name = "position_find", .sql = POSITION_FIND("web")};
const struct statement position_move = {.name = "position_move", .sql = POSITION_MOVE("web")};

static const struct position_table positions = {&position_find, &position_move};
static struct position *notices, *news, *permits;

/* The facts of a batch, a column each. Numbers and texts mean what the feed's statement takes them for. */
struct columns {
    struct arena *arena;
    size_t count;
    int64_t *numbers[3];
    struct slice *texts[5];
};

static struct columns columns_take(size_t count)
{
    struct columns columns = {.arena = arena_new()};
    for (int i = 0; i < 3; i++)
        columns.numbers[i] = arena_take(columns.arena, (count + 1) * sizeof(int64_t));
    for (int i = 0; i < 5; i++)
        columns.texts[i] = arena_take(columns.arena, (count + 1) * sizeof(struct slice));
    return columns;
}

static bool fact_read(const struct feed_row *row, const struct row *kind, msgpack_zone *zone, void *into)
{
    msgpack_object object;
    struct fault why = {0};
    bool read = object_read(row->fact, row->fact.size, zone, &object, &why) && row_read(kind, into, &object, &why);
    if (!read)
        log_error("fact not understood", "kind=%s seq=%" PRIu64 " why=\"%s\"", kind->name, row->seq, why.text);
    return read;
}

/* ---- ratio.notices and catalog.notices ---- */

/* A notice by itself is known by its id. Of several about the same each is later than the one before, so that one which
 * comes again is known by its time; the first of them says where to begin to read. */
const struct statement notice_store = {
    .name = "notice_store",
    .sql =
        "WITH told AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],"
        "   $7::text[], $8::timestamptz[]) AS n(notice, member, kind, title, body, href, about, told_at)),"
        " last AS (SELECT DISTINCT ON (n.member, n.about) n.member, n.about, n.notice, n.told_at, n.read_at"
        "  FROM (SELECT DISTINCT member, about FROM told WHERE about <> '') AS t"
        "  JOIN web.notice n ON n.member = t.member AND n.about = t.about AND n.about <> ''"
        "  ORDER BY n.member, n.about, n.told_at DESC),"
        " several AS (SELECT t.member, t.about, l.notice AS open, count(*) AS times, max(t.told_at) AS told_at,"
        "  (array_agg(t.body ORDER BY t.told_at DESC))[1] AS body, (array_agg(t.notice ORDER BY t.told_at))[1] AS "
        "notice,"
        "  (array_agg(t.kind ORDER BY t.told_at))[1] AS kind, (array_agg(t.title ORDER BY t.told_at))[1] AS title,"
        "  (array_agg(t.href ORDER BY t.told_at))[1] AS href"
        "  FROM told t LEFT JOIN last l ON l.member = t.member AND l.about = t.about AND l.read_at IS NULL"
        "  WHERE t.about <> '' AND NOT EXISTS (SELECT FROM last k WHERE k.member = t.member AND k.about = t.about"
        "   AND k.told_at >= t.told_at) GROUP BY t.member, t.about, l.notice),"
        " joined AS (UPDATE web.notice n SET body = s.body, told_at = s.told_at, times = n.times + s.times, read_at = "
        "NULL"
        "  FROM several s WHERE n.notice = s.open)"
        " INSERT INTO web.notice (notice, member, kind, title, body, href, about, told_at, times)"
        " SELECT notice, member, kind, title, body, href, about, told_at, 1 FROM told WHERE about = ''"
        " UNION ALL SELECT notice, member, kind, title, body, href, about, told_at, times FROM several"
        "  WHERE open IS NULL ON CONFLICT DO NOTHING"};

static void notice_put(struct columns *into, const struct feed_row *row, msgpack_zone *zone)
{
    struct notice_fact notice;
    if (!fact_read(row, &notice_fact_row, zone, &notice))
        return;
    size_t i = into->count++;
    into->numbers[0][i] = (int64_t)notice.notice;
    into->numbers[1][i] = (int64_t)notice.user;
    into->numbers[2][i] = notice.at;
    into->texts[0][i] = arena_copy(into->arena, notice.kind);
    into->texts[1][i] = arena_copy(into->arena, notice.title);
    into->texts[2][i] = arena_copy(into->arena, notice.text);
    into->texts[3][i] = arena_copy(into->arena, notice.href);
    into->texts[4][i] = arena_copy(into->arena, notice.about);
}

static void store_notices(struct db_tx *tx, const struct feed_batch *batch, db_done_fn *done, void *arg)
{
    struct columns columns = columns_take(batch->count);
    msgpack_zone *zone = msgpack_zone_new(4096);
    for (size_t i = 0; i < batch->count; i++)
        notice_put(&columns, &batch->facts[i], zone);
    struct db_args *args =
        db_ints(db_ints(db_args(), columns.numbers[0], columns.count), columns.numbers[1], columns.count);
    for (int i = 0; i < 5; i++)
        db_texts(args, columns.texts[i], columns.count);
    db_tx_ask(tx, &notice_store, db_times(args, columns.numbers[2], columns.count), done, arg);
    msgpack_zone_free(zone);
    arena_destroy(&columns.arena);
}

/* ---- ratio.permits ---- */

const struct statement watch_store = {
    .name = "watch_store",
    .sql = "WITH told AS (SELECT DISTINCT ON (member) * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[],"
           " $5::timestamptz[]) AS n(member, seq, state, reason, ends_at) ORDER BY member, seq DESC),"
           " over AS (DELETE FROM web.watch w USING told WHERE w.member = told.member AND told.state = '')"
           " INSERT INTO web.watch AS old (member, state, reason, ends_at)"
           " SELECT member, state, reason, ends_at FROM told WHERE state <> ''"
           " ON CONFLICT (member) DO UPDATE SET state = excluded.state, reason = excluded.reason,"
           " ends_at = excluded.ends_at"};

static void watch_put(struct columns *into, const struct feed_row *row, msgpack_zone *zone)
{
    struct permit_fact permit;
    if (!fact_read(row, &permit_fact_row, zone, &permit))
        return;
    size_t i = into->count++;
    into->numbers[0][i] = (int64_t)permit.user;
    into->numbers[1][i] = (int64_t)row->seq;
    into->numbers[2][i] = permit.watch_ends_at;
    into->texts[0][i] = arena_copy(into->arena, permit.watch);
    into->texts[1][i] = arena_copy(into->arena, permit.reason);
}

static void store_watches(struct db_tx *tx, const struct feed_batch *batch, db_done_fn *done, void *arg)
{
    struct columns columns = columns_take(batch->count);
    msgpack_zone *zone = msgpack_zone_new(4096);
    for (size_t i = 0; i < batch->count; i++)
        watch_put(&columns, &batch->facts[i], zone);
    struct db_args *args =
        db_ints(db_ints(db_args(), columns.numbers[0], columns.count), columns.numbers[1], columns.count);
    args = db_texts(db_texts(args, columns.texts[0], columns.count), columns.texts[1], columns.count);
    db_tx_ask(tx, &watch_store, db_times(args, columns.numbers[2], columns.count), done, arg);
    msgpack_zone_free(zone);
    arena_destroy(&columns.arena);
}

/* ---- reading ---- */

void inbox_state_read(const struct db_rows *rows, size_t row, int column, struct inbox_state *into)
{
    struct slice state = db_get_text(rows, row, column + 1);
    *into = (struct inbox_state){
        .unread = (uint64_t)db_get_int(rows, row, column),
        .on_watch = slice_is(state, "watch"),
        .stopped = slice_is(state, "stopped"),
        .watch_ends_at = db_get_time(rows, row, column + 2),
    };
    snprintf(into->reason, sizeof into->reason, "%.*s", SLICE_ARGS(db_get_text(rows, row, column + 3)));
}

void inbox_read(struct loop *loop, struct bus *bus, struct db *db)
{
    notices = position_follow(loop, bus, db, &positions, "ratio.notices", store_notices, NULL);
    news = position_follow(loop, bus, db, &positions, "catalog.notices", store_notices, NULL);
    permits = position_follow(loop, bus, db, &positions, "ratio.permits", store_watches, NULL);
}

void inbox_stop(void)
{
    position_destroy(&notices);
    position_destroy(&news);
    position_destroy(&permits);
}
