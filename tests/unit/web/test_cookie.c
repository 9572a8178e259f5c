/* Cookies read and written. */
#include "tests/unit/web/cmocka_all.h"

#include "services/web/cookie.h"

static void the_cookie_of_that_name_is_found(void **state)
{
    (void)state;
    struct slice header = slice_text("djembe_flash=f.1; djembe=abc;other=2");
    assert_slice(cookie_get(header, "djembe"), "abc");
    assert_slice(cookie_get(header, "djembe_flash"), "f.1");
    assert_slice(cookie_get(header, "other"), "2");
    assert_int_equal(cookie_get(header, "jembe").size, 0);
    assert_int_equal(cookie_get(header, "djemb").size, 0);
    assert_int_equal(cookie_get(slice_text(NULL), "djembe").size, 0);
    assert_int_equal(cookie_get(slice_text("djembe"), "djembe").size, 0);
}

static void the_first_of_two_counts(void **state)
{
    (void)state;
    assert_slice(cookie_get(slice_text("a=1; a=2"), "a"), "1");
}

static void a_value_that_is_not_ours_reads_as_empty(void **state)
{
    (void)state;
    assert_int_equal(cookie_get(slice_text("a=\"1\""), "a").size, 0);
    assert_int_equal(cookie_get(slice_text("a=1 2"), "a").size, 0);
    assert_int_equal(cookie_get(slice_text("a=\xff"), "a").size, 0);
}

static void cookies_are_closed_to_scripts_and_other_sites(void **state)
{
    char line[COOKIE_LINE_MAX];
    (void)state;
    assert_true(cookie_set(line, "a", "1", 0, false));
    assert_string_equal(line, "a=1; Path=/; HttpOnly; SameSite=Lax");
    assert_true(cookie_set(line, "a", "1", 60, true));
    assert_string_equal(line, "a=1; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60");
    assert_true(cookie_set(line, "a", "", -1, false));
    assert_string_equal(line, "a=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
}

static void a_cookie_that_does_not_fit_is_not_set(void **state)
{
    char line[COOKIE_LINE_MAX], value[COOKIE_LINE_MAX + 1];
    (void)state;
    memset(value, 'a', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    assert_false(cookie_set(line, "a", value, 0, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cookie_of_that_name_is_found),
        cmocka_unit_test(the_first_of_two_counts),
        cmocka_unit_test(a_value_that_is_not_ours_reads_as_empty),
        cmocka_unit_test(cookies_are_closed_to_scripts_and_other_sites),
        cmocka_unit_test(a_cookie_that_does_not_fit_is_not_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
