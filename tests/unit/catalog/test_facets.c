/* What a result can be narrowed by, as pages show it. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/facets.h"

#include <stdio.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const struct plugin *music(void)
{
    return plugin_find(slice_text("music"));
}

static const char *told(const struct facets *facets, uint64_t sampled, uint64_t total)
{
    static char text[8192];
    struct tree_writer tree;
    msgpack_unpacked unpacked;
    tree_start(&tree);
    facets_write(&tree, music(), facets, sampled, total);
    struct slice packed = tree_done(&tree).packed;
    msgpack_unpacked_init(&unpacked);
    assert_int_equal(msgpack_unpack_next(&unpacked, packed.at, packed.size, NULL), MSGPACK_UNPACK_SUCCESS);
    msgpack_object_print_buffer(text, sizeof text, unpacked.data);
    msgpack_unpacked_destroy(&unpacked);
    tree_free(&tree);
    return text;
}

struct said {
    const char *name, *value;
    uint64_t groups;
};

static const char *written(const struct said *said, size_t count, uint64_t sampled, uint64_t total)
{
    struct facet_row rows[8];
    struct facets facets = {.rows = rows, .count = count};
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct facet_row){.attribute = &music()->attributes[plugin_attribute(music(), said[i].name)],
                                     .value = slice_text(said[i].value),
                                     .groups = said[i].groups};
    return told(&facets, sampled, total);
}

static void attributes_come_in_their_order_values_by_how_many_have_them(void **state)
{
    (void)state;
    const struct said rows[] = {{"format", "MP3", 2},
                                {"format", "FLAC", 5},
                                {"release_type", "Live album", 7},
                                {"log", "yes", 3},
                                {"tags", "hip hop", 1}};
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
    const struct said rows[] = {
        {"year", "10000001999", 1}, {"year", "10000001990", 2}, {"year", "10000002001", 4}, {"year", "09999999995", 8}};
    assert_string_equal(written(rows, COUNT(rows), 15, 15),
                        "[{\"name\"=>\"year\", \"label\"=>\"Year\", \"values\"=>["
                        "{\"value\"=>\"2000..2009\", \"count\"=>4, \"about\"=>false, \"query\"=>\"year:2000..2009\"}, "
                        "{\"value\"=>\"1990..1999\", \"count\"=>3, \"about\"=>false, \"query\"=>\"year:1990..1999\"}, "
                        "{\"value\"=>\"-10..-1\", \"count\"=>8, \"about\"=>false, \"query\"=>\"year:-10..-1\"}]}]");
}

static void of_more_than_were_looked_at_a_share_is_told(void **state)
{
    (void)state;
    const struct said rows[] = {{"format", "FLAC", 30}};
    assert_non_null(strstr(written(rows, 1, 300, 100000), "\"count\"=>10000, \"about\"=>true"));
}

static void what_the_plugin_does_not_list_is_left_out(void **state)
{
    (void)state;
    const struct said rows[] = {{"label", "ecm", 3}, {"release_title", "x", 3}};
    assert_string_equal(written(rows, COUNT(rows), 3, 3), "[]");
}

/* As PostgreSQL sends it. Words stand with the places of their torrents behind them: "format=FLAC:12". */
static struct slice vector(const char *const *words, size_t count)
{
    static char bytes[4][1024];
    static size_t next;
    char *into = bytes[next++ % 4], *at = into;
    *at++ = 0, *at++ = 0, *at++ = 0, *at++ = (char)count;
    for (size_t i = 0; i < count; i++) {
        const char *end = strchr(words[i], ':');
        size_t size = end != NULL ? (size_t)(end - words[i]) : strlen(words[i]);
        memcpy(at, words[i], size);
        at += size;
        *at++ = 0;
        size_t places = end != NULL ? strlen(end + 1) : 0;
        *at++ = 0, *at++ = (char)places;
        for (size_t k = 0; k < places; k++)
            *at++ = (char)0xc0, *at++ = (char)(end[1 + k] - '0'); /* a weight, too */
    }
    return slice_of(into, (size_t)(at - into));
}

#define VECTOR(...) vector((const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})))

