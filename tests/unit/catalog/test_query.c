/* What people type, taken apart: by the fields of Music. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct world {
    struct arena *arena;
    struct query query;
    struct fault why;
    char text[4096];
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->arena = arena_new();
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    arena_destroy(&world->arena);
    free(world);
    return 0;
}

/* The terms in one line: clause, a letter for what is looked for (words, whole, folded), * when it only begins so, /
 * when it is of torrents, @ of files and ~ of texts, field and text. */
static const char *read_by(struct world *world, const struct plugin *plugin, const char *typed)
{
    char *into = world->text;
    if (!query_read(slice_text(typed), plugin, world->arena, &world->query, &world->why))
        return world->why.text;
    *into = '\0';
    for (size_t i = 0; i < world->query.count; i++) {
        const struct query_term *term = &world->query.terms[i];
        into += sprintf(into, "%s%" PRId64 "%c%s%s[%.*s%.*s]", i > 0 ? " " : "", term->clause, "swf"[term->kind & 3],
                        (term->kind & QUERY_begins) ? "*" : "",
                        (term->kind & QUERY_below)   ? "/"
                        : (term->kind & QUERY_files) ? "@"
                        : (term->kind & QUERY_texts) ? "~"
                                                     : "",
                        SLICE_ARGS(term->tag), SLICE_ARGS(term->text));
    }
    return world->text;
}

static const char *read(struct world *world, const char *typed)
{
    return read_by(world, plugin_find(slice_text("music")), typed);
}

static void words_phrases_beginnings_and_what_must_not_be(void **state)
{
    assert_string_equal(read(*state, "kind  of blue"), "1s[kind] 2s[of] 3s[blue]");
    assert_string_equal(read(*state, "\"kind of\" blue"), "1s[kind of] 2s[blue]");
    assert_string_equal(read(*state, "“kind of” blue"), "1s[kind of] 2s[blue]");
    assert_string_equal(read(*state, "kin* -bl* -\"so what\" --x"), "1s*[kin] -2s*[bl] -3s[so what] -4s[x]");
    assert_string_equal(read(*state, "jean-michel 12\" \"a*\""), "1s[jean-michel] 2s[12\"] 3s[a*]");
    assert_string_equal(read(*state, ""), "");
    assert_string_equal(read(*state, " - * \"\" "), "");
}

static void a_phrase_that_is_not_closed_is_told(void **state)
{
    struct world *world = *state;
    read(world, "blue \"kind of");
    assert_says(world->why, "not closed");
    assert_string_equal(world->why.field, "query");
}

static void fields_by_their_names_and_those_of_roles_and_levels(void **state)
{
    assert_string_equal(read(*state, "title:blue Label:ECM -label:\"Blue Note\" catalogue_number:ecm*"),
                        "1s[title=blue] 2s/[label=ECM] -3s/[label=Blue Note] 4s*/[catalogue_number=ecm]");
    assert_string_equal(read(*state, "guest:evans album:blue tags:hip.hop"),
                        "1s[guest=evans] 2s[title=blue] 3f[tags=hip.hop]");
    assert_string_equal(read(*state, "artist:x"),
                        "1s[main=x] 1s[guest=x] 1s[composer=x] 1s[conductor=x] 1s[dj=x] 1s[remixer=x] "
                        "1s[producer=x] 1s[arranger=x]");
}

static void a_colon_at_the_end_of_a_word_is_no_field(void **state)
{
    assert_string_equal(read(*state, "Mission: Impossible"), "1s[Mission:] 2s[Impossible]");
    assert_string_equal(read(*state, "\"12:51\" :x"), "1s[12:51] 2s[:x]");
}

static void an_unknown_field_is_told_with_those_that_there_are(void **state)
{
    struct world *world = *state;
    read(world, "lable:ECM");
    assert_says(world->why, "no field \"lable\"");
    assert_says(world->why, "label");
    assert_says(world->why, "composer");
    assert_says(world->why, "quotes");
    assert_null(strstr(world->why.text, "description"));
}

