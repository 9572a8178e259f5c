/* The auditor's peer wire: what each kind of peer leads to, whatever the pieces in which its bytes come. */
#include "services/ratio/auditor/wire.h"

#include "services/common/arena.h"
#include "services/common/merkle.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { PIECES = 100, PIECE = 37, PIECE_SIZE = 200000, NOW = 1000000 };

static char content[PIECE_SIZE];
static struct wire_goal goal = {.pieces = PIECES,
                                .piece = PIECE,
                                .piece_size = PIECE_SIZE,
                                .handshake_ms = 10000,
                                .unchoke_ms = 120000,
                                .fetch_ms = 60000,
                                .fetch_rate = 4096};

/* A peer that is played: what it says is gathered in `say`. */
struct peer {
    struct wire *wire;
    struct buffer say;
    size_t chunk; /* in which it is heard */
    int64_t now;
    enum wire_result result;
};

static void put_number(struct buffer *into, uint32_t number)
{
    const uint8_t bytes[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                              (uint8_t)number};
    buffer_add(into, bytes, 4);
}

static void say(struct peer *peer, uint8_t kind, struct slice body)
{
    put_number(&peer->say, (uint32_t)body.size + 1);
    buffer_add(&peer->say, &kind, 1);
    buffer_add(&peer->say, body.at, body.size);
}

static void say_numbers(struct peer *peer, uint8_t kind, size_t count, const uint32_t *numbers)
{
    struct buffer body = {0};
    for (size_t i = 0; i < count; i++)
        put_number(&body, numbers[i]);
    say(peer, kind, buffer_slice(&body));
    buffer_free(&body);
}

static void say_handshake(struct peer *peer, bool fast)
{
    const uint8_t reserved[8] = {[7] = fast ? 4 : 0};
    buffer_add(&peer->say,
               "\x13"
               "BitTorrent protocol",
               20);
    buffer_add(&peer->say, reserved, 8);
    buffer_add(&peer->say, goal.info_hash, 20);
    buffer_add(&peer->say, "-XX0001-abcdefghijkl", 20);
}

static enum wire_result hear(struct peer *peer)
{
    size_t chunk = peer->chunk > 0 ? peer->chunk : peer->say.size;
    for (size_t at = 0; at < peer->say.size; at += chunk)
        peer->result = wire_take(peer->wire,
                                 slice_of(peer->say.at + at, peer->say.size - at < chunk ? peer->say.size - at : chunk),
                                 peer->now);
    peer->say.size = 0;
    return peer->result;
}

static struct peer peer_new(size_t chunk)
{
    return (struct peer){.wire = wire_new(&goal, NOW), .chunk = chunk, .now = NOW};
}

static void peer_end(struct peer *peer)
{
    wire_destroy(&peer->wire);
    buffer_free(&peer->say);
}

/* Up to the moment at which requests come. */
static struct peer unchoking(size_t chunk)
{
    struct peer peer = peer_new(chunk);
    say_handshake(&peer, true);
    say(&peer, 14, slice_text(""));
    say(&peer, 1, slice_text(""));
    assert_int_equal(hear(&peer), WIRE_GOES_ON);
    return peer;
}

static uint32_t number_at(const char *at)
{
    const uint8_t *bytes = (const uint8_t *)at;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Answers the requests that have been made, the last ones first; returns how many there were. */
static size_t serve(struct peer *peer)
{
    struct buffer *out = wire_out(peer->wire), body = {0};
    struct buffer asked = {0};
    size_t count = 0;
    for (size_t at = out->size >= 68 && out->at[0] == 19 ? 68 : 0; at < out->size; at += 4 + number_at(out->at + at))
        if (out->at[at + 4] == 6) {
            assert_int_equal(number_at(out->at + at + 5), PIECE);
            buffer_add(&asked, out->at + at + 9, 8);
            count++;
        }
    out->size = 0;
    for (size_t i = count; i-- > 0;) {
        uint32_t begin = number_at(asked.at + 8 * i), size = number_at(asked.at + 8 * i + 4);
        assert_true(begin + size <= PIECE_SIZE && size <= 16384);
        body.size = 0;
        put_number(&body, PIECE);
        put_number(&body, begin);
        buffer_add(&body, content + begin, size);
        say(peer, 7, buffer_slice(&body));
    }
    buffer_free(&asked);
    buffer_free(&body);
    return count;
}

static void whoever_has_the_piece_passes(void **state)
{
    (void)state;
    static const size_t chunks[] = {0, 1, 3, 1000, 16397};
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        struct peer peer = unchoking(chunks[i]);
        size_t blocks = 0, round;
        while (peer.result == WIRE_GOES_ON && (round = serve(&peer)) > 0) {
            assert_true(round <= 8);
            blocks += round;
            hear(&peer);
        }
        assert_int_equal(peer.result, WIRE_PASSED);
        assert_int_equal(blocks, (PIECE_SIZE + 16383) / 16384);
        assert_int_equal(wire_received(peer.wire), PIECE_SIZE);
        assert_int_equal(wire_closed(peer.wire), WIRE_PASSED);
        peer_end(&peer);
    }
}

