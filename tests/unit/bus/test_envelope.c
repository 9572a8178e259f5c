/* Header frames: first a good one, then one thing wrong with it. */
#include "services/common/bus_envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct envelope_request good = {
    .id = UINT64_MAX,
    .method = {"catalog.torrent.get", 19},
    .deadline_ms = 5000,
    .actor = 7,
    .trace = {"0123456789abcdef", 16},
};

static struct slice packed_good(char into[ENVELOPE_HEADER_MAX])
{
    return slice_of(into, envelope_request_pack(&good, into));
}

/* The good header with the bytes `from` in it replaced by `to`, of the same size. */
static bool reads_with(const char *from, const char *to, size_t size)
{
    char frame[ENVELOPE_HEADER_MAX];
    struct envelope_request got;
    struct slice packed = packed_good(frame);
    char *at = memmem(frame, packed.size, from, size);
    assert_non_null(at);
    memcpy(at, to, size);
    return envelope_request_read(packed, &got);
}

static void a_request_header_reads_back_as_it_was_packed(void **state)
{
    (void)state;
    char frame[ENVELOPE_HEADER_MAX];
    struct envelope_request got;
    assert_true(envelope_request_read(packed_good(frame), &got));
    assert_true(got.id == good.id && got.deadline_ms == 5000 && got.actor == 7);
    assert_true(slice_equal(got.method, good.method) && slice_equal(got.trace, good.trace));
}

static void another_version_is_not_read(void **state)
{
    (void)state;
    assert_true(reads_with("\x96\x01", "\x96\x01", 2));
    assert_false(reads_with("\x96\x01", "\x96\x02", 2));
    assert_false(reads_with("\x96\x01", "\x96\xC0", 2));
}

static void methods_are_lower_case_words(void **state)
{
    (void)state;
    assert_true(reads_with("torrent", "t0rr_nt", 7));
    assert_false(reads_with("torrent", "Torrent", 7));
    assert_false(reads_with("torrent", "tor ent", 7));
    assert_false(reads_with("torrent", "tor\0ent", 7));
}

static void a_trace_is_16_hex_digits(void **state)
{
    (void)state;
    assert_false(reads_with("abcdef", "abcdeg", 6));
    assert_false(reads_with("abcdef", "abcdeF", 6));
}

static void a_cut_or_longer_frame_is_not_read(void **state)
{
    (void)state;
    char frame[ENVELOPE_HEADER_MAX + 1];
    struct envelope_request got;
    struct slice packed = packed_good(frame);
    for (size_t size = 0; size < packed.size; size++)
        assert_false(envelope_request_read(slice_of(frame, size), &got));
    frame[packed.size] = '\x01';
    assert_false(envelope_request_read(slice_of(frame, packed.size + 1), &got));
}

static void surplus_columns_are_skipped(void **state)
{
    (void)state;
    char frame[ENVELOPE_HEADER_MAX];
    struct envelope_request got;
    struct slice packed = packed_good(frame);
    frame[0] = '\x97';
    frame[packed.size] = '\x01';
    assert_true(envelope_request_read(slice_of(frame, packed.size + 1), &got));
}

static void a_column_of_another_type_is_not_read(void **state)
{
    (void)state;
    assert_false(reads_with("\xCD\x13\x88", "\xA2\x13\x28", 3)); /* deadline as text */
    assert_false(reads_with("\xCF", "\xD3", 1));                 /* id -1 */
    assert_false(reads_with("\x07\xB0", "\xFF\xB0", 2));         /* actor -1 */
}

static void replies_read_back_with_their_status(void **state)
{
    (void)state;
    char frame[ENVELOPE_HEADER_MAX];
    for (unsigned status = 0; status < STATUS_COUNT; status++) {
        struct envelope_reply reply = {.id = 9, .status = (enum status)status}, got;
        size_t size = envelope_reply_pack(&reply, frame);
        assert_true(envelope_reply_read(slice_of(frame, size), &got));
        assert_true(got.id == 9 && got.status == status);
        assert_false(envelope_reply_read(slice_of(frame, size - 1), &got));
    }
}

static void a_fault_goes_over_with_its_field_and_sentence(void **state)
{
    (void)state;
    struct fault why, got;
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_zone zone;
    msgpack_object object;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_zone_init(&zone, 1024);
    fault_set(&why, STATUS_conflict, "name", "That name is taken: choose another.");
    envelope_fault_pack(&why, &packer);
    assert_true(object_read(slice_of(packed.data, packed.size), 1024, &zone, &object, NULL));
    envelope_fault_read(STATUS_conflict, &object, &got);
    assert_memory_equal(&got.status, &why.status, sizeof why.status);
    assert_string_equal(got.field, "name");
    assert_string_equal(got.text, "That name is taken: choose another.");

    object.via.map.ptr[0].val.type = MSGPACK_OBJECT_NIL; /* without words, ours are taken */
    envelope_fault_read(STATUS_conflict, &object, &got);
    assert_string_equal(got.text, status_text(STATUS_conflict));
    envelope_fault_read(STATUS_conflict, NULL, &got);
    assert_string_equal(got.text, status_text(STATUS_conflict));
    msgpack_zone_destroy(&zone);
    msgpack_sbuffer_destroy(&packed);
}

static void the_first_word_of_a_method_is_its_service(void **state)
{
    (void)state;
    assert_true(slice_is(envelope_service(slice_text("web.member.get")), "web"));
    assert_int_equal(envelope_service(slice_text("web")).size, 0);
    assert_int_equal(envelope_service(slice_text("")).size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_header_reads_back_as_it_was_packed),
        cmocka_unit_test(another_version_is_not_read),
        cmocka_unit_test(methods_are_lower_case_words),
        cmocka_unit_test(a_trace_is_16_hex_digits),
        cmocka_unit_test(a_cut_or_longer_frame_is_not_read),
        cmocka_unit_test(surplus_columns_are_skipped),
        cmocka_unit_test(a_column_of_another_type_is_not_read),
        cmocka_unit_test(replies_read_back_with_their_status),
        cmocka_unit_test(a_fault_goes_over_with_its_field_and_sentence),
        cmocka_unit_test(the_first_word_of_a_method_is_its_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
