#include "services/common/bencode.h"
#include "tests/unit/common/unit.h"

static struct bencode good(struct slice text)
{
    struct bencode value;
    char reason[64] = "";
    assert_true(bencode_read(text, &value, reason));
    assert_string_equal(reason, "");
    assert_true(slice_equal(value.raw, text));
    return value;
}

static void refused(struct slice text, const char *why)
{
    struct bencode value;
    char reason[64] = "";
    assert_false(bencode_read(text, &value, reason));
    assert_int_equal(value.kind, BENCODE_none);
    assert_string_equal(reason, why);
}

static void integers_are_read_to_their_limits(void **state)
{
    (void)state;
    assert_int_equal(good(S("i0e")).integer, 0);
    assert_int_equal(good(S("i-1e")).integer, -1);
    assert_true(good(S("i9223372036854775807e")).integer == INT64_MAX);
    assert_true(good(S("i-9223372036854775808e")).integer == INT64_MIN);
    refused(S("i9223372036854775808e"), "a number is too large (byte 19)");
    refused(S("i-9223372036854775809e"), "a number is too large (byte 20)");
    refused(S("i99999999999999999999e"), "a number is too large (byte 19)");
}

static void integers_have_one_way_to_be_written(void **state)
{
    (void)state;
    good(S("i7e"));
    refused(S("i07e"), "a number has a leading zero (byte 3)");
    refused(S("i00e"), "a number has a leading zero (byte 3)");
    refused(S("i-0e"), "minus zero is no number (byte 3)");
    refused(S("ie"), "a digit is missing (byte 1)");
    refused(S("i-e"), "a digit is missing (byte 2)");
    refused(S("i+7e"), "a digit is missing (byte 1)");
    refused(S("i7"), "a number does not end (byte 2)");
    refused(S("i7 e"), "a number does not end (byte 2)");
    refused(S("i"), "it ends too early (byte 1)");
}

static void texts_are_views_of_what_was_read(void **state)
{
    (void)state;
    struct slice from = S("4:a\0:e");
    struct bencode value = good(from);
    assert_int_equal(value.kind, BENCODE_text);
    assert_slice(value.text, "a\0:e");
    assert_ptr_equal(value.text.at, from.at + 2);
    assert_int_equal(good(S("0:")).text.size, 0);
    refused(S("5:a\0:e"), "a text is cut off (byte 2)");
    refused(S("04:abcd"), "a number has a leading zero (byte 2)");
    refused(S("4abcd"), "a text's length has no colon (byte 1)");
    refused(S("4"), "a text's length has no colon (byte 1)");
    refused(S("18446744073709551617:a"), "a number is too large (byte 19)");
    refused(S("9223372036854775807:a"), "a text is cut off (byte 20)");
}

static void a_dictionary_is_sorted_and_names_a_key_once(void **state)
{
    (void)state;
    struct bencode value = good(S("d1:ai1e2:aai2e1:bi3ee"));
    assert_int_equal(bencode_get(&value, "a").integer, 1);
    assert_int_equal(bencode_get(&value, "aa").integer, 2);
    assert_int_equal(bencode_get(&value, "b").integer, 3);
    assert_int_equal(bencode_get(&value, "ab").kind, BENCODE_none);
    assert_int_equal(bencode_get(&value, "").kind, BENCODE_none);
    assert_int_equal(bencode_get(&value, "c").kind, BENCODE_none);
    refused(S("d1:bi1e1:ai2ee"), "keys are not sorted (byte 7)");
    refused(S("d2:aai1e1:ai2ee"), "keys are not sorted (byte 8)");
    refused(S("d1:ai1e1:ai2ee"), "a key stands twice (byte 7)");
    refused(S("di1ei2ee"), "a key is not a text (byte 1)");
    refused(S("d1:ae"), "no value starts with this (byte 4)");
    refused(S("d1:a"), "it ends too early (byte 4)");
    refused(S("d"), "it ends too early (byte 1)");
}

