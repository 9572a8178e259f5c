#include "services/common/encode.h"
#include "tests/unit/common/unit.h"

static void hex_goes_both_ways(void **state)
{
    (void)state;
    char text[9];
    unsigned char bytes[4];
    hex_write(S("\x00\x7f\xab\xff"), text);
    assert_string_equal(text, "007fabff");
    assert_true(hex_read(S("007FabFF"), bytes, 4));
    assert_memory_equal(bytes, "\x00\x7f\xab\xff", 4);
    assert_false(hex_read(S("007fabf"), bytes, 4));
    assert_false(hex_read(S("007fabff0"), bytes, 4));
    assert_false(hex_read(S("007fabfg"), bytes, 4));
    assert_true(hex_read(S(""), bytes, 0));
}

static void base32_follows_rfc_4648(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } cases[] = {{"", ""},
                 {"f", "my"},
                 {"fo", "mzxq"},
                 {"foo", "mzxw6"},
                 {"foob", "mzxw6yq"},
                 {"fooba", "mzxw6ytb"},
                 {"foobar", "mzxw6ytboi"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[17], bytes[8];
        base32_write(slice_text(cases[i].bytes), text);
        assert_string_equal(text, cases[i].text);
        assert_true(base32_read(slice_text(text), bytes, strlen(cases[i].bytes)));
        assert_memory_equal(bytes, cases[i].bytes, strlen(cases[i].bytes));
    }
}

static void base32_takes_one_text_for_one_value(void **state)
{
    (void)state;
    char bytes[20];
    assert_true(base32_read(S("MZXW6"), bytes, 3));
    assert_false(base32_read(S("mzxw7"), bytes, 3)); /* the last bit pads */
    assert_false(base32_read(S("mzxw"), bytes, 3));
    assert_false(base32_read(S("mzxw6="), bytes, 3));
    assert_false(base32_read(S("mzx06"), bytes, 3));
    assert_false(base32_read(S("mzx16"), bytes, 3));
    assert_true(base32_read(S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), bytes, 20));
}

static void percent_encoding_is_undone_byte_by_byte(void **state)
{
    (void)state;
    char into[20];
    assert_int_equal(percent_read(S("a%20b%2B+%00%fF"), into, sizeof into), 7);
    assert_memory_equal(into, "a b++\0\xff", 7);
    assert_int_equal(percent_read(S(""), into, 0), 0);
    assert_int_equal(percent_read(S("%41%42"), into, 2), 2);
    assert_true(percent_read(S("%41%42"), into, 1) == SIZE_MAX);
    assert_true(percent_read(S("%4"), into, 20) == SIZE_MAX);
    assert_true(percent_read(S("%"), into, 20) == SIZE_MAX);
    assert_true(percent_read(S("%4g"), into, 20) == SIZE_MAX);
    assert_true(percent_read(S("% 4"), into, 20) == SIZE_MAX);
    assert_true(percent_read(S("%%41"), into, 20) == SIZE_MAX);
}

static void all_but_unreserved_letters_are_encoded(void **state)
{
    (void)state;
    char into[64];
    assert_int_equal(percent_write(S("aZ0-._~ /%\xff"), into), 7 + 4 * 3);
    assert_string_equal(into, "aZ0-._~%20%2F%25%FF");
}

static void secrets_are_equal_only_when_they_are(void **state)
{
    (void)state;
    assert_true(secret_equal(S("secret"), S("secret")));
    assert_false(secret_equal(S("secret"), S("secreT")));
    assert_false(secret_equal(S("secret"), S("secre")));
    assert_true(secret_equal(S(""), (struct slice){0}));
}

static void random_bytes_differ(void **state)
{
    (void)state;
    unsigned char a[16] = {0}, b[16] = {0};
    random_bytes(a, sizeof a);
    random_bytes(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(base32_follows_rfc_4648),
        cmocka_unit_test(base32_takes_one_text_for_one_value),
        cmocka_unit_test(percent_encoding_is_undone_byte_by_byte),
        cmocka_unit_test(all_but_unreserved_letters_are_encoded),
        cmocka_unit_test(secrets_are_equal_only_when_they_are),
        cmocka_unit_test(random_bytes_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
