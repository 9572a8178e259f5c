#include "tests/unit/web/cmocka_all.h"

#include "services/web/address.h"

static void an_entity_is_meant_by_its_number_or_the_address_of_its_page(void **state)
{
    (void)state;
    assert_int_equal(address_entity(slice_text(" 12 ")), 12);
    assert_int_equal(address_entity(slice_text("/music/album/12")), 12);
    assert_int_equal(address_entity(slice_text("https://example.org/music/album/12?comment=4#c4")), 12);
    assert_int_equal(address_entity(slice_text("/edit/12#t34")), 12);
    static const char *const wrong[] = {"",   " ",   "/",    "/music/album/",      "/music/album/12x",
                                        "-1", "?12", "#t34", "9223372036854775808"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(address_entity(slice_text(wrong[i])), 0);
    assert_int_equal(address_entity((struct slice){0}), 0);
}

static void a_torrent_is_meant_by_its_row_or_its_file(void **state)
{
    (void)state;
    assert_int_equal(address_torrent(slice_text("/music/album/12#t34"), false), 34);
    assert_int_equal(address_torrent(slice_text(" https://example.org/torrent/34.torrent"), false), 34);
    assert_int_equal(address_torrent(slice_text("34"), true), 34);
    assert_int_equal(address_torrent(slice_text("34"), false), 0);
    assert_int_equal(address_torrent(slice_text("/music/album/12"), true), 0);
    assert_int_equal(address_torrent(slice_text("/music/album/12#t"), true), 0);
    assert_int_equal(address_torrent((struct slice){0}, true), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entity_is_meant_by_its_number_or_the_address_of_its_page),
        cmocka_unit_test(a_torrent_is_meant_by_its_row_or_its_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
