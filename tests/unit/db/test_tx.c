/* Transactions: all or nothing, callbacks in order, and what happens when there are more of them than connections. */
#include "tests/unit/db/db_bench.h"

#include "services/common/clock.h"

static const struct statement add = {.name = "add", .sql = "INSERT INTO tx_row (id) VALUES ($1)"};
static const struct statement count = {.name = "count",
                                       .sql = "SELECT count(*) FROM tx_row WHERE id = ANY($1::bigint[])"};
static const struct statement flaky = {.name = "flaky", .sql = "SELECT flaky($1::bigint) /* nextval */"};
static const struct statement *const statements[] = {&add, &count, &flaky, NULL};

static struct bench bench;

static int open_bench(void **state)
{
    (void)state;
    bench_sql(
        "CREATE TABLE IF NOT EXISTS tx_row (id bigint CONSTRAINT tx_row_once PRIMARY KEY);"
        "CREATE SEQUENCE IF NOT EXISTS tries;"
        "CREATE OR REPLACE FUNCTION flaky(times bigint) RETURNS bigint LANGUAGE plpgsql AS 'DECLARE n bigint; BEGIN"
        " n = nextval(''tries''); IF n <= times THEN RAISE serialization_failure; END IF; RETURN n; END'");
    bench_open(&bench, 3, statements);
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    assert_int_equal(db_busy(bench.db), 0);
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
    snprintf(sql, sizeof sql, "SELECT count(*) FROM tx_row WHERE id BETWEEN %lld AND %lld", (long long)low,
             (long long)high);
    return bench_sql(sql);
}

static void what_is_committed_is_there(void **state)
{
    (void)state;
    struct answer first = {0}, seen = {0}, end = {0};
    struct db_tx *tx = db_begin(bench.db);
    db_tx_ask(tx, &add, id(1), on_answer, &first);
    db_tx_ask(tx, &count, db_ints(db_args(), (int64_t[]){1}, 1), on_answer, &seen);
    db_commit(tx, on_commit, &end);
    bench_answer(&bench, &end);
    assert_true(first.ok && seen.ok && end.ok);
    assert_int_equal(first.affected, 1);
    assert_int_equal(seen.number, 1);
    assert_true(end.order > seen.order && seen.order > first.order);
    assert_int_equal(stored(1, 1), 1);
}

static void after_a_failure_all_fails_with_the_first_fault_and_nothing_is_stored(void **state)
{
    (void)state;
    struct answer answers[4] = {0}, end = {0};
    struct db_tx *tx = db_begin(bench.db);
    for (int i = 0; i < 4; i++)
        db_tx_ask(tx, &add, id(i == 2 ? 10 : 10 + i), on_answer, &answers[i]);
    db_commit(tx, on_commit, &end);
    bench_answer(&bench, &end);
    assert_true(answers[0].ok && answers[1].ok);
    for (int i = 2; i < 4; i++) {
        assert_int_equal(answers[i].why.status, STATUS_conflict);
        assert_string_equal(answers[i].why.field, "tx_row_once");
    }
    assert_int_equal(end.why.status, STATUS_conflict);
    assert_false(end.uncertain);
    assert_true(end.order > answers[3].order);
    assert_int_equal(stored(10, 19), 0);
}

/* An answer that ends its transaction from within its callback. */
struct ender {
    struct answer answer, end;
    struct db_tx *tx;
    bool commit;
};

static void on_answer_end(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct ender *ender = arg;
    on_answer(&ender->answer, rows, why);
    if (ender->commit) {
        db_tx_ask(ender->tx, &add, id(21), NULL, NULL);
        db_commit(ender->tx, on_commit, &ender->end);
    } else {
        db_rollback(ender->tx);
    }
}

static void a_callback_may_go_on_and_commit(void **state)
{
    (void)state;
    struct ender ender = {.tx = db_begin(bench.db), .commit = true};
    db_tx_ask(ender.tx, &add, id(20), on_answer_end, &ender);
    bench_answer(&bench, &ender.end);
    assert_true(ender.end.ok);
    assert_int_equal(stored(20, 21), 2);
}

static bool is_idle(void *arg)
{
    return db_busy(arg) == 0;
}

static void a_callback_may_roll_back_and_later_ones_are_not_called(void **state)
{
    (void)state;
    struct ender ender = {.tx = db_begin(bench.db)};
    struct answer later = {0};
    db_tx_ask(ender.tx, &add, id(30), on_answer_end, &ender);
    db_tx_ask(ender.tx, &add, id(31), on_answer, &later);
    bench_until(&bench, is_idle, bench.db, 20000);
    assert_true(ender.answer.come);
    assert_false(later.come);
    assert_int_equal(stored(30, 31), 0);
}

