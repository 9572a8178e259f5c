/* Which piece is asked for. */
#include "services/ratio/auditor/choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint8_t info_hash[20];
static const uint8_t address[4] = {80, 4, 4, 200};

/* The example of BEP 6. */
static void the_allowed_fast_set_is_as_bep_6_has_it(void **state)
{
    (void)state;
    static const uint32_t wanted[] = {1059, 431, 808, 1217, 287, 376, 1188, 353, 508};
    uint32_t set[FAST_SET_MAX];
    assert_int_equal(fast_set(address, info_hash, 1313, 7, set), 7);
    assert_memory_equal(set, wanted, 7 * sizeof *set);
    assert_int_equal(fast_set(address, info_hash, 1313, 9, set), 9);
    assert_memory_equal(set, wanted, 9 * sizeof *set);
}

static void a_set_is_no_larger_than_the_torrent(void **state)
{
    (void)state;
    uint32_t set[FAST_SET_MAX];
    assert_int_equal(fast_set(address, info_hash, 3, FAST_SET_MAX, set), 3);
    assert_int_equal(set[0] + set[1] + set[2], 3);
}

static uint32_t choose_other(uint64_t number, const uint8_t *ipv4, uint32_t pieces, int64_t refused)
{
    uint8_t drawn[8];
    for (int i = 0; i < 8; i++)
        drawn[i] = (uint8_t)(number >> (56 - 8 * i));
    return piece_choose(drawn, ipv4, info_hash, pieces, refused);
}

static uint32_t choose(uint64_t number, const uint8_t *ipv4, uint32_t pieces)
{
    return choose_other(number, ipv4, pieces, -1);
}

static void every_piece_but_those_of_the_set_may_be_chosen(void **state)
{
    (void)state;
    enum { PIECES = 40 };
    uint32_t set[FAST_SET_MAX], times[PIECES] = {0}, none = 0;
    fast_set(address, info_hash, PIECES, FAST_SET_MAX, set);
    for (uint64_t number = 0; number < PIECES - FAST_SET_MAX; number++)
        times[choose(number, address, PIECES)]++;
    for (int i = 0; i < PIECES; i++) {
        assert_true(times[i] <= 1);
        none += times[i] == 0;
    }
    assert_int_equal(none, FAST_SET_MAX);
    for (int i = 0; i < FAST_SET_MAX; i++)
        assert_int_equal(times[set[i]], 0);
}

static void a_small_torrent_and_an_address_of_ipv6_leave_none_out(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < 10; number++)
        assert_int_equal(choose(number, address, 10), number);
    for (uint32_t number = 0; number < 40; number++)
        assert_int_equal(choose(number, NULL, 40), number);
    assert_int_equal(choose(UINT64_MAX, NULL, 1), 0);
}

static void a_piece_that_was_refused_is_not_drawn_again(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < 60; number++) {
        assert_int_not_equal(choose_other(number, NULL, 40, 12), 12);
    }
    assert_int_equal(choose_other(7, NULL, 1, 0), 0);
    assert_int_equal(choose_other(7, NULL, 2, 0), 1);
    assert_int_equal(choose_other(7, address, 11, choose(0, address, 11)), choose(0, address, 11)); /* the only one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_allowed_fast_set_is_as_bep_6_has_it),
        cmocka_unit_test(a_set_is_no_larger_than_the_torrent),
        cmocka_unit_test(every_piece_but_those_of_the_set_may_be_chosen),
        cmocka_unit_test(a_small_torrent_and_an_address_of_ipv6_leave_none_out),
        cmocka_unit_test(a_piece_that_was_refused_is_not_drawn_again),
    };
    memset(info_hash, 0xaa, sizeof info_hash);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
