/* Query strings and urlencoded forms. */
#include "tests/unit/web/cmocka_all.h"

#include "services/web/form.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(&arena);
    return 0;
}

static struct form read_good(const char *text)
{
    struct form form;
    struct fault why;
    assert_true(form_read(slice_text(text), arena, &form, &why));
    return form;
}

static enum status read_bad(struct slice text)
{
    struct form form;
    struct fault why = {.status = STATUS_ok};
    assert_false(form_read(text, arena, &form, &why));
    return why.status;
}

static void names_and_values_are_decoded(void **state)
{
    (void)state;
    struct form form = read_good("q=caf%C3%A9+noir&a%2Bb=1%26%3D2&empty=&flag");
    assert_slice(form_get(&form, "q"), "caf\xc3\xa9 noir");
    assert_slice(form_get(&form, "a+b"), "1&=2");
    assert_true(form_has(&form, "empty"));
    assert_true(form_has(&form, "flag"));
    assert_false(form_has(&form, "other"));
    assert_int_equal(form_get(&form, "empty").size, 0);
    assert_int_equal(form.count, 4);
}

static void a_value_keeps_its_equals_signs(void **state)
{
    (void)state;
    struct form form = read_good("next=/music?q=a=b");
    assert_slice(form_get(&form, "next"), "/music?q=a=b");
}

static void repeated_names_keep_their_order(void **state)
{
    (void)state;
    struct form form = read_good("artists=A&artists_role=main&artists=&artists=C&artists_role=guest");
    struct slice value;
    assert_int_equal(form_count(&form, "artists"), 3);
    assert_true(form_nth(&form, "artists", 2, &value));
    assert_slice(value, "C");
    assert_true(form_nth(&form, "artists_role", 1, &value));
    assert_slice(value, "guest");
    assert_false(form_nth(&form, "artists", 3, &value));
}

static void empty_pairs_are_nothing(void **state)
{
    (void)state;
    struct form form = read_good("&&a=1&&");
    assert_int_equal(form.count, 1);
    form = read_good("");
    assert_int_equal(form.count, 0);
}

static void what_cannot_be_text_is_refused(void **state)
{
    (void)state;
    read_good("a=%41");
    assert_int_equal(read_bad(slice_text("a=%4")), STATUS_invalid);
    assert_int_equal(read_bad(slice_text("a=%zz")), STATUS_invalid);
    assert_int_equal(read_bad(slice_text("a=%00")), STATUS_invalid);
    assert_int_equal(read_bad(slice_text("a=%ff")), STATUS_invalid);
    assert_int_equal(read_bad(slice_text("a=%c3")), STATUS_invalid);
    assert_int_equal(read_bad(slice_text("%c0%80=1")), STATUS_invalid);
    assert_int_equal(read_bad(slice_of("a=\0", 3)), STATUS_invalid);
}

static void too_many_fields_are_too_large(void **state)
{
    (void)state;
    char text[2 * (FORM_FIELDS_MAX + 1) + 1];
    for (size_t i = 0; i <= FORM_FIELDS_MAX; i++)
        memcpy(text + 2 * i, "a&", 2);
    struct form form;
    assert_true(form_read(slice_of(text, 2 * FORM_FIELDS_MAX - 1), arena, &form, NULL));
    assert_int_equal(form.count, FORM_FIELDS_MAX);
    assert_int_equal(read_bad(slice_of(text, 2 * FORM_FIELDS_MAX + 1)), STATUS_too_large);
}

static void an_id_is_digits_below_2_to_63(void **state)
{
    (void)state;
    assert_int_equal(id_read(slice_text("12")), 12);
    assert_true(id_read(slice_text("9223372036854775807")) == 9223372036854775807u);
    assert_int_equal(id_read(slice_text("9223372036854775808")), 0);
    assert_int_equal(id_read(slice_text("99999999999999999999")), 0);
    assert_int_equal(id_read(slice_text("-1")), 0);
    assert_int_equal(id_read(slice_text("1x")), 0);
    assert_int_equal(id_read(slice_text(" 1")), 0);
    assert_int_equal(id_read(slice_text("")), 0);
}

static void what_is_no_whole_number_is_the_greatest(void **state)
{
    struct form form = read_good("a=0&b=+17+&c=-1&d=1.5&e=&f=9223372036854775808&g=000");
    (void)state;
    assert_int_equal(form_number(&form, "a"), 0);
    assert_int_equal(form_number(&form, "b"), 17);
    assert_int_equal(form_number(&form, "g"), 0);
    for (const char *name = "cdefz"; *name != '\0'; name++) {
        const char one[] = {*name, '\0'};
        assert_int_equal(form_number(&form, one), ID_MAX);
    }
}

/* The size that two fields make; UINT64_MAX when they make none. */
static uint64_t size_of(const char *text)
{
    struct form form = read_good(text);
    uint64_t bytes = 0;
    return form_size(&form, "amount", "unit", &bytes) ? bytes : UINT64_MAX;
}

static void a_size_is_a_number_and_its_unit(void **state)
{
    (void)state;
    assert_int_equal(size_of("amount=500&unit=GiB"), UINT64_C(500) << 30);
    assert_int_equal(size_of("amount=+1,5+&unit=TiB"), UINT64_C(3) << 39);
    assert_int_equal(size_of("amount=.5&unit=MiB"), 1 << 19);
    assert_int_equal(size_of("amount=0&unit=GiB"), 0);
    assert_int_equal(size_of("amount=7&unit=parsec"), UINT64_C(7) << 30);
    assert_int_equal(size_of("amount=8388607&unit=TiB"), UINT64_C(8388607) << 40);
    assert_int_equal(size_of("amount=8388608&unit=TiB"), UINT64_MAX);
    const char *const none[] = {"",
                                "amount=",
                                "amount=.",
                                "amount=much",
                                "amount=-1",
                                "amount=1.5.1",
                                "amount=1.2345",
                                "amount=1e9",
                                "amount=9999999999999"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(size_of(none[i]), UINT64_MAX);
}

static void trimming_takes_white_space_at_both_ends(void **state)
{
    (void)state;
    assert_slice(form_trim(slice_text(" \t a b\r\n")), "a b");
    assert_int_equal(form_trim(slice_text("  ")).size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_and_values_are_decoded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_keeps_its_equals_signs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(repeated_names_keep_their_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(empty_pairs_are_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_text_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_fields_are_too_large, set_up, tear_down),
        cmocka_unit_test(an_id_is_digits_below_2_to_63),
        cmocka_unit_test_setup_teardown(what_is_no_whole_number_is_the_greatest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_size_is_a_number_and_its_unit, set_up, tear_down),
        cmocka_unit_test(trimming_takes_white_space_at_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
