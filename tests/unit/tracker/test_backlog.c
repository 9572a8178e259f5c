/* Sessions that wait, in the order of the journal. */
#include "tests/unit/tracker/check.h"

#include "services/tracker/backlog.h"
#include "services/tracker/hash.h"

static void what_waits_is_taken_in_order(void **state)
{
    (void)state;
    struct backlog backlog = {0};
    static uint32_t taken[20000];
    uint32_t in = 0, out = 0;
    uint64_t random = 5;
    for (unsigned step = 0; step < 200; step++) {
        for (uint64_t count = hash_random(&random) % 5000; count > 0; count--) {
            in++;
            backlog_push(&backlog, in, in);
        }
        assert_true(backlog_oldest(&backlog, in + 1) <= out + 1);
        assert_true(backlog_oldest(&backlog, in + 1) + 32768 > out);
        size_t most = hash_random(&random) % 6000, count = backlog_take(&backlog, taken, most);
        assert_true(count == most || backlog.count == 0);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(taken[i], ++out);
        assert_int_equal(backlog.count, in - out);
    }
    while (backlog_take(&backlog, taken, 20000) > 0)
        ;
    assert_int_equal(backlog_oldest(&backlog, 77), 77);
    backlog_clear(&backlog);
}

static void a_look_at_all_takes_nothing_and_goes_on_behind_what_was_taken(void **state)
{
    (void)state;
    struct backlog backlog = {0};
    static uint32_t seen[10000];
    uint64_t at = 0;
    for (uint32_t i = 1; i <= 10000; i++)
        backlog_push(&backlog, i, i);
    assert_int_equal(backlog_look(&backlog, &at, seen, 3000), 3000);
    assert_int_equal(seen[2999], 3000);
    backlog_take(&backlog, seen, 1000);
    assert_int_equal(backlog_look(&backlog, &at, seen, 3000), 3000);
    assert_int_equal(seen[0], 3001);
    backlog_take(&backlog, seen, 7000);
    assert_int_equal(backlog_look(&backlog, &at, seen, 3000), 2000);
    assert_int_equal(seen[0], 8001);
    assert_int_equal(backlog_look(&backlog, &at, seen, 3000), 0);
    assert_int_equal(backlog.count, 2000);
    backlog_clear(&backlog);
}

static void what_was_written_again_is_not_needed_where_it_stood(void **state)
{
    (void)state;
    struct backlog backlog = {0};
    for (uint32_t i = 1; i <= 10000; i++)
        backlog_push(&backlog, i, i);
    backlog_rewritten(&backlog, 5000);
    assert_int_equal(backlog_oldest(&backlog, 20000), 5000);
    backlog_clear(&backlog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_is_taken_in_order),
        cmocka_unit_test(a_look_at_all_takes_nothing_and_goes_on_behind_what_was_taken),
        cmocka_unit_test(what_was_written_again_is_not_needed_where_it_stood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
