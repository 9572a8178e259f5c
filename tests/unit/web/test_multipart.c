/* Forms with files. */
#include "tests/unit/web/cmocka_all.h"

#include "services/web/multipart.h"

static const char type[] = "multipart/form-data; boundary=----b1";
static const struct multipart_limits limits = {.parts = 4, .text_size = 16, .files = 2, .file_size = 32};

#define PART(headers, body) "------b1\r\nContent-Disposition: form-data; " headers "\r\n\r\n" body "\r\n"
#define END "------b1--\r\n"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(&arena);
    return 0;
}

static struct multipart read_good_as(const char *content_type, struct slice body)
{
    struct multipart into;
    struct fault why = {.status = STATUS_ok};
    if (!multipart_read(slice_text(content_type), body, &limits, arena, &into, &why))
        fail_msg("%s", why.text);
    return into;
}

static struct multipart read_good(const char *body)
{
    return read_good_as(type, slice_text(body));
}

static enum status read_bad_as(const char *content_type, const char *body)
{
    struct multipart into;
    struct fault why = {.status = STATUS_ok};
    assert_false(multipart_read(slice_text(content_type), slice_text(body), &limits, arena, &into, &why));
    return why.status;
}

static enum status read_bad(const char *body)
{
    return read_bad_as(type, body);
}

static void fields_and_files_are_told_apart(void **state)
{
    (void)state;
    struct multipart got = read_good(PART("name=\"title\"", "Kind of Blue") PART(
        "name=\"torrent\"; filename=\"a b.torrent\"\r\nContent-Type: x/y", "d1:ae") END);
    const struct multipart_file *file = multipart_file(&got, "torrent");
    assert_slice(form_get(&got.form, "title"), "Kind of Blue");
    assert_int_equal(got.form.count, 1);
    assert_non_null(file);
    assert_slice(file->name, "a b.torrent");
    assert_slice(file->body, "d1:ae");
    assert_null(multipart_file(&got, "title"));
}

static void a_file_may_hold_any_bytes_and_line_ends(void **state)
{
    (void)state;
    static const char body[] = PART("name=f; filename=x", "\r\n\0--\r\n----b\r\n") END;
    struct multipart got = read_good_as(type, slice_of(body, sizeof body - 1));
    assert_true(slice_equal(multipart_file(&got, "f")->body, slice_of("\r\n\0--\r\n----b\r\n", 14)));
}

static void a_file_that_was_not_chosen_is_left_out(void **state)
{
    (void)state;
    struct multipart got = read_good(PART("name=\"torrent\"; filename=\"\"", "") PART("name=\"a\"", "") END);
    assert_int_equal(got.files_count, 0);
    assert_true(form_has(&got.form, "a"));
}

static void of_a_path_only_the_last_piece_is_kept(void **state)
{
    (void)state;
    struct multipart got = read_good(PART("name=f; filename=\"../../etc/passwd\"", "x") END);
    assert_slice(got.files[0].name, "passwd");
    got = read_good(PART("name=f; filename=\"C:\\fakepath\\a.torrent\"", "x") END);
    assert_slice(got.files[0].name, "a.torrent");
}

static void quotes_in_names_are_read(void **state)
{
    (void)state;
    struct multipart got = read_good(PART("name=\"f\"; filename=\"say \\\"hi\\\".torrent\"", "x") END);
    assert_slice(got.files[0].name, "say \"hi\".torrent");
}

static void the_boundary_may_be_quoted_and_the_header_in_any_case(void **state)
{
    (void)state;
    struct multipart got =
        read_good_as("Multipart/Form-Data; Boundary=\"----b1\"", slice_text(PART("name=\"a\"", "1") END));
    assert_slice(form_get(&got.form, "a"), "1");
}

static void an_empty_form_is_read(void **state)
{
    (void)state;
    struct multipart got = read_good(END);
    assert_int_equal(got.form.count, 0);
}

