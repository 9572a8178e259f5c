/* Numbers and times as people read them. */
#include "services/web/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
#define NOW INT64_C(1795300000000)

static char text[FORMAT_MAX];

static void sizes_are_in_binary_units(void **state)
{
    (void)state;
    assert_string_equal(format_size(0, text), "0 B");
    assert_string_equal(format_size(1023, text), "1023 B");
    assert_string_equal(format_size(1024, text), "1.0 KiB");
    assert_string_equal(format_size(1503238553, text), "1.4 GiB");
    assert_string_equal(format_size(UINT64_C(99) * 1048576, text), "99.0 MiB");
    assert_string_equal(format_size(UINT64_C(312) * 1048576, text), "312 MiB");
    assert_string_equal(format_size(INT64_MAX, text), "8.0 EiB");
    assert_string_equal(format_size(UINT64_MAX, text), "16.0 EiB");
}

static void a_size_never_reads_as_1024_of_a_unit(void **state)
{
    (void)state;
    assert_string_equal(format_size(UINT64_C(1023) * 1024, text), "1023 KiB");
    assert_string_equal(format_size(UINT64_C(1024) * 1024 - 1, text), "1.0 MiB");
    assert_string_equal(format_size((UINT64_C(1) << 40) - 1, text), "1.0 TiB");
    for (uint64_t size = 1; size < UINT64_MAX / 3; size = size * 3 / 2 + 1) {
        assert_true(strncmp(format_size(size, text), "1024", 4) != 0);
    }
}

static void what_is_earned_is_rounded_down_and_what_is_owed_up(void **state)
{
    (void)state;
    assert_string_equal(format_size_up(0, text), "0 B");
    assert_string_equal(format_size_up(1, text), "1 B");
    assert_string_equal(format_size_up(1025, text), "1.1 KiB");
    assert_string_equal(format_size_down(2047, text), "1.9 KiB");
    assert_string_equal(format_size_up(UINT64_C(5) << 30, text), "5.0 GiB");
    assert_string_equal(format_size_down(UINT64_C(5) << 30, text), "5.0 GiB");
    assert_string_equal(format_size_up((UINT64_C(312) << 20) + 1, text), "313 MiB");
    assert_string_equal(format_size_down((UINT64_C(313) << 20) - 1, text), "312 MiB");
    assert_string_equal(format_size_up((UINT64_C(1) << 40) - 1, text), "1.0 TiB");
    assert_string_equal(format_size_down((UINT64_C(1) << 40) - 1, text), "1023 GiB");
}

