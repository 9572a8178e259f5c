/* The codec on the real declarations: first a good message, then one thing wrong with it. */
#include "proto/proto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A message packed, and what it reads back as. */
struct wire {
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_zone zone;
    msgpack_object object;
    struct fault why;
};

static void wire_open(struct wire *wire)
{
    memset(wire, 0, sizeof *wire);
    msgpack_sbuffer_init(&wire->packed);
    msgpack_packer_init(&wire->packer, &wire->packed, msgpack_sbuffer_write);
    msgpack_zone_init(&wire->zone, 4096);
}

static void wire_close(struct wire *wire)
{
    msgpack_zone_destroy(&wire->zone);
    msgpack_sbuffer_destroy(&wire->packed);
}

static struct slice wire_bytes(const struct wire *wire)
{
    return slice_of(wire->packed.data, wire->packed.size);
}

static void wire_unpack(struct wire *wire)
{
    assert_true(object_read(wire_bytes(wire), 1 << 24, &wire->zone, &wire->object, &wire->why));
}

static bool reads(struct wire *wire, const struct message *message, void *into)
{
    return fields_read(message->ask, message->ask_size, into, &wire->object, &wire->why);
}

static msgpack_object *value_of(struct wire *wire, const char *key)
{
    msgpack_object *value = (msgpack_object *)map_find(&wire->object, key);
    assert_non_null(value);
    return value;
}

static const struct web_member_add good = {
    .key = {"0123456789abcdef", 16}, .name = {"ada", 3}, .class = {"power", 5}, .password = {"s\xC3\xA9same", 7}};

static void wire_good(struct wire *wire)
{
    wire_open(wire);
    fields_pack(web_member_add_message.ask, &good, &wire->packer);
    wire_unpack(wire);
}

static void a_message_reads_back_as_it_was_packed(void **state)
{
    (void)state;
    struct wire wire;
    struct web_member_add got;
    wire_good(&wire);
    assert_true(reads(&wire, &web_member_add_message, &got));
    assert_true(slice_equal(got.key, good.key));
    assert_true(slice_equal(got.name, good.name));
    assert_true(slice_equal(got.class, good.class));
    assert_true(slice_equal(got.password, good.password));
    assert_int_equal(got.given, 0xF);
    wire_close(&wire);
}

static void empty_optional_fields_are_not_sent_and_read_as_zero(void **state)
{
    (void)state;
    struct wire wire;
    struct web_member_add less = good, got;
    less.class = less.password = slice_text(NULL);
    wire_open(&wire);
    fields_pack(web_member_add_message.ask, &less, &wire.packer);
    wire_unpack(&wire);
    assert_int_equal(wire.object.via.map.size, 2);
    assert_true(reads(&wire, &web_member_add_message, &got));
    assert_int_equal(got.class.size, 0);
    assert_int_equal(got.given, 0x3);
    wire_close(&wire);
}

static void an_empty_optional_text_counts_as_missing_even_below_its_least_length(void **state)
{
    (void)state;
    struct wire wire;
    struct web_member_add got;
    wire_good(&wire);
    value_of(&wire, "class")->via.str.size = 0;
    assert_true(reads(&wire, &web_member_add_message, &got));
    assert_int_equal(got.class.size, 0);
    wire_close(&wire);
}

static void unknown_keys_are_skipped(void **state)
{
    (void)state;
    struct wire wire;
    struct web_member_add got;
    wire_good(&wire);
    wire.object.via.map.ptr[2].key.via.str.ptr = "clasp";
    assert_true(reads(&wire, &web_member_add_message, &got));
    assert_int_equal(got.class.size, 0);
    wire_close(&wire);
}

static void nil_counts_as_missing(void **state)
{
    (void)state;
    struct wire wire;
    struct web_member_add got;
    wire_good(&wire);
    value_of(&wire, "class")->type = MSGPACK_OBJECT_NIL;
    assert_true(reads(&wire, &web_member_add_message, &got));
    value_of(&wire, "name")->type = MSGPACK_OBJECT_NIL;
    assert_false(reads(&wire, &web_member_add_message, &got));
    assert_int_equal(wire.why.status, STATUS_invalid);
    assert_string_equal(wire.why.field, "name");
    wire_close(&wire);
}

