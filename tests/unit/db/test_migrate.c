/* Migrations: each once, by whichever replica comes first; a failing one keeps the database from being up. */
#include "tests/unit/db/db_bench.h"

#include "services/common/kept.h"

#include <string.h>

#define FILE_OF(name, text)                                                                                            \
    {                                                                                                                  \
        name, text, sizeof(text) - 1                                                                                   \
    }

static const struct embedded good[] = {
    /* not in order, to be sorted */
    FILE_OF("0002_more.sql",
            "ALTER TABLE @SCHEMA@.thing ADD COLUMN more bigint; INSERT INTO @SCHEMA@.thing VALUES (1, 2) -- end"),
    FILE_OF("0001_thing.sql", "CREATE TABLE @SCHEMA@.thing (id bigint); SELECT pg_sleep(0.2);"),
};
static const struct embedded bad[] = {
    FILE_OF("0001_thing.sql", "CREATE TABLE @SCHEMA@.thing (id bigint);"),
    FILE_OF("0002_wrong.sql", "INSERT INTO @SCHEMA@.thing VALUES (7); SELECT no_such_function();"),
};

static const struct statement things = {.name = "things", .sql = "SELECT sum(more) FROM moved.thing"};
static const struct statement add_fact = {.name = "add_fact", .sql = "SELECT moved.feed_add('a', $1, $2)"};
static const struct statement *const statements[] = {&things, &add_fact, NULL};
static const struct statement *const none[] = {NULL};

static void replicas_that_start_together_migrate_once(void **state)
{
    (void)state;
    struct bench replicas[4] = {0};
    for (int i = 0; i < 4; i++) { /* one loop, so that they run at once */
        bench_prepare(&replicas[i], 2, statements);
        if (i > 0) {
            db_destroy(&replicas[i].db);
            loop_destroy(&replicas[i].loop);
            replicas[i].loop = replicas[0].loop;
            replicas[i].db = db_new(replicas[0].loop, getenv("DJEMBE_TEST_DATABASE"), 2, statements, 2);
        }
        db_migrate(replicas[i].db, "moved", good, 2);
    }
    for (int i = 0; i < 4; i++)
        bench_until_up(&replicas[i], true);
    assert_int_equal(bench_sql("SELECT count(*) FROM moved.migration"), 3);
    assert_int_equal(bench_sql("SELECT count(*) FROM moved.thing"), 1);
    for (int i = 0; i < 4; i++) {
        struct answer answer = {0};
        db_ask(replicas[i].db, &things, NULL, on_answer, &answer);
        bench_answer(&replicas[i], &answer);
        assert_int_equal(answer.number, 2);
        db_destroy(&replicas[i].db);
    }
    loop_destroy(&replicas[0].loop);
}

static bool has_trouble(void *arg)
{
    return db_trouble(arg) != NULL;
}

static void a_failing_migration_is_rolled_back_and_tried_again(void **state)
{
    (void)state;
    struct bench bench;
    bench_prepare(&bench, 2, none);
    db_migrate(bench.db, "failing", bad, 2);
    bench_until(&bench, has_trouble, bench.db, 20000);
    assert_non_null(strstr(db_trouble(bench.db), "0002_wrong.sql"));
    assert_false(db_is_up(bench.db));
    assert_int_equal(bench_sql("SELECT count(*) FROM failing.thing"), 0);
    assert_int_equal(bench_sql("SELECT count(*) FROM failing.migration"), 2);
    bench_sql("CREATE FUNCTION no_such_function() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    bench_until_up(&bench, true);
    assert_null(db_trouble(bench.db));
    assert_int_equal(bench_sql("SELECT count(*) FROM failing.thing"), 1);
    bench_close(&bench);
}

static void a_statement_that_does_not_fit_keeps_it_from_being_up(void **state)
{
    (void)state;
    static const struct statement typo = {.name = "typo", .sql = "SELECT idd FROM moved.thing"};
    struct bench bench;
    bench_prepare(&bench, 2, statements);
    db_migrate(bench.db, "moved", good, 2);
    db_add_statements(bench.db, (const struct statement *const[]){&typo}, 1);
    bench_until(&bench, has_trouble, bench.db, 20000);
    assert_non_null(strstr(db_trouble(bench.db), "typo"));
    assert_non_null(strstr(db_trouble(bench.db), "idd"));
    assert_false(db_is_up(bench.db));
    bench_close(&bench);
}

static void facts_are_numbered_without_gaps(void **state)
{
    (void)state;
    struct bench bench;
    struct answer answers[30] = {0};
    bench_prepare(&bench, 3, statements);
    db_migrate(bench.db, "moved", good, 2);
    bench_until_up(&bench, true);
    for (int i = 0; i < 30; i++) {
        struct db_tx *tx = db_begin(bench.db);
        db_tx_ask(tx, &add_fact, db_bytes(db_int(db_args(), i % 4 + 1), slice_text("fact")), NULL, NULL);
        if (i % 3 == 0)
            db_tx_ask(tx, &add_fact, db_null(db_int(db_args(), 1)), NULL, NULL); /* fails */
        db_commit(tx, on_commit, &answers[i]);
    }
    for (int i = 0; i < 30; i++) {
        bench_answer(&bench, &answers[i]);
        assert_int_equal(answers[i].ok, i % 3 != 0);
    }
    assert_int_equal(bench_sql("SELECT count(*) FROM moved.feed_fact"), 20);
    assert_int_equal(bench_sql("SELECT max(seq) FROM moved.feed_fact"), 20);
    assert_int_equal(bench_sql("SELECT seq FROM moved.feed_head"), 20);
    assert_int_equal(bench_sql("SELECT count(*) FROM moved.feed_latest"), 4);
    bench_close(&bench);
}

struct found {
    bool come;
    char reply[20];
};

static void on_found(void *arg, struct slice reply, const struct fault *why)
{
    struct found *found = arg;
    assert_null(why);
    found->come = true;
    snprintf(found->reply, sizeof found->reply, "%.*s", SLICE_ARGS(reply));
}

static bool is_found(void *arg)
{
    return ((struct found *)arg)->come;
}

static void a_reply_is_kept_once_a_key(void **state)
{
    (void)state;
    struct bench bench;
    struct found before = {0}, after = {0};
    struct answer ends[2] = {0};
    struct slice key = slice_text("0123456789abcdef");
    bench_prepare(&bench, 2, statements);
    db_migrate(bench.db, "moved", good, 2);
    struct kept *kept = kept_new(bench.db, "moved");
    bench_until_up(&bench, true);
    kept_find(kept, key, on_found, &before);
    bench_until(&bench, is_found, &before, 20000);
    assert_string_equal(before.reply, "");
    for (int i = 0; i < 2; i++) {
        struct db_tx *tx = db_begin(bench.db);
        kept_add(kept, tx, key, slice_text(i == 0 ? "first" : "second"));
        db_commit(tx, on_commit, &ends[i]);
        bench_answer(&bench, &ends[i]);
    }
    assert_true(ends[0].ok);
    assert_int_equal(ends[1].why.status, STATUS_conflict);
    kept_find(kept, key, on_found, &after);
    bench_until(&bench, is_found, &after, 20000);
    assert_string_equal(after.reply, "first");
    bench_close(&bench);
    kept_destroy(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replicas_that_start_together_migrate_once),
        cmocka_unit_test(a_failing_migration_is_rolled_back_and_tried_again),
        cmocka_unit_test(a_statement_that_does_not_fit_keeps_it_from_being_up),
        cmocka_unit_test(facts_are_numbered_without_gaps),
        cmocka_unit_test(a_reply_is_kept_once_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