static void one_wrong_byte_is_wrong(void **state)
{
    (void)state;
    struct peer peer = unchoking(0);
    content[PIECE_SIZE - 1] ^= 1;
    while (peer.result == WIRE_GOES_ON && serve(&peer) > 0)
        hear(&peer);
    content[PIECE_SIZE - 1] ^= 1;
    assert_int_equal(peer.result, WIRE_WRONG);
    peer_end(&peer);
}

static void of_v2_alone_the_blocks_give_the_root(void **state)
{
    (void)state;
    goal.leaves = 16;
    merkle_root(slice_of(content, PIECE_SIZE), goal.leaves, goal.root);
    for (int wrong = 0; wrong <= 1; wrong++) {
        struct peer peer = unchoking(0);
        content[PIECE_SIZE - 1] ^= (char)wrong;
        while (peer.result == WIRE_GOES_ON && serve(&peer) > 0)
            hear(&peer);
        content[PIECE_SIZE - 1] ^= (char)wrong;
        assert_int_equal(peer.result, wrong ? WIRE_WRONG : WIRE_PASSED);
        peer_end(&peer);
    }
    goal.leaves = 0;
}

/* Kinds of the messages that we have sent, behind the handshake. */
static void assert_sent(struct peer *peer, const char *kinds)
{
    struct buffer *out = wire_out(peer->wire);
    size_t count = 0;
    assert_true(out->size >= 68 && memcmp(out->at + 28, goal.info_hash, 20) == 0 && (out->at[27] & 4) != 0);
    for (size_t at = 68; at < out->size; at += 4 + number_at(out->at + at))
        assert_int_equal(out->at[at + 4], kinds[count++]);
    assert_int_equal(count, strlen(kinds));
}

static void nothing_is_asked_for_before_the_unchoke(void **state)
{
    (void)state;
    struct peer peer = peer_new(0);
    say_handshake(&peer, true);
    say(&peer, 14, slice_text(""));
    say_numbers(&peer, 17, 1, (const uint32_t[]){PIECE}); /* allowed fast */
    assert_int_equal(hear(&peer), WIRE_GOES_ON);
    assert_sent(&peer, "\x0f\x02"); /* HAVE NONE, INTERESTED */
    peer_end(&peer);
    peer = peer_new(0);
    say_handshake(&peer, false); /* without the fast extension there is no HAVE NONE */
    hear(&peer);
    assert_sent(&peer, "\x02");
    peer_end(&peer);
}

static void a_peer_that_never_unchokes_is_busy(void **state)
{
    (void)state;
    struct peer peer = peer_new(0);
    say_handshake(&peer, true);
    say(&peer, 14, slice_text(""));
    hear(&peer);
    assert_int_equal(wire_tick(peer.wire, NOW + 119999), WIRE_GOES_ON);
    assert_int_equal(wire_tick(peer.wire, NOW + 120000), WIRE_CHOKED);
    peer_end(&peer);
    peer = peer_new(0);
    say_handshake(&peer, true);
    hear(&peer);
    assert_int_equal(wire_closed(peer.wire), WIRE_CHOKED);
    peer_end(&peer);
}

static void a_reject_while_unchoked_is_a_refusal_and_while_choked_is_none(void **state)
{
    (void)state;
    const uint32_t block[] = {PIECE, 0, 16384};
    struct peer peer = unchoking(0);
    say_numbers(&peer, 16, 3, block);
    assert_int_equal(hear(&peer), WIRE_REFUSED);
    peer_end(&peer);
    peer = unchoking(0);
    wire_out(peer.wire)->size = 0;
    say(&peer, 0, slice_text(""));
    say_numbers(&peer, 16, 3, block);
    assert_int_equal(hear(&peer), WIRE_GOES_ON);
    say(&peer, 1, slice_text(""));
    hear(&peer);
    while (peer.result == WIRE_GOES_ON && serve(&peer) > 0) /* asked for anew */
        hear(&peer);
    assert_int_equal(peer.result, WIRE_PASSED);
    peer_end(&peer);
}

static void whoever_does_not_say_that_it_has_the_piece_refuses(void **state)
{
    (void)state;
    char bits[(PIECES + 7) / 8];
    memset(bits, 0xff, sizeof bits);
    bits[PIECE / 8] = (char)(0xff ^ 0x80 >> PIECE % 8);
    struct peer peer = peer_new(0);
    say_handshake(&peer, false);
    say(&peer, 5, slice_of(bits, sizeof bits));
    say(&peer, 1, slice_text(""));
    hear(&peer);
    assert_sent(&peer, "\x02");
    assert_int_equal(wire_tick(peer.wire, NOW + 9999), WIRE_GOES_ON);
    struct peer late = peer;
    say_numbers(&late, 4, 1, (const uint32_t[]){PIECE}); /* it says so later, as some do */
    hear(&late);
    while (late.result == WIRE_GOES_ON && serve(&late) > 0)
        hear(&late);
    assert_int_equal(late.result, WIRE_PASSED);
    peer_end(&late);
    peer = peer_new(0);
    say_handshake(&peer, true);
    say(&peer, 15, slice_text(""));
    say(&peer, 1, slice_text(""));
    hear(&peer);
    assert_int_equal(wire_tick(peer.wire, NOW + 10000), WIRE_REFUSED);
    peer_end(&peer);
}

