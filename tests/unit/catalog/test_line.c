/* Lines: titles, editions, formats, file names. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/line.h"

#include <stdlib.h>

struct world {
    struct values values;
    struct line_source source;
    struct buffer line;
};

static void set(struct world *world, const char *name, const char *value)
{
    plugin_set(world->source.plugin, &world->values, name, value);
}

static int begin(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->source = (struct line_source){
        .plugin = plugin_find(slice_text("music")),
        .values = &world->values,
        .credits = slice_text("A & B"),
        .name = slice_text("Name"),
    };
    set(world, "title", "Name");
    set(world, "year", "1999");
    set(world, "release_type", "Album");
    set(world, "media", "CD");
    set(world, "format", "FLAC");
    set(world, "bitrate", "Lossless");
    *state = world;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;
    buffer_free(&world->line);
    free(world);
    return 0;
}

static void assert_line(struct world *world, void (*write)(const struct line_source *, struct buffer *),
                        const char *text)
{
    world->line.size = 0;
    write(&world->source, &world->line);
    assert_slice(buffer_slice(&world->line), text);
}

static void a_part_without_its_value_is_left_out(void **state)
{
    struct world *world = *state;
    assert_true(line_write("<{label}: >{title}<, {media}>", &world->source, &world->line));
    assert_slice(buffer_slice(&world->line), "Name, CD");
    assert_false(line_write("x {label}", &world->source, &world->line));
    assert_slice(buffer_slice(&world->line), "Name, CD");
}

static void the_group_title_follows_the_artists(void **state)
{
    struct world *world = *state;
    assert_line(world, line_write_group, "A & B – Name [1999] [Album]");
    world->source.credits = (struct slice){0};
    assert_line(world, line_write_group, "Name [1999] [Album]");
}

static void an_edition_says_what_is_known_of_it(void **state)
{
    struct world *world = *state;
    assert_line(world, line_write_edition, "Original Release / CD");
    set(world, "label", "Blue");
    set(world, "catalogue_number", "B-1");
    assert_line(world, line_write_edition, "Original Release / Blue / B-1 / CD");
    set(world, "release_title", "Deluxe");
    assert_line(world, line_write_edition, "Deluxe / Blue / B-1 / CD");
    set(world, "release_year", "2003");
    assert_line(world, line_write_edition, "2003 - Blue / B-1 / Deluxe / CD");
}

static void a_format_row_names_its_flags(void **state)
{
    struct world *world = *state;
    assert_line(world, line_write_unit, "FLAC / Lossless");
    set(world, "log", "1");
    set(world, "cue", "1");
    set(world, "scene", "1");
    assert_line(world, line_write_unit, "FLAC / Lossless / Log / Cue / Scene");
    assert_line(world, line_write_whole,
                "A & B – Name [1999] [Album] – Original Release / CD – FLAC / Lossless / Log / Cue / Scene");
}

static void a_file_name_has_no_letter_that_a_file_system_refuses(void **state)
{
    struct world *world = *state;
    assert_line(world, line_write_file_name, "A & B - Name (1999) [CD FLAC Lossless].torrent");
    set(world, "title", "AC/DC: \"Who?\"");
    assert_line(world, line_write_file_name, "A & B - AC_DC_ _Who__ (1999) [CD FLAC Lossless].torrent");
    world->source.credits = slice_text("..");
    assert_line(world, line_write_file_name, "__ - AC_DC_ _Who__ (1999) [CD FLAC Lossless].torrent");
}

static void a_long_file_name_is_cut_between_letters(void **state)
{
    struct world *world = *state;
    char title[601];
    for (int i = 0; i < 300; i++)
        memcpy(title + i * 2, "é", 3);
    set(world, "title", title);
    line_write_file_name(&world->source, &world->line);
    assert_true(world->line.size <= 200 && world->line.size > 190);
    assert_memory_equal(world->line.at + world->line.size - 8, ".torrent", 8);
    assert_memory_equal(world->line.at + world->line.size - 10, "é", 2);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        test(a_part_without_its_value_is_left_out),
        test(the_group_title_follows_the_artists),
        test(an_edition_says_what_is_known_of_it),
        test(a_format_row_names_its_flags),
        test(a_file_name_has_no_letter_that_a_file_system_refuses),
        test(a_long_file_name_is_cut_between_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