static void choices_as_they_are_listed_or_by_the_beginning_of_a_word(void **state)
{
    struct world *world = *state;
    assert_string_equal(read(world, "format:flac"), "1w/[format=FLAC]");
    assert_string_equal(read(world, "bitrate:lossless"), "1w/[bitrate=Lossless]");
    assert_string_equal(read(world, "bitrate:loss"), "1w/[bitrate=Lossless] 1w/[bitrate=24bit Lossless]");
    assert_string_equal(read(world, "-bitrate:v0 release_type:\"live album\""),
                        "-1w/[bitrate=V0 (VBR)] 2w[release_type=Live album]");
    read(world, "media:tape");
    assert_says(world->why, "media: \"tape\" is none of CD, WEB");
}

static void flags_are_yes_or_no(void **state)
{
    struct world *world = *state;
    assert_string_equal(read(world, "log:yes scene:0"), "1w/[log=yes] 2w/[scene=no]");
    read(world, "log:100");
    assert_says(world->why, "log: say yes or no.");
}

static void numbers_and_ranges_of_them(void **state)
{
    struct world *world = *state;
    assert_string_equal(read(world, "year:1999"), "1w[year=10000001999]");
    assert_string_equal(read(world, "year:1990..1999"), "1w*[year=1000000199]");
    assert_string_equal(read(world, "year:1989..2001"),
                        "1w[year=10000001989] 1w*[year=1000000199] 1w[year=10000002000] 1w[year=10000002001]");
    assert_string_equal(read(world, "year:..1869"), "1w*[year=1000000186]");
    assert_string_equal(read(world, "year:2090.."), "1w*[year=1000000209] 1w[year=10000002100]");
    for (size_t i = 0; i < 4; i++) {
        static const char *const wrong[] = {"year:abc", "year:..", "year:1990..x", "year:12345678901"};
        read(world, wrong[i]);
        assert_says(world->why, "year: give a number, or a range");
    }
    read(world, "year:1999..1990");
    assert_says(world->why, "ends before it begins");
}

static void numbers_are_in_the_order_of_their_texts_also_below_zero(void **state)
{
    struct world *world = *state;
    static const int64_t numbers[] = {-NUMBER_MOST, -3000, -1, 0, 1, 1999, NUMBER_MOST};
    for (size_t i = 0; i + 1 < sizeof numbers / sizeof *numbers; i++)
        assert_true(strcmp(query_number(numbers[i], world->arena), query_number(numbers[i + 1], world->arena)) < 0);
}

static void what_is_secret_is_no_field(void **state)
{
    struct world *world = *state;
    read_by(world, plugin_find(slice_text("backup")), "message:taxes");
    assert_says(world->why, "no field \"message\"");
    assert_null(strstr(world->why.text, "depends_on"));
}

static void names_of_files_and_texts_are_searched_by_themselves(void **state)
{
    struct world *world = *state;
    assert_string_equal(read(world, "File:cue -file:\"side a\" text:night* TEXT:x"),
                        "1s@[cue] -2s@[side a] 3s*~[night] 4s~[x]");
    read(world, "text:*");
    assert_says(world->why, "text: say what stands before the *.");
    read(world, "lable:x");
    assert_says(world->why, "scene, file, text. Words");
    read_by(world, plugin_find(slice_text("backup")), "file:x");
    assert_says(world->why, "no field \"file\"");
    read_by(world, plugin_find(slice_text("backup")), "text:x");
    assert_says(world->why, "no field \"text\"");
}

static void of_all_plugins_there_are_only_words(void **state)
{
    struct world *world = *state;
    assert_string_equal(read_by(world, NULL, "kind -blue"), "1s[kind] -2s[blue]");
    read_by(world, NULL, "year:1999");
    assert_says(world->why, "one plugin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(words_phrases_beginnings_and_what_must_not_be),
        TEST(a_phrase_that_is_not_closed_is_told),
        TEST(fields_by_their_names_and_those_of_roles_and_levels),
        TEST(a_colon_at_the_end_of_a_word_is_no_field),
        TEST(an_unknown_field_is_told_with_those_that_there_are),
        TEST(choices_as_they_are_listed_or_by_the_beginning_of_a_word),
        TEST(flags_are_yes_or_no),
        TEST(numbers_and_ranges_of_them),
        TEST(numbers_are_in_the_order_of_their_texts_also_below_zero),
        TEST(what_is_secret_is_no_field),
        TEST(names_of_files_and_texts_are_searched_by_themselves),
        TEST(of_all_plugins_there_are_only_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