static void closed_or_silent_after_a_request_is_silent(void **state)
{
    (void)state;
    struct peer peer = unchoking(0);
    assert_int_equal(wire_closed(peer.wire), WIRE_SILENT);
    peer_end(&peer);
    peer = unchoking(0);
    int64_t end = NOW + 60000 + (int64_t)PIECE_SIZE * 1000 / 4096;
    assert_int_equal(wire_tick(peer.wire, end - 1), WIRE_GOES_ON);
    assert_int_equal(wire_tick(peer.wire, end), WIRE_SILENT);
    peer_end(&peer);
    peer = unchoking(0);
    put_number(&peer.say, 1 << 30);
    assert_int_equal(hear(&peer), WIRE_SILENT);
    peer_end(&peer);
}

/* A cheat that chokes whenever it is asked for something gets no more time than others. */
static void choking_again_and_again_ends_with_the_time_for_the_piece(void **state)
{
    (void)state;
    struct peer peer = unchoking(0);
    while (peer.result == WIRE_GOES_ON && peer.now < NOW + 600000) {
        say(&peer, 0, slice_text(""));
        say(&peer, 1, slice_text(""));
        say(&peer, 0, slice_text(""));
        hear(&peer);
        wire_out(peer.wire)->size = 0;
        peer.now += 5000;
        peer.result = wire_tick(peer.wire, peer.now);
    }
    assert_int_equal(peer.result, WIRE_CHOKED);
    assert_true(peer.now <= NOW + 60000 + (int64_t)PIECE_SIZE * 1000 / 4096 + 5000);
    peer_end(&peer);
}

static void whatever_is_no_handshake_of_this_torrent_is_strange(void **state)
{
    (void)state;
    struct peer peer = peer_new(1);
    say_handshake(&peer, true);
    peer.say.at[30] ^= 1;
    assert_int_equal(hear(&peer), WIRE_STRANGE);
    peer_end(&peer);
    peer = peer_new(0);
    buffer_add(&peer.say, "HTTP/1.1 400", 12);
    assert_int_equal(hear(&peer), WIRE_STRANGE);
    peer_end(&peer);
    peer = peer_new(0);
    assert_int_equal(wire_tick(peer.wire, NOW + 10000), WIRE_STRANGE);
    peer_end(&peer);
    peer = peer_new(0);
    assert_int_equal(wire_closed(peer.wire), WIRE_STRANGE);
    peer_end(&peer);
    peer = peer_new(0);
    say_handshake(&peer, true);
    say(&peer, 5, slice_text("bits of another size"));
    assert_int_equal(hear(&peer), WIRE_STRANGE);
    peer_end(&peer);
}

static void what_was_not_asked_for_and_unknown_messages_are_passed_over(void **state)
{
    (void)state;
    struct peer peer = unchoking(0);
    say(&peer, 20, slice_text("an extension"));
    put_number(&peer.say, 0); /* keep-alive */
    say(&peer, 7, slice_of("\0\0\0\1\0\0\0\0abc", 11));
    say_numbers(&peer, 4, 1, (const uint32_t[]){PIECES + 5});
    assert_int_equal(hear(&peer), WIRE_GOES_ON);
    while (peer.result == WIRE_GOES_ON && serve(&peer) > 0)
        hear(&peer);
    assert_int_equal(peer.result, WIRE_PASSED);
    peer_end(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_has_the_piece_passes),
        cmocka_unit_test(one_wrong_byte_is_wrong),
        cmocka_unit_test(of_v2_alone_the_blocks_give_the_root),
        cmocka_unit_test(nothing_is_asked_for_before_the_unchoke),
        cmocka_unit_test(a_peer_that_never_unchokes_is_busy),
        cmocka_unit_test(a_reject_while_unchoked_is_a_refusal_and_while_choked_is_none),
        cmocka_unit_test(whoever_does_not_say_that_it_has_the_piece_refuses),
        cmocka_unit_test(closed_or_silent_after_a_request_is_silent),
        cmocka_unit_test(choking_again_and_again_ends_with_the_time_for_the_piece),
        cmocka_unit_test(whatever_is_no_handshake_of_this_torrent_is_strange),
        cmocka_unit_test(what_was_not_asked_for_and_unknown_messages_are_passed_over),
    };
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)(i * 31 + i / 251);
    memset(goal.info_hash, 0xaa, sizeof goal.info_hash);
    EVP_Digest(content, sizeof content, goal.sha1, NULL, EVP_sha1(), NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
