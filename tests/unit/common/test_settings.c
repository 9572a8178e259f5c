#include "services/common/service_private.h"
#include "tests/unit/common/unit.h"

#include <stdlib.h>
#include <unistd.h>

static const char *own_address;
static const struct option own[] = {
    {"DJEMBE_T_LISTEN", OPTION_address, &own_address, "127.0.0.1:8080", 0, 0, "Own.", false},
    {0},
};
static const struct service service = {.name = "ratio", .bus_port = 5552, .admin_port = 9104, .options = own};
static char folder[] = "/tmp/djembe-settings-XXXXXX";

static int start(void **state)
{
    (void)state;
    strcpy(strrchr(folder, '-') + 1, "XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    setenv("DJEMBE_STATE", folder, 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rmdir(folder);
    return 0;
}

static void a_daemon_has_its_own_defaults_and_rows(void **state)
{
    (void)state;
    struct settings settings;
    struct fault why = {0};
    enum log_level least;
    const struct option *table = settings_table(&service, &settings);
    assert_true(options_read(table, &why));
    assert_true(settings_check(&settings, &least, &why));
    assert_int_equal(least, LOG_LEVEL_info);
    assert_string_equal(settings.bus_listen, "tcp://127.0.0.1:5552");
    assert_string_equal(settings.admin_listen, "127.0.0.1:9104");
    assert_string_equal(settings.endpoints[2], "tcp://127.0.0.1:5551");
    assert_string_equal(own_address, "127.0.0.1:8080");
    assert_string_equal(settings_name_of(table, "Port of 127.0.0.1:8080: taken."), "DJEMBE_T_LISTEN");
    assert_string_equal(settings_name_of(table, "on 127.0.0.1:9104 no"), "DJEMBE_ADMIN_LISTEN");
    assert_string_equal(settings_name_of(table, "cannot listen on tcp://127.0.0.1:5552: taken"), "DJEMBE_BUS_LISTEN");
    assert_null(settings_name_of(table, "127.0.0.1:1"));
    free((void *)(uintptr_t)table);
}

static void wrong_settings_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
    } cases[] = {
        {"DJEMBE_LOG_LEVEL", "loud"},        {"DJEMBE_CATALOG", "catalog:5551"}, {"DJEMBE_WEB", "tcp://web"},
        {"DJEMBE_RATIO", "tcp://ratio:0"},   {"DJEMBE_TRACKER", "tcp://:5554"},  {"DJEMBE_BUS_LISTEN", "tcp://h:65530"},
        {"DJEMBE_STATE", "/proc/nowhere/x"},
    };
    struct settings settings;
    const struct option *table = settings_table(&service, &settings);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault why = {0};
        enum log_level least;
        setenv(cases[i].name, cases[i].value, 1);
        assert_true(options_read(table, &why));
        assert_false(settings_check(&settings, &least, &why));
        assert_string_equal(why.field, cases[i].name);
        assert_non_null(strstr(why.text, cases[i].name));
        unsetenv(cases[i].name);
        setenv("DJEMBE_STATE", folder, 1);
        assert_true(options_read(table, &why) && settings_check(&settings, &least, &why));
    }
    free((void *)(uintptr_t)table);
}

static void the_state_folder_is_made_with_those_above(void **state)
{
    (void)state;
    char deep[100];
    snprintf(deep, sizeof deep, "%s/a/b", folder);
    setenv("DJEMBE_STATE", deep, 1);
    struct settings settings;
    struct fault why = {0};
    enum log_level least;
    const struct option *table = settings_table(&service, &settings);
    assert_true(options_read(table, &why) && settings_check(&settings, &least, &why));
    assert_int_equal(access(deep, W_OK), 0);
    rmdir(deep);
    snprintf(deep, sizeof deep, "%s/a", folder);
    rmdir(deep);
    free((void *)(uintptr_t)table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_daemon_has_its_own_defaults_and_rows, start, end),
        cmocka_unit_test_setup_teardown(wrong_settings_are_named, start, end),
        cmocka_unit_test_setup_teardown(the_state_folder_is_made_with_those_above, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
