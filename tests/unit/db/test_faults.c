/* PostgreSQL killed, stopped and frozen under the asks: each is answered in time, and what was told as stored is
 * stored. */
#include "tests/unit/db/db_bench.h"

#include "services/common/clock.h"

static const struct statement add = {.name = "add", .sql = "INSERT INTO fault_row (id) VALUES ($1)"};
static const struct statement slow = {.name = "slow", .sql = "SELECT pg_sleep($1::int / 1000.0)::text = ''"};
static const struct statement end_backend = {.name = "end_backend",
                                             .sql =
                                                 "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                                 " WHERE application_name LIKE 'djembe%' AND pid <> pg_backend_pid()"};
static const struct statement nap = {.name = "nap", .sql = "SELECT 1 FROM pg_sleep(0.3)"};
static const struct statement warm = {.name = "warm", .sql = "INSERT INTO warm_row VALUES (pg_backend_pid())"};
static const struct statement warm_in_vain = {.name = "warm_in_vain", .sql = "SELECT 1 / (SELECT 0)"};
static const struct statement is_warm = {.name = "is_warm",
                                         .sql = "SELECT count(*) FROM warm_row WHERE pid = pg_backend_pid()"};
static const struct statement *const statements[] = {&add, &slow, &end_backend, &nap, NULL};
static const struct statement *const warm_statements[] = {&warm, &warm_in_vain, &is_warm, NULL};

static struct bench bench;

static int open_bench(void **state)
{
    (void)state;
    bench_sql("CREATE TABLE IF NOT EXISTS fault_row (id bigint PRIMARY KEY)");
    bench_open(&bench, 3, statements);
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    bench_close(&bench);
    return 0;
}

static struct db_args *id(int64_t value)
{
    return db_int(db_args(), value);
}

static int64_t stored(int64_t low, int64_t high)
{
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM fault_row WHERE id BETWEEN %lld AND %lld", (long long)low,
             (long long)high);
    return bench_sql(sql);
}

static void a_reading_ask_survives_the_end_of_its_connection(void **state)
{
    (void)state;
    struct answer reads[2] = {0}, ended = {0};
    db_ask(bench.db, &nap, NULL, on_answer, &reads[0]);
    db_ask(bench.db, &nap, NULL, on_answer, &reads[1]);
    db_ask(bench.db, &end_backend, NULL, on_answer, &ended);
    for (int i = 0; i < 2; i++) {
        bench_answer(&bench, &reads[i]);
        assert_true(reads[i].ok);
    }
    bench_answer(&bench, &ended);
}

static void a_transaction_whose_connection_ends_fails_and_stores_nothing(void **state)
{
    (void)state;
    struct answer first = {0}, ended = {0}, second = {0}, end = {0};
    struct db_tx *tx = db_begin(bench.db);
    db_tx_ask(tx, &add, id(1), on_answer, &first);
    bench_answer(&bench, &first);
    assert_true(first.ok);
    db_ask(bench.db, &end_backend, NULL, on_answer, &ended);
    bench_answer(&bench, &ended);
    db_tx_ask(tx, &add, id(2), on_answer, &second);
    bench_answer(&bench, &second);
    assert_int_equal(second.why.status, STATUS_unavailable);
    db_commit(tx, on_commit, &end);
    bench_answer(&bench, &end);
    assert_int_equal(end.why.status, STATUS_unavailable);
    assert_false(end.uncertain);
    assert_true(end.order > second.order);
    assert_int_equal(stored(1, 2), 0);
}

/* Each row in a transaction of its own, all under way when the server dies. */
static void what_was_told_as_stored_outlives_a_killed_server(void **state)
{
    (void)state;
    struct answer ends[60] = {0};
    int64_t certain = 0, possible = 0;
    for (int i = 0; i < 60; i++) {
        struct db_tx *tx = db_begin(bench.db);
        db_tx_ask(tx, &add, id(100 + i), NULL, NULL);
        if (i > 0)
            db_tx_ask(tx, &nap, NULL, NULL, NULL);
        db_commit(tx, on_commit, &ends[i]);
    }
    bench_answer(&bench, &ends[0]);
    bench_server("kill");
    for (int i = 0; i < 60; i++) {
        bench_answer(&bench, &ends[i]);
        certain += ends[i].ok;
        possible += ends[i].ok || ends[i].uncertain;
        assert_true(ends[i].ok || ends[i].why.status == STATUS_unavailable);
    }
    assert_true(possible > certain);
    bench_until_up(&bench, false);
    bench_server("start");
    bench_until_up(&bench, true);
    assert_in_range(stored(100, 159), certain, possible);
}

