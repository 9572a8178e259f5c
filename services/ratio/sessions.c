/* ratio.sessions.report: one transaction a batch. Sessions not heard of are stored where they began, all are locked in
 * order, the arithmetic (batch.c) says what is new and counts, and the outcome is stored (credits.c). A batch that
 * comes again finds its totals stored and credits nothing, so a reporter that is in doubt simply reports again. */
#include "services/ratio/batch.h"
#include "services/ratio/books/books.h"
#include "services/ratio/credits.h"
#include "services/ratio/evidence_store.h"
#include "services/ratio/ratio.h"
#include "services/ratio/statements.h"

#include "services/common/clock.h"
#include "services/common/metrics.h"

#include <assert.h>

enum { TRIES_MOST = 5 };

struct report {
    struct bus_request *request;
    struct db_tx *tx;
    struct batch batch;
    size_t applied;
    uint64_t begun; /* sessions not heard of before */
    bool sighted;   /* something of it waits for the books */
    unsigned tries;
};

static struct {
    struct db *db;
    uint64_t batches, rows, news, failed;
} sessions;

static void report_begin(struct report *report);

/* ---- arrays for unnest(), a column each ---- */

struct columns {
    int64_t *numbers[8];
    struct slice *texts;
};

static struct columns columns_take(struct report *report, size_t count)
{
    struct columns columns;
    struct arena *arena = bus_arena(report->request);
    for (size_t i = 0; i < sizeof columns.numbers / sizeof columns.numbers[0]; i++)
        columns.numbers[i] = arena_take(arena, (count + 1) * sizeof(int64_t));
    columns.texts = arena_take(arena, (count + 1) * sizeof(struct slice));
    return columns;
}

/* User, torrent and peer id of the sessions; all or the changed ones. Gives their number. */
static size_t session_columns(struct report *report, bool changed_only, struct columns *columns)
{
    *columns = columns_take(report, report->batch.sessions_count);
    size_t count = 0;
    for (size_t i = 0; i < report->batch.sessions_count; i++) {
        const struct batch_session *session = &report->batch.sessions[i];
        if (changed_only && !session->changed)
            continue;
        columns->numbers[0][count] = (int64_t)session->user;
        columns->numbers[1][count] = (int64_t)session->torrent;
        columns->texts[count] = session->peer_id;
        columns->numbers[2][count] = session->state.epoch;
        columns->numbers[3][count] = (int64_t)session->state.up;
        columns->numbers[4][count] = (int64_t)session->state.down;
        columns->numbers[5][count] = (int64_t)session->state.left;
        columns->numbers[6][count] = session->state.seen_at;
        columns->numbers[7][count++] = session->state.stopped;
    }
    return count;
}

static struct db_args *session_args(const struct columns *columns, size_t count)
{
    struct db_args *args = db_ints(db_ints(db_args(), columns->numbers[0], count), columns->numbers[1], count);
    args = db_blobs(args, columns->texts, count);
    for (int i = 2; i < 6; i++)
        args = db_ints(args, columns->numbers[i], count);
    return db_ints(db_times(args, columns->numbers[6], count), columns->numbers[7], count);
}

/* ---- the end ---- */

static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    struct report *report = arg;
    (void)uncertain; /* the reporter reports again, which harms nothing */
    if (why != NULL && why->status == STATUS_conflict && ++report->tries < TRIES_MOST) {
        report_begin(report);
        return;
    }
    batch_free(&report->batch);
    if (why != NULL) {
        sessions.failed++;
        bus_fail(report->request, why);
    } else {
        sessions.news += report->applied;
        if (report->sighted)
            books_wake();
        bus_reply(report->request, &(struct ratio_sessions_report_reply){.applied = report->applied});
    }
}

/* ---- storing ---- */

