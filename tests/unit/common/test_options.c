#include "services/common/networks.h"
#include "services/common/options.h"
#include "tests/unit/common/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    const char *text, *address, *path, *limited;
    int64_t number, seconds, bytes;
    bool flag;
    struct networks networks;
} got;

static const struct option table[] = {
    {"DJEMBE_T_TEXT", OPTION_text, &got.text, "some text", 0, 0, "A text.", false},
    {"DJEMBE_T_LIMITED", OPTION_text, &got.limited, "abc", 2, 4, "A short text.", false},
    {"DJEMBE_T_NUMBER", OPTION_number, &got.number, "7", -10, 100, "A number.", false},
    {"DJEMBE_T_SECONDS", OPTION_seconds, &got.seconds, "30m", 60, 604800, "A time.", false},
    {"DJEMBE_T_BYTES", OPTION_bytes, &got.bytes, "10M", 1, INT64_MAX, "A size.", false},
    {"DJEMBE_T_FLAG", OPTION_flag, &got.flag, "yes", 0, 0, "A flag.", false},
    {"DJEMBE_T_ADDRESS", OPTION_address, &got.address, "127.0.0.1:8080", 0, 0, "An address.", false},
    {"DJEMBE_T_NETWORKS", OPTION_networks, &got.networks, "", 0, 0, "Networks.", false},
    {"DJEMBE_T_PATH", OPTION_path, &got.path, "var/keys", 0, 0, "A folder.", true},
    {0},
};

static int forget_all(void **state)
{
    (void)state;
    for (const struct option *option = table; option->name != NULL; option++)
        unsetenv(option->name);
    return 0;
}

static void accepted(const char *name, const char *value)
{
    struct fault why = {0};
    setenv(name, value, 1);
    assert_true(options_read(table, &why));
    assert_int_equal(why.status, STATUS_ok);
}

