/* Factors: which hold at a moment, what several come to, and how bytes are counted. */
#include "services/ratio/factor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MOST ((uint64_t)INT64_MAX)

static struct factor of(struct factor_span *spans, size_t count, uint64_t user, uint64_t torrent, int64_t at)
{
    factor_sort(spans, count);
    return factor_at(spans, count, user, torrent, at);
}

static void without_any_all_counts(void **state)
{
    (void)state;
    struct factor factor = factor_at(NULL, 0, 1, 1, 0);
    assert_int_equal(factor.up, FACTOR_ONE);
    assert_int_equal(factor.down, FACTOR_ONE);
}

static void the_known_kinds_count_as_they_are_called(void **state)
{
    static const struct {
        uint32_t upload, download;
        uint64_t up, down;
    } kinds[] = {{100, 0, 1001, 0}, {0, 0, 0, 0}, {200, 100, 2002, 1001}, {100, 50, 1001, 500}, {200, 0, 2002, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct factor_span span = {.torrent = 7, .upload = kinds[i].upload, .download = kinds[i].download};
        struct factor factor = of(&span, 1, 3, 7, 50);
        assert_int_equal(factor_of(1001, factor.up), kinds[i].up);
        assert_int_equal(factor_of(1001, factor.down), kinds[i].down);
        assert_int_equal(of(&span, 1, 3, 8, 50).up, FACTOR_ONE); /* another torrent */
    }
}

static void a_span_holds_from_its_start_until_just_before_its_end(void **state)
{
    (void)state;
    struct factor_span event = {.from = 1000, .to = 2000, .upload = 100, .download = 0};
    assert_int_equal(of(&event, 1, 1, 1, 999).down, FACTOR_ONE);
    assert_int_equal(of(&event, 1, 1, 1, 1000).down, 0);
    assert_int_equal(of(&event, 1, 1, 1, 1999).down, 0);
    assert_int_equal(of(&event, 1, 1, 1, 2000).down, FACTOR_ONE);
    event.to = 0;
    assert_int_equal(of(&event, 1, 1, 1, INT64_MAX).down, 0);
    event.to = event.from;
    assert_int_equal(of(&event, 1, 1, 1, 1000).down, FACTOR_ONE);
}

static void a_token_is_its_members_alone(void **state)
{
    (void)state;
    struct factor_span token = {.torrent = 7, .user = 3, .upload = 100, .download = 0};
    assert_int_equal(of(&token, 1, 3, 7, 0).down, 0);
    assert_int_equal(of(&token, 1, 3, 7, 0).up, FACTOR_ONE);
    assert_int_equal(of(&token, 1, 4, 7, 0).down, FACTOR_ONE);
    assert_int_equal(of(&token, 1, 3, 8, 0).down, FACTOR_ONE);
}

static void several_multiply(void **state)
{
    (void)state;
    struct factor_span spans[] = {
        {.torrent = 9, .upload = 1, .download = 1},
        {.torrent = 7, .upload = 200, .download = 50},
        {.upload = 150, .download = 33},
        {.torrent = 7, .user = 3, .upload = 100, .download = 0},
        {.torrent = 5, .upload = 0, .download = 0},
    };
    struct factor factor = of(spans, 5, 4, 7, 1);
    assert_int_equal(factor.up, 30000);
    assert_int_equal(factor.down, 1650);
    assert_int_equal(of(spans, 5, 3, 7, 1).down, 0);
    assert_int_equal(of(spans, 5, 4, 5, 1).up, 0);
    assert_int_equal(of(spans, 5, 4, 6, 1).up, 15000);
}

static void absurd_figures_do_not_wrap(void **state)
{
    (void)state;
    assert_int_equal(factor_of(MOST, FACTOR_ONE), MOST);
    assert_int_equal(factor_of(MOST, 2 * FACTOR_ONE), MOST);
    assert_int_equal(factor_of(MOST, FACTOR_ONE / 2), MOST / 2);
    struct factor_span spans[4];
    for (int i = 0; i < 4; i++)
        spans[i] = (struct factor_span){.upload = 1000, .download = 1000};
    assert_int_equal(of(spans, 4, 1, 1, 1).up, 100000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_any_all_counts),
        cmocka_unit_test(the_known_kinds_count_as_they_are_called),
        cmocka_unit_test(a_span_holds_from_its_start_until_just_before_its_end),
        cmocka_unit_test(a_token_is_its_members_alone),
        cmocka_unit_test(several_multiply),
        cmocka_unit_test(absurd_figures_do_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