static void an_ask_fails_soon_while_the_server_is_away(void **state)
{
    (void)state;
    struct answer answer = {0}, later = {0};
    bench_server("kill");
    bench_until_up(&bench, false);
    int64_t since = clock_ticks();
    db_ask(bench.db, &nap, NULL, on_answer, &answer);
    bench_answer(&bench, &answer);
    assert_int_equal(answer.why.status, STATUS_unavailable);
    assert_in_range(clock_ticks() - since, 1900, 9000);
    bench_server("start");
    bench_until_up(&bench, true);
    db_ask(bench.db, &nap, NULL, on_answer, &later);
    bench_answer(&bench, &later);
    assert_true(later.ok);
}

static void too_many_waiting_asks_are_refused_at_once(void **state)
{
    (void)state;
    static struct answer answers[10001];
    bench_server("freeze");
    for (int i = 0; i < 10001; i++) {
        answers[i] = (struct answer){0};
        db_ask(bench.db, &nap, NULL, i == 10000 ? on_answer : NULL, &answers[i]);
    }
    for (int i = 0; i < 100; i++) /* the pipelines took some */
        db_ask(bench.db, &nap, NULL, NULL, NULL);
    struct answer last = {0};
    int64_t since = clock_ticks();
    db_ask(bench.db, &nap, NULL, on_answer, &last);
    bench_answer(&bench, &last);
    assert_int_equal(last.why.status, STATUS_unavailable);
    assert_in_range(clock_ticks() - since, 0, 1900);
    bench_server("thaw");
    bench_answer(&bench, &answers[10000]);
}

static void a_server_that_stops_answering_is_given_up_after_ten_seconds(void **state)
{
    (void)state;
    struct answer write = {0}, end = {0};
    int64_t since = clock_ticks();
    bench_server("freeze");
    struct db_tx *tx = db_begin(bench.db);
    db_tx_ask(tx, &add, id(300), NULL, NULL);
    db_commit(tx, on_commit, &end);
    db_ask(bench.db, &add, id(301), on_answer, &write);
    bench_answer(&bench, &write);
    bench_answer(&bench, &end);
    assert_int_equal(write.why.status, STATUS_unavailable);
    assert_int_equal(end.why.status, STATUS_unavailable);
    assert_true(end.uncertain);
    assert_in_range(clock_ticks() - since, 9000, 25000);
    bench_server("thaw");
    bench_until_up(&bench, true);
}

static void a_statement_that_takes_too_long_is_ended_by_the_server(void **state)
{
    (void)state;
    struct answer answer = {0};
    db_ask(bench.db, &slow, id(60000), on_answer, &answer);
    bench_answer(&bench, &answer);
    assert_int_equal(answer.why.status, STATUS_unavailable);
    assert_true(db_is_up(bench.db));
}

static void warmed(const struct statement *by)
{
    bench_close(&bench);
    bench_sql("DROP TABLE IF EXISTS warm_row");
    bench_sql("CREATE TABLE warm_row (pid bigint)");
    bench_prepare(&bench, 1, warm_statements);
    db_warm(bench.db, by);
    bench_until_up(&bench, true);
}

static void a_connection_is_warmed_once_before_anything_is_asked_there(void **state)
{
    (void)state;
    struct answer before = {0}, after = {0};
    warmed(&warm);
    db_ask(bench.db, &is_warm, NULL, on_answer, &before);
    bench_answer(&bench, &before);
    assert_int_equal(before.number, 1);
    bench_server("kill");
    bench_until_up(&bench, false);
    bench_server("start");
    bench_until_up(&bench, true);
    db_ask(bench.db, &is_warm, NULL, on_answer, &after);
    bench_answer(&bench, &after);
    assert_int_equal(after.number, 1);
}

static void a_connection_that_cannot_be_warmed_is_used_all_the_same(void **state)
{
    (void)state;
    struct answer answer = {0};
    warmed(&warm_in_vain);
    db_ask(bench.db, &is_warm, NULL, on_answer, &answer);
    bench_answer(&bench, &answer);
    assert_true(answer.ok);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reading_ask_survives_the_end_of_its_connection),
        TEST(a_transaction_whose_connection_ends_fails_and_stores_nothing),
        TEST(what_was_told_as_stored_outlives_a_killed_server),
        TEST(an_ask_fails_soon_while_the_server_is_away),
        TEST(too_many_waiting_asks_are_refused_at_once),
        TEST(a_server_that_stops_answering_is_given_up_after_ten_seconds),
        TEST(a_statement_that_takes_too_long_is_ended_by_the_server),
        TEST(a_connection_is_warmed_once_before_anything_is_asked_there),
        TEST(a_connection_that_cannot_be_warmed_is_used_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
