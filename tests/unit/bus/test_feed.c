/* Feeds end to end: facts written to a real PostgreSQL, served by an owner, read over the bus by a consumer that keeps
 * count of what it was given. Owner and consumer share one process and one loop. */
#include "services/common/clock.h"
#include "services/common/feed.h"
#include "services/common/keys.h"
#include "services/common/log.h"
#include "tests/unit/db/db_bench.h"
#include "tests/unit/free_port.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEYS_MAX = 2000, PATIENCE_MS = 20000 };

static const struct statement add = {.name = "add", .sql = "SELECT catalog.feed_add('catalog.torrents', $1, $2)"};
static const struct statement *const statements[] = {&add, NULL};

/* What a consumer keeps: the newest fact's number of each key, and its place in the feed. */
struct reader {
    struct feed_reader *feed;
    uint64_t seq, newest[KEYS_MAX];
    unsigned batches, snapshots, facts, refuse;
    bool disordered, wait; /* wait: does not say that a batch is stored */
};

static struct world {
    char keys[64];
    char address[64];
    struct bench bench;
    struct bus *owner, *consumer;
    struct feed *feed;
    struct reader reader;
} world;

static void apply(void *arg, const struct feed_batch *batch)
{
    struct reader *reader = arg;
    if (reader->refuse > 0) {
        reader->refuse--;
        feed_applied(reader->feed, false);
        return;
    }
    for (size_t i = 0; i < batch->count; i++) {
        if (!batch->snapshot)
            reader->disordered |= batch->facts[i].seq != reader->seq + 1 + i;
        reader->newest[batch->facts[i].key] = batch->facts[i].seq;
    }
    reader->facts += batch->count;
    reader->batches++;
    reader->snapshots += batch->snapshot && batch->last;
    reader->seq = batch->seq;
    if (!reader->wait)
        feed_applied(reader->feed, true);
}

static struct bus *bus_open(struct bus_settings settings)
{
    struct fault why;
    settings.keys = world.keys;
    settings.version = "1";
    struct bus *bus = bus_new(world.bench.loop, &settings, &why);
    if (bus == NULL)
        fail_msg("%s", why.text);
    return bus;
}

/* With a database of its own: a feed's statements are prepared at connect. */
static void owner_open(void)
{
    world.bench.db = db_new(world.bench.loop, getenv("DJEMBE_TEST_DATABASE"), 2, statements, 1);
    db_migrate(world.bench.db, "catalog", NULL, 0);
    world.owner = bus_open((struct bus_settings){.service = "catalog", .listen = world.address});
    world.feed = feed_new(world.owner, world.bench.db, "catalog.torrents", "catalog");
    bench_until_up(&world.bench, true);
}

static void owner_close(void)
{
    db_destroy(&world.bench.db);
    feed_destroy(&world.feed);
    bus_destroy(&world.owner);
}

