#include "services/tracker/proxy_header.h"
#include "tests/unit/tracker/check.h"

#include <string.h>

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define BYTES(text) slice_of(text, sizeof(text) - 1)
#define V4_CLIENT "\xcb\0\x71\x09\x0a\0\0\1\x12\x67\x1b\x39" /* 203.0.113.9:4711 to 10.0.0.1:6969 */

static struct proxy_header header;

static enum proxy_verdict read(struct slice bytes)
{
    return proxy_header_read(bytes, &header);
}

/* Good as a whole; each part of it is not enough, and no byte behind it belongs to it. */
static void assert_whole(struct slice bytes, enum proxy_verdict wanted)
{
    for (size_t size = 0; size < bytes.size; size++)
        assert_int_equal(read(slice_of(bytes.at, size)), PROXY_more);
    char longer[300];
    memcpy(longer, bytes.at, bytes.size);
    memcpy(longer + bytes.size, "GET /", 5);
    assert_int_equal(read(slice_of(longer, bytes.size + 5)), wanted);
    assert_int_equal(header.size, bytes.size);
    assert_int_equal(read(bytes), wanted);
    assert_int_equal(header.size, bytes.size);
}

static void a_line_tells_an_ipv4_client(void **state)
{
    (void)state;
    assert_whole(BYTES("PROXY TCP4 203.0.113.9 10.0.0.1 4711 6969\r\n"), PROXY_client);
    assert_int_equal(header.address.family, FAMILY_v4);
    assert_memory_equal(header.address.bytes, "\xcb\0\x71\x09", 4);
    assert_int_equal(header.port, 4711);
}

static void a_line_tells_an_ipv6_client(void **state)
{
    (void)state;
    assert_whole(BYTES("PROXY TCP6 2001:db8::9 ::1 65535 0\r\n"), PROXY_client);
    assert_int_equal(header.address.family, FAMILY_v6);
    assert_memory_equal(header.address.bytes, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09", 16);
    assert_int_equal(header.port, 65535);
}

static void a_proxy_may_not_know_for_whom(void **state)
{
    (void)state;
    assert_whole(BYTES("PROXY UNKNOWN\r\n"), PROXY_own);
    assert_whole(BYTES("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"), PROXY_own);
}

static void other_lines_are_wrong(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "GET /x/announce HTTP/1.1\r\n",
        "PROXY\r\n",
        "PROXY TCP4 203.0.113.9 10.0.0.1 4711\r\n",
        "PROXY TCP4 203.0.113.9 10.0.0.1 4711 6969 1\r\n",
        "PROXY TCP4 203.0.113.9 10.0.0.1 65536 6969\r\n",
        "PROXY TCP4 203.0.113.9 10.0.0.1 47x1 6969\r\n",
        "PROXY TCP4 203.0.113.9  10.0.0.1 4711 6969\r\n",
        "PROXY TCP4 2001:db8::9 ::1 4711 6969\r\n",
        "PROXY TCP6 203.0.113.9 10.0.0.1 4711 6969\r\n",
        "PROXY UDP4 203.0.113.9 10.0.0.1 4711 6969\r\n",
        "PROXY TCP4 203.0.113.9 10.0.0.1 4711 6969\n",
    };
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(read(slice_text(wrong[i])), PROXY_wrong);
    char endless[107];
    memset(endless, ' ', sizeof endless);
    memcpy(endless, "PROXY ", 6);
    assert_int_equal(read(slice_of(endless, 106)), PROXY_more);
    assert_int_equal(read(slice_of(endless, 107)), PROXY_wrong);
}

static void version_2_tells_an_ipv4_client_and_more(void **state)
{
    (void)state;
    assert_whole(BYTES(SIGNATURE "\x21\x11\0\x0c" V4_CLIENT), PROXY_client);
    assert_memory_equal(header.address.bytes, "\xcb\0\x71\x09", 4);
    assert_int_equal(header.port, 4711);
    assert_whole(BYTES(SIGNATURE "\x21\x11\0\x10" V4_CLIENT "\4\0\1x"), PROXY_client);
}

static void version_2_tells_an_ipv6_client(void **state)
{
    (void)state;
    assert_whole(BYTES(SIGNATURE "\x21\x21\0\x24"
                                 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09"
                                 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
                                 "\x12\x67\x1b\x39"),
                 PROXY_client);
    assert_int_equal(header.address.family, FAMILY_v6);
    assert_int_equal(header.address.bytes[15], 9);
    assert_int_equal(header.port, 4711);
}

static void health_checks_and_unix_sockets_speak_for_nobody(void **state)
{
    (void)state;
    assert_whole(BYTES(SIGNATURE "\x20\0\0\0"), PROXY_own);
    assert_whole(BYTES(SIGNATURE "\x20\x11\0\x0c" V4_CLIENT), PROXY_own);
    assert_whole(BYTES(SIGNATURE "\x21\0\0\3abc"), PROXY_own);
}

static void other_headers_of_version_2_are_wrong(void **state)
{
    (void)state;
    assert_int_equal(read(BYTES(SIGNATURE "\x11\x11\0\x0c" V4_CLIENT)), PROXY_wrong); /* version 1 in binary */
    assert_int_equal(read(BYTES(SIGNATURE "\x22\x11\0\x0c" V4_CLIENT)), PROXY_wrong); /* no such command */
    assert_int_equal(read(BYTES(SIGNATURE "\x21\x11\0\x0b" V4_CLIENT)), PROXY_wrong); /* too short for IPv4 */
    assert_int_equal(read(BYTES(SIGNATURE "\x21\x21\0\x0c" V4_CLIENT)), PROXY_wrong); /* and for IPv6 */
    assert_int_equal(read(BYTES(SIGNATURE "\x21\x11\xff\xff" V4_CLIENT)), PROXY_wrong);
    assert_int_equal(read(BYTES("\r\n\r\n\0\r\nQUIX\n")), PROXY_wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_tells_an_ipv4_client),
        cmocka_unit_test(a_line_tells_an_ipv6_client),
        cmocka_unit_test(a_proxy_may_not_know_for_whom),
        cmocka_unit_test(other_lines_are_wrong),
        cmocka_unit_test(version_2_tells_an_ipv4_client_and_more),
        cmocka_unit_test(version_2_tells_an_ipv6_client),
        cmocka_unit_test(health_checks_and_unix_sockets_speak_for_nobody),
        cmocka_unit_test(other_headers_of_version_2_are_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
