/* One batch under way, asked again until it is stored; a session that changes meanwhile is stored again later. Rows are
 * written in key order, so that replicas that store the same sessions do not lock each other out, and never replace
 * newer ones. */
#include "services/tracker/store.h"

#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/common/log.h"
#include "services/common/slab.h"
#include "services/tracker/store_load.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum {
    BATCH_ROWS = 2000,
    STORE_MS = 3000,
    FORGET_MS = 3600 * 1000,
    FORGET_ROWS = 5000,
};

struct store {
    struct db *db;
    struct loop *loop;
    struct tracker *tracker;
    struct loop_timer *timer, *forget_timer;
    struct store_load *load;
    bool loaded;
    uint32_t batch[BATCH_ROWS]; /* sessions under way */
    size_t batch_count;
    bool storing; /* the batch is on its way */
    uint64_t rows;
    unsigned asked; /* answers that will still come */
    bool destroyed;
};

static const struct statement store_sessions = {
    "store_sessions",
    "INSERT INTO tracker.session AS old (user_id, torrent, peer_id, epoch, base_up, base_down, up, down, missing, "
    "flags,"
    " seen_at, ipv4, port4, ipv6, port6)"
    " SELECT u, t, p, e, bu, bd, up, down, missing, flags, seen, nullif(a4, '')::inet, nullif(p4, 0),"
    " nullif(a6, '')::inet, nullif(p6, 0)"
    " FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],"
    " $8::bigint[], $9::bigint[], $10::bigint[], $11::timestamptz[], $12::text[], $13::bigint[], $14::text[],"
    " $15::bigint[]) AS fresh(u, t, p, e, bu, bd, up, down, missing, flags, seen, a4, p4, a6, p6)"
    " ORDER BY u, t, p"
    " ON CONFLICT (user_id, torrent, peer_id) DO UPDATE SET epoch = excluded.epoch, base_up = excluded.base_up,"
    " base_down = excluded.base_down, up = excluded.up, down = excluded.down, missing = excluded.missing,"
    " flags = excluded.flags, seen_at = excluded.seen_at, ipv4 = excluded.ipv4, port4 = excluded.port4,"
    " ipv6 = excluded.ipv6, port6 = excluded.port6"
    " WHERE (old.epoch, old.seen_at) <= (excluded.epoch, excluded.seen_at)"};

static const struct statement forget_sessions = {
    "forget_sessions", "DELETE FROM tracker.session WHERE ctid = ANY(ARRAY("
                       "SELECT ctid FROM tracker.session WHERE seen_at < $1::timestamptz LIMIT $2::bigint))"};

const struct statement *const store_statements[] = {&store_sessions, &forget_sessions, &load_sessions};
const size_t store_statements_count = sizeof store_statements / sizeof store_statements[0];

/* The batch as columns, for unnest(). */
struct columns {
    int64_t user[BATCH_ROWS], torrent[BATCH_ROWS], epoch[BATCH_ROWS], base_up[BATCH_ROWS], base_down[BATCH_ROWS];
    int64_t up[BATCH_ROWS], down[BATCH_ROWS], missing[BATCH_ROWS], flags[BATCH_ROWS], seen[BATCH_ROWS];
    int64_t port4[BATCH_ROWS], port6[BATCH_ROWS];
    struct slice peer_id[BATCH_ROWS], ipv4[BATCH_ROWS], ipv6[BATCH_ROWS];
    char text4[BATCH_ROWS][INET_ADDRSTRLEN], text6[BATCH_ROWS][INET6_ADDRSTRLEN];
};

static void fill_peer(struct columns *columns, size_t i, const struct peer *peer)
{
    columns->ipv4[i] = columns->ipv6[i] = slice_text("");
    columns->port4[i] = columns->port6[i] = 0;
    if (peer != NULL && peer->port4 != 0) {
        columns->ipv4[i] = slice_text(inet_ntop(AF_INET, peer->v4, columns->text4[i], sizeof columns->text4[i]));
        columns->port4[i] = peer->port4;
    }
    if (peer != NULL && peer->port6 != 0) {
        columns->ipv6[i] = slice_text(inet_ntop(AF_INET6, peer->v6, columns->text6[i], sizeof columns->text6[i]));
        columns->port6[i] = peer->port6;
    }
}

static void fill_row(const struct store *store, struct columns *columns, size_t i)
{
    const struct session *session = sessions_at(store->tracker->sessions, store->batch[i]);
    const struct session_totals *totals = &session->totals;
    columns->user[i] = (int64_t)totals->user;
    columns->torrent[i] = (int64_t)totals->torrent;
    columns->peer_id[i] = slice_of(totals->peer_id, PEER_ID_SIZE);
    columns->epoch[i] = totals->epoch;
    columns->base_up[i] = (int64_t)totals->base_up;
    columns->base_down[i] = (int64_t)totals->base_down;
    columns->up[i] = (int64_t)totals->up;
    columns->down[i] = (int64_t)totals->down;
    columns->missing[i] = (int64_t)totals->left;
    columns->flags[i] = totals->flags;
    columns->seen[i] = totals->seen_at;
    fill_peer(columns, i, session->peer != SLAB_NONE ? peers_at(store->tracker->peers, session->peer) : NULL);
}

