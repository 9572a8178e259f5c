/* Message stream encryption: both roles against each other, against bytes that another program worked out, and against
 * rubbish.
 */
#include "services/ratio/auditor/mse.h"

#include "services/common/encode.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint8_t info_hash[20];

/* Keys 1, 2 … 20 and 101, 102 … 120. */
static struct mse_random random_from(uint8_t first, uint16_t pad)
{
    struct mse_random random = {.pad_size = pad};
    for (int i = 0; i < MSE_KEY_SIZE; i++)
        random.key[i] = (uint8_t)(first + i);
    memset(random.pad, 0x5a, sizeof random.pad);
    return random;
}

static bool is_known(void *arg, const uint8_t mark[20], uint8_t into[20])
{
    uint8_t ours[20];
    mse_mark(info_hash, ours);
    memcpy(into, info_hash, sizeof info_hash);
    return arg == NULL && memcmp(mark, ours, sizeof ours) == 0;
}

struct talk {
    struct mse *dials, *answers;
    struct buffer to_answer, to_dial, heard_by_answer, heard_by_dial;
    enum mse_state dial_state, answer_state;
};

static void talk_begin(struct talk *talk, uint16_t pad, void *stranger)
{
    struct mse_random one = random_from(1, pad), other = random_from(101, pad);
    *talk = (struct talk){0};
    talk->dials = mse_dial(info_hash, slice_text("hello"), &one, &talk->to_answer);
    talk->answers = mse_answer(is_known, stranger, &other);
}

static void talk_end(struct talk *talk)
{
    mse_destroy(&talk->dials);
    mse_destroy(&talk->answers);
    buffer_free(&talk->to_answer);
    buffer_free(&talk->to_dial);
    buffer_free(&talk->heard_by_answer);
    buffer_free(&talk->heard_by_dial);
}

static enum mse_state hear(struct mse *mse, const struct buffer *from, size_t *at, size_t chunk, struct buffer *wire,
                           struct buffer *plain)
{
    size_t size = from->size - *at < chunk ? from->size - *at : chunk;
    struct slice bytes = size > 0 ? slice_of(from->at + *at, size) : slice_text("");
    *at += size;
    return mse_take(mse, bytes, wire, plain);
}

/* Gives each side at most `chunk` bytes at a time until both are silent. */
static void talk_on(struct talk *talk, size_t chunk)
{
    size_t given = 0, returned = 0;
    while (given < talk->to_answer.size || returned < talk->to_dial.size) {
        talk->answer_state =
            hear(talk->answers, &talk->to_answer, &given, chunk, &talk->to_dial, &talk->heard_by_answer);
        talk->dial_state = hear(talk->dials, &talk->to_dial, &returned, chunk, &talk->to_answer, &talk->heard_by_dial);
    }
    talk->to_answer.size = talk->to_dial.size = 0;
}

static void both_roles_understand_each_other_in_any_chunks(void **state)
{
    (void)state;
    static const size_t chunks[] = {1, 7, 100, 100000};
    static const uint16_t pads[] = {0, 1, 300, MSE_PAD_MAX};
    for (size_t i = 0; i < 16; i++) {
        struct talk talk;
        talk_begin(&talk, pads[i / 4], NULL);
        talk_on(&talk, chunks[i % 4]);
        assert_int_equal(talk.dial_state, MSE_OPEN);
        assert_int_equal(talk.answer_state, MSE_OPEN);
        assert_true(mse_is_encrypted(talk.dials) && mse_is_encrypted(talk.answers));
        assert_true(slice_is(buffer_slice(&talk.heard_by_answer), "hello"));
        mse_send(talk.dials, slice_text(" and more"), &talk.to_answer);
        mse_send(talk.answers, slice_text("world"), &talk.to_dial);
        assert_null(memmem(talk.to_dial.at, talk.to_dial.size, "world", 5));
        talk_on(&talk, chunks[i % 4]);
        assert_true(slice_is(buffer_slice(&talk.heard_by_answer), "hello and more"));
        assert_true(slice_is(buffer_slice(&talk.heard_by_dial), "world"));
        talk_end(&talk);
    }
}

static void assert_hash(struct slice bytes, const char *wanted)
{
    uint8_t digest[20];
    char hex[41];
    EVP_Digest(bytes.at, bytes.size, digest, NULL, EVP_sha1(), NULL);
    hex_write(slice_of(digest, sizeof digest), hex);
    assert_string_equal(hex, wanted);
}

