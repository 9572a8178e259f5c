/* Names, classes, passwords, and how often they may be tried. */
#include "tests/unit/web/cmocka_all.h"

#include "services/web/account.h"
#include "services/web/password.h"
#include "services/web/throttle.h"

static bool is_name(const char *name)
{
    struct fault why = {.status = STATUS_ok};
    bool good = account_name_good(slice_text(name), &why);
    assert_true(good || strcmp(why.field, "name") == 0);
    return good;
}

static void plain_names_are_good(void **state)
{
    (void)state;
    assert_true(is_name("ab"));
    assert_true(is_name("Miles.Davis-1959_x"));
    assert_true(is_name("0123456789abcdef0123456789abcdef"));
    assert_false(is_name("a"));
    assert_false(is_name("0123456789abcdef0123456789abcdefg"));
    assert_false(is_name("a b"));
    assert_false(is_name("a/b"));
    assert_false(is_name("a<b"));
    assert_false(is_name("caf\xc3\xa9"));
    assert_false(is_name(".ab"));
    assert_false(is_name("ab-"));
    assert_false(is_name(""));
    assert_false(account_name_good(slice_of("a\0b", 3), NULL));
}

static void names_are_told_apart_without_case(void **state)
{
    char one[ACCOUNT_NAME_MAX + 1], other[ACCOUNT_NAME_MAX + 1];
    (void)state;
    account_name_key(slice_text("Miles_D"), one);
    account_name_key(slice_text("mILES_d"), other);
    assert_string_equal(one, other);
    account_name_key(slice_text("0123456789abcdef0123456789abcdefXX"), one);
    assert_int_equal(strlen(one), ACCOUNT_NAME_MAX);
}

static void staff_are_moderators_and_administrators(void **state)
{
    (void)state;
    assert_true(account_class_is_staff(slice_text("moderator")));
    assert_true(account_class_is_staff(slice_text("administrator")));
    assert_false(account_class_is_staff(slice_text("power")));
    assert_false(account_class_is_staff(slice_text("king")));
    assert_true(account_class_known(slice_text("member")));
    assert_false(account_class_known(slice_text("")));
    assert_string_equal(account_class_title(slice_text("power")), "Power member");
}

static bool is_password(const char *password)
{
    return password_good(slice_text(password), slice_text("milesdavis"), NULL);
}

static void a_password_is_long_and_not_the_name(void **state)
{
    (void)state;
    assert_true(is_password("all blues "));
    assert_false(is_password("all blues"));
    assert_false(is_password("milesdavis"));
    assert_false(is_password("aaaaaaaaaaaaaaaa"));
    char text[PASSWORD_MAX + 2];
    memset(text, 'a', sizeof text);
    text[0] = 'b';
    assert_true(password_good(slice_of(text, PASSWORD_MAX), slice_text("x"), NULL));
    assert_false(password_good(slice_of(text, PASSWORD_MAX + 1), slice_text("x"), NULL));
}

static void the_right_password_is_known_by_its_hash(void **state)
{
    char stored[PASSWORD_HASH_MAX], again[PASSWORD_HASH_MAX];
    (void)state;
    password_hash(slice_text("all blues 1959"), stored);
    password_hash(slice_text("all blues 1959"), again);
    assert_string_not_equal(stored, again); /* its salt */
    assert_true(password_check(slice_text("all blues 1959"), slice_text(stored)));
    assert_false(password_check(slice_text("all blues 1958"), slice_text(stored)));
    assert_false(password_check(slice_text(""), slice_text(stored)));
}

static void a_hash_that_cannot_be_read_fits_no_password(void **state)
{
    (void)state;
    assert_false(password_check(slice_text("x"), slice_text("")));
    assert_false(password_check(slice_text("x"), slice_text("scrypt$ln=15,r=8,p=1$00$00")));
    assert_false(password_check(slice_text("x"), slice_text("plain$x")));
    /* More memory than this daemon spends on one password. */
    assert_false(password_check(slice_text("x"),
                                slice_text("scrypt$ln=30,r=8,p=1$00000000000000000000000000000000$"
                                           "0000000000000000000000000000000000000000000000000000000000000000")));
}

static void tries_run_out_and_come_back(void **state)
{
    struct throttle *throttle = throttle_new(3, 1000);
    struct slice miles = slice_text("miles"), john = slice_text("john");
    int64_t wait = 0;
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(throttle_take(throttle, miles, 10000, NULL));
    assert_false(throttle_take(throttle, miles, 10000, &wait));
    assert_int_equal(wait, 1000);
    assert_true(throttle_take(throttle, john, 10000, NULL)); /* another key has its own */
    assert_false(throttle_take(throttle, miles, 10999, NULL));
    assert_true(throttle_take(throttle, miles, 11000, NULL));
    assert_false(throttle_take(throttle, miles, 11000, NULL));
    throttle_forgive(throttle, miles);
    for (int i = 0; i < 3; i++)
        assert_true(throttle_take(throttle, miles, 11000, NULL));
    throttle_destroy(&throttle);
    assert_null(throttle);
}

static void a_good_try_is_not_counted(void **state)
{
    struct throttle *throttle = throttle_new(2, 1000);
    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_true(throttle_take(throttle, slice_text("a"), 0, NULL));
        throttle_return(throttle, slice_text("a"));
    }
    assert_true(throttle_take(throttle, slice_text("a"), 0, NULL));
    assert_true(throttle_take(throttle, slice_text("a"), 0, NULL));
    assert_false(throttle_take(throttle, slice_text("a"), 0, NULL));
    throttle_destroy(&throttle);
}

static void being_refused_costs_nothing(void **state)
{
    struct throttle *throttle = throttle_new(1, 1000);
    (void)state;
    assert_true(throttle_take(throttle, slice_text("a"), 0, NULL));
    for (int i = 0; i < 100; i++)
        assert_false(throttle_take(throttle, slice_text("a"), 500, NULL));
    assert_true(throttle_take(throttle, slice_text("a"), 1000, NULL));
    throttle_destroy(&throttle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_names_are_good),
        cmocka_unit_test(names_are_told_apart_without_case),
        cmocka_unit_test(staff_are_moderators_and_administrators),
        cmocka_unit_test(a_password_is_long_and_not_the_name),
        cmocka_unit_test(the_right_password_is_known_by_its_hash),
        cmocka_unit_test(a_hash_that_cannot_be_read_fits_no_password),
        cmocka_unit_test(tries_run_out_and_come_back),
        cmocka_unit_test(a_good_try_is_not_counted),
        cmocka_unit_test(being_refused_costs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
