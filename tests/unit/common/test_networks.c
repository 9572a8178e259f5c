#include "services/common/networks.h"
#include "tests/unit/common/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct networks networks;

static bool holds(const char *address)
{
    uint8_t ip[IP_SIZE];
    assert_true(ip_read(slice_text(address), ip));
    return networks_hold(&networks, ip);
}

static void a_list_of_networks_is_read(void **state)
{
    (void)state;
    assert_true(networks_read(S("10.0.0.0/8, 192.0.2.7 fd00::/8,,\t::1"), &networks));
    assert_int_equal(networks.count, 4);
    assert_true(holds("10.255.3.4") && holds("192.0.2.7") && holds("fdff::1") && holds("::1"));
    assert_false(holds("11.0.0.1") || holds("192.0.2.6") || holds("fc00::1") || holds("::2"));
    assert_true(holds("::ffff:10.1.2.3")); /* how a socket for both families tells of it */
}

static void a_prefix_ends_at_any_bit(void **state)
{
    (void)state;
    assert_true(networks_read(S("172.16.0.0/12 0.0.0.0/0"), &networks));
    networks.count = 1;
    assert_true(holds("172.31.255.255"));
    assert_false(holds("172.32.0.0") || holds("::1"));
    networks.count = 2;
    assert_true(holds("8.8.8.8"));
    assert_false(holds("2001:db8::1")); /* all of IPv4 is not all */
}

static void an_empty_list_holds_nobody(void **state)
{
    (void)state;
    assert_true(networks_read(S(" ,"), &networks));
    assert_false(holds("127.0.0.1"));
}

static void what_is_no_network_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"10.0.0.0/33", "::/129",       "10.0.0/8", "localhost",  "10.0.0.0/",
                                        "10.0.0.0/-1", "10.0.0.0/8/8", "/8",       "1.2.3.4:80", "10.0.0.0/4294967304"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(networks_read(slice_text(wrong[i]), &networks));
}

static void more_than_there_is_room_for_is_refused(void **state)
{
    (void)state;
    char text[NETWORKS_MAX * 4 + 5];
    for (size_t i = 0; i <= NETWORKS_MAX; i++)
        memcpy(text + i * 4, "::1,", 4);
    assert_true(networks_read(slice_of(text, (size_t)NETWORKS_MAX * 4), &networks));
    assert_false(networks_read(slice_of(text, (size_t)NETWORKS_MAX * 4 + 4), &networks));
}

static void a_socket_address_becomes_sixteen_bytes(void **state)
{
    (void)state;
    uint8_t ip[IP_SIZE], same[IP_SIZE];
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001)};
    ip_of((const struct sockaddr *)&four, ip);
    assert_true(ip_read(S("10.0.0.1"), same));
    assert_memory_equal(ip, same, IP_SIZE);
    assert_true(ip_is_v4(ip));
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    ip_of((const struct sockaddr *)&six, ip);
    assert_true(ip_read(S("::1"), same));
    assert_memory_equal(ip, same, IP_SIZE);
    assert_false(ip_is_v4(ip));
}

static void an_address_is_written_as_people_write_it(void **state)
{
    (void)state;
    static const char *const texts[] = {"192.0.2.7", "2001:db8::7", "::"};
    uint8_t ip[IP_SIZE];
    char text[INET6_ADDRSTRLEN];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_true(ip_read(slice_text(texts[i]), ip));
        ip_write(ip, text);
        assert_string_equal(text, texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_networks_is_read),
        cmocka_unit_test(a_prefix_ends_at_any_bit),
        cmocka_unit_test(an_empty_list_holds_nobody),
        cmocka_unit_test(what_is_no_network_is_refused),
        cmocka_unit_test(more_than_there_is_room_for_is_refused),
        cmocka_unit_test(a_socket_address_becomes_sixteen_bytes),
        cmocka_unit_test(an_address_is_written_as_people_write_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