static void thousands_stand_apart(void **state)
{
    (void)state;
    assert_string_equal(format_number(0, text), "0");
    assert_string_equal(format_number(999, text), "999");
    assert_string_equal(format_number(1000, text), "1,000");
    assert_string_equal(format_number(1503238553, text), "1,503,238,553");
    assert_string_equal(format_number(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

static void times_are_told_from_now(void **state)
{
    (void)state;
    assert_string_equal(format_relative(NOW - 59 * SECOND, NOW, text), "just now");
    assert_string_equal(format_relative(NOW - 60 * SECOND, NOW, text), "1 minute ago");
    assert_string_equal(format_relative(NOW - 3 * HOUR, NOW, text), "3 hours ago");
    assert_string_equal(format_relative(NOW - 2 * DAY, NOW, text), "2 days ago");
    assert_string_equal(format_relative(NOW - 8 * DAY, NOW, text), "1 week ago");
    assert_string_equal(format_relative(NOW - 70 * DAY, NOW, text), "2 months ago");
    assert_string_equal(format_relative(NOW - 800 * DAY, NOW, text), "2 years ago");
    assert_string_equal(format_relative(0, NOW, text), "never");
}

static void times_to_come_are_told_too(void **state)
{
    (void)state;
    assert_string_equal(format_relative(NOW + 7 * DAY, NOW, text), "in 1 week");
    assert_string_equal(format_relative(NOW + 90 * 60 * SECOND, NOW, text), "in 1 hour");
    assert_string_equal(format_relative(NOW + 5 * SECOND, NOW, text), "in less than a minute");
}

static void times_have_an_exact_form(void **state)
{
    (void)state;
    assert_string_equal(format_iso(INT64_C(1795415999999), text), "2026-11-23T06:39:59Z");
    assert_string_equal(format_stamp(INT64_C(1795415999999), text), "23 Nov 2026, 06:39 UTC");
    assert_string_equal(format_stamp(1, text), "1 Jan 1970, 00:00 UTC");
}

static void a_time_beyond_any_calendar_does_no_harm(void **state)
{
    (void)state;
    format_iso(INT64_MAX, text);
    format_stamp(INT64_MAX, text);
    format_relative(INT64_MAX, NOW, text);
    format_relative(INT64_MIN, INT64_MAX, text);
}

static void a_span_is_told_in_its_two_largest_units(void **state)
{
    (void)state;
    assert_string_equal(format_span(0, text), "below a minute");
    assert_string_equal(format_span(59, text), "below a minute");
    assert_string_equal(format_span(60, text), "1 min");
    assert_string_equal(format_span(3599, text), "59 min");
    assert_string_equal(format_span(3660, text), "1 h 1 min");
    assert_string_equal(format_span(86400, text), "1 day 0 h");
    assert_string_equal(format_span(3 * 86400 + 4 * 3600, text), "3 days 4 h");
    format_span(UINT64_MAX, text);
}

static void a_ratio_is_cut_not_rounded(void **state)
{
    (void)state;
    assert_string_equal(format_ratio(137, 100, text), "1.37");
    assert_string_equal(format_ratio(599999, 1000000, text), "0.59");
    assert_string_equal(format_ratio(2, 3, text), "0.66");
    assert_string_equal(format_ratio(0, 5, text), "0.00");
    assert_string_equal(format_ratio(INT64_MAX, INT64_MAX, text), "1.00");
    assert_string_equal(format_ratio(INT64_MAX - 1, INT64_MAX, text), "0.99");
}

static void a_ratio_without_downloads_is_said_in_words_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(format_ratio(5, 0, text), "∞");
    assert_string_equal(format_ratio(0, 0, text), "–");
}

static void a_browser_is_told_in_a_few_words(void **state)
{
    (void)state;
    const char *chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 "
                         "Safari/537.36";
    const char *phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
                        "Gecko) Version/17.0 Mobile/15E148 Safari/604.1";
    assert_string_equal(format_agent(slice_text(chrome), text), "Chrome on Linux");
    assert_string_equal(format_agent(slice_text(phone), text), "Safari on iPhone");
    assert_string_equal(format_agent(slice_text("Mozilla/5.0 (X; rv:1) Gecko/2 Firefox/120.0"), text), "Firefox");
    assert_string_equal(format_agent(slice_text("curl/7.88.1"), text), "curl/7.88.1");
    assert_string_equal(format_agent(slice_text(NULL), text), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_in_binary_units),
        cmocka_unit_test(a_size_never_reads_as_1024_of_a_unit),
        cmocka_unit_test(what_is_earned_is_rounded_down_and_what_is_owed_up),
        cmocka_unit_test(thousands_stand_apart),
        cmocka_unit_test(times_are_told_from_now),
        cmocka_unit_test(times_to_come_are_told_too),
        cmocka_unit_test(times_have_an_exact_form),
        cmocka_unit_test(a_time_beyond_any_calendar_does_no_harm),
        cmocka_unit_test(a_span_is_told_in_its_two_largest_units),
        cmocka_unit_test(a_ratio_is_cut_not_rounded),
        cmocka_unit_test(a_browser_is_told_in_a_few_words),
        cmocka_unit_test(a_ratio_without_downloads_is_said_in_words_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
