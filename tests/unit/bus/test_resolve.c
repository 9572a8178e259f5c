/* Host names to addresses, by the system's own resolver. */
#include "services/common/clock.h"
#include "services/common/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poll.h>

static bool resolve(const char *host, struct resolved *into, struct fault *why)
{
    struct resolving *resolving = resolve_start(host);
    int64_t until = clock_ticks() + 20000;
    bool done;
    while (!(done = resolve_done(resolving, into, why)) && clock_ticks() < until)
        poll(NULL, 0, 5);
    resolve_destroy(&resolving);
    return done;
}

static bool holds(const struct resolved *found, const char *address)
{
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->address[i], address) == 0)
            return true;
    return false;
}

static void addresses_stand_for_themselves_at_once(void **state)
{
    (void)state;
    static const char *const addresses[] = {"192.0.2.7", "::1", "2001:db8::7"};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct resolved found;
        struct resolving *resolving = resolve_start(addresses[i]);
        assert_true(resolve_done(resolving, &found, NULL));
        assert_int_equal(found.count, 1);
        assert_true(holds(&found, addresses[i]));
        resolve_destroy(&resolving);
    }
}

static void localhost_is_found_once(void **state)
{
    (void)state;
    struct resolved found;
    assert_true(resolve("localhost", &found, NULL));
    assert_in_range(found.count, 1, 2);
    assert_true(holds(&found, "127.0.0.1") || holds(&found, "::1"));
}

static void a_name_that_cannot_be_is_told(void **state)
{
    (void)state;
    struct resolved found;
    struct fault why = {.status = STATUS_ok};
    assert_true(resolve("no..such..host", &found, &why));
    assert_int_equal(found.count, 0);
    assert_int_equal(why.status, STATUS_unavailable);
}

static void a_look_up_can_be_given_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct resolving *resolving = resolve_start("localhost");
        resolve_destroy(&resolving);
        assert_null(resolving);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_stand_for_themselves_at_once),
        cmocka_unit_test(localhost_is_found_once),
        cmocka_unit_test(a_name_that_cannot_be_is_told),
        cmocka_unit_test(a_look_up_can_be_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