/* Refused in one sentence that begins with the setting's name; and everything is well again without it. */
static void refused(const char *name, const char *value, const char *wanted)
{
    struct fault why = {0};
    setenv(name, value, 1);
    assert_false(options_read(table, &why));
    assert_int_equal(why.status, STATUS_invalid);
    assert_string_equal(why.field, name);
    assert_int_equal(strncmp(why.text, name, strlen(name)), 0);
    if (strstr(why.text, wanted) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", why.text, wanted);
    unsetenv(name);
    assert_true(options_read(table, &why));
}

static void networks_are_a_list(void **state)
{
    (void)state;
    accepted("DJEMBE_T_NETWORKS", "10.0.0.0/8, fd00::/8");
    assert_int_equal(got.networks.count, 2);
    refused("DJEMBE_T_NETWORKS", "10.0.0.0/8, proxy", "separated by commas");
    assert_int_equal(got.networks.count, 0);
}

static void defaults_hold_where_nothing_is_set(void **state)
{
    (void)state;
    setenv("DJEMBE_T_NUMBER", "", 1); /* as a compose file leaves it */
    struct fault why = {0};
    assert_true(options_read(table, &why));
    char here[4096], path[4200];
    assert_non_null(getcwd(here, sizeof here));
    snprintf(path, sizeof path, "%s/var/keys", here);
    assert_string_equal(got.text, "some text");
    assert_int_equal(got.number, 7);
    assert_int_equal(got.seconds, 1800);
    assert_int_equal(got.bytes, 10 << 20);
    assert_true(got.flag);
    assert_string_equal(got.address, "127.0.0.1:8080");
    assert_string_equal(got.path, path);
}

static void numbers_keep_their_range(void **state)
{
    (void)state;
    accepted("DJEMBE_T_NUMBER", "100");
    assert_int_equal(got.number, 100);
    accepted("DJEMBE_T_NUMBER", "-10");
    assert_int_equal(got.number, -10);
    refused("DJEMBE_T_NUMBER", "101", "is \"101\", but it must be a whole number from -10 to 100");
    refused("DJEMBE_T_NUMBER", "-11", "from -10 to 100");
    refused("DJEMBE_T_NUMBER", "7m", "a whole number");
    refused("DJEMBE_T_NUMBER", "7.5", "a whole number");
    refused("DJEMBE_T_NUMBER", " 7", "a whole number");
    refused("DJEMBE_T_NUMBER", "-", "a whole number");
    refused("DJEMBE_T_NUMBER", "0x10", "a whole number");
    refused("DJEMBE_T_NUMBER", "99999999999999999999", "a whole number");
}

static void times_and_sizes_have_units(void **state)
{
    (void)state;
    accepted("DJEMBE_T_SECONDS", "90");
    assert_int_equal(got.seconds, 90);
    accepted("DJEMBE_T_SECONDS", "2h");
    assert_int_equal(got.seconds, 7200);
    accepted("DJEMBE_T_SECONDS", "7d");
    assert_int_equal(got.seconds, 604800);
    refused("DJEMBE_T_SECONDS", "8d", "from 60 to 604800");
    refused("DJEMBE_T_SECONDS", "2hh", "a time such as");
    refused("DJEMBE_T_SECONDS", "2K", "a time such as");
    refused("DJEMBE_T_SECONDS", "m", "a time such as");
    accepted("DJEMBE_T_BYTES", "64K");
    assert_int_equal(got.bytes, 65536);
    accepted("DJEMBE_T_BYTES", "2G");
    assert_true(got.bytes == INT64_C(2) << 30);
    refused("DJEMBE_T_BYTES", "9223372036854775807K", "a size such as");
    refused("DJEMBE_T_BYTES", "2m", "a size such as");
    refused("DJEMBE_T_BYTES", "0", "from 1 to");
}

static void flags_are_said_in_three_ways(void **state)
{
    (void)state;
    accepted("DJEMBE_T_FLAG", "no");
    assert_false(got.flag);
    accepted("DJEMBE_T_FLAG", "true");
    assert_true(got.flag);
    accepted("DJEMBE_T_FLAG", "0");
    assert_false(got.flag);
    refused("DJEMBE_T_FLAG", "maybe", "yes or no");
    refused("DJEMBE_T_FLAG", "YES", "yes or no");
}

static void addresses_have_a_host_and_a_port(void **state)
{
    (void)state;
    accepted("DJEMBE_T_ADDRESS", "[::]:6969");
    accepted("DJEMBE_T_ADDRESS", "catalog:1");
    accepted("DJEMBE_T_ADDRESS", "0.0.0.0:65535");
    static const char *const bad[] = {":80",     "host",      "host:",       "host:0",    "host:65536",
                                      "host:-1", "::1:8080",  "[::1:8080",   "::1]:8080", "host:80a",
                                      "a b:80",  "host/x:80", "http://h:80", "[]:80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused("DJEMBE_T_ADDRESS", bad[i], "HOST:PORT or [IPv6]:PORT");
}

static void texts_are_one_line_of_utf8(void **state)
{
    (void)state;
    accepted("DJEMBE_T_TEXT", "Bj\xc3\xb6rk's site");
    assert_string_equal(got.text, "Bj\xc3\xb6rk's site");
    refused("DJEMBE_T_TEXT", "two\nlines", "one line of UTF-8");
    refused("DJEMBE_T_TEXT", "\xff", "one line of UTF-8");
    accepted("DJEMBE_T_LIMITED", "ab");
    refused("DJEMBE_T_LIMITED", "a", "a text of 2 to 4 bytes");
    refused("DJEMBE_T_LIMITED", "abcde", "a text of 2 to 4 bytes");
}

static void absolute_paths_stay(void **state)
{
    (void)state;
    accepted("DJEMBE_T_PATH", "/srv/keys");
    assert_string_equal(got.path, "/srv/keys");
    accepted("DJEMBE_T_PATH", "keys");
    assert_int_equal(got.path[0], '/');
    assert_string_equal(strrchr(got.path, '/'), "/keys");
}

static void help_hides_secrets_and_survives_wrong_values(void **state)
{
    (void)state;
    setenv("DJEMBE_T_PATH", "/very/secret", 1);
    setenv("DJEMBE_T_NUMBER", "wrong", 1);
    int real = dup(STDOUT_FILENO), ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    dup2(ends[1], STDOUT_FILENO);
    options_print(table);
    fflush(stdout);
    dup2(real, STDOUT_FILENO);
    close(real);
    close(ends[1]);
    char text[4096] = "";
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    close(ends[0]);
    assert_non_null(strstr(text, "DJEMBE_T_NUMBER=wrong\n    A number. Default: 7. From -10 to 100.\n"));
    assert_non_null(strstr(text, "DJEMBE_T_TEXT=some text\n    A text.\n"));
    assert_non_null(strstr(text, "DJEMBE_T_PATH=(set)\n"));
    assert_null(strstr(text, "secret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(networks_are_a_list, forget_all),
        cmocka_unit_test_setup(defaults_hold_where_nothing_is_set, forget_all),
        cmocka_unit_test_setup(numbers_keep_their_range, forget_all),
        cmocka_unit_test_setup(times_and_sizes_have_units, forget_all),
        cmocka_unit_test_setup(flags_are_said_in_three_ways, forget_all),
        cmocka_unit_test_setup(addresses_have_a_host_and_a_port, forget_all),
        cmocka_unit_test_setup(texts_are_one_line_of_utf8, forget_all),
        cmocka_unit_test_setup(absolute_paths_stay, forget_all),
        cmocka_unit_test_setup(help_hides_secrets_and_survives_wrong_values, forget_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
