/* See tallies.h. Some torrents at a time, by their ids, without end: nothing is kept of how far a round is, and what
 * one missed the next brings. Trackers share their swarms, so one of them answers for all. Only what changed is
 * written, in turn with other changes; any number of replicas do it, each for itself.
 *
 *   the next torrents -> tracker, ratio -> what changed -> commit, and on */
#include "services/catalog/tallies.h"

#include "services/catalog/catalog.h"
#include "services/catalog/change.h"

#include <stdlib.h>

enum {
    AT_ONCE = 500,  /* as tracker.swarm.counts has it */
    IN_A_TURN = 50, /* are written before uploads have theirs: some 3 ms */
    PAUSE_MS = 200,
    ROUND_MS = 5000, /* between two rounds */
    RETRY_MS = 2000,
};

struct tally {
    int64_t torrent, seeders, leechers, snatches;
};

static struct {
    struct loop_timer *timer;
    bool stopped;
    int64_t after; /* the round has come to this torrent */
    struct tally was[AT_ONCE], is[AT_ONCE];
    size_t count, written; /* of these, so many are written where they differ */
    unsigned waiting;
    bool away; /* one of those who were asked */
} tallies;

static void next(void *arg);

static void again(uint32_t ms)
{
    if (!tallies.stopped)
        tallies.timer = loop_timer_new(service_loop(), ms, 0, next, NULL);
}

static void go_on(void)
{
    bool last = tallies.count < AT_ONCE;
    tallies.after = last ? 0 : tallies.was[tallies.count - 1].torrent;
    again(last ? ROUND_MS : PAUSE_MS);
}

/* ---- what changed ---- */

static const struct statement tallies_write = {
    "tallies_write",
    "SELECT catalog.tally_units($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])",
};

static void write_changed(void);

static void on_written(void *arg, const struct fault *why, bool uncertain)
{
    (void)arg, (void)uncertain;
    if (why != NULL)
        again(RETRY_MS);
    else if (!tallies.stopped)
        write_changed();
}

static void write_changed(void)
{
    int64_t columns[4][IN_A_TURN];
    size_t count = 0;
    while (tallies.written < tallies.count && count < IN_A_TURN) {
        const struct tally *is = &tallies.is[tallies.written];
        if (memcmp(is, &tallies.was[tallies.written++], sizeof *is) == 0)
            continue;
        columns[0][count] = is->torrent;
        columns[1][count] = is->seeders;
        columns[2][count] = is->leechers;
        columns[3][count++] = is->snatches;
    }
    if (count == 0) {
        go_on();
        return;
    }
    struct db_tx *tx = db_begin(service_db());
    struct db_args *args = db_ints(db_ints(db_args(), columns[0], count), columns[1], count);
    change_begin_behind(tx);
    db_tx_ask(tx, &tallies_write, db_ints(db_ints(args, columns[2], count), columns[3], count), NULL, NULL);
    db_commit(tx, on_written, NULL);
}

/* ---- what is told ---- */

static int by_torrent(const void *a, const void *b)
{
    const struct tally *one = a, *other = b;
    return (one->torrent > other->torrent) - (one->torrent < other->torrent);
}

static struct tally *tally_of(uint64_t torrent)
{
    const struct tally sought = {.torrent = (int64_t)torrent};
    return bsearch(&sought, tallies.is, tallies.count, sizeof sought, by_torrent);
}

static void told(const struct fault *why)
{
    tallies.away = tallies.away || why != NULL;
    if (--tallies.waiting > 0)
        return;
    if (tallies.away)
        again(RETRY_MS);
    else
        write_changed();
}

static void on_swarms(void *arg, const void *body, const msgpack_object *packed, const struct fault *why)
{
    (void)arg, (void)packed;
    const struct tracker_swarm_counts_reply *reply = body;
    for (size_t i = 0; why == NULL && i < rows_count(reply->torrents); i++) {
        struct swarm_count row;
        row_read(&swarm_count_row, &row, rows_at(reply->torrents, i), NULL); /* the codec has checked it */
        struct tally *tally = tally_of(row.torrent);
        if (tally == NULL)
            continue;
        tally->seeders = (int64_t)row.seeders;
        tally->leechers = (int64_t)row.leechers;
    }
    told(why);
}

static void on_snatches(void *arg, const void *body, const msgpack_object *packed, const struct fault *why)
{
    (void)arg, (void)packed;
    const struct ratio_torrent_counts_reply *reply = body;
    for (size_t i = 0; why == NULL && i < rows_count(reply->torrents); i++) {
        struct torrent_count row;
        row_read(&torrent_count_row, &row, rows_at(reply->torrents, i), NULL);
        struct tally *tally = tally_of(row.torrent);
        if (tally != NULL)
            tally->snatches = (int64_t)row.snatches;
    }
    told(why);
}

static void ask(void)
{
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, tallies.count);
    for (size_t i = 0; i < tallies.count; i++)
        msgpack_pack_uint64(&packer, (uint64_t)tallies.is[i].torrent);
    const struct tree torrents = {.packed = slice_of(packed.data, packed.size)};
    const struct tracker_swarm_counts swarms = {.torrents = torrents};
    const struct ratio_torrent_counts snatches = {.torrents = torrents};
    tallies.waiting = 2;
    tallies.away = false;
    bus_ask(service_bus(), NULL, &tracker_swarm_counts_message, &swarms, NULL, on_swarms, NULL);
    bus_ask(service_bus(), NULL, &ratio_torrent_counts_message, &snatches, NULL, on_snatches, NULL);
    msgpack_sbuffer_destroy(&packed);
}

/* ---- the next torrents ---- */

static const struct statement tallies_next = {
    "tallies_next",
    "SELECT id, seeders, leechers, snatches FROM catalog.tally_unit WHERE id > $1 ORDER BY id LIMIT $2",
};

static void on_next(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    if (why != NULL) {
        again(RETRY_MS);
        return;
    }
    tallies.count = db_count(rows);
    tallies.written = 0;
    for (size_t i = 0; i < tallies.count; i++) {
        tallies.was[i] = (struct tally){db_get_int(rows, i, 0), db_get_int(rows, i, 1), db_get_int(rows, i, 2),
                                        db_get_int(rows, i, 3)};
        tallies.is[i] = (struct tally){.torrent = tallies.was[i].torrent}; /* who is not told of has none */
    }
    if (tallies.count > 0)
        ask();
    else
        go_on();
}

static void next(void *arg)
{
    (void)arg;
    tallies.timer = NULL;
    db_ask(service_db(), &tallies_next, db_int(db_int(db_args(), tallies.after), AT_ONCE), on_next, NULL);
}

void tallies_start(void)
{
    next(NULL);
}

void tallies_stop(void)
{
    tallies.stopped = true;
    if (tallies.timer != NULL)
        loop_timer_cancel(&tallies.timer);
}

const struct statement *const tallies_statements[] = {&tallies_write, &tallies_next};
const size_t tallies_statements_count = sizeof tallies_statements / sizeof *tallies_statements;