/* The bytes were worked out by a program that shares nothing with this one (pow(), hashlib and a written-out RC4). */
static void each_message_is_as_worked_out_elsewhere(void **state)
{
    (void)state;
    static const char third[] =
        "78fffb0f23055a793ff7609f359e04e383ec3505f2f74cb293cbfc230fbc6707cd5dca1d7ea0e6fde50e28202208"
        "4479e72308e4a3a4e8850f384eff3a";
    static const char fourth[] = "943d5a81d0106aa03a3f5993e0bbfcf3180e3e";
    struct talk talk;
    char hex[200];
    talk_begin(&talk, 0, NULL);
    assert_hash(buffer_slice(&talk.to_answer), "9fa4c50e31ec4635ddb9ef30405e9db341313ed2");
    mse_take(talk.answers, buffer_slice(&talk.to_answer), &talk.to_dial, &talk.heard_by_answer);
    assert_hash(buffer_slice(&talk.to_dial), "a7c7be03f396035b04f7cf7d1f68f4cd46e9986d");
    talk.to_answer.size = 0;
    mse_take(talk.dials, buffer_slice(&talk.to_dial), &talk.to_answer, &talk.heard_by_dial);
    hex_write(buffer_slice(&talk.to_answer), hex);
    assert_string_equal(hex, third);
    talk.to_dial.size = 0;
    mse_take(talk.answers, buffer_slice(&talk.to_answer), &talk.to_dial, &talk.heard_by_answer);
    mse_send(talk.answers, slice_text("world"), &talk.to_dial);
    hex_write(buffer_slice(&talk.to_dial), hex);
    assert_string_equal(hex, fourth);
    talk_end(&talk);
}

static void a_torrent_that_is_none_of_ours_ends_it(void **state)
{
    struct talk talk;
    talk_begin(&talk, 20, state);
    talk_on(&talk, 50);
    assert_int_equal(talk.answer_state, MSE_WRONG);
    talk_end(&talk);
}

/* Whoever answers with plain text, as a client without encryption does, or with nothing we can find. */
static void rubbish_ends_it_after_the_longest_padding(void **state)
{
    (void)state;
    struct mse_random random = random_from(1, 0);
    struct buffer wire = {0}, plain = {0};
    char rubbish[2000];
    memset(rubbish, 'x', sizeof rubbish);
    struct mse *mse = mse_dial(info_hash, slice_text(""), &random, &wire);
    assert_int_equal(mse_take(mse, slice_of(rubbish, MSE_PUBLIC_SIZE + MSE_PAD_MAX), &wire, &plain), MSE_UNDER_WAY);
    assert_int_equal(mse_take(mse, slice_of(rubbish, 8), &wire, &plain), MSE_WRONG);
    mse_destroy(&mse);
    mse = mse_answer(is_known, NULL, &random);
    assert_int_equal(mse_take(mse, slice_of(rubbish, MSE_PUBLIC_SIZE + MSE_PAD_MAX), &wire, &plain), MSE_UNDER_WAY);
    assert_int_equal(mse_take(mse, slice_of(rubbish, 20), &wire, &plain), MSE_WRONG);
    mse_destroy(&mse);
    buffer_free(&wire);
    assert_int_equal(plain.size, 0);
}

static void a_public_number_that_gives_the_secret_away_is_refused(void **state)
{
    (void)state;
    struct mse_random random = random_from(1, 0);
    uint8_t numbers[3][MSE_PUBLIC_SIZE] = {{0}, {[MSE_PUBLIC_SIZE - 1] = 1}};
    memset(numbers[2], 0xff, MSE_PUBLIC_SIZE);
    for (int i = 0; i < 3; i++) {
        struct buffer wire = {0}, plain = {0};
        struct mse *mse = mse_dial(info_hash, slice_text(""), &random, &wire);
        assert_int_equal(mse_take(mse, slice_of(numbers[i], MSE_PUBLIC_SIZE), &wire, &plain), MSE_WRONG);
        mse_destroy(&mse);
        buffer_free(&wire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_roles_understand_each_other_in_any_chunks),
        cmocka_unit_test(each_message_is_as_worked_out_elsewhere),
        cmocka_unit_test(a_torrent_that_is_none_of_ours_ends_it),
        cmocka_unit_test(rubbish_ends_it_after_the_longest_padding),
        cmocka_unit_test(a_public_number_that_gives_the_secret_away_is_refused),
    };
    memset(info_hash, 0xaa, sizeof info_hash);
    if (!mse_start())
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    mse_stop();
    return failed;
}
