/* Secrets, and what is proved with them: CSRF tokens and flash cookies. */
#include "tests/unit/web/cmocka_all.h"

#include "services/web/csrf.h"
#include "services/web/flash.h"

#include <string.h>

static void a_secret_is_known_by_its_text_alone(void **state)
{
    struct secret made, read, other;
    (void)state;
    secret_make(&made);
    secret_make(&other);
    assert_int_equal(strlen(made.text), SECRET_TEXT_MAX - 1);
    assert_true(secret_read(slice_text(made.text), &read));
    assert_memory_equal(made.hash, read.hash, HASH_SIZE);
    assert_memory_not_equal(made.hash, other.hash, HASH_SIZE);
}

static void what_cannot_be_a_secret_is_not_looked_up(void **state)
{
    struct secret made, read;
    (void)state;
    secret_make(&made);
    assert_false(secret_read(slice_of(made.text, SECRET_TEXT_MAX - 2), &read));
    assert_false(secret_read(slice_text(""), &read));
    char upper[SECRET_TEXT_MAX];
    memcpy(upper, made.text, sizeof upper);
    upper[0] = upper[0] >= 'a' ? (char)(upper[0] - 'a' + 'A') : '!';
    assert_false(secret_read(slice_text(upper), &read));
    made.text[3] = '!';
    assert_false(secret_read(slice_text(made.text), &read));
}

static void a_key_gives_the_same_secret_again(void **state)
{
    struct secret one, again, other, elsewhere;
    (void)state;
    secret_derive(slice_text("0123456789abcdef"), "invite", &one);
    secret_derive(slice_text("0123456789abcdef"), "invite", &again);
    secret_derive(slice_text("0123456789abcdeF"), "invite", &other);
    secret_derive(slice_text("0123456789abcdef"), "token", &elsewhere);
    assert_string_equal(one.text, again.text);
    assert_string_not_equal(one.text, other.text);
    assert_string_not_equal(one.text, elsewhere.text);
    assert_true(secret_read(slice_text(one.text), &again));
}

static void a_passkey_has_32_letters(void **state)
{
    char one[PASSKEY_TEXT_MAX], other[PASSKEY_TEXT_MAX];
    (void)state;
    passkey_make(one);
    passkey_make(other);
    assert_int_equal(strlen(one), 32);
    assert_string_not_equal(one, other);
}

static void a_csrf_token_fits_its_session_only(void **state)
{
    char token[PROOF_TEXT_MAX];
    (void)state;
    csrf_make(slice_text("session one"), token);
    assert_true(csrf_check(slice_text("session one"), slice_text(token)));
    assert_false(csrf_check(slice_text("session two"), slice_text(token)));
    assert_false(csrf_check(slice_text(""), slice_text(token)));
    assert_false(csrf_check(slice_text("session one"), slice_text("")));
    token[0] ^= 1;
    assert_false(csrf_check(slice_text("session one"), slice_text(token)));
}

static void a_csrf_token_without_a_cookie_is_never_right(void **state)
{
    char token[PROOF_TEXT_MAX];
    (void)state;
    csrf_make(slice_text(""), token);
    assert_false(csrf_check(slice_text(""), slice_text(token)));
}

static void a_flash_is_shown_to_whom_it_was_written(void **state)
{
    char cookie[FLASH_COOKIE_MAX];
    struct flash flash;
    (void)state;
    flash_write(slice_text("me"), FLASH_good, slice_text("Added \xe2\x80\x93 done."), cookie);
    assert_true(flash_read(slice_text("me"), slice_text(cookie), &flash));
    assert_int_equal(flash.kind, FLASH_good);
    assert_string_equal(flash.text, "Added \xe2\x80\x93 done.");
    assert_false(flash_read(slice_text("you"), slice_text(cookie), &flash));
    assert_int_equal(flash.kind, FLASH_none);
    cookie[2] ^= 1;
    assert_false(flash_read(slice_text("me"), slice_text(cookie), &flash));
}

static void a_flash_that_is_too_long_is_cut_between_letters(void **state)
{
    char cookie[FLASH_COOKIE_MAX], text[2 * FLASH_TEXT_MAX + 1];
    struct flash flash;
    (void)state;
    for (size_t i = 0; i < FLASH_TEXT_MAX; i++)
        memcpy(text + 2 * i, "\xc3\xa9", 2);
    flash_write(slice_text("me"), FLASH_bad, slice_of(text, 2 * FLASH_TEXT_MAX), cookie);
    assert_true(flash_read(slice_text("me"), slice_text(cookie), &flash));
    assert_int_equal(strlen(flash.text), FLASH_TEXT_MAX - 2);
}

static void a_broken_flash_is_no_flash(void **state)
{
    struct flash flash;
    char cookie[FLASH_COOKIE_MAX];
    (void)state;
    flash_write(slice_text("me"), FLASH_good, slice_text(""), cookie);
    assert_true(flash_read(slice_text("me"), slice_text(cookie), &flash));
    assert_false(flash_read(slice_text("me"), slice_text(cookie + 1), &flash));
    assert_false(flash_read(slice_text("me"), slice_text(""), &flash));
    assert_false(flash_read(slice_text("me"), slice_text("."), &flash));
    assert_false(flash_read(slice_text("me"), slice_text("67."), &flash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_known_by_its_text_alone),
        cmocka_unit_test(what_cannot_be_a_secret_is_not_looked_up),
        cmocka_unit_test(a_key_gives_the_same_secret_again),
        cmocka_unit_test(a_passkey_has_32_letters),
        cmocka_unit_test(a_csrf_token_fits_its_session_only),
        cmocka_unit_test(a_csrf_token_without_a_cookie_is_never_right),
        cmocka_unit_test(a_flash_is_shown_to_whom_it_was_written),
        cmocka_unit_test(a_flash_that_is_too_long_is_cut_between_letters),
        cmocka_unit_test(a_broken_flash_is_no_flash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
