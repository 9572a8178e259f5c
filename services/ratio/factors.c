/* Staff set how much counts: of a torrent from now on, or of all within an event. What was reported before is not
 * counted anew, so a span is ended and never deleted. */
#include "services/ratio/once.h"
#include "services/ratio/ratio.h"
#include "services/ratio/rows.h"
#include "services/ratio/statements.h"

#include "services/common/clock.h"

static struct db *factors_db;

/* Two requests about one torrent, or about events, wait for each other. */
const struct statement factors_lock = {
    .name = "factors_lock",
    .sql = "SELECT pg_advisory_xact_lock(hashtext('ratio factor'), hashtext($1::bigint::text))"};

static void lock(struct once *once, uint64_t torrent)
{
    db_tx_ask(once->tx, &factors_lock, db_int(db_args(), (int64_t)torrent), NULL, NULL);
}

/* ---- ratio.factor.set ---- */

static void on_factor(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct once *once = arg;
    bool made = why == NULL && db_count(rows) == 1;
    once_reply(once, &(struct ratio_factor_set_reply){.factor = made ? (uint64_t)db_get_int(rows, 0, 0) : 0});
}

const struct statement factors_end = {.name = "factors_end",
                                      .sql = "UPDATE ratio.factor SET ends_at = greatest(starts_at, $2::timestamptz)"
                                             " WHERE torrent_id = $1 AND kind = 'torrent'"
                                             " AND (ends_at IS NULL OR ends_at > $2::timestamptz)"};

const struct statement factors_add = {
    .name = "factors_add",
    .sql = "INSERT INTO ratio.factor (kind, user_id, torrent_id, upload, download, starts_at, ends_at, title, set_by)"
           " SELECT 'torrent', 0, $1, $3, $4, $2::timestamptz, nullif($5::timestamptz, to_timestamp(0)), '', $6"
           " WHERE ($3, $4) IS DISTINCT FROM (100, 100) RETURNING factor_id"};

static void set_factor(struct once *once)
{
    const struct ratio_factor_set *ask = once->ask;
    int64_t now = clock_now();
    struct fault why;
    if (ask->ends_at != 0 && ask->ends_at <= now) {
        fault_set(&why, STATUS_invalid, "ends_at", "A factor holds from now on: its end must lie ahead.");
        once_fail(once, &why);
        return;
    }
    lock(once, ask->torrent);
    db_tx_ask(once->tx, &factors_end, db_time(db_int(db_args(), (int64_t)ask->torrent), now), NULL, NULL);
    struct db_args *args = db_time(db_int(db_args(), (int64_t)ask->torrent), now);
    args = db_time(db_int(db_int(args, (int64_t)ask->upload), (int64_t)ask->download), ask->ends_at);
    db_tx_ask(once->tx, &factors_add, db_int(args, (int64_t)bus_actor(once->request)), on_factor, once);
}

static void on_factor_set(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_factor_set *ask = message;
    once_begin(request, ask->key, true, set_factor, ask, NULL);
}

/* ---- ratio.event.set ---- */

static void on_event(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct once *once = arg;
    struct fault clash;
    if (why != NULL || db_count(rows) == 1) {
        once_reply(once, &(struct ratio_event_set_reply){.event = why == NULL ? (uint64_t)db_get_int(rows, 0, 0) : 1});
        return;
    }
    fault_set(&clash, STATUS_conflict, "starts_at",
              "Another event falls into that time, or the one to change is not there: see ratio.factor.list.");
    once_fail(once, &clash);
}

/* Both: only when no other event shares a moment with it. */
#define FREE_OF_EVENTS(but)                                                                                            \
    " NOT EXISTS (SELECT FROM ratio.factor o WHERE o.torrent_id = 0 AND o.kind = 'event' AND o.ends_at > o.starts_at"  \
    " AND o.starts_at < $5::timestamptz AND o.ends_at > $4::timestamptz" but ")"

