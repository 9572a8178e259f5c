/* services/admin/json: what an operator types comes out as the msgpack that the bus takes, and back. */
#include "services/admin/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Packs the JSON text, reads it back and gives it as compact JSON, to be freed; NULL with `why` when it is refused. */
static char *round_trip(const char *text, struct fault *why)
{
    json_t *from = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(from);
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    char *out = NULL;
    if (json_pack_value(from, &packer, why)) {
        msgpack_unpacked got;
        msgpack_unpacked_init(&got);
        size_t place = 0;
        assert_int_equal(msgpack_unpack_next(&got, packed.data, packed.size, &place), MSGPACK_UNPACK_SUCCESS);
        assert_int_equal(place, packed.size);
        json_t *back = json_of(&got.data);
        out = json_dumps(back, JSON_COMPACT | JSON_ENCODE_ANY);
        json_decref(back);
        msgpack_unpacked_destroy(&got);
    }
    json_decref(from);
    msgpack_sbuffer_destroy(&packed);
    return out;
}

static void what_goes_in_comes_out(void **state)
{
    (void)state;
    static const char *const values[] = {
        "{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"\\u00e9\"}}",
        "[-9223372036854775808,9223372036854775807]",
        "\"\"",
        "{}",
        "{\"hex\":\"00ff10\"}",
        "{\"key\":{\"hex\":\"\"}}",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct fault why = {0};
        json_t *same = json_loads(values[i], JSON_DECODE_ANY, NULL);
        char *expected = json_dumps(same, JSON_COMPACT | JSON_ENCODE_ANY), *got = round_trip(values[i], &why);
        assert_string_equal(got, expected);
        json_decref(same);
        free(expected);
        free(got);
    }
}

static void hex_becomes_raw_bytes(void **state)
{
    (void)state;
    json_t *from = json_loads("{\"hex\":\"00Ff\"}", 0, NULL);
    msgpack_sbuffer packed;
    msgpack_packer packer;
    struct fault why = {0};
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    assert_true(json_pack_value(from, &packer, &why));
    assert_int_equal(packed.size, 4);
    assert_memory_equal(packed.data, "\xc4\x02\x00\xff", 4);
    msgpack_sbuffer_destroy(&packed);
    json_decref(from);
}

static void a_map_with_more_than_hex_is_a_map(void **state)
{
    (void)state;
    struct fault why = {0};
    char *got = round_trip("{\"hex\":\"zz\",\"more\":1}", &why);
    assert_string_equal(got, "{\"hex\":\"zz\",\"more\":1}");
    free(got);
}

static void bad_hex_is_refused(void **state)
{
    (void)state;
    static const char *const values[] = {"{\"hex\":\"0\"}", "{\"hex\":\"0g\"}", "{\"a\":[{\"hex\":\"--\"}]}"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct fault why = {0};
        assert_null(round_trip(values[i], &why));
        assert_int_equal(why.status, STATUS_invalid);
    }
}

static void fractions_are_refused(void **state)
{
    (void)state;
    struct fault why = {0};
    assert_null(round_trip("{\"ratio\":0.6}", &why));
    assert_int_equal(why.status, STATUS_invalid);
}

static void text_that_is_not_utf8_comes_out_as_bytes(void **state)
{
    (void)state;
    msgpack_object text = {.type = MSGPACK_OBJECT_STR};
    text.via.str.ptr = "a\xff";
    text.via.str.size = 2;
    json_t *got = json_of(&text);
    assert_string_equal(json_string_value(json_object_get(got, "hex")), "61ff");
    json_decref(got);
}

static void a_number_beyond_json_comes_out_as_text(void **state)
{
    (void)state;
    msgpack_object number = {.type = MSGPACK_OBJECT_POSITIVE_INTEGER, .via.u64 = UINT64_MAX};
    json_t *got = json_of(&number);
    assert_string_equal(json_string_value(got), "18446744073709551615");
    json_decref(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(hex_becomes_raw_bytes),
        cmocka_unit_test(a_map_with_more_than_hex_is_a_map),
        cmocka_unit_test(bad_hex_is_refused),
        cmocka_unit_test(fractions_are_refused),
        cmocka_unit_test(text_that_is_not_utf8_comes_out_as_bytes),
        cmocka_unit_test(a_number_beyond_json_comes_out_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
