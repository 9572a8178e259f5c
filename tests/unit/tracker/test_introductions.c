/* Peers that a member's clients are told of. */
#include "services/tracker/introductions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct introductions *made;

static bool add(uint32_t member, uint32_t torrent, uint16_t port, int64_t until, int64_t now)
{
    const struct introduction one = {
        .member = member, .torrent = torrent, .until = until, .peer = {.v4 = {10, 0, 0, 1}, .port4 = port}};
    return introductions_add(made, &one, now);
}

static void a_peer_is_for_one_member_in_one_swarm_until_its_time_is_over(void **state)
{
    (void)state;
    assert_true(add(1, 2, 7000, 100, 0));
    assert_int_equal(introductions_find(made, 1, 2, 99)->port4, 7000);
    assert_null(introductions_find(made, 1, 2, 100));
    assert_null(introductions_find(made, 2, 2, 50));
    assert_null(introductions_find(made, 1, 1, 50));
}

static void a_second_one_takes_the_place_of_the_first(void **state)
{
    (void)state;
    assert_true(add(1, 2, 7000, 100, 0) && add(1, 2, 7001, 200, 0));
    assert_int_equal(introductions_find(made, 1, 2, 150)->port4, 7001);
    assert_int_equal(made->count, 1);
}

static void there_is_room_again_when_some_have_ended(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < INTRODUCTIONS_MAX; i++)
        assert_true(add(i + 1, 1, 7000, 100 + i, 0));
    assert_false(add(9999, 1, 7000, 100, 0));
    assert_true(add(9999, 1, 7000, 500, 100));
    assert_int_equal(made->count, INTRODUCTIONS_MAX);
}

static int begin(void **state)
{
    (void)state;
    made = calloc(1, sizeof *made);
    return made == NULL;
}

static int end(void **state)
{
    (void)state;
    free(made);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_peer_is_for_one_member_in_one_swarm_until_its_time_is_over, begin, end),
        cmocka_unit_test_setup_teardown(a_second_one_takes_the_place_of_the_first, begin, end),
        cmocka_unit_test_setup_teardown(there_is_room_again_when_some_have_ended, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