const struct statement factors_event_add = {
    .name = "factors_event_add",
    .sql = "INSERT INTO ratio.factor (kind, user_id, torrent_id, upload, download, starts_at, ends_at, title, set_by)"
           " SELECT 'event', 0, 0, $2, $3, $4::timestamptz, $5::timestamptz, $1, $6 WHERE" FREE_OF_EVENTS(
               "") " RETURNING factor_id"};

const struct statement factors_event_change = {
    .name = "factors_event_change",
    .sql = "UPDATE ratio.factor f SET title = $1, upload = $2, download = $3, starts_at = $4::timestamptz,"
           " ends_at = $5::timestamptz, set_by = $6 WHERE factor_id = $7 AND kind = 'event' AND" FREE_OF_EVENTS(
               " AND o.factor_id <> f.factor_id") " RETURNING factor_id"};

static void set_event(struct once *once)
{
    const struct ratio_event_set *ask = once->ask;
    struct fault why;
    if (ask->ends_at <= ask->starts_at) {
        fault_set(&why, STATUS_invalid, "ends_at", "An event ends after it starts.");
        once_fail(once, &why);
        return;
    }
    lock(once, 0);
    struct db_args *args = db_int(db_int(db_text(db_args(), ask->title), (int64_t)ask->upload), (int64_t)ask->download);
    args = db_int(db_time(db_time(args, ask->starts_at), ask->ends_at), (int64_t)bus_actor(once->request));
    if (ask->event == 0)
        db_tx_ask(once->tx, &factors_event_add, args, on_event, once);
    else
        db_tx_ask(once->tx, &factors_event_change, db_int(args, (int64_t)ask->event), on_event, once);
}

static void on_event_set(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_event_set *ask = message;
    once_begin(request, ask->key, true, set_event, ask, NULL);
}

/* ---- ratio.factor.list ---- */

static void pack_factor(const struct db_rows *rows, size_t i, msgpack_packer *packer)
{
    struct factor_row row = {
        .factor = (uint64_t)db_get_int(rows, i, 0),
        .kind = db_get_text(rows, i, 1),
        .torrent = (uint64_t)db_get_int(rows, i, 2),
        .upload = (uint64_t)db_get_int(rows, i, 3),
        .download = (uint64_t)db_get_int(rows, i, 4),
        .starts_at = db_get_time(rows, i, 5),
        .ends_at = db_get_time(rows, i, 6),
        .title = db_get_text(rows, i, 7),
        .set_by = (uint64_t)db_get_int(rows, i, 8),
    };
    row_pack(&factor_row_row, &row, packer);
}

static void on_page(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct ratio_factor_list_reply reply = {0};
    if (why != NULL)
        bus_fail(request, why);
    else
        rows_reply(request, rows, pack_factor, &reply.factors, &reply);
}

const struct statement factors_page = {
    .name = "factors_page",
    .sql = "SELECT factor_id, kind, torrent_id, upload, download, starts_at, coalesce(ends_at, to_timestamp(0)), title,"
           " set_by FROM ratio.factor WHERE kind <> 'token' AND (ends_at IS NULL OR ends_at > $1::timestamptz)"
           " AND ($2::bigint = 0 OR factor_id < $2) ORDER BY factor_id DESC LIMIT $3"};

static void on_factor_list(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct ratio_factor_list *ask = message;
    struct db_args *args = db_int(db_time(db_args(), clock_now()), (int64_t)ask->before);
    db_ask(factors_db, &factors_page, db_int(args, (int64_t)ask->limit), on_page, request);
}

void factors_serve(struct bus *bus, struct db *db)
{
    factors_db = db;
    bus_serve(bus, NULL, &ratio_factor_set_message, on_factor_set, NULL);
    bus_serve(bus, NULL, &ratio_event_set_message, on_event_set, NULL);
    bus_serve(bus, NULL, &ratio_factor_list_message, on_factor_list, NULL);
}
