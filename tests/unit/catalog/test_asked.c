/* What the title of a request certainly says. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/asked.h"

#include <stdio.h>

/* "name=text|name=text", in the order of the tree. */
static const char *asked_of(const char *plugin, const char *title)
{
    static char text[2048];
    char *into = text;
    struct arena *arena = arena_new();
    struct tree_writer tree;
    msgpack_unpacked read;
    tree_start(&tree);
    tree_map(&tree, NULL);
    asked_write(&tree, "fields", plugin_find(slice_text(plugin)), slice_text(title), arena);
    tree_end(&tree);
    msgpack_unpacked_init(&read);
    assert_int_equal(msgpack_unpack_next(&read, tree.out.data, tree.out.size, NULL), MSGPACK_UNPACK_SUCCESS);
    const msgpack_object *fields = map_find(&read.data, "fields");
    *into = '\0';
    for (uint32_t i = 0; i < fields->via.map.size; i++) {
        const msgpack_object_kv *pair = &fields->via.map.ptr[i];
        into += sprintf(into, "%s%.*s=%.*s", i > 0 ? "|" : "", (int)pair->key.via.str.size, pair->key.via.str.ptr,
                        (int)pair->val.via.str.size, pair->val.via.str.ptr);
    }
    msgpack_unpacked_destroy(&read);
    tree_free(&tree);
    arena_destroy(&arena);
    return text;
}

static const char *asked(const char *title)
{
    return asked_of("music", title);
}

static void who_made_it_and_what_brackets_say(void **state)
{
    (void)state;
    assert_string_equal(asked("Miles Davis - Kind of Blue (1959) [FLAC]"),
                        "title=Kind of Blue|artists=Miles Davis|year=1959|format=FLAC");
    assert_string_equal(asked("Miles Davis – Kind of Blue [1959] [Album] [flac lossless / Vinyl]"),
                        "title=Kind of Blue|artists=Miles Davis|year=1959|release_type=Album|media=Vinyl|format=FLAC|"
                        "bitrate=Lossless");
    assert_string_equal(asked("A — B {1999, CD} (MP3 / V0)"),
                        "title=B|artists=A|year=1999|media=CD|format=MP3|bitrate=V0 (VBR)");
    assert_string_equal(asked("A - B [24bit Lossless]"), "title=B|artists=A|bitrate=24bit Lossless");
}

static void what_is_not_certain_stays_in_the_title(void **state)
{
    (void)state;
    assert_string_equal(asked("Kind of Blue"), "title=Kind of Blue");
    assert_string_equal(asked("1999"), "title=1999");
    assert_string_equal(asked("(1999)"), "title=(1999)");
    assert_string_equal(asked("A - B - C (1999)"), "title=A - B - C|year=1999");
    assert_string_equal(asked("A - B (Live) [1987]"), "title=B (Live)|artists=A|year=1987");
    assert_string_equal(asked("A - B [FLAC or MP3]"), "title=B [FLAC or MP3]|artists=A");
    assert_string_equal(asked("A - B (1759)"), "title=B (1759)|artists=A");
    assert_string_equal(asked("A - B FLAC 1999"), "title=B FLAC 1999|artists=A");
    assert_string_equal(asked("A - (1999)"), "title=A -|year=1999");
    assert_string_equal(asked("A-B (1999"), "title=A-B (1999");
    assert_string_equal(asked(" - "), "title=-");
}

static void several_names_are_for_people_to_tell_apart(void **state)
{
    (void)state;
    assert_string_equal(asked("A & B - C (1999)"), "title=C|year=1999");
    assert_string_equal(asked("A feat. B - C"), "title=C");
    assert_string_equal(asked("Various Artists - C"), "title=C");
}

/* Nobody is named in front of a film; and "Other" is a choice of several. */
static void a_film_is_called_as_it_is(void **state)
{
    (void)state;
    assert_string_equal(asked_of("movies", "Alien - Director's Cut (1979) [1080p / Blu-ray]"),
                        "title=Alien - Director's Cut|year=1979|source=Blu-ray|resolution=1080p");
    assert_string_equal(asked_of("movies", "Blade Runner 2049 (2017)"), "title=Blade Runner 2049|year=2017");
    assert_string_equal(asked_of("movies", "Alien [Other]"), "title=Alien [Other]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_made_it_and_what_brackets_say),
        cmocka_unit_test(what_is_not_certain_stays_in_the_title),
        cmocka_unit_test(several_names_are_for_people_to_tell_apart),
        cmocka_unit_test(a_film_is_called_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