static void a_missing_required_field_is_refused_by_its_name(void **state)
{
    (void)state;
    struct wire wire;
    struct web_member_add got;
    wire_good(&wire);
    wire.object.via.map.ptr[1].key.via.str.ptr = "nome";
    assert_false(reads(&wire, &web_member_add_message, &got));
    assert_int_equal(wire.why.status, STATUS_invalid);
    assert_string_equal(wire.why.field, "name");
    assert_string_equal(wire.why.text, "name is missing.");
    wire_close(&wire);
}

static void a_value_of_another_type_is_refused(void **state)
{
    (void)state;
    struct wire wire;
    struct web_member_add got;
    wire_good(&wire);
    value_of(&wire, "key")->type = MSGPACK_OBJECT_STR;
    assert_false(reads(&wire, &web_member_add_message, &got));
    assert_string_equal(wire.why.field, "key");
    assert_string_equal(wire.why.text, "key must be bytes.");
    wire_close(&wire);
}

static void sizes_outside_the_limits_are_refused(void **state)
{
    (void)state;
    struct wire wire;
    struct web_member_add got;
    wire_good(&wire);
    value_of(&wire, "key")->via.bin.size = 15;
    assert_false(reads(&wire, &web_member_add_message, &got));
    assert_int_equal(wire.why.status, STATUS_invalid);
    value_of(&wire, "key")->via.bin.size = 16;
    assert_true(reads(&wire, &web_member_add_message, &got));

    char long_name[33];
    memset(long_name, 'a', sizeof long_name);
    value_of(&wire, "name")->via.str.ptr = long_name;
    value_of(&wire, "name")->via.str.size = 32;
    assert_true(reads(&wire, &web_member_add_message, &got));
    value_of(&wire, "name")->via.str.size = 33;
    assert_false(reads(&wire, &web_member_add_message, &got));
    assert_int_equal(wire.why.status, STATUS_too_large);
    assert_string_equal(wire.why.field, "name");
    wire_close(&wire);
}

static void text_must_be_utf8_without_nul(void **state)
{
    (void)state;
    struct wire wire;
    struct web_member_add got;
    wire_good(&wire);
    msgpack_object *name = value_of(&wire, "name");
    name->via.str.ptr = "a\xC3(";
    assert_false(reads(&wire, &web_member_add_message, &got));
    assert_string_equal(wire.why.field, "name");
    name->via.str.ptr = "a\0b";
    assert_false(reads(&wire, &web_member_add_message, &got));
    name->via.str.ptr = "a-b";
    assert_true(reads(&wire, &web_member_add_message, &got));
    wire_close(&wire);
}

static void numbers_outside_their_range_are_refused(void **state)
{
    (void)state;
    struct wire wire;
    struct feed_since since = {.seq = ID_MAX, .limit = 1000}, got;
    wire_open(&wire);
    fields_pack(feed_since_message.ask, &since, &wire.packer);
    wire_unpack(&wire);
    assert_true(reads(&wire, &feed_since_message, &got));
    assert_true(got.seq == ID_MAX && got.limit == 1000);

    value_of(&wire, "limit")->via.u64 = 1001;
    assert_false(reads(&wire, &feed_since_message, &got));
    assert_string_equal(wire.why.text, "limit must be between 1 and 1000.");
    value_of(&wire, "limit")->via.u64 = 0;
    assert_false(reads(&wire, &feed_since_message, &got));
    value_of(&wire, "limit")->via.u64 = 1;
    value_of(&wire, "seq")->via.u64 = (uint64_t)ID_MAX + 1;
    assert_false(reads(&wire, &feed_since_message, &got));
    value_of(&wire, "seq")->type = MSGPACK_OBJECT_NEGATIVE_INTEGER;
    value_of(&wire, "seq")->via.i64 = -1;
    assert_false(reads(&wire, &feed_since_message, &got));
    assert_string_equal(wire.why.field, "seq");
    wire_close(&wire);
}

