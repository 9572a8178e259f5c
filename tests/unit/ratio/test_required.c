/* The required ratio: the table of SITES 3.8 line by line, its edges, the share of snatches seeded, and the setting. */
#include "services/ratio/required.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define GIB (UINT64_C(1) << 30)

static struct required_bands standard(void)
{
    struct required_bands bands;
    assert_true(required_bands_read(REQUIRED_BANDS_STANDARD, &bands, NULL));
    return bands;
}

static uint32_t ratio_of(uint64_t down, uint64_t snatched, uint64_t seeding)
{
    struct required_bands bands = standard();
    struct required_figures figures = {.down = down, .snatched = snatched, .seeding = seeding};
    return required_of(&bands, &figures).ratio;
}

static void the_table_says_what_is_required_with_nothing_and_with_all_seeded(void **state)
{
    static const struct {
        uint64_t from;
        uint32_t most, least;
    } table[] = {{0, 0, 0},      {5, 150, 0},    {10, 200, 0},   {20, 300, 50},  {30, 400, 100},
                 {40, 500, 200}, {50, 600, 300}, {60, 600, 400}, {80, 600, 500}, {100, 600, 600}};
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(ratio_of(table[i].from * GIB, 10, 0), table[i].most);
        assert_int_equal(ratio_of(table[i].from * GIB, 10, 10), table[i].least);
        if (i > 0)
            assert_int_equal(ratio_of(table[i].from * GIB - 1, 10, 0), table[i - 1].most);
    }
    assert_int_equal(ratio_of(INT64_MAX, 1, 1), 600);
}

static void what_is_seeded_relaxes_it_by_its_share_down_to_the_least(void **state)
{
    (void)state;
    assert_int_equal(ratio_of(55 * GIB, 4, 1), 450);
    assert_int_equal(ratio_of(55 * GIB, 4, 2), 300);
    assert_int_equal(ratio_of(55 * GIB, 4, 3), 300); /* 0.15 is below the least */
    assert_int_equal(ratio_of(12 * GIB, 3, 1), 133); /* in the member's favour */
    assert_int_equal(ratio_of(12 * GIB, 3, 9), 0);   /* more than all is all */
    assert_int_equal(ratio_of(12 * GIB, 0, 0), 200); /* nothing completed: nothing to relax it with */
    assert_int_equal(ratio_of(12 * GIB, INT64_MAX, INT64_MAX / 2), 100);
}

static void it_is_met_to_the_byte(void **state)
{
    (void)state;
    struct required_bands bands = standard();
    struct required_figures figures = {.down = 100 * GIB, .up = 60 * GIB};
    assert_true(required_of(&bands, &figures).met);
    figures.up--;
    struct required required = required_of(&bands, &figures);
    assert_false(required.met);
    assert_int_equal(required.missing, 1);
    figures.down = 100 * GIB + 1; /* 0.6 bytes more: another whole one */
    assert_int_equal(required_of(&bands, &figures).missing, 2);
    figures = (struct required_figures){.down = INT64_MAX};
    assert_int_equal(required_of(&bands, &figures).missing, 5534023222112865485);
}

static void bands_are_read_from_a_setting(void **state)
{
    (void)state;
    struct required_bands bands;
    assert_true(required_bands_read("  1M:0.5/0.125   2T:12/3 ", &bands, NULL));
    assert_int_equal(bands.count, 2);
    assert_int_equal(bands.at[0].from, 1 << 20);
    assert_int_equal(bands.at[0].most, 500);
    assert_int_equal(bands.at[0].least, 125);
    assert_int_equal(bands.at[1].from, UINT64_C(2) << 40);
    assert_int_equal(bands.at[1].most, 12000);
    assert_true(required_bands_read("", &bands, NULL));
    struct required_figures figures = {.down = INT64_MAX};
    assert_true(required_of(&bands, &figures).met);
}

static void what_is_no_band_is_refused_with_its_number(void **state)
{
    static const char *const wrong[] = {"1G",          "1G:0.5",       "1:0.5/0",       "1X:0.5/0", "1G:.5/0",
                                        "1G:0.2/0.3",  "1G:0.5/0,",    "-1G:0.5/0",     "1G:101/0", "9999999999G:1/0",
                                        "1G:0.1234/0", "4194305T:1/0", "1G:1/0 1G:1/0", "1G:1/0x"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct required_bands bands;
        struct fault why = {0};
        if (required_bands_read(wrong[i], &bands, &why))
            fail_msg("\"%s\" was taken", wrong[i]);
        assert_non_null(strstr(why.text, i == 12 ? "band 2" : "band 1"));
    }
    char many[40 * 12] = "";
    for (int i = 1; i <= REQUIRED_BANDS_MAX + 1; i++)
        snprintf(many + strlen(many), 12, "%dG:1/0 ", i);
    struct required_bands bands;
    assert_false(required_bands_read(many, &bands, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_says_what_is_required_with_nothing_and_with_all_seeded),
        cmocka_unit_test(what_is_seeded_relaxes_it_by_its_share_down_to_the_least),
        cmocka_unit_test(it_is_met_to_the_byte),
        cmocka_unit_test(bands_are_read_from_a_setting),
        cmocka_unit_test(what_is_no_band_is_refused_with_its_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
