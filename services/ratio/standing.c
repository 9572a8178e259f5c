/* The tick: members who are due are looked at, whatever has moved them: bytes, snatches, a watch that ends, a day gone
 * by. Their rows are locked from the look to the commit, and those that another replica has locked are left to it; so a
 * step of a watch is taken once, in one transaction with the permit that follows and the notice that tells of it. */
#include "services/ratio/standing.h"

#include "services/common/clock.h"
#include "services/common/feed.h"
#include "services/common/log.h"
#include "services/common/metrics.h"
#include "services/common/notices.h"
#include "services/ratio/explain.h"
#include "services/ratio/permit.h"
#include "services/ratio/ratio.h"
#include "services/ratio/statements.h"

#include <inttypes.h>

enum { TICK_MS = 1000, CLAIM_MOST = 200, STEPS_MOST = 3, FORGET_EVERY = 3600, WEEK_DAYS = 7 };

static const int64_t day_ms = INT64_C(86400000);

struct ordinary_rules ordinary_settings;

static struct {
    struct db *db;
    struct loop_timer *timer;
    unsigned ticks;
    uint64_t looked, steps;
    /* of the tick under way */
    bool busy;
    struct arena *arena;
    struct db_tx *tx;
    int64_t now;
    size_t count;
    int64_t *users;
    bool told;
} tick;

/* ---- reading ---- */

/* Torrents that were deleted cannot be seeded: they are no snatches here. */
const struct statement standing_figures = {
    .name = "standing_figures",
    .sql = "SELECT u.user_id, coalesce(t.credited_up, 0), coalesce(t.credited_down, 0), n.snatched, n.seeding,"
           " n.hit_and_runs, coalesce(s.watch, 'clear'), coalesce(s.since, to_timestamp(0)),"
           " coalesce(s.ends_at, to_timestamp(0)), coalesce(s.stop_down, 0), coalesce(s.warned, false)"
           " FROM unnest($1::bigint[]) u(user_id) LEFT JOIN ratio.member_total t USING (user_id)"
           " LEFT JOIN ratio.standing s USING (user_id)"
           " CROSS JOIN LATERAL (SELECT count(*) AS snatched, count(*) FILTER (WHERE w.ms >= $3) AS seeding,"
           "  count(*) FILTER (WHERE $4::bigint > 0 AND h.at < $5::timestamptz AND coalesce(m.seeded, 0) < $4"
           "   AND coalesce(m.uploaded, 0) < coalesce(m.downloaded, 0)) AS hit_and_runs"
           "  FROM ratio.snatch h JOIN ratio.torrent c USING (torrent_id)"
           "  LEFT JOIN ratio.member_torrent m ON m.user_id = u.user_id AND m.torrent_id = h.torrent_id"
           "  LEFT JOIN (SELECT torrent_id, sum(ms) AS ms FROM ratio.seed_day"
           "   WHERE day = ANY($2::bigint[]) AND user_id = u.user_id GROUP BY torrent_id) w"
           "  ON w.torrent_id = h.torrent_id"
           "  WHERE h.user_id = u.user_id AND c.accounting = 'ratio' AND c.active) n"};

struct db_args *standing_args(const int64_t *users, size_t count, int64_t now)
{
    int64_t days[WEEK_DAYS];
    for (int i = 0; i < WEEK_DAYS; i++)
        days[i] = now / day_ms - i;
    struct db_args *args = db_ints(db_ints(db_args(), users, count), days, WEEK_DAYS);
    args = db_int(db_int(args, ordinary_settings.seeding), ordinary_settings.hit_seed);
    return db_time(args, now - ordinary_settings.hit_within);
}

