/* Values there and back, and what a failed statement tells. */
#include "tests/unit/db/db_bench.h"

#include "services/common/clock.h"

static const struct statement echo = {
    .name = "echo",
    .sql = "SELECT $1::bigint, $2::boolean, $3::text, $4::bytea, $5::timestamptz, $6::text, $7::jsonb, $1::int,"
           " $1::smallint, $1::numeric * -1"};
static const struct statement arrays = {
    .name = "arrays",
    .sql = "SELECT a, b, c, d, e, e::text, '4294967295'::xid"
           " FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::timestamptz[], $5::tid[]) AS t(a, b, c, d, e)"};
static const struct statement sums = {
    .name = "sums", .sql = "SELECT sum(a), sum(a) - 9999, sum(a) * 0 FROM unnest($1::bigint[]) AS t(a)"};
static const struct statement divide = {.name = "divide", .sql = "SELECT 10 / $1::int"};
static const struct statement add_row = {.name = "add_row", .sql = "INSERT INTO unique_row (id) VALUES ($1)"};
static const struct statement late_row = {.name = "late_row", .sql = "INSERT INTO late_row (id) VALUES ($1)"};
static const struct statement *const statements[] = {&echo, &arrays, &sums, &divide, &add_row, &late_row, NULL};

static struct bench bench;

