/* Packets as clients send them, and as they should not; connection ids. */
#include "tests/unit/tracker/check.h"

#include "services/tracker/announce_udp.h"
#include "services/tracker/connection_id.h"

#include <string.h>

#define KEY "abcdefghijklmnopqrstuvwxyz234567"
#define PATH "/" KEY "/announce"

/* `started` as libtorrent 2.0.8 sent it to udp://127.0.0.1/PASSKEY/announce: the URL data is behind the fixed part, and
 * nothing says that it ends there. */
static const char libtorrent_started[] =
    "\x1b\x2a\x3f\x4d\x5e\x6f\x70\x81\x00\x00\x00\x01\xb2\x8b\xab\x81"
    "\x41\xe6\xc6\x41\x3b\x82\x7e\xab\xd1\xef\xe3\x16\x70\x8b\xcc\xf2\x54\x59\x2e\x8c"
    "-LT2080-ZwrM522*3Xqu"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x9c\x40\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x02\x00\x00\x00\x00\x38\x1f\xe9\x18\x00\x00\x00\xc8\x69\x5a"
    "\x02\x2a" PATH;
#define FIXED_SIZE 98

static const struct address four = {.family = FAMILY_v4, .bytes = {10, 77, 0, 2}};
static const struct address six = {.family = FAMILY_v6, .bytes = {0x20, 0x01, 0x0d, 0xb8}};
static struct announce ask;
static char packet[2048];
static size_t size;

static void begin_packet(void)
{
    size = sizeof libtorrent_started - 1;
    memcpy(packet, libtorrent_started, size);
}

static void add(const char *bytes, size_t count)
{
    memcpy(packet + size, bytes, count);
    size += count;
}

static const char *read_from(const struct address *from)
{
    return udp_announce_read(slice_of(packet, size), from, &ask);
}

static const char *read_packet(void)
{
    return read_from(&four);
}

static void what_libtorrent_sends_is_read(void **state)
{
    (void)state;
    struct udp_head head;
    begin_packet();
    assert_true(udp_head_read(slice_of(packet, size), &head));
    assert_int_equal(head.connection, 0x1b2a3f4d5e6f7081);
    assert_int_equal(head.action, UDP_announce);
    assert_int_equal(head.transaction, 0xb28bab81);
    assert_null(read_packet());
    assert_memory_equal(ask.passkey, KEY, PASSKEY_SIZE);
    assert_memory_equal(ask.info_hash, packet + 16, HASH_SIZE);
    assert_memory_equal(ask.peer_id, "-LT2080-ZwrM522*3Xqu", PEER_ID_SIZE);
    assert_true(ask.up_known && ask.down_known && ask.left_known && ask.compact);
    assert_int_equal(ask.up, 0);
    assert_int_equal(ask.down, 0);
    assert_int_equal(ask.left, 40000);
    assert_int_equal(ask.event, EVENT_started);
    assert_int_equal(ask.port, 26970);
    assert_int_equal(ask.address.family, FAMILY_v4);
}

static void each_counter_has_its_place(void **state)
{
    (void)state;
    begin_packet();
    packet[56] = 1, packet[64] = 2, packet[72] = 3;
    assert_null(read_packet());
    assert_int_equal(ask.down, UINT64_C(1) << 56);
    assert_int_equal(ask.left, (UINT64_C(2) << 56) + 40000);
    assert_int_equal(ask.up, UINT64_C(3) << 56);
    packet[64] = (char)0x80; /* what is missing is not known then */
    assert_null(read_packet());
    assert_false(ask.left_known);
    packet[72] = (char)0x80;
    assert_non_null(read_packet());
}

static void events_are_numbered_otherwise_than_in_http(void **state)
{
    (void)state;
    static const enum announce_event events[] = {EVENT_none,    EVENT_completed, EVENT_started,
                                                 EVENT_stopped, EVENT_paused,    EVENT_none};
    for (size_t i = 0; i < COUNT(events); i++) {
        begin_packet();
        packet[83] = (char)i;
        assert_null(read_packet());
        assert_int_equal(ask.event, events[i]);
    }
}

static void a_bare_passkey_will_do_and_a_query_behind_the_path_does_no_harm(void **state)
{
    (void)state;
    static const char *const urls[] = {KEY, "/" KEY, "/" KEY "/", "/" KEY "/announce?a=b", "//" KEY "/announce"};
    for (size_t i = 0; i < COUNT(urls); i++) {
        begin_packet();
        size = FIXED_SIZE + 1;
        packet[size++] = (char)strlen(urls[i]);
        add(urls[i], strlen(urls[i]));
        assert_null(read_packet());
        assert_memory_equal(ask.passkey, KEY, PASSKEY_SIZE);
    }
}

static void a_url_may_come_in_parts_among_other_options(void **state)
{
    (void)state;
    begin_packet();
    size = FIXED_SIZE;
    add("\x01\x01\x02\x0a/abcdefghi\x07\x03xyz\x01\x02\x17jklmnopqrstuvwxyz234567\x02\x09/announce\x00\x02\x01!", 58);
    assert_null(read_packet());
    assert_memory_equal(ask.passkey, KEY, PASSKEY_SIZE);
}

static void a_packet_without_a_whole_passkey_is_told_so(void **state)
{
    (void)state;
    begin_packet();
    for (size_t end = FIXED_SIZE; end < sizeof libtorrent_started - 1; end++) {
        size = end;
        assert_string_equal(read_packet(), "No passkey came along: use the HTTP announce URL");
    }
    size = FIXED_SIZE - 1;
    assert_string_equal(read_packet(), "The announce is too short");
}