void standing_read(const struct db_rows *rows, size_t row, struct ordinary *into)
{
    *into = (struct ordinary){
        .user = (uint64_t)db_get_int(rows, row, 0),
        .figures = {.up = (uint64_t)db_get_int(rows, row, 1),
                    .down = (uint64_t)db_get_int(rows, row, 2),
                    .snatched = (uint64_t)db_get_int(rows, row, 3),
                    .seeding = (uint64_t)db_get_int(rows, row, 4)},
        .hit_and_runs = (uint64_t)db_get_int(rows, row, 5),
        .watch = {.state = watch_find(db_get_text(rows, row, 6)),
                  .since = db_get_time(rows, row, 7),
                  .ends_at = db_get_time(rows, row, 8),
                  .stop_down = (uint64_t)db_get_int(rows, row, 9),
                  .warned = db_get_flag(rows, row, 10)},
    };
    ordinary_judge(&ordinary_settings, into);
}

/* ---- the end of a tick ---- */

static void on_tick(void *arg);

static void tick_end(void)
{
    tick.busy = false;
    arena_destroy(&tick.arena);
}

static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    (void)arg;
    (void)uncertain; /* who is still due is looked at again */
    bool more = why == NULL && tick.count == CLAIM_MOST;
    if (why == NULL) {
        tick.looked += tick.count;
        members_published();
        if (tick.told)
            notices_published();
    }
    tick_end();
    if (more)
        on_tick(NULL);
}

/* ---- storing ---- */

const struct statement standing_store = {
    .name = "standing_store",
    .sql = "WITH n AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[],"
           " $5::bigint[], $6::bigint[], $7::timestamptz[], $8::bigint[], $9::text[], $10::bytea[])"
           " AS n(user_id, watch, since, ends_at, stop_down, warned, due_at, may_leech, reason, fact)),"
           " moved AS (UPDATE ratio.standing s SET watch = n.watch, since = n.since, ends_at = n.ends_at,"
           " stop_down = n.stop_down, warned = n.warned <> 0, due_at = nullif(n.due_at, to_timestamp(0)),"
           " may_leech = n.may_leech <> 0, reason = n.reason, fact = n.fact"
           " FROM n WHERE s.user_id = n.user_id),"
           " changed AS (INSERT INTO ratio.permit AS old (user_id, may_leech, reason, fact)"
           " SELECT n.user_id, n.may_leech <> 0, n.reason, n.fact FROM n JOIN ratio.member m USING (user_id)"
           " WHERE m.standing = 'active' ORDER BY n.user_id"
           " ON CONFLICT (user_id) DO UPDATE SET may_leech = excluded.may_leech, reason = excluded.reason,"
           " fact = excluded.fact WHERE old.fact IS DISTINCT FROM excluded.fact RETURNING old.user_id)"
           " SELECT ratio.feed_add('ratio.permits', user_id, n.fact) FROM changed JOIN n USING (user_id)"
           " ORDER BY user_id"};

struct columns {
    int64_t *since, *ends_at, *stop_down, *warned, *due_at, *may_leech;
    struct slice *watches, *reasons, *facts;
};

static struct columns columns_take(struct arena *arena, size_t count)
{
    size_t numbers = (count + 1) * sizeof(int64_t), texts = (count + 1) * sizeof(struct slice);
    return (struct columns){
        .since = arena_take(arena, numbers),
        .ends_at = arena_take(arena, numbers),
        .stop_down = arena_take(arena, numbers),
        .warned = arena_take(arena, numbers),
        .due_at = arena_take(arena, numbers),
        .may_leech = arena_take(arena, numbers),
        .watches = arena_take(arena, texts),
        .reasons = arena_take(arena, texts),
        .facts = arena_take(arena, texts),
    };
}

static void column_add(struct columns *into, size_t i, const struct ordinary *member)
{
    char reason[PERMIT_REASON_MAX];
    struct permit_fact permit = permit_watched(member, reason);
    into->watches[i] = slice_text(watch_name(member->watch.state));
    into->since[i] = member->watch.since;
    into->ends_at[i] = member->watch.ends_at;
    into->stop_down[i] = (int64_t)member->watch.stop_down;
    into->warned[i] = member->watch.warned;
    into->due_at[i] = ordinary_due(&ordinary_settings, member, tick.now);
    into->may_leech[i] = permit.may_leech;
    into->facts[i] = feed_packed(tick.arena, &permit_fact_row, &permit);
    into->reasons[i] = arena_copy(tick.arena, permit.reason);
}

