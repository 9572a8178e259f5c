/* Dates: what people, browsers and tools write, and nothing that is no day. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/date.h"

#include <stdlib.h>

static void assert_reads(const char *text, const char *as)
{
    struct arena *arena = arena_new();
    int64_t when = -1;
    if (!date_read(slice_text(text), &when))
        fail_msg("%s is refused", text);
    assert_slice(date_write(when, arena), as);
    arena_destroy(&arena);
}

static void days_and_times_are_read_however_they_are_written(void **state)
{
    (void)state;
    assert_reads("2026-11-24", "2026-11-24 00:00 UTC");
    assert_reads("2026-11-24T06:20", "2026-11-24 06:20 UTC");
    assert_reads("2026-11-24 06:20", "2026-11-24 06:20 UTC");
    assert_reads("2026-11-24T06:20:59Z", "2026-11-24 06:20 UTC");
    assert_reads("2026-11-24 23:59 UTC", "2026-11-24 23:59 UTC");
    assert_reads("2024-02-29 UTC", "2024-02-29 00:00 UTC");
    assert_reads("1970-01-01", "1970-01-01 00:00 UTC");
    assert_reads("2199-12-31T23:59", "2199-12-31 23:59 UTC");
}

static void what_is_no_day_or_no_time_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",           "2026",        "2026-11",          "2026-13-01",       "2026-00-01",          "2026-02-29",
        "2100-02-29", "2026-11-31",  "2026-11-00",       "1969-12-31",       "2200-01-01",          "26-11-24",
        "2026-1-24",  "24.11.2026",  "2026-11-24T24:00", "2026-11-24T12:60", "2026-11-24T12:00x",   "2026-11-24T12",
        "yesterday",  "2026-11-24 ", "2026-11-24T",      "-026-11-24",       "2026-11-24T12:00:60", "2026-11-24T1 :00",
    };
    (void)state;
    int64_t when;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (date_read(slice_text(wrong[i]), &when))
            fail_msg("\"%s\" is taken for a date", wrong[i]);
}

static void every_minute_comes_back_as_it_was_written(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    srand(1);
    for (int i = 0; i < 2000; i++) {
        int64_t minute = ((int64_t)rand() * 7 + i) % 120000000 * 60000, back = -1;
        assert_true(date_read(date_write(minute, arena), &back));
        assert_int_equal(back, minute);
    }
    arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_and_times_are_read_however_they_are_written),
        cmocka_unit_test(what_is_no_day_or_no_time_is_refused),
        cmocka_unit_test(every_minute_comes_back_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
