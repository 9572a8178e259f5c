/* A member's own .torrent, and what a download is called. */
#include "tests/unit/web/cmocka_all.h"

#include "services/web/download.h"

static const char info[] = "4:infod6:lengthi3e4:name1:aee";
#define URL "http://t/k/announce"

static void expect(const char *metainfo, const char *personal)
{
    struct buffer out = {NULL, 0, 0};
    assert_true(download_personal(slice_text(metainfo), slice_text(URL), &out));
    assert_slice(buffer_slice(&out), personal);
    buffer_free(&out);
}

static void the_announce_url_is_written_where_keys_are_sorted(void **state)
{
    (void)state;
    expect("d4:infod1:ai1eee", "d8:announce19:" URL "4:infod1:ai1eee");
    expect("d1:zi1ee", "d8:announce19:" URL "1:zi1ee");
    expect("d1:a1:b4:infodee", "d1:a1:b8:announce19:" URL "4:infodee");
    expect("d1:a1:be", "d1:a1:b8:announce19:" URL "e");
    expect("de", "d8:announce19:" URL "e");
}

static void what_was_announced_before_is_gone(void **state)
{
    (void)state;
    expect("d8:announce1:x13:announce-listll1:yee4:infodee", "d8:announce19:" URL "4:infodee");
}

static void the_info_dictionary_is_copied_byte_by_byte(void **state)
{
    struct buffer out = {NULL, 0, 0}, metainfo = {NULL, 0, 0};
    (void)state;
    buffer_print(&metainfo, "d%s", info);
    assert_true(download_personal(buffer_slice(&metainfo), slice_text(URL), &out));
    assert_non_null(memmem(out.at, out.size, info, sizeof info - 1));
    buffer_free(&metainfo);
    buffer_free(&out);
}

static void what_is_no_dictionary_is_refused(void **state)
{
    struct buffer out = {NULL, 0, 0};
    (void)state;
    assert_false(download_personal(slice_text("le"), slice_text(URL), &out));
    assert_false(download_personal(slice_text("d4:info"), slice_text(URL), &out));
    assert_false(download_personal(slice_text(""), slice_text(URL), &out));
    buffer_free(&out);
}

static void expect_disposition(const char *name, const char *value)
{
    struct buffer out = {NULL, 0, 0};
    download_disposition(slice_text(name), &out);
    assert_slice(buffer_slice(&out), value);
    buffer_free(&out);
}

static void a_file_name_is_told_plainly_and_whole(void **state)
{
    (void)state;
    expect_disposition("a.torrent", "attachment; filename=\"a.torrent\"; filename*=UTF-8''a.torrent");
    expect_disposition("caf\xc3\xa9 \"x\".torrent",
                       "attachment; filename=\"caf_ _x_.torrent\"; filename*=UTF-8''caf%C3%A9%20%22x%22.torrent");
    expect_disposition("a\r\nb/c.torrent",
                       "attachment; filename=\"a__b_c.torrent\"; filename*=UTF-8''a%0D%0Ab%2Fc.torrent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_announce_url_is_written_where_keys_are_sorted),
        cmocka_unit_test(what_was_announced_before_is_gone),
        cmocka_unit_test(the_info_dictionary_is_copied_byte_by_byte),
        cmocka_unit_test(what_is_no_dictionary_is_refused),
        cmocka_unit_test(a_file_name_is_told_plainly_and_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