static void as_many_peers_are_wanted_as_a_packet_holds(void **state)
{
    (void)state;
    begin_packet();
    assert_null(read_packet());
    assert_int_equal(ask.numwant, 196);
    assert_null(read_from(&six));
    assert_int_equal(ask.numwant, 65);
    memcpy(packet + 92, "\xff\xff\xff\xff", 4);
    assert_null(read_packet());
    assert_int_equal(ask.numwant, PEERS_STANDARD);
    memcpy(packet + 92, "\0\0\0\0", 4);
    assert_null(read_packet());
    assert_int_equal(ask.numwant, 0);
}

static void an_answer_holds_peers_of_the_askers_family_only(void **state)
{
    (void)state;
    static struct announce_reply reply;
    struct udp_reply text;
    reply = (struct announce_reply){
        .interval = 1800, .complete = 2, .incomplete = 3, .external = four, .v4_count = 3, .v6_count = PEERS_MAX};
    for (unsigned i = 0; i < PEERS_MAX; i++) {
        reply.v4[i] = (struct compact_v4){{1, 2, 3, (uint8_t)i}, {0x1a, 0x1b}};
        reply.v6[i] = (struct compact_v6){.port = {0x1c, 0x1d}};
    }
    udp_announce_write(7, &reply, &text);
    assert_int_equal(text.size, 20 + 3 * 6);
    assert_memory_equal(text.at, "\0\0\0\1\0\0\0\7\0\0\7\x08\0\0\0\3\0\0\0\2\1\2\3\0\x1a\x1b", 26);
    reply.external = six;
    udp_announce_write(7, &reply, &text);
    assert_int_equal(text.size, 20 + 65 * 18);
    assert_memory_equal(text.at + 20 + 16, "\x1c\x1d", 2);
}

static void a_scrape_is_answered_in_its_own_order(void **state)
{
    (void)state;
    struct scrape scrape;
    struct udp_reply text;
    const struct scrape_counts counts[SCRAPE_MAX] = {{true, 1, 2, 3, 0}, {0}};
    begin_packet();
    memset(packet + 16, 'z', 20);
    memset(packet + 36, 'a', 20);
    assert_null(udp_scrape_read(slice_of(packet, 16 + 40), &scrape));
    assert_int_equal(scrape.count, 2);
    assert_int_equal(scrape.info_hash[0][0], 'z');
    udp_scrape_write(9, &scrape, counts, &text);
    assert_int_equal(text.size, 8 + 24);
    assert_memory_equal(text.at, "\0\0\0\2\0\0\0\x09\0\0\0\1\0\0\0\3\0\0\0\2\0\0\0\0", 24);
    assert_non_null(udp_scrape_read(slice_of(packet, 16 + 19), &scrape));
    assert_null(udp_scrape_read(slice_of(packet, 16 + 74 * 20), &scrape));
    assert_int_equal(scrape.count, SCRAPE_MAX);
}

static void an_error_is_never_longer_than_what_it_answers(void **state)
{
    (void)state;
    struct udp_reply text;
    udp_error_write(3, "Unknown passkey", 98, &text);
    assert_int_equal(text.size, 8 + 15);
    assert_memory_equal(text.at, "\0\0\0\3\0\0\0\3Unknown passkey", text.size);
    udp_error_write(3, "Unknown passkey", 16, &text);
    assert_int_equal(text.size, 16);
}

static void the_hash_is_siphash(void **state)
{
    (void)state;
    uint8_t key[16], bytes[15];
    for (uint8_t i = 0; i < 16; i++)
        key[i] = i;
    memcpy(bytes, key, sizeof bytes);
    assert_int_equal(siphash(key, bytes, 15), UINT64_C(0xa129ca6149be45e5)); /* appendix A of its paper */
    assert_int_equal(siphash(key, bytes, 0), UINT64_C(0x726fdb47dd0e0e31));
}

static void a_connection_id_holds_for_its_address_and_its_time(void **state)
{
    (void)state;
    struct connection_key key = {.secret = "0123456789abcde", .lifetime = 7200};
    const struct address other = {.family = FAMILY_v4, .bytes = {10, 77, 0, 3}};
    const int64_t now = INT64_C(1900000000000);
    uint64_t id = connection_id_give(&key, &four, now);
    assert_true(connection_id_taken(&key, &four, now, id));
    assert_true(connection_id_taken(&key, &four, now + 7200 * 1000, id));
    assert_false(connection_id_taken(&key, &four, now + 7320 * 1000, id));
    assert_false(connection_id_taken(&key, &four, now - 60 * 1000, id)); /* of the future: not ours */
    assert_false(connection_id_taken(&key, &four, now + (INT64_C(65536) * 60000), id));
    assert_false(connection_id_taken(&key, &other, now, id));
    assert_false(connection_id_taken(&key, &four, now, id ^ 1));
    assert_false(connection_id_taken(&key, &four, now, UDP_MAGIC));
    key.secret[0] ^= 1;
    assert_false(connection_id_taken(&key, &four, now, id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_libtorrent_sends_is_read),
        cmocka_unit_test(each_counter_has_its_place),
        cmocka_unit_test(events_are_numbered_otherwise_than_in_http),
        cmocka_unit_test(a_bare_passkey_will_do_and_a_query_behind_the_path_does_no_harm),
        cmocka_unit_test(a_url_may_come_in_parts_among_other_options),
        cmocka_unit_test(a_packet_without_a_whole_passkey_is_told_so),
        cmocka_unit_test(as_many_peers_are_wanted_as_a_packet_holds),
        cmocka_unit_test(an_answer_holds_peers_of_the_askers_family_only),
        cmocka_unit_test(a_scrape_is_answered_in_its_own_order),
        cmocka_unit_test(an_error_is_never_longer_than_what_it_answers),
        cmocka_unit_test(the_hash_is_siphash),
        cmocka_unit_test(a_connection_id_holds_for_its_address_and_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