static void a_body_that_does_not_end_is_refused(void **state)
{
    (void)state;
    read_good(PART("name=\"a\"", "1") END);
    assert_int_equal(read_bad(PART("name=\"a\"", "1")), STATUS_invalid);
    assert_int_equal(read_bad("------b1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1"), STATUS_invalid);
    assert_int_equal(read_bad("------b1\r\nContent-Disposition: form-data; name=\"a\"\r\n"), STATUS_invalid);
    assert_int_equal(read_bad("------b1\r\n"), STATUS_invalid);
    assert_int_equal(read_bad("------b1"), STATUS_invalid);
    assert_int_equal(read_bad(""), STATUS_invalid);
}

static void a_wrong_or_missing_boundary_is_refused(void **state)
{
    (void)state;
    const char *body = PART("name=\"a\"", "1") END;
    assert_int_equal(read_bad_as("multipart/form-data; boundary=other", body), STATUS_invalid);
    assert_int_equal(read_bad_as("multipart/form-data", body), STATUS_invalid);
    assert_int_equal(read_bad_as("multipart/form-data; boundary=", body), STATUS_invalid);
    assert_int_equal(read_bad_as("multipart/form-data; boundary=\"----b1", body), STATUS_invalid);
    assert_int_equal(read_bad_as("multipart/mixed; boundary=----b1", body), STATUS_invalid);
    assert_int_equal(read_bad_as("multipart/form-data; boundary="
                                 "0123456789012345678901234567890123456789012345678901234567890123456789x",
                                 body),
                     STATUS_invalid);
}

static void a_part_needs_one_disposition_with_a_name(void **state)
{
    (void)state;
    assert_int_equal(read_bad("------b1\r\n\r\n1\r\n" END), STATUS_invalid);
    assert_int_equal(read_bad(PART("filename=\"x\"", "1") END), STATUS_invalid);
    assert_int_equal(read_bad(PART("name=\"\"", "1") END), STATUS_invalid);
    assert_int_equal(read_bad(PART("name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"", "1") END),
                     STATUS_invalid);
    assert_int_equal(read_bad("------b1\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n" END),
                     STATUS_invalid);
    assert_int_equal(read_bad(PART("name=\"a", "1") END), STATUS_invalid);
}

static void every_size_has_its_limit(void **state)
{
    (void)state;
    read_good(PART("name=a", "0123456789abcdef") END);
    assert_int_equal(read_bad(PART("name=a", "0123456789abcdefg") END), STATUS_too_large);
    read_good(PART("name=a; filename=x", "0123456789abcdef0123456789abcdef") END);
    struct multipart rest =
        read_good(PART("name=a; filename=x", "0123456789abcdef0123456789abcdefg") PART("name=b", "kept") END);
    assert_true(slice_is(rest.too_large, "a"));
    assert_int_equal(rest.files_count, 0);
    assert_true(slice_is(form_get(&rest.form, "b"), "kept"));
#define TWO PART("name=a; filename=x", "1") PART("name=a; filename=y", "1")
    read_good(TWO END);
    assert_int_equal(read_bad(TWO PART("name=a; filename=z", "1") END), STATUS_too_large);
#define FOUR PART("name=a", "1") PART("name=a", "2") PART("name=a", "3") PART("name=a", "4")
    read_good(FOUR END);
    assert_int_equal(read_bad(FOUR PART("name=a", "5") END), STATUS_too_large);
}

static void a_field_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_bad(PART("name=a", "\xff") END), STATUS_invalid);
    assert_int_equal(read_bad(PART("name=\"\xff\"", "a") END), STATUS_invalid);
    assert_int_equal(read_bad(PART("name=f; filename=\"\xc3\"", "a") END), STATUS_invalid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_files_are_told_apart),
        cmocka_unit_test(a_file_may_hold_any_bytes_and_line_ends),
        cmocka_unit_test(a_file_that_was_not_chosen_is_left_out),
        cmocka_unit_test(of_a_path_only_the_last_piece_is_kept),
        cmocka_unit_test(quotes_in_names_are_read),
        cmocka_unit_test(the_boundary_may_be_quoted_and_the_header_in_any_case),
        cmocka_unit_test(an_empty_form_is_read),
        cmocka_unit_test(a_body_that_does_not_end_is_refused),
        cmocka_unit_test(a_wrong_or_missing_boundary_is_refused),
        cmocka_unit_test(a_part_needs_one_disposition_with_a_name),
        cmocka_unit_test(every_size_has_its_limit),
        cmocka_unit_test(a_field_that_is_not_utf8_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