static struct db_args *batch_args(const struct store *store)
{
    size_t count = store->batch_count;
    struct columns *columns = mem_take(sizeof *columns);
    for (size_t i = 0; i < count; i++)
        fill_row(store, columns, i);
    struct db_args *args = db_args();
    db_ints(args, columns->user, count);
    db_ints(args, columns->torrent, count);
    db_blobs(args, columns->peer_id, count);
    db_ints(args, columns->epoch, count);
    db_ints(args, columns->base_up, count);
    db_ints(args, columns->base_down, count);
    db_ints(args, columns->up, count);
    db_ints(args, columns->down, count);
    db_ints(args, columns->missing, count);
    db_ints(args, columns->flags, count);
    db_times(args, columns->seen, count);
    db_texts(args, columns->ipv4, count);
    db_ints(args, columns->port4, count);
    db_texts(args, columns->ipv6, count);
    db_ints(args, columns->port6, count);
    free(columns);
    return args;
}

static void take_batch(struct store *store)
{
    struct ring *waiting = &store->tracker->to_store;
    size_t count = waiting->count < BATCH_ROWS ? waiting->count : BATCH_ROWS;
    for (size_t i = 0; i < count; i++) {
        const struct to_store *next = ring_at(waiting, i);
        struct session *session = sessions_at(store->tracker->sessions, next->session);
        session->marks = (session->marks & ~(uint32_t)MARK_store) | MARK_storing;
        store->batch[i] = next->session;
        if (i == 0)
            store->tracker->storing_seq = next->seq;
    }
    ring_drop(waiting, count);
    store->batch_count = count;
}

static void end_batch(struct store *store)
{
    for (size_t i = 0; i < store->batch_count; i++)
        sessions_at(store->tracker->sessions, store->batch[i])->marks &= ~(uint32_t)MARK_storing;
    store->rows += store->batch_count;
    store->batch_count = 0;
    store->tracker->storing_seq = 0;
}

/* False when the store has been destroyed meanwhile: the last answer frees it. */
static bool answered(struct store *store)
{
    store->asked--;
    if (!store->destroyed)
        return true;
    if (store->asked == 0)
        free(store);
    return false;
}

static void on_stored(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct store *store = arg;
    if (!answered(store))
        return;
    store->storing = false;
    if (rows == NULL) {
        log_warning("sessions not stored yet", "rows=%zu why=\"%s\"", store->batch_count, why->text);
        return;
    }
    end_batch(store);
    if (store->tracker->to_store.count >= BATCH_ROWS)
        store_flush(store);
}

void store_flush(struct store *store)
{
    store->tracker->storable = db_is_up(store->db);
    if (store->storing || !store->tracker->storable)
        return;
    if (store->batch_count == 0)
        take_batch(store);
    if (store->batch_count == 0)
        return;
    store->storing = true;
    store->asked++;
    db_ask(store->db, &store_sessions, batch_args(store), on_stored, store);
}

static void on_timer(void *arg)
{
    store_flush(arg);
}

static void forget(void *arg);

static void on_forgotten(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)why;
    if (answered(arg) && rows != NULL && db_affected(rows) == FORGET_ROWS)
        forget(arg);
}

static void forget(void *arg)
{
    struct store *store = arg;
    if (!db_is_up(store->db))
        return;
    struct db_args *args = db_args();
    db_time(args, clock_now() - store->tracker->settings.keep * 1000);
    db_int(args, FORGET_ROWS);
    store->asked++;
    db_ask(store->db, &forget_sessions, args, on_forgotten, store);
}

static void on_loaded(void *arg)
{
    struct store *store = arg;
    store->loaded = true;
}

struct store *store_new(struct loop *loop, struct db *db, struct tracker *tracker)
{
    struct store *store = mem_zero(1, sizeof *store);
    store->loop = loop;
    store->db = db;
    store->tracker = tracker;
    store->timer = loop_timer_new(loop, STORE_MS, STORE_MS, on_timer, store);
    store->forget_timer = loop_timer_new(loop, FORGET_MS, FORGET_MS, forget, store);
    return store;
}

void store_destroy(struct store **store)
{
    struct store *s = *store;
    if (s == NULL)
        return;
    *store = NULL;
    loop_timer_cancel(&s->timer);
    loop_timer_cancel(&s->forget_timer);
    store_load_destroy(&s->load);
    s->destroyed = true;
    if (s->asked == 0)
        free(s);
}

void store_load(struct store *store)
{
    if (store->load == NULL)
        store->load = store_load_new(store->loop, store->db, store->tracker, on_loaded, store);
}

bool store_is_loaded(const struct store *store)
{
    return store->loaded;
}

uint64_t store_rows(const struct store *store)
{
    return store->rows;
}