static void rows_pack(struct wire *wire, size_t count)
{
    struct wire rows;
    wire_open(&rows);
    msgpack_pack_array(&rows.packer, count);
    for (size_t i = 0; i < count; i++) {
        struct feed_row row = {.seq = i + 1, .key = i + 7, .fact = slice_text("\x91\x01")};
        row_pack(&feed_row_row, &row, &rows.packer);
    }
    struct feed_since_reply reply = {.head = count, .facts = {.packed = wire_bytes(&rows)}};
    wire_open(wire);
    fields_pack(feed_since_message.reply, &reply, &wire->packer);
    wire_unpack(wire);
    wire_close(&rows);
}

static bool reads_reply(struct wire *wire, struct feed_since_reply *got)
{
    return fields_read(feed_since_message.reply, sizeof *got, got, &wire->object, &wire->why);
}

static void rows_read_back_in_order(void **state)
{
    (void)state;
    struct wire wire;
    struct feed_since_reply got;
    struct feed_row row;
    rows_pack(&wire, 3);
    assert_true(reads_reply(&wire, &got));
    assert_int_equal(rows_count(got.facts), 3);
    assert_true(row_read(&feed_row_row, &row, rows_at(got.facts, 2), &wire.why));
    assert_true(row.seq == 3 && row.key == 9 && slice_is(row.fact, "\x91\x01"));
    assert_null(rows_at(got.facts, 3));
    wire_close(&wire);
}

static void a_bad_row_is_refused_with_its_number(void **state)
{
    (void)state;
    struct wire wire;
    struct feed_since_reply got;
    rows_pack(&wire, 3);
    msgpack_object *second = &value_of(&wire, "facts")->via.array.ptr[1];
    second->via.array.ptr[1].via.u64 = 0;
    assert_false(reads_reply(&wire, &got));
    assert_string_equal(wire.why.field, "facts");
    assert_string_equal(wire.why.text, "Row 2 of facts: key must be between 1 and 9223372036854775807.");
    second->via.array.ptr[1].via.u64 = 1;
    second->via.array.size = 2; /* a required column cut off */
    assert_false(reads_reply(&wire, &got));
    second->type = MSGPACK_OBJECT_NIL;
    assert_false(reads_reply(&wire, &got));
    wire_close(&wire);
}

static void more_rows_than_declared_are_refused(void **state)
{
    (void)state;
    struct wire wire;
    struct feed_since_reply got;
    rows_pack(&wire, 1001);
    assert_false(reads_reply(&wire, &got));
    assert_int_equal(wire.why.status, STATUS_too_large);
    value_of(&wire, "facts")->via.array.size = 1000;
    assert_true(reads_reply(&wire, &got));
    wire_close(&wire);
}

static void rows_without_value_go_out_as_an_empty_list(void **state)
{
    (void)state;
    struct wire wire;
    struct feed_since_reply none = {.head = 0}, got;
    wire_open(&wire);
    fields_pack(feed_since_message.reply, &none, &wire.packer);
    wire_unpack(&wire);
    assert_true(reads_reply(&wire, &got));
    assert_int_equal(rows_count(got.facts), 0);
    wire_close(&wire);
}

static bool unpacks(const void *bytes, size_t size)
{
    struct wire wire;
    wire_open(&wire);
    bool well = object_read(slice_of(bytes, size), 1 << 20, &wire.zone, &wire.object, &wire.why);
    wire_close(&wire);
    return well;
}

static void only_one_whole_value_is_unpacked(void **state)
{
    (void)state;
    assert_true(unpacks("\x81\xA1x\x01", 4));
    assert_false(unpacks("\x81\xA1x\x01\x00", 5)); /* something behind it */
    assert_false(unpacks("\x81\xA1x", 3));         /* cut */
    assert_false(unpacks("", 0));
    assert_false(unpacks("\xC1", 1));                 /* never used */
    assert_false(unpacks("\xD4\x00\x00", 3));         /* ext */
    assert_false(unpacks("\xDD\xFF\xFF\xFF\xFF", 5)); /* four milliard values claimed, none there */
    assert_false(unpacks("\xDF\x80\x00\x00\x00", 5));
    assert_false(unpacks("\xC6\xFF\xFF\xFF\xFF", 5));
}