static int open_bench(void **state)
{
    (void)state;
    bench_sql(
        "CREATE TABLE IF NOT EXISTS unique_row (id bigint CONSTRAINT one_of_each UNIQUE);"
        "CREATE TABLE IF NOT EXISTS late_row (id bigint CONSTRAINT at_the_end UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    bench_open(&bench, 2, statements);
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    bench_close(&bench);
    return 0;
}

static const char bytes[] = "\x00\xff\\x'\"";
static const char text[] = "a \"q\" \\ {,} é";

static void check_echo(void *arg, const struct db_rows *rows, const struct fault *why)
{
    assert_null(why);
    assert_int_equal(db_count(rows), 1);
    assert_int_equal(db_get_int(rows, 0, 0), 32000);
    assert_true(db_get_flag(rows, 0, 1));
    assert_true(slice_is(db_get_text(rows, 0, 2), text));
    assert_true(slice_equal(db_get_bytes(rows, 0, 3), slice_of(bytes, sizeof bytes)));
    assert_int_equal(db_get_time(rows, 0, 4), 1792345678901);
    assert_true(db_is_null(rows, 0, 5));
    assert_true(slice_is(db_get_text(rows, 0, 6), "{\"a\": [1, \"é\"]}"));
    assert_int_equal(db_get_int(rows, 0, 7), 32000);
    assert_int_equal(db_get_int(rows, 0, 8), 32000);
    assert_int_equal(db_get_int(rows, 0, 9), -32000);
    *(bool *)arg = true;
}

static bool is_true(void *arg)
{
    return *(bool *)arg;
}

static void every_kind_of_value_comes_back_as_it_went(void **state)
{
    (void)state;
    bool done = false;
    struct db_args *args = db_flag(db_int(db_args(), 32000), true);
    args = db_bytes(db_text(args, slice_text(text)), slice_of(bytes, sizeof bytes));
    args = db_text(db_null(db_time(args, 1792345678901)), slice_text("{\"a\":[1,\"é\"]}"));
    db_ask(bench.db, &echo, args, check_echo, &done);
    bench_until(&bench, is_true, &done, 5000);
}

static void check_arrays(void *arg, const struct db_rows *rows, const struct fault *why)
{
    assert_null(why);
    assert_int_equal(db_count(rows), 2);
    assert_int_equal(db_get_int(rows, 0, 0), INT64_MIN + 1);
    assert_int_equal(db_get_int(rows, 1, 0), INT64_MAX);
    assert_true(slice_is(db_get_text(rows, 0, 1), ""));
    assert_true(slice_is(db_get_text(rows, 1, 1), text));
    assert_true(slice_equal(db_get_bytes(rows, 0, 2), slice_of(bytes, sizeof bytes)));
    assert_int_equal(db_get_bytes(rows, 1, 2).size, 0);
    assert_int_equal(db_get_time(rows, 0, 3), 0);
    assert_int_equal(db_get_time(rows, 1, 3), -1);
    assert_int_equal(db_get_int(rows, 0, 4), 7 << 16 | 3);
    assert_true(slice_is(db_get_text(rows, 0, 5), "(7,3)"));
    assert_int_equal(db_get_int(rows, 0, 6), -1); /* as an int of its size */
    *(bool *)arg = true;
}

static void arrays_come_back_as_they_went(void **state)
{
    (void)state;
    bool done = false;
    struct db_args *args = db_ints(db_args(), (int64_t[]){INT64_MIN + 1, INT64_MAX}, 2);
    args = db_texts(args, (struct slice[]){slice_text(""), slice_text(text)}, 2);
    args = db_blobs(args, (struct slice[]){slice_of(bytes, sizeof bytes), slice_text("")}, 2);
    args = db_times(args, (int64_t[]){0, -1}, 2);
    args = db_tids(args, (int64_t[]){7 << 16 | 3, 1}, 2);
    db_ask(bench.db, &arrays, args, check_arrays, &done);
    bench_until(&bench, is_true, &done, 5000);
}

static void check_empty(void *arg, const struct db_rows *rows, const struct fault *why)
{
    assert_null(why);
    assert_int_equal(db_count(rows), 0);
    *(bool *)arg = true;
}

static void empty_arrays_are_empty(void **state)
{
    (void)state;
    bool done = false;
    struct db_args *args = db_texts(db_ints(db_args(), NULL, 0), NULL, 0);
    args = db_tids(db_times(db_blobs(args, NULL, 0), NULL, 0), NULL, 0);
    db_ask(bench.db, &arrays, args, check_empty, &done);
    bench_until(&bench, is_true, &done, 5000);
}

static void check_sums(void *arg, const struct db_rows *rows, const struct fault *why)
{
    assert_null(why);
    assert_int_equal(db_get_int(rows, 0, 0), 1230000000000009999);
    assert_int_equal(db_get_int(rows, 0, 1), 1230000000000000000);
    assert_int_equal(db_get_int(rows, 0, 2), 0);
    *(bool *)arg = true;
}

static void the_sum_of_bigints_is_an_integer_to_the_last_digit(void **state)
{
    (void)state;
    bool done = false;
    db_ask(bench.db, &sums, db_ints(db_args(), (int64_t[]){1230000000000000000, 9999}, 2), check_sums, &done);
    bench_until(&bench, is_true, &done, 5000);
}

static void ten_megabytes_go_through(void **state)
{
    (void)state;
    static char big[10 * 1024 * 1024];
    struct answer answer = {0};
    struct db_args *args = db_flag(db_int(db_args(), 1), true);
    args = db_bytes(db_text(args, slice_text("")), slice_of(big, sizeof big));
    db_ask(bench.db, &echo, db_null(db_null(db_null(args))), on_answer, &answer);
    bench_answer(&bench, &answer);
    assert_true(answer.ok);
}

static void one_failing_ask_leaves_the_others_of_the_pipeline_alone(void **state)
{
    (void)state;
    struct answer answers[40] = {0};
    for (int i = 0; i < 40; i++)
        db_ask(bench.db, &divide, db_int(db_args(), i % 4), on_answer, &answers[i]);
    assert_false(answers[0].come); /* never before db_ask returns */
    for (int i = 0; i < 40; i++) {
        bench_answer(&bench, &answers[i]);
        assert_int_equal(answers[i].ok, i % 4 != 0);
        if (i % 4 == 0)
            assert_int_equal(answers[i].why.status, STATUS_internal);
        else
            assert_int_equal(answers[i].number, 10 / (i % 4));
    }
}

static void a_value_that_must_be_unique_is_a_conflict_that_names_the_constraint(void **state)
{
    (void)state;
    struct answer first = {0}, second = {0};
    db_ask(bench.db, &add_row, db_int(db_args(), 7), on_answer, &first);
    bench_answer(&bench, &first);
    assert_true(first.ok);
    assert_int_equal(first.affected, 1);
    db_ask(bench.db, &add_row, db_int(db_args(), 7), on_answer, &second);
    bench_answer(&bench, &second);
    assert_int_equal(second.why.status, STATUS_conflict);
    assert_string_equal(second.why.field, "one_of_each");
}

static void a_constraint_checked_at_the_end_fails_the_ask_too(void **state)
{
    (void)state;
    struct answer first = {0}, second = {0};
    db_ask(bench.db, &late_row, db_int(db_args(), 7), on_answer, &first);
    bench_answer(&bench, &first);
    assert_true(first.ok);
    db_ask(bench.db, &late_row, db_int(db_args(), 7), on_answer, &second);
    bench_answer(&bench, &second);
    assert_int_equal(second.why.status, STATUS_conflict);
    assert_string_equal(second.why.field, "at_the_end");
}

static void text_that_postgresql_cannot_hold_is_invalid(void **state)
{
    (void)state;
    struct slice wrong[] = {slice_of("a\0b", 3), slice_text("\xc3(")};
    for (size_t i = 0; i < 2; i++) {
        struct answer answer = {0};
        struct db_args *args = db_text(db_flag(db_int(db_args(), 1), true), wrong[i]);
        db_ask(bench.db, &echo, db_null(db_null(db_null(db_null(args)))), on_answer, &answer);
        bench_answer(&bench, &answer);
        assert_int_equal(answer.why.status, STATUS_invalid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_comes_back_as_it_went),
        cmocka_unit_test(arrays_come_back_as_they_went),
        cmocka_unit_test(empty_arrays_are_empty),
        cmocka_unit_test(the_sum_of_bigints_is_an_integer_to_the_last_digit),
        cmocka_unit_test(ten_megabytes_go_through),
        cmocka_unit_test(one_failing_ask_leaves_the_others_of_the_pipeline_alone),
        cmocka_unit_test(a_value_that_must_be_unique_is_a_conflict_that_names_the_constraint),
        cmocka_unit_test(a_constraint_checked_at_the_end_fails_the_ask_too),
        cmocka_unit_test(text_that_postgresql_cannot_hold_is_invalid),
    };
    return cmocka_run_group_tests(tests, open_bench, close_bench);
}
