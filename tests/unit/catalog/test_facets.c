/* What a result can be narrowed by, as pages show it. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/facets.h"

#include <stdio.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *written(const struct facet_row *rows, size_t count, uint64_t sampled, uint64_t total)
{
    static char text[8192];
    struct tree_writer tree;
    msgpack_unpacked unpacked;
    tree_start(&tree);
    facets_write(&tree, plugin_find(slice_text("music")), rows, count, sampled, total);
    struct slice packed = tree_done(&tree).packed;
    msgpack_unpacked_init(&unpacked);
    assert_int_equal(msgpack_unpack_next(&unpacked, packed.at, packed.size, NULL), MSGPACK_UNPACK_SUCCESS);
    msgpack_object_print_buffer(text, sizeof text, unpacked.data);
    msgpack_unpacked_destroy(&unpacked);
    tree_free(&tree);
    return text;
}

#define ROW(name, text, number)                                                                                        \
    {                                                                                                                  \
        .field = {name, strlen(name)}, .value = {text, strlen(text)}, .groups = number                                 \
    }

static void attributes_come_in_their_order_values_by_how_many_have_them(void **state)
{
    (void)state;
    const struct facet_row rows[] = {ROW("format", "MP3", 2), ROW("format", "FLAC", 5),
                                     ROW("release_type", "Live album", 7), ROW("log", "1", 3),
                                     ROW("tags", "hip hop", 1)};
    assert_string_equal(
        written(rows, COUNT(rows), 7, 7),
        "[{\"name\"=>\"release_type\", \"label\"=>\"Release type\", \"values\"=>[{\"value\"=>\"Live album\", "
        "\"count\"=>7, \"about\"=>false, "
        "\"query\"=>\"release_type:\"Live album\"\"}]}, "
        "{\"name\"=>\"tags\", \"label\"=>\"Tags\", \"values\"=>[{\"value\"=>\"hip hop\", \"count\"=>1, "
        "\"about\"=>false, "
        "\"query\"=>\"tags:\"hip hop\"\"}]}, "
        "{\"name\"=>\"format\", \"label\"=>\"Format\", \"values\"=>[{\"value\"=>\"FLAC\", \"count\"=>5, "
        "\"about\"=>false, "
        "\"query\"=>\"format:FLAC\"}, {\"value\"=>\"MP3\", \"count\"=>2, \"about\"=>false, "
        "\"query\"=>\"format:MP3\"}]}, "
        "{\"name\"=>\"log\", \"label\"=>\"Log\", \"values\"=>[{\"value\"=>\"Yes\", \"count\"=>3, \"about\"=>false, "
        "\"query\"=>\"log:yes\"}]}]");
}

static void numbers_are_told_by_tens_the_greatest_first(void **state)
{
    (void)state;
    const struct facet_row rows[] = {ROW("year", "1999", 1), ROW("year", "1990", 2), ROW("year", "2001", 4),
                                     ROW("year", "-5", 8)};
    assert_string_equal(written(rows, COUNT(rows), 15, 15),
                        "[{\"name\"=>\"year\", \"label\"=>\"Year\", \"values\"=>["
                        "{\"value\"=>\"2000..2009\", \"count\"=>4, \"about\"=>false, \"query\"=>\"year:2000..2009\"}, "
                        "{\"value\"=>\"1990..1999\", \"count\"=>3, \"about\"=>false, \"query\"=>\"year:1990..1999\"}, "
                        "{\"value\"=>\"-10..-1\", \"count\"=>8, \"about\"=>false, \"query\"=>\"year:-10..-1\"}]}]");
}

static void of_more_than_were_looked_at_a_share_is_told(void **state)
{
    (void)state;
    const struct facet_row rows[] = {ROW("format", "FLAC", 30)};
    assert_non_null(strstr(written(rows, 1, 300, 100000), "\"count\"=>10000, \"about\"=>true"));
}

static void what_the_plugin_does_not_list_is_left_out(void **state)
{
    (void)state;
    const struct facet_row rows[] = {ROW("label", "ecm", 3), ROW("nothing", "x", 3)};
    assert_string_equal(written(rows, COUNT(rows), 3, 3), "[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_come_in_their_order_values_by_how_many_have_them),
        cmocka_unit_test(numbers_are_told_by_tens_the_greatest_first),
        cmocka_unit_test(of_more_than_were_looked_at_a_share_is_told),
        cmocka_unit_test(what_the_plugin_does_not_list_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