static void ask_store(const struct columns *columns)
{
    size_t count = tick.count;
    struct db_args *args = db_texts(db_ints(db_args(), tick.users, count), columns->watches, count);
    args = db_times(db_times(args, columns->since, count), columns->ends_at, count);
    args = db_ints(db_ints(args, columns->stop_down, count), columns->warned, count);
    args = db_ints(db_times(args, columns->due_at, count), columns->may_leech, count);
    args = db_blobs(db_texts(args, columns->reasons, count), columns->facts, count);
    db_tx_ask(tick.tx, &standing_store, args, NULL, NULL);
}

/* ---- looking ---- */

static void take_steps(struct ordinary *member, struct notices *notices)
{
    for (int i = 0; i < STEPS_MOST; i++) {
        struct notice notice;
        enum watch_step step = ordinary_step(&ordinary_settings, member, tick.now);
        if (!explain_step(member, step, &notice))
            return;
        tick.steps++;
        log_info("ratio watch", "user=%" PRIu64 " step=%s", member->user, notice_name(notice.kind));
        notices_put(notices, member->user, notice.kind, notice.title, notice.text, tick.now);
    }
}

static void on_figures(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    if (why == NULL) {
        struct columns columns = columns_take(tick.arena, tick.count);
        struct notices notices = notices_take(tick.arena, tick.count * STEPS_MOST);
        for (size_t i = 0; i < db_count(rows) && i < tick.count; i++) {
            struct ordinary member;
            standing_read(rows, i, &member);
            take_steps(&member, &notices);
            tick.users[i] = (int64_t)member.user; /* in the order of these rows */
            column_add(&columns, i, &member);
        }
        tick.told = notices.count > 0;
        notices_add(tick.tx, &notices);
        ask_store(&columns);
    }
    db_commit(tick.tx, on_committed, NULL);
}

static void on_claimed(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    tick.count = why == NULL ? db_count(rows) : 0;
    if (tick.count == 0) {
        db_rollback(tick.tx);
        tick_end();
        return;
    }
    tick.users = arena_take(tick.arena, tick.count * sizeof *tick.users);
    for (size_t i = 0; i < tick.count; i++)
        tick.users[i] = db_get_int(rows, i, 0);
    db_tx_ask(tick.tx, &standing_figures, standing_args(tick.users, tick.count, tick.now), on_figures, NULL);
}

const struct statement standing_claim = {
    .name = "standing_claim",
    .sql = "SELECT user_id FROM ratio.standing WHERE due_at <= $1::timestamptz ORDER BY due_at LIMIT $2"
           " FOR UPDATE SKIP LOCKED"};

/* A day that no week reaches any more. */
const struct statement standing_forget = {.name = "standing_forget",
                                          .sql = "DELETE FROM ratio.seed_day WHERE day < $1"};

static void on_tick(void *arg)
{
    (void)arg;
    if (tick.busy || !db_is_up(tick.db))
        return;
    tick.busy = true;
    tick.told = false;
    tick.now = clock_now();
    tick.arena = arena_new();
    if (tick.ticks++ % FORGET_EVERY == 0) {
        db_ask(tick.db, &standing_forget, db_int(db_args(), tick.now / day_ms - WEEK_DAYS), NULL, NULL);
        notices_forget(tick.db);
    }
    tick.tx = db_begin(tick.db);
    db_tx_ask(tick.tx, &standing_claim, db_int(db_time(db_args(), tick.now), CLAIM_MOST), on_claimed, NULL);
}

void standing_start(struct loop *loop, struct db *db)
{
    tick.db = db;
    tick.timer = loop_timer_new(loop, TICK_MS, TICK_MS, on_tick, NULL);
}

void standing_stop(void)
{
    if (tick.timer != NULL)
        loop_timer_cancel(&tick.timer);
}

void standing_metrics(struct buffer *into)
{
    metric_counter(into, "ratio_looked_total", NULL, tick.looked, "Members looked at because they were due.");
    metric_counter(into, "ratio_watch_steps_total", NULL, tick.steps, "Steps of ratio watches.");
}
