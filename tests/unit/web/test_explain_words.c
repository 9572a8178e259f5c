/* How figures of explanations read. */
#include "services/web/explain_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static char text[FORMAT_MAX];

static const char *value(const char *name, int64_t number)
{
    return explain_value(slice_text(name), number, text);
}

static void a_figure_reads_as_what_it_is(void **state)
{
    (void)state;
    assert_string_equal(value("debt", INT64_C(5) << 30), "5.0 GiB");
    assert_string_equal(value("debt", 1), "1 B");
    assert_string_equal(value("debt", (INT64_C(5) << 30) + 1), "5.1 GiB"); /* RULES 2.4 */
    assert_string_equal(value("contribution", (INT64_C(6) << 30) - 1), "5.9 GiB");
    assert_string_equal(value("room", -(INT64_C(5) << 30)), "-5.0 GiB");
    assert_string_equal(value("free_space", -1), "never declared");
    assert_string_equal(value("free_space", INT64_C(1) << 62), "no limit");
    assert_string_equal(value("clock_seconds", 86400), "1 day 0 h");
    assert_string_equal(value("clock_seconds", 0), "0");
    assert_string_equal(value("held_since", 0), "never");
    assert_string_equal(value("held_since", INT64_C(1795300000000)), "21 Nov 2026, 22:26 UTC");
    assert_string_equal(value("work", 1), "yes");
    assert_string_equal(value("overdue", 0), "no");
    assert_string_equal(value("hours_since", -1), "never");
    assert_string_equal(value("hours_since", 3), "3 h ago");
    assert_string_equal(value("score", -25), "-25");
    assert_string_equal(value("direction", -1), "runs backward");
    assert_string_equal(value("a newer figure", 7), "7");
}

static void what_is_not_known_keeps_its_name(void **state)
{
    char label[EXPLAIN_TEXT_MAX];
    (void)state;
    assert_string_equal(explain_label(slice_text("debt"), label), "owed");
    assert_string_equal(explain_label(slice_text("newer"), label), "newer");
    assert_string_equal(explain_cause(slice_text("tick")), "offers were made");
    assert_string_equal(explain_cause(slice_text("newer")), "something else");
    assert_string_equal(explain_what(slice_text("lent")), "held by others (L)");
    assert_string_equal(explain_cause(slice_text("grant")), "staff gave points");
    assert_string_equal(explain_changed(slice_text("lent"), 1024, text), "1.0 KiB");
    assert_string_equal(explain_changed(slice_text("obligation"), 1025, text), "1.1 KiB");
    assert_string_equal(explain_changed(slice_text("overdue"), 1, text), "yes");
    assert_string_equal(explain_changed(slice_text("stake"), 40, text), "40");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_figure_reads_as_what_it_is),
        cmocka_unit_test(what_is_not_known_keeps_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
