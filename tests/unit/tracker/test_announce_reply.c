/* The bencoded answer, byte for byte, and as the strict reader sees it. */
#include "tests/unit/tracker/check.h"

#include "services/common/bencode.h"
#include "services/tracker/announce_reply.h"

static struct announce ask;
static struct announce_reply reply;
static struct reply_text text;

static int prepare(void **state)
{
    (void)state;
    ask = (struct announce){.compact = true};
    memset(&reply, 0, sizeof reply);
    reply.interval = 1800;
    reply.min_interval = 300;
    reply.complete = 2;
    reply.incomplete = 1;
    return 0;
}

static void is_written(const char *expected, size_t size)
{
    announce_reply_write(&ask, &reply, &text);
    assert_int_equal(text.size, size);
    assert_memory_equal(text.at, expected, size);
}

#define IS_WRITTEN(literal) is_written(literal, sizeof(literal) - 1)

static void add_peer(uint8_t last, uint16_t port4, uint16_t port6)
{
    struct announce_peer *peer = &reply.peers[reply.peers_count++];
    memcpy(peer->peer_id, "-TEST00-aaaaaaaaaaaa", PEER_ID_SIZE);
    memcpy(peer->v4, (uint8_t[]){10, 0, 0, last}, 4);
    memcpy(peer->v6, (uint8_t[]){0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}, 16);
    peer->port4 = port4;
    peer->port6 = port6;
}

static void add_v4(uint8_t last, uint8_t port)
{
    reply.v4[reply.v4_count++] = (struct compact_v4){{10, 0, 0, last}, {0x12, port}};
}

static void add_v6(uint8_t last, uint8_t port)
{
    reply.v6[reply.v6_count++] = (struct compact_v6){{0x20, 1, 0xd, 0xb8, [15] = last}, {0x12, port}};
}

static void nobody_is_an_empty_string(void **state)
{
    (void)state;
    IS_WRITTEN("d8:completei2e10:incompletei1e8:intervali1800e12:min intervali300e5:peers0:e");
}

static void both_families_go_to_their_own_lists(void **state)
{
    (void)state;
    add_v4(1, 0x34);
    add_v6(2, 0x35);
    add_v4(3, 0x50);
    add_v6(3, 0x51);
    IS_WRITTEN("d8:completei2e10:incompletei1e8:intervali1800e12:min intervali300e"
               "5:peers12:\x0a\0\0\x01\x12\x34\x0a\0\0\x03\x12\x50"
               "6:peers636:\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x12\x35"
               "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x03\x12\x51"
               "e");
}

static void the_long_form_names_each_address(void **state)
{
    (void)state;
    ask.compact = false;
    add_peer(3, 80, 81);
    IS_WRITTEN("d8:completei2e10:incompletei1e8:intervali1800e12:min intervali300e"
               "5:peersld2:ip8:10.0.0.37:peer id20:-TEST00-aaaaaaaaaaaa4:porti80ee"
               "d2:ip11:2001:db8::37:peer id20:-TEST00-aaaaaaaaaaaa4:porti81eeee");
    ask.no_peer_id = true;
    IS_WRITTEN("d8:completei2e10:incompletei1e8:intervali1800e12:min intervali300e"
               "5:peersld2:ip8:10.0.0.34:porti80eed2:ip11:2001:db8::34:porti81eeee");
}

static void the_client_is_told_its_address(void **state)
{
    (void)state;
    reply.external = (struct address){.family = FAMILY_v4, .bytes = {192, 0, 2, 1}};
    IS_WRITTEN("d8:completei2e11:external ip4:\xc0\0\x02\x01"
               "10:incompletei1e8:intervali1800e12:min intervali300e5:peers0:e");
}

static void a_failure_says_when_to_come_again(void **state)
{
    (void)state;
    reply.failure = "No";
    reply.retry = 90;
    IS_WRITTEN("d14:failure reason2:No8:intervali90e8:retry ini2ee");
    reply.retry = RETRY_NEVER;
    IS_WRITTEN("d14:failure reason2:No8:intervali86400e8:retry in5:nevere");
}

static void the_largest_answer_fits_and_is_sound(void **state)
{
    (void)state;
    ask.compact = false;
    for (unsigned i = 0; i < PEERS_MAX; i++) {
        add_peer(1, 65535, 65535);
        memset(reply.peers[i].v4, 255, 4);
        memset(reply.peers[i].v6, 0xee, 16);
        add_v4(1, 1);
        add_v6(1, 1);
    }
    reply.complete = reply.incomplete = reply.interval = reply.min_interval = UINT32_MAX;
    reply.external.family = FAMILY_v6;
    announce_reply_write(&ask, &reply, &text);
    struct bencode whole;
    char reason[64];
    assert_true(bencode_read(slice_of(text.at, text.size), &whole, reason));
    struct bencode peers = bencode_get(&whole, "peers");
    assert_int_equal(peers.kind, BENCODE_list);
    ask.compact = true;
    announce_reply_write(&ask, &reply, &text);
    assert_true(bencode_read(slice_of(text.at, text.size), &whole, reason));
    assert_int_equal(bencode_get(&whole, "peers6").text.size, PEERS_MAX * 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nobody_is_an_empty_string, prepare),
        cmocka_unit_test_setup(both_families_go_to_their_own_lists, prepare),
        cmocka_unit_test_setup(the_long_form_names_each_address, prepare),
        cmocka_unit_test_setup(the_client_is_told_its_address, prepare),
        cmocka_unit_test_setup(a_failure_says_when_to_come_again, prepare),
        cmocka_unit_test_setup(the_largest_answer_fits_and_is_sound, prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