const struct statement sessions_store = {
    .name = "sessions_store",
    .sql = "UPDATE ratio.session s SET epoch = n.epoch, up = n.up, down = n.down, remaining = n.remaining,"
           " seen_at = n.seen_at, stopped = n.stopped <> 0"
           " FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bigint[],"
           " $7::bigint[], $8::timestamptz[], $9::bigint[])"
           " AS n(user_id, torrent_id, peer_id, epoch, up, down, remaining, seen_at, stopped)"
           " WHERE (s.user_id, s.torrent_id, s.peer_id) = (n.user_id, n.torrent_id, n.peer_id)"};

static void store_sessions(struct report *report)
{
    struct columns columns;
    size_t count = session_columns(report, true, &columns);
    db_tx_ask(report->tx, &sessions_store, session_args(&columns, count), NULL, NULL);
}

const struct statement sessions_snatch = {
    .name = "sessions_snatch",
    .sql = "WITH fresh AS (INSERT INTO ratio.snatch (user_id, torrent_id, at)"
           " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS n(user_id, torrent_id, at)"
           " ORDER BY n.user_id, n.torrent_id ON CONFLICT DO NOTHING RETURNING torrent_id)"
           " INSERT INTO ratio.torrent_total AS old (torrent_id, snatches)"
           " SELECT torrent_id, count(*) FROM fresh GROUP BY torrent_id ORDER BY torrent_id"
           " ON CONFLICT (torrent_id) DO UPDATE SET snatches = old.snatches + excluded.snatches"};

static void store_snatches(struct report *report)
{
    const struct batch *batch = &report->batch;
    struct columns columns = columns_take(report, batch->entries_count);
    size_t count = 0;
    for (size_t i = 0; i < batch->entries_count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        if (entry->completed_at == 0)
            continue;
        columns.numbers[0][count] = (int64_t)entry->user;
        columns.numbers[1][count] = (int64_t)entry->torrent;
        columns.numbers[2][count++] = entry->completed_at;
    }
    if (count == 0)
        return;
    struct db_args *args = db_ints(db_ints(db_args(), columns.numbers[0], count), columns.numbers[1], count);
    db_tx_ask(report->tx, &sessions_snatch, db_times(args, columns.numbers[2], count), NULL, NULL);
}

/* Each start of a client is a session of its own. Where a new one begins, those that ended half a year ago go: no
 * tracker remembers them any more. */
const struct statement sessions_prune = {
    .name = "sessions_prune",
    .sql = "DELETE FROM ratio.session s USING unnest($1::bigint[], $2::bigint[]) AS n(user_id, torrent_id)"
           " WHERE (s.user_id, s.torrent_id) = (n.user_id, n.torrent_id) AND s.seen_at < now() - interval '180 days'"};

static void prune_sessions(struct report *report)
{
    struct columns columns;
    size_t count = session_columns(report, true, &columns);
    struct db_args *args = db_ints(db_ints(db_args(), columns.numbers[0], count), columns.numbers[1], count);
    db_tx_ask(report->tx, &sessions_prune, args, NULL, NULL);
}

/* ---- what the books of backups are told ---- */

/* One row of three numbers each, of torrents that the books know or will know; none where there are none. */
const struct statement book_sighted = {
    .name = "book_sighted",
    .sql = "INSERT INTO ratio.book_inbox (kind, payload)"
           " SELECT 'sightings', string_agg(int8send(user_id) || int8send(torrent_id) || int8send(remaining), ''"
           " ORDER BY user_id, torrent_id)"
           " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS n(user_id, torrent_id, remaining)"
           " JOIN ratio.torrent USING (torrent_id) WHERE accounting = 'redundancy' HAVING count(*) > 0"};

static void on_sighted(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct report *report = arg;
    report->sighted = why == NULL && db_affected(rows) > 0;
}

/* Of several clients of a member, the one that misses least; nothing of what is told too late to be seen now, nor of
 * who leaves before it has all: a goodbye asks for no slot. */