static int set_up(void **state)
{
    (void)state;
    struct fault why;
    unsigned port = free_port();
    memset(&world, 0, sizeof world);
    strcpy(world.keys, "/tmp/djembe-test-feed-XXXXXX");
    assert_non_null(mkdtemp(world.keys));
    assert_true(keys_make(world.keys, &why));
    snprintf(world.address, sizeof world.address, "tcp://127.0.0.1:%u", port);
    bench_sql("SET client_min_messages = warning; DROP SCHEMA IF EXISTS catalog CASCADE");
    world.bench.loop = loop_new();
    owner_open();
    const struct bus_endpoint endpoint = {"catalog", world.address};
    world.consumer =
        bus_open((struct bus_settings){.service = "tracker", .endpoints = &endpoint, .endpoints_count = 1});
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info, (void)kind, (void)at;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    feed_reader_destroy(&world.reader.feed);
    bus_destroy(&world.consumer);
    owner_close();
    bench_close(&world.bench);
    nftw(world.keys, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

/* ---- steps ---- */

static void add_fact(uint64_t key)
{
    struct answer answer = {.come = false};
    db_ask(world.bench.db, &add, db_bytes(db_int(db_args(), (int64_t)key), slice_text("\x91\x01")), on_answer, &answer);
    bench_answer(&world.bench, &answer);
    assert_true(answer.ok);
}

/* Many at once, by the way past the owner: nothing is published. */
static void add_facts(unsigned first, unsigned last)
{
    char sql[160];
    snprintf(sql, sizeof sql,
             "SELECT count(catalog.feed_add('catalog.torrents', i, '\\x9101')) FROM generate_series(%u, %u) i", first,
             last);
    bench_sql(sql);
}

static void read_from(uint64_t seq)
{
    world.reader.seq = seq;
    world.reader.feed = feed_read(world.consumer, "catalog.torrents", seq, apply, &world.reader);
}

static bool has_reached(void *arg)
{
    return world.reader.seq >= *(uint64_t *)arg;
}

static void wait_seq(uint64_t seq, int64_t ms)
{
    bench_until(&world.bench, has_reached, &seq, ms);
    assert_int_equal(world.reader.seq, seq);
    assert_false(world.reader.disordered);
}

static bool is_ready(void *arg)
{
    (void)arg;
    return feed_ready(world.reader.feed);
}

static void wait_ready(void)
{
    bench_until(&world.bench, is_ready, NULL, PATIENCE_MS);
}

static bool has_heard(void *arg)
{
    return feed_heard(world.reader.feed) > *(int64_t *)arg;
}

/* Another whole round of asking has brought nothing. */
static void wait_round(void)
{
    int64_t now = clock_now();
    bench_until(&world.bench, has_heard, &now, PATIENCE_MS);
}

/* ---- tests ---- */

static void an_empty_feed_is_read_to_its_head(void **state)
{
    (void)state;
    read_from(0);
    assert_false(feed_ready(world.reader.feed));
    wait_ready();
    assert_int_equal(world.reader.batches, 0);
}

static void a_fact_that_is_published_arrives_at_once(void **state)
{
    (void)state;
    read_from(0);
    wait_ready();
    wait_round(); /* by then the subscription stands */
    for (uint64_t i = 1; i <= 20; i++) {
        add_fact(i);
        feed_published(world.feed);
        wait_seq(i, 4000); /* below the reader's own rhythm */
    }
    assert_int_equal(world.reader.facts, 20);
}

static void a_fact_that_was_not_published_arrives_all_the_same(void **state)
{
    (void)state;
    add_facts(1, 1);
    read_from(0);
    wait_seq(1, PATIENCE_MS);
    add_facts(2, 2);
    wait_seq(2, PATIENCE_MS);
}

static void a_reader_that_starts_from_nothing_gets_a_snapshot_in_pages(void **state)
{
    (void)state;
    add_facts(1, 1200);
    add_facts(1, 600); /* again: only the newest about each key counts */
    read_from(0);
    wait_seq(1800, PATIENCE_MS);
    assert_int_equal(world.reader.snapshots, 1);
    assert_int_equal(world.reader.batches, 3);
    assert_int_equal(world.reader.facts, 1200);
    assert_int_equal(world.reader.newest[1], 1201);
    assert_int_equal(world.reader.newest[600], 1800);
    assert_int_equal(world.reader.newest[601], 601);
    wait_ready();
}

static void a_reader_goes_on_where_it_was_with_each_fact_once(void **state)
{
    (void)state;
    add_facts(1, 1300);
    read_from(7);
    wait_seq(1300, PATIENCE_MS);
    assert_int_equal(world.reader.snapshots, 0);
    assert_int_equal(world.reader.facts, 1293);
    assert_int_equal(world.reader.newest[7], 0);
    wait_ready();
    wait_round();
    assert_int_equal(world.reader.facts, 1293);
}

static void a_reader_too_far_behind_gets_a_snapshot(void **state)
{
    (void)state;
    add_facts(1, 30);
    bench_sql("WITH gone AS (DELETE FROM catalog.feed_fact WHERE seq <= 10 RETURNING 1) SELECT count(*) FROM gone");
    read_from(9);
    wait_seq(30, PATIENCE_MS);
    assert_int_equal(world.reader.snapshots, 1);
    assert_int_equal(world.reader.newest[1], 1);
}

static void a_reader_at_the_edge_of_what_is_kept_needs_no_snapshot(void **state)
{
    (void)state;
    add_facts(1, 30);
    bench_sql("WITH gone AS (DELETE FROM catalog.feed_fact WHERE seq <= 10 RETURNING 1) SELECT count(*) FROM gone");
    read_from(10);
    wait_seq(30, PATIENCE_MS);
    assert_int_equal(world.reader.snapshots, 0);
    assert_int_equal(world.reader.facts, 20);
}

static void a_reader_ahead_of_a_restored_feed_gets_a_snapshot(void **state)
{
    (void)state;
    add_facts(1, 5);
    read_from(100);
    bench_until(&world.bench, is_ready, NULL, PATIENCE_MS);
    assert_int_equal(world.reader.seq, 5);
    assert_int_equal(world.reader.snapshots, 1);
}

static void a_gap_leads_to_a_snapshot(void **state)
{
    (void)state;
    add_facts(1, 10);
    bench_sql("WITH gone AS (DELETE FROM catalog.feed_fact WHERE seq = 5 RETURNING 1) SELECT count(*) FROM gone");
    read_from(2);
    wait_seq(10, PATIENCE_MS);
    assert_int_equal(world.reader.snapshots, 1);
}

static void a_batch_that_could_not_be_stored_is_given_again(void **state)
{
    (void)state;
    add_facts(1, 3);
    world.reader.refuse = 2;
    read_from(1);
    wait_seq(3, PATIENCE_MS);
    assert_int_equal(world.reader.facts, 2);
    assert_int_equal(world.reader.refuse, 0);
}

static bool has_batch(void *arg)
{
    return world.reader.batches >= *(unsigned *)arg;
}

static void no_batch_comes_before_the_last_is_stored(void **state)
{
    (void)state;
    unsigned one = 1;
    add_facts(1, 1200);
    world.reader.wait = true;
    read_from(1);
    bench_until(&world.bench, has_batch, &one, PATIENCE_MS);
    add_fact(1201);
    feed_published(world.feed);
    add_fact(1202);
    assert_int_equal(world.reader.batches, 1);
    world.reader.wait = false;
    feed_applied(world.reader.feed, true);
    wait_seq(1202, PATIENCE_MS);
    assert_int_equal(world.reader.facts, 1201);
}

static void a_reader_can_be_moved_on_by_another_replica(void **state)
{
    (void)state;
    unsigned one = 1;
    add_facts(1, 40);
    world.reader.wait = true;
    read_from(10);
    bench_until(&world.bench, has_batch, &one, PATIENCE_MS);
    world.reader = (struct reader){.feed = world.reader.feed, .seq = 35};
    feed_seek(world.reader.feed, 35);
    wait_seq(40, PATIENCE_MS);
    assert_int_equal(world.reader.facts, 5);
}

static bool has_passed(void *arg)
{
    return clock_ticks() > *(int64_t *)arg;
}

static void facts_wait_for_an_owner_that_is_away(void **state)
{
    (void)state;
    add_facts(1, 3);
    read_from(1);
    wait_seq(3, PATIENCE_MS);
    owner_close();
    add_facts(4, 6);
    int64_t gone = clock_ticks();
    bench_until(&world.bench, has_passed, &(int64_t){gone + 6000}, PATIENCE_MS); /* more than the reader's rhythm */
    assert_int_equal(world.reader.seq, 3);
    owner_open();
    wait_seq(6, PATIENCE_MS);
}

#define FEED_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    log_start("test", LOG_LEVEL_error);
    const struct CMUnitTest tests[] = {
        FEED_TEST(an_empty_feed_is_read_to_its_head),
        FEED_TEST(a_fact_that_is_published_arrives_at_once),
        FEED_TEST(a_fact_that_was_not_published_arrives_all_the_same),
        FEED_TEST(a_reader_that_starts_from_nothing_gets_a_snapshot_in_pages),
        FEED_TEST(a_reader_goes_on_where_it_was_with_each_fact_once),
        FEED_TEST(a_reader_too_far_behind_gets_a_snapshot),
        FEED_TEST(a_reader_at_the_edge_of_what_is_kept_needs_no_snapshot),
        FEED_TEST(a_reader_ahead_of_a_restored_feed_gets_a_snapshot),
        FEED_TEST(a_gap_leads_to_a_snapshot),
        FEED_TEST(a_batch_that_could_not_be_stored_is_given_again),
        FEED_TEST(no_batch_comes_before_the_last_is_stored),
        FEED_TEST(a_reader_can_be_moved_on_by_another_replica),
        FEED_TEST(facts_wait_for_an_owner_that_is_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
