/* ratio.sessions.report: one transaction a batch. What is stored is read, the arithmetic (batch.c) says what is new and
 * counts, and the outcome is stored (sessions_store.c, credits.c) unless another batch has changed what was read: then
 * all is done again, alone. A batch that comes again finds its totals stored and credits nothing, so a reporter that is
 * in doubt simply reports again. */
#include "services/ratio/batch.h"
#include "services/ratio/books/books.h"
#include "services/ratio/columns.h"
#include "services/ratio/credits.h"
#include "services/ratio/evidence_store.h"
#include "services/ratio/ratio.h"
#include "services/ratio/sessions_store.h"
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
    bool sighted; /* something of it waits for the books */
    unsigned tries;
};

static struct {
    struct db *db;
    uint64_t batches, rows, news, failed;
} sessions;

static void report_begin(struct report *report);

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

/* ---- what is stored now ---- */

const struct statement sessions_read = {
    .name = "sessions_read",
    .sql = "SELECT n.number, s.epoch, s.up, s.down, s.remaining, s.seen_at, s.stopped, s.xmin, s.ctid,"
           " m.seeded_until, t.accounting"
           " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[]) WITH ORDINALITY"
           " AS n(user_id, torrent_id, asked, peer_id, number)"
           " LEFT JOIN ratio.session s USING (user_id, torrent_id, peer_id)"
           " LEFT JOIN ratio.member_torrent m ON (m.user_id, m.torrent_id) = (n.user_id, nullif(n.asked, 0))"
           " LEFT JOIN ratio.torrent t ON t.torrent_id = nullif(n.asked, 0)"};

static enum batch_accounting accounting_of(const struct db_rows *rows, size_t row)
{
    if (db_is_null(rows, row, 10))
        return BATCH_UNKNOWN;
    return slice_is(db_get_text(rows, row, 10), "redundancy") ? BATCH_BACKUP : BATCH_RATIO;
}

static void session_fill(struct batch_session *session, const struct db_rows *rows, size_t row)
{
    bool is_known = session->stored.accounting == BATCH_BACKUP;
    session->stored = (struct batch_stored){
        .session = !db_is_null(rows, row, 1),
        .version = db_get_int(rows, row, 7),
        .place = db_get_int(rows, row, 8),
        .entry = !db_is_null(rows, row, 9),
        .seeded_until = db_get_int(rows, row, 9),
        .accounting = is_known ? BATCH_BACKUP : accounting_of(rows, row),
    };
    if (session->stored.session)
        session->state = (struct credit_state){
            .epoch = db_get_int(rows, row, 1),
            .up = (uint64_t)db_get_int(rows, row, 2),
            .down = (uint64_t)db_get_int(rows, row, 3),
            .left = (uint64_t)db_get_int(rows, row, 4),
            .seen_at = db_get_time(rows, row, 5),
            .stopped = db_get_flag(rows, row, 6),
        };
}

static void on_read(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct report *report = arg;
    struct arena *arena = bus_arena(report->request);
    struct batch *batch = &report->batch;
    if (why != NULL) { /* on_committed hears of it */
        db_commit(report->tx, on_committed, report);
        return;
    }
    assert(db_count(rows) == batch->sessions_count);
    for (size_t i = 0; i < db_count(rows); i++)
        session_fill(&batch->sessions[db_get_int(rows, i, 0) - 1], rows, i);
    report->applied = batch_apply(batch);
    if (report->applied > 0) {
        sessions_store(report->tx, arena, batch);
        credits_add(report->tx, arena, batch);
        evidence_store(report->tx, arena, batch);
        report->sighted = sightings_store(report->tx, arena, batch);
        report->sighted |= households_store(report->tx, arena, batch);
    }
    snatches_store(report->tx, arena, batch);
    db_commit(report->tx, on_committed, report);
}

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
    struct columns columns = columns_take(bus_arena(report->request), batch->sessions_count + 1, 2);
    int64_t oldest = INT64_MAX;
    for (size_t i = 0; i < batch->sessions_count; i++) {
        const struct batch_session *session = &batch->sessions[i];
        columns_put(&columns, (const int64_t[]){(int64_t)session->torrent, (int64_t)session->user}, 2,
                    session->peer_id);
    }
    columns_put(&columns, (const int64_t[]){0, 0}, 2, slice_text(""));
    for (size_t i = 0; i < batch->rows_count; i++)
        oldest = batch->rows[i].seen_at < oldest ? batch->rows[i].seen_at : oldest;
    struct db_args *args = db_time(columns_ints(db_args(), &columns, 0, 2), oldest);
    db_tx_ask(report->tx, &sessions_factors, args, on_factors, report);
}

/* Holds off a torrent's settling (torrents.c), and batches that run alone, while a batch is under way. */
const struct statement sessions_share = {.name = "sessions_share",
                                         .sql = "SELECT pg_advisory_xact_lock_shared(hashtext('ratio torrents'))"};

/* Of what the books know, the session is all that is asked for. */
static void ask_stored(struct report *report)
{
    struct batch *batch = &report->batch;
    struct columns columns = columns_take(bus_arena(report->request), batch->sessions_count, 3);
    for (size_t i = 0; i < batch->sessions_count; i++) {
        struct batch_session *session = &batch->sessions[i];
        bool is_known = books_know(session->torrent);
        const int64_t numbers[] = {(int64_t)session->user, (int64_t)session->torrent,
                                   is_known ? 0 : (int64_t)session->torrent};
        columns_put(&columns, numbers, 3, session->peer_id);
        session->stored.accounting = is_known ? BATCH_BACKUP : BATCH_UNKNOWN;
    }
    struct db_args *args = columns_blobs(columns_ints(db_args(), &columns, 0, 3), &columns);
    db_tx_ask(report->tx, &sessions_read, args, on_read, report);
}

static void report_begin(struct report *report)
{
    batch_rewind(&report->batch);
    report->sighted = false;
    report->tx = db_begin(sessions.db);
    db_tx_ask(report->tx, report->tries == 0 ? &sessions_share : &torrents_settle, NULL, NULL, NULL);
    ask_factors(report);
    ask_stored(report);
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