static void nesting_deeper_than_allowed_is_refused(void **state)
{
    (void)state;
    char nest[TREE_DEPTH_MAX + 1];
    memset(nest, 0x91, sizeof nest);
    nest[TREE_DEPTH_MAX - 1] = nest[TREE_DEPTH_MAX] = 0x01;
    assert_true(unpacks(nest, TREE_DEPTH_MAX));
    nest[TREE_DEPTH_MAX - 1] = (char)0x91;
    assert_false(unpacks(nest, TREE_DEPTH_MAX + 1));
}

static void a_message_larger_than_the_limit_is_refused(void **state)
{
    (void)state;
    struct wire wire;
    wire_good(&wire);
    size_t size = wire.packed.size;
    assert_true(object_read(wire_bytes(&wire), size, &wire.zone, &wire.object, &wire.why));
    assert_false(object_read(wire_bytes(&wire), size - 1, &wire.zone, &wire.object, &wire.why));
    assert_int_equal(wire.why.status, STATUS_too_large);
    wire_close(&wire);
}

static void trees_hold_text_only(void **state)
{
    (void)state;
    struct wire wire;
    struct catalog_torrent_names ask, got;
    wire_open(&wire);
    memset(&ask, 0, sizeof ask);
    ask.torrents.packed = slice_text("\x92\x01\xA2\xC3\xA9");
    fields_pack(catalog_torrent_names_message.ask, &ask, &wire.packer);
    wire_unpack(&wire);
    assert_true(reads(&wire, &catalog_torrent_names_message, &got));
    value_of(&wire, "torrents")->via.array.ptr[1].via.str.size = 1;
    assert_false(reads(&wire, &catalog_torrent_names_message, &got));
    assert_string_equal(wire.why.field, "torrents");
    wire_close(&wire);
}

static void values_that_break_the_limits_are_told_before_packing(void **state)
{
    (void)state;
    struct fault why;
    struct web_member_add ask = good;
    assert_true(fields_check(web_member_add_message.ask, &ask, &why));
    ask.name = slice_text("a");
    assert_false(fields_check(web_member_add_message.ask, &ask, &why));
    assert_string_equal(why.field, "name");
}

/* The codec adds up sizes where the compiler lays out structs: both must come to the same for every declared field. */
static void the_walk_finds_every_field_where_the_compiler_put_it(void **state)
{
    (void)state;
    size_t i;
    /* clang-format off */
#define ROW(r, doc) { typedef struct r self; const struct field *fields = r##_row.columns; i = 0;
#define COLUMN(kind, name, low, high, need, doc) assert_int_equal(field_offset(fields, i++), offsetof(self, name));
#define ROW_END(r) assert_null(fields[i].name); assert_true(sizeof(self) == r##_row.size); }
#include "proto/rows.def"
#define MESSAGE(m, wire, effect, doc) { typedef struct m self; const struct field *fields = m##_message.ask; i = 0;
#define FIELD(kind, name, low, high, need, doc) assert_int_equal(field_offset(fields, i++), offsetof(self, name));
#define ROWS(name, r, high, need, doc) assert_int_equal(field_offset(fields, i++), offsetof(self, name));
#define REPLY(m) assert_null(fields[i].name); assert_true(sizeof(self) == m##_message.ask_size); } { \
    typedef struct m##_reply self; const struct field *fields = m##_message.reply; i = 0;
#define END(m) assert_null(fields[i].name); assert_true(sizeof(self) == m##_message.reply_size); }
#include "proto/messages.def"
    /* clang-format on */
}