static const char *counted(const char *below)
{
    static struct arena *arena;
    if (arena != NULL)
        arena_destroy(&arena);
    arena = arena_new();
    const struct slice vectors[] = {
        VECTOR("=:123", "blue:9", "format=FLAC:12", "format=MP3:3", "label=it's \\:2", "log=no:23", "log=yes:1",
               "media=CD:13", "media=Vinyl:2", "release_type=EP", "tags=hip hop", "year=10000001999"),
        VECTOR("=:1", "format=FLAC:1", "log=no:1", "media=WEB:1", "release_type=Album", "tags=hip hop",
               "year=10000001991"),
    };
    struct facets facets = facets_count(music(), vectors, COUNT(vectors), slice_text(below), arena);
    static char text[2048];
    size_t size = 0;
    for (size_t i = 0; i < facets.count; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%s=%s:%d ", facets.rows[i].attribute->name,
                                 facets.rows[i].value.at, (int)facets.rows[i].groups);
    return text;
}

#define ALWAYS "year=10000001999:1 year=10000001991:1 release_type=EP:1 release_type=Album:1 tags=hip hop:2 "

static void groups_are_counted_by_what_their_torrents_are_that_fit(void **state)
{
    (void)state;
    assert_string_equal(counted(""),
                        ALWAYS "media=CD:1 media=Vinyl:1 media=WEB:1 format=FLAC:2 format=MP3:1 log=yes:1 ");
    assert_string_equal(counted("'format=FLAC' & 'media=CD'"), ALWAYS "media=CD:1 format=FLAC:1 log=yes:1 ");
    assert_string_equal(counted("!'format=FLAC'"), ALWAYS "media=CD:1 format=MP3:1 ");
    assert_string_equal(counted("'format=MP3' | 'media=WEB'"),
                        ALWAYS "media=CD:1 media=WEB:1 format=MP3:1 format=FLAC:1 ");
    assert_string_equal(counted("!( 'format=FLAC' & ( 'media=CD' | 'media=WEB' ) ) & 'log=no'"),
                        ALWAYS "media=CD:1 media=Vinyl:1 format=FLAC:1 format=MP3:1 ");
    assert_string_equal(counted("'media=V':*"), ALWAYS "media=Vinyl:1 format=FLAC:1 ");
    assert_string_equal(counted("'media=V'"), ALWAYS);
    assert_string_equal(counted("'label=it''s \\\\' | !!'media=WEB'"),
                        ALWAYS "media=Vinyl:1 media=WEB:1 format=FLAC:2 ");
}

static void of_tags_the_most_frequent_are_left(void **state)
{
    (void)state;
    struct facet_row rows[20], *tags;
    struct facets facets = {.rows = rows, .count = 0};
    const struct attribute *attributes = music()->attributes;
    char names[20][8];
    size_t count;
    for (int i = 0; i < 20; i++) {
        const char *name = i == 0 ? "year" : i == 19 ? "format" : "tags";
        snprintf(names[i], sizeof names[i], "n%02d", i);
        rows[facets.count++] = (struct facet_row){.attribute = &attributes[plugin_attribute(music(), name)],
                                                  .value = slice_text(names[i]),
                                                  .groups = (uint64_t)i};
    }
    assert_string_equal(facets_tags(music(), &facets, &tags, &count)->name, "tags");
    assert_int_equal(count, 12);
    assert_int_equal(facets.count, 14);
    assert_string_equal(tags[0].value.at, "n18");
    assert_string_equal(tags[11].value.at, "n07");
    assert_string_equal(facets.rows[13].value.at, "n19");
    facets.count = 1;
    assert_null(facets_tags(music(), &facets, &tags, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_come_in_their_order_values_by_how_many_have_them),
        cmocka_unit_test(numbers_are_told_by_tens_the_greatest_first),
        cmocka_unit_test(of_more_than_were_looked_at_a_share_is_told),
        cmocka_unit_test(what_the_plugin_does_not_list_is_left_out),
        cmocka_unit_test(groups_are_counted_by_what_their_torrents_are_that_fit),
        cmocka_unit_test(of_tags_the_most_frequent_are_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