static void store_sightings(struct report *report)
{
    const struct batch *batch = &report->batch;
    int64_t oldest = clock_now() - 2 * batch->rules->interval * 1000 - 600000;
    struct columns columns = columns_take(report, batch->sessions_count);
    size_t count = 0;
    for (size_t i = 0; i < batch->sessions_count; i++) {
        const struct batch_session *session = &batch->sessions[i];
        int64_t user = (int64_t)session->user, torrent = (int64_t)session->torrent, left = (int64_t)session->state.left;
        if (!session->changed || session->state.seen_at < oldest || (session->state.stopped && left > 0))
            continue;
        bool again = count > 0 && columns.numbers[0][count - 1] == user && columns.numbers[1][count - 1] == torrent;
        if (again && columns.numbers[2][count - 1] <= left)
            continue;
        count -= again;
        columns.numbers[0][count] = user;
        columns.numbers[1][count] = torrent;
        columns.numbers[2][count++] = left;
    }
    struct db_args *args = db_ints(db_ints(db_args(), columns.numbers[0], count), columns.numbers[1], count);
    db_tx_ask(report->tx, &book_sighted, db_ints(args, columns.numbers[2], count), on_sighted, report);
}

/* ---- what is stored now ---- */

const struct statement sessions_lock = {
    .name = "sessions_lock",
    .sql = "SELECT n.number, s.epoch, s.up, s.down, s.remaining, s.seen_at, s.stopped"
           " FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) WITH ORDINALITY"
           " AS n(user_id, torrent_id, peer_id, number)"
           " JOIN ratio.session s USING (user_id, torrent_id, peer_id) ORDER BY n.number FOR UPDATE OF s"};

static void on_locked(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct report *report = arg;
    if (why != NULL) { /* on_committed hears of it */
        db_commit(report->tx, on_committed, report);
        return;
    }
    assert(db_count(rows) == report->batch.sessions_count); /* this transaction has put in those that were missing */
    for (size_t i = 0; i < db_count(rows); i++) {
        struct batch_session *session = &report->batch.sessions[db_get_int(rows, i, 0) - 1];
        session->state = (struct credit_state){
            .epoch = db_get_int(rows, i, 1),
            .up = (uint64_t)db_get_int(rows, i, 2),
            .down = (uint64_t)db_get_int(rows, i, 3),
            .left = (uint64_t)db_get_int(rows, i, 4),
            .seen_at = db_get_time(rows, i, 5),
            .stopped = db_get_flag(rows, i, 6),
        };
    }
    report->applied = batch_apply(&report->batch);
    if (report->applied > 0) {
        store_sessions(report);
        credits_add(report->tx, bus_arena(report->request), &report->batch);
        evidence_store(report->tx, bus_arena(report->request), &report->batch);
        store_sightings(report);
    }
    store_snatches(report);
    if (report->begun > 0)
        prune_sessions(report);
    db_commit(report->tx, on_committed, report);
}

/* Holds off a torrent's settling (torrents.c) while a batch that may not know of the torrent is under way. */
const struct statement sessions_share = {.name = "sessions_share",
                                         .sql = "SELECT pg_advisory_xact_lock_shared(hashtext('ratio torrents'))"};

const struct statement sessions_begin = {
    .name = "sessions_begin",
    .sql = "INSERT INTO ratio.session (user_id, torrent_id, peer_id, epoch, up, down, remaining, seen_at, stopped)"
           " SELECT user_id, torrent_id, peer_id, epoch, up, down, remaining, seen_at, stopped <> 0"
           " FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::bigint[],"
           " $6::bigint[], $7::bigint[], $8::timestamptz[], $9::bigint[])"
           " AS n(user_id, torrent_id, peer_id, epoch, up, down, remaining, seen_at, stopped)"
           " ORDER BY n.user_id, n.torrent_id, n.peer_id ON CONFLICT DO NOTHING"};