static void messages_are_found_by_their_wire_name(void **state)
{
    (void)state;
    assert_ptr_equal(message_find(slice_text("catalog.browse")), &catalog_browse_message);
    assert_ptr_equal(message_find(slice_text("catalog.torrents.since")), &feed_since_message);
    assert_ptr_equal(message_find(slice_text("ratio.permits.snapshot")), &feed_snapshot_message);
    assert_null(message_find(slice_text("catalog.nothing")));
    assert_null(message_find(slice_text(".since")));
}

static void names_of_fields_and_messages_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < messages_count; i++) {
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(messages[i]->name, messages[k]->name);
        for (const struct field *field = messages[i]->ask; field->name != NULL; field++)
            for (const struct field *other = messages[i]->ask; other < field; other++)
                assert_string_not_equal(field->name, other->name);
    }
}

static void statuses_have_names_that_lead_back_to_them(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STATUS_COUNT; i++)
        assert_int_equal(status_of(slice_text(status_name((enum status)i))), i);
    assert_int_equal(status_of(slice_text("no such status")), STATUS_internal);
    assert_int_equal(status_http(STATUS_too_large), 413);
}

static void a_fault_cut_short_is_still_utf8(void **state)
{
    (void)state;
    struct fault why;
    char long_text[2 * sizeof why.text];
    for (size_t i = 0; i + 1 < sizeof long_text; i += 2)
        memcpy(long_text + i, "\xC3\xA9", 2);
    long_text[sizeof long_text - 2] = '\0';
    assert_false(fault_set(&why, STATUS_invalid, "f", "%s", long_text));
    assert_true(utf8_valid(slice_text(why.text)));
    assert_int_equal(strlen(why.text), sizeof why.text - 2);
    assert_false(fault_set(NULL, STATUS_invalid, NULL, "nobody listens"));
}

static void utf8_follows_rfc_3629(void **state)
{
    (void)state;
    static const char *const well[] = {
        "", "a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};
    static const char *const ill[] = {"\x80",         "\xC0\x80",         "\xC1\xBF",         "\xE0\x9F\xBF",
                                      "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
                                      "\xC3",         "\xE2\x82",         "\xE2\x28\xA1",     "\xFF"};
    for (size_t i = 0; i < sizeof well / sizeof well[0]; i++)
        assert_true(utf8_valid(slice_text(well[i])));
    for (size_t i = 0; i < sizeof ill / sizeof ill[0]; i++)
        assert_false(utf8_valid(slice_text(ill[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_reads_back_as_it_was_packed),
        cmocka_unit_test(empty_optional_fields_are_not_sent_and_read_as_zero),
        cmocka_unit_test(an_empty_optional_text_counts_as_missing_even_below_its_least_length),
        cmocka_unit_test(unknown_keys_are_skipped),
        cmocka_unit_test(nil_counts_as_missing),
        cmocka_unit_test(a_missing_required_field_is_refused_by_its_name),
        cmocka_unit_test(a_value_of_another_type_is_refused),
        cmocka_unit_test(sizes_outside_the_limits_are_refused),
        cmocka_unit_test(text_must_be_utf8_without_nul),
        cmocka_unit_test(numbers_outside_their_range_are_refused),
        cmocka_unit_test(rows_read_back_in_order),
        cmocka_unit_test(a_bad_row_is_refused_with_its_number),
        cmocka_unit_test(more_rows_than_declared_are_refused),
        cmocka_unit_test(rows_without_value_go_out_as_an_empty_list),
        cmocka_unit_test(only_one_whole_value_is_unpacked),
        cmocka_unit_test(nesting_deeper_than_allowed_is_refused),
        cmocka_unit_test(a_message_larger_than_the_limit_is_refused),
        cmocka_unit_test(trees_hold_text_only),
        cmocka_unit_test(values_that_break_the_limits_are_told_before_packing),
        cmocka_unit_test(the_walk_finds_every_field_where_the_compiler_put_it),
        cmocka_unit_test(messages_are_found_by_their_wire_name),
        cmocka_unit_test(names_of_fields_and_messages_are_unique),
        cmocka_unit_test(statuses_have_names_that_lead_back_to_them),
        cmocka_unit_test(a_fault_cut_short_is_still_utf8),
        cmocka_unit_test(utf8_follows_rfc_3629),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