static void containers_are_walked_in_order(void **state)
{
    (void)state;
    struct bencode list = good(S("li1e1:xd1:kleel4:leeeee")), value;
    size_t place = 0;
    struct slice key;
    assert_true(bencode_next(&list, &place, NULL, &value));
    assert_int_equal(value.integer, 1);
    assert_true(bencode_next(&list, &place, &key, &value));
    assert_slice(value.text, "x");
    assert_null(key.at);
    assert_true(bencode_next(&list, &place, NULL, &value));
    assert_slice(value.raw, "d1:klee");
    assert_int_equal(bencode_get(&value, "k").kind, BENCODE_list);
    assert_true(bencode_next(&list, &place, NULL, &value));
    assert_slice(value.raw, "l4:leeee");
    assert_false(bencode_next(&list, &place, NULL, &value));
    assert_false(bencode_next(&list, &place, NULL, &value));

    struct bencode dict = good(S("d0:i1e1:alee")), none = {0};
    place = 0;
    assert_true(bencode_next(&dict, &place, &key, &value));
    assert_slice(key, "");
    assert_true(bencode_next(&dict, &place, &key, &value));
    assert_slice(key, "a");
    assert_false(bencode_next(&dict, &place, &key, &value));
    place = 0;
    assert_false(bencode_next(&none, &place, &key, &value));
}

static void nothing_may_follow_and_nothing_is_no_value(void **state)
{
    (void)state;
    good(S("le"));
    refused(S("lee"), "something follows the value (byte 2)");
    refused(S("le\n"), "something follows the value (byte 2)");
    refused(S(""), "it ends too early (byte 0)");
    refused(S("x"), "no value starts with this (byte 0)");
    refused(S("e"), "no value starts with this (byte 0)");
    refused((struct slice){0}, "it ends too early (byte 0)");
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    char text[2 * (BENCODE_DEPTH_MAX + 1)];
    memset(text, 'l', BENCODE_DEPTH_MAX);
    memset(text + BENCODE_DEPTH_MAX, 'e', BENCODE_DEPTH_MAX);
    good(slice_of(text, 2 * BENCODE_DEPTH_MAX));
    memset(text, 'l', BENCODE_DEPTH_MAX + 1);
    memset(text + BENCODE_DEPTH_MAX + 1, 'e', BENCODE_DEPTH_MAX + 1);
    refused(slice_of(text, sizeof text), "it nests too deep (byte 32)");
}

static void what_is_written_can_be_read(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_add(&buffer, "d", 1);
    bencode_write_key(&buffer, "large");
    char large[5000];
    memset(large, 'z', sizeof large);
    bencode_write_text(&buffer, slice_of(large, sizeof large));
    bencode_write_key(&buffer, "number");
    bencode_write_integer(&buffer, INT64_MIN);
    buffer_add(&buffer, "e", 1);
    struct bencode value = good(buffer_slice(&buffer));
    assert_true(bencode_get(&value, "number").integer == INT64_MIN);
    assert_true(slice_equal(bencode_get(&value, "large").text, slice_of(large, sizeof large)));
    buffer_free(&buffer);
    assert_null(buffer.at);
}

static void a_buffer_prints_what_does_not_fit_yet(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_print(&buffer, "%s", "");
    assert_int_equal(buffer.size, 0);
    for (int i = 0; i < 200; i++)
        buffer_print(&buffer, "%0*d", i, 0);
    assert_int_equal(buffer.size, 200 * 199 / 2 + 1);
    for (size_t i = 0; i < buffer.size; i++)
        assert_int_equal(buffer.at[i], '0');
    buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_read_to_their_limits),
        cmocka_unit_test(integers_have_one_way_to_be_written),
        cmocka_unit_test(texts_are_views_of_what_was_read),
        cmocka_unit_test(a_dictionary_is_sorted_and_names_a_key_once),
        cmocka_unit_test(containers_are_walked_in_order),
        cmocka_unit_test(nothing_may_follow_and_nothing_is_no_value),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(what_is_written_can_be_read),
        cmocka_unit_test(a_buffer_prints_what_does_not_fit_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