static void a_transaction_may_be_rolled_back_before_it_has_a_connection(void **state)
{
    (void)state;
    struct db_tx *held[2] = {db_begin(bench.db), db_begin(bench.db)};
    struct db_tx *third = db_begin(bench.db); /* one connection of three is kept for single asks */
    struct answer never = {0}, end = {0};
    db_tx_ask(third, &add, id(40), on_answer, &never);
    db_rollback(third);
    db_rollback(held[0]);
    db_commit(held[1], on_commit, &end);
    bench_answer(&bench, &end);
    bench_until(&bench, is_idle, bench.db, 20000);
    assert_false(never.come);
    assert_int_equal(stored(40, 40), 0);
}

static void a_hundred_transactions_share_three_connections(void **state)
{
    (void)state;
    struct answer ends[100] = {0};
    for (int i = 0; i < 100; i++) {
        struct db_tx *tx = db_begin(bench.db);
        db_tx_ask(tx, &add, id(100 + 2 * i), NULL, NULL);
        db_tx_ask(tx, &add, id(101 + 2 * i), NULL, NULL);
        db_commit(tx, on_commit, &ends[i]);
    }
    for (int i = 0; i < 100; i++) {
        bench_answer(&bench, &ends[i]);
        assert_true(ends[i].ok);
    }
    assert_int_equal(stored(100, 299), 200);
}

static void open_transactions_leave_a_connection_to_single_asks(void **state)
{
    (void)state;
    struct db_tx *open[5];
    struct answer single = {0};
    for (int i = 0; i < 5; i++)
        open[i] = db_begin(bench.db);
    db_ask(bench.db, &count, db_ints(db_args(), NULL, 0), on_answer, &single);
    bench_answer(&bench, &single);
    assert_true(single.ok);
    for (int i = 0; i < 5; i++)
        db_rollback(open[i]);
    bench_until(&bench, is_idle, bench.db, 20000);
}

static void a_transaction_that_gets_no_connection_fails_after_five_seconds(void **state)
{
    (void)state;
    struct db_tx *held[2] = {db_begin(bench.db), db_begin(bench.db)};
    struct db_tx *third = db_begin(bench.db);
    struct answer answer = {0}, end = {0};
    int64_t since = clock_ticks();
    db_tx_ask(third, &add, id(50), on_answer, &answer);
    bench_answer(&bench, &answer);
    assert_int_equal(answer.why.status, STATUS_unavailable);
    assert_in_range(clock_ticks() - since, 4900, 9900);
    db_commit(third, on_commit, &end);
    bench_answer(&bench, &end);
    assert_int_equal(end.why.status, STATUS_unavailable);
    assert_false(end.uncertain);
    db_rollback(held[0]);
    db_rollback(held[1]);
    bench_until(&bench, is_idle, bench.db, 20000);
}

static void a_serialisation_failure_heals_by_trying_again(void **state)
{
    (void)state;
    struct answer answer = {0};
    bench_sql("ALTER SEQUENCE tries RESTART");
    db_ask(bench.db, &flaky, id(2), on_answer, &answer);
    bench_answer(&bench, &answer);
    assert_true(answer.ok);
    assert_int_equal(answer.number, 3);
}

static void one_that_does_not_heal_is_a_conflict(void **state)
{
    (void)state;
    struct answer answer = {0};
    bench_sql("ALTER SEQUENCE tries RESTART");
    db_ask(bench.db, &flaky, id(1000), on_answer, &answer);
    bench_answer(&bench, &answer);
    assert_int_equal(answer.why.status, STATUS_conflict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_committed_is_there),
        cmocka_unit_test(after_a_failure_all_fails_with_the_first_fault_and_nothing_is_stored),
        cmocka_unit_test(a_callback_may_go_on_and_commit),
        cmocka_unit_test(a_callback_may_roll_back_and_later_ones_are_not_called),
        cmocka_unit_test(a_transaction_may_be_rolled_back_before_it_has_a_connection),
        cmocka_unit_test(a_hundred_transactions_share_three_connections),
        cmocka_unit_test(open_transactions_leave_a_connection_to_single_asks),
        cmocka_unit_test(a_transaction_that_gets_no_connection_fails_after_five_seconds),
        cmocka_unit_test(a_serialisation_failure_heals_by_trying_again),
        cmocka_unit_test(one_that_does_not_heal_is_a_conflict),
    };
    return cmocka_run_group_tests(tests, open_bench, close_bench);
}