/* Of torrents and members of the batch, and of all: those that had not ended at the oldest report. */
const struct statement sessions_factors = {
    .name = "sessions_factors",
    .sql = "SELECT torrent_id, user_id, starts_at, coalesce(ends_at, to_timestamp(0)), upload, download"
           " FROM ratio.factor WHERE torrent_id = ANY($1::bigint[]) AND user_id = ANY($2::bigint[])"
           " AND (ends_at IS NULL OR ends_at > $3::timestamptz)"};

static void on_factors(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct report *report = arg;
    size_t count = why == NULL ? db_count(rows) : 0;
    struct factor_span *spans = arena_take(bus_arena(report->request), (count + 1) * sizeof *spans);
    for (size_t i = 0; i < count; i++)
        spans[i] = (struct factor_span){
            .torrent = (uint64_t)db_get_int(rows, i, 0),
            .user = (uint64_t)db_get_int(rows, i, 1),
            .from = db_get_time(rows, i, 2),
            .to = db_get_time(rows, i, 3),
            .upload = (uint32_t)db_get_int(rows, i, 4),
            .download = (uint32_t)db_get_int(rows, i, 5),
        };
    factor_sort(spans, count);
    report->batch.factors = spans;
    report->batch.factors_count = count;
}

static void ask_factors(struct report *report)
{
    const struct batch *batch = &report->batch;
    struct columns columns = columns_take(report, batch->sessions_count);
    int64_t oldest = INT64_MAX;
    size_t count = 0;
    for (; count < batch->sessions_count; count++) {
        columns.numbers[0][count] = (int64_t)batch->sessions[count].torrent;
        columns.numbers[1][count] = (int64_t)batch->sessions[count].user;
    }
    columns.numbers[0][count] = columns.numbers[1][count] = 0;
    for (size_t i = 0; i < batch->rows_count; i++)
        oldest = batch->rows[i].seen_at < oldest ? batch->rows[i].seen_at : oldest;
    struct db_args *args = db_ints(db_ints(db_args(), columns.numbers[0], count + 1), columns.numbers[1], count + 1);
    db_tx_ask(report->tx, &sessions_factors, db_time(args, oldest), on_factors, report);
}

static void on_begun(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct report *report = arg;
    report->begun = why == NULL ? db_affected(rows) : 0;
}

static void report_begin(struct report *report)
{
    struct columns columns;
    batch_rewind(&report->batch);
    size_t count = session_columns(report, false, &columns);
    struct db_args *keys = db_ints(db_ints(db_args(), columns.numbers[0], count), columns.numbers[1], count);
    report->tx = db_begin(sessions.db);
    db_tx_ask(report->tx, &sessions_share, NULL, NULL, NULL);
    db_tx_ask(report->tx, &sessions_begin, session_args(&columns, count), on_begun, report);
    ask_factors(report);
    db_tx_ask(report->tx, &sessions_lock, db_blobs(keys, columns.texts, count), on_locked, report);
}

static void on_report(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_sessions_report *ask = message;
    struct report *report = arena_take(bus_arena(request), sizeof *report);
    struct fault why = {0};
    report->request = request;
    if (!batch_read(&report->batch, ask->sessions, clock_now(), &why)) {
        bus_fail(request, &why);
        return;
    }
    report->batch.rules = &evidence_settings;
    books_heard();
    sessions.batches++;
    sessions.rows += report->batch.rows_count;
    if (report->batch.rows_count > 0)
        report_begin(report);
    else
        on_committed(report, NULL, false);
}

void sessions_serve(struct bus *bus, struct db *db)
{
    sessions.db = db;
    bus_serve(bus, NULL, &ratio_sessions_report_message, on_report, NULL);
}

void sessions_metrics(struct buffer *into)
{
    metric_counter(into, "ratio_batches_total", NULL, sessions.batches, "Batches of session totals reported.");
    metric_counter(into, "ratio_rows_total", NULL, sessions.rows, "Session totals reported.");
    metric_counter(into, "ratio_news_total", NULL, sessions.news, "Session totals that told something new.");
    metric_counter(into, "ratio_batches_failed_total", NULL, sessions.failed, "Batches that were not stored.");
}
