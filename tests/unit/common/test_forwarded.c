#include "services/common/forwarded.h"
#include "tests/unit/common/unit.h"

static struct networks proxies;
static struct forwarded forwarded;

static int two_networks(void **state)
{
    (void)state;
    forwarded = (struct forwarded){0};
    return networks_read(slice_text("10.0.0.0/8, fd00::/8"), &proxies) ? 0 : -1;
}

static void line(const char *text)
{
    forwarded_read(slice_text(text), &proxies, &forwarded);
}

static void assert_client(const char *address)
{
    uint8_t wanted[IP_SIZE];
    assert_true(ip_read(slice_text(address), wanted));
    assert_true(forwarded.known);
    assert_memory_equal(forwarded.client, wanted, IP_SIZE);
}

static void the_only_address_is_the_client(void **state)
{
    (void)state;
    line("203.0.113.9");
    assert_client("203.0.113.9");
}

static void the_rightmost_that_is_no_proxy_is_believed(void **state)
{
    (void)state;
    line("192.0.2.1, 203.0.113.9 ,10.0.0.1, fd00::2");
    assert_client("203.0.113.9");
}

static void several_lines_are_one_list(void **state)
{
    (void)state;
    line("203.0.113.9");
    line("");
    line("2001:db8::7, 10.0.0.1");
    assert_client("2001:db8::7");
    line("10.0.0.2");
    assert_client("2001:db8::7");
}

static void ports_brackets_and_quotes_do_no_harm(void **state)
{
    (void)state;
    line("203.0.113.9:4711");
    assert_client("203.0.113.9");
    line("[2001:db8::7]:4711");
    assert_client("2001:db8::7");
    line("\"[2001:db8::8]\"");
    assert_client("2001:db8::8");
    line("::ffff:192.0.2.5");
    assert_client("192.0.2.5");
}

static void what_is_no_address_makes_all_before_it_hearsay(void **state)
{
    (void)state;
    line("203.0.113.9, unknown");
    assert_false(forwarded.known);
    line("10.0.0.1");
    assert_client("10.0.0.1"); /* the nearest that is known */
    line("203.0.113.9, [, 10.0.0.2");
    assert_client("10.0.0.2");
}

static void among_proxies_alone_the_first_is_the_client(void **state)
{
    (void)state;
    line("10.0.0.7, 10.0.0.1");
    assert_client("10.0.0.7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_only_address_is_the_client, two_networks),
        cmocka_unit_test_setup(the_rightmost_that_is_no_proxy_is_believed, two_networks),
        cmocka_unit_test_setup(several_lines_are_one_list, two_networks),
        cmocka_unit_test_setup(ports_brackets_and_quotes_do_no_harm, two_networks),
        cmocka_unit_test_setup(what_is_no_address_makes_all_before_it_hearsay, two_networks),
        cmocka_unit_test_setup(among_proxies_alone_the_first_is_the_client, two_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
