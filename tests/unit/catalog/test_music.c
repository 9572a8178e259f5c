/* The Music plugin: its description, the artist line, rules between fields, guesses from names. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/line.h"
#include "tests/unit/catalog/form_kit.h"

#include <stdio.h>

/* ---- the artist line ---- */

static void assert_line(struct form_kit *kit, const char *artists, const char *artist_roles, const char *expected)
{
    struct credit_line line;
    struct buffer text = {0};
    form_kit_set(kit, "artists", artists);
    form_kit_set(kit, "artists_role", artist_roles);
    kit->submission = (struct submission){0};
    form_kit_check(kit, LEVEL_group, false);
    plugin_line(kit->plugin, kit->submission.credits, kit->submission.credits_count, &line);
    line_write_credits(&line, &text);
    assert_slice(buffer_slice(&text), expected);
    buffer_free(&text);
}

static void the_artist_line_names_two_and_sums_up_more(void **state)
{
    struct form_kit *kit = *state;
    assert_line(kit, "A", "", "A");
    assert_line(kit, "A|B", "main|main", "A & B");
    assert_line(kit, "A|B|C", "main|main|main", "Various Artists");
    assert_line(kit, "A|B|C", "main|guest|producer", "A");
}

static void the_artist_line_tells_composers_conductors_and_djs(void **state)
{
    struct form_kit *kit = *state;
    assert_line(kit, "Bach|Orchestra|K", "composer|main|conductor", "Bach performed by Orchestra under K");
    assert_line(kit, "X|Y|Z|Orchestra", "composer|composer|composer|main", "Various Composers performed by Orchestra");
    assert_line(kit, "Orchestra|K|L|M", "main|conductor|conductor|conductor", "Orchestra under Various Conductors");
    assert_line(kit, "A|B|D", "main|main|dj", "D");
    assert_line(kit, "A|B|C|D", "composer|composer|main|main", "A & B performed by C & D");
}

/* ---- rules ---- */

static void assert_rule(struct form_kit *kit, bool good, const char *field)
{
    assert_int_equal(form_kit_check(kit, LEVEL_group, false), good);
    if (!good)
        assert_string_equal(kit->why.field, field);
}

static void flac_is_lossless_and_what_cannot_be_is_not(void **state)
{
    struct form_kit *kit = *state;
    assert_rule(kit, true, NULL);
    form_kit_set(kit, "bitrate", "24bit Lossless");
    assert_rule(kit, true, NULL);
    form_kit_set(kit, "bitrate", "320");
    assert_rule(kit, false, "bitrate");
    form_kit_set(kit, "format", "MP3");
    assert_rule(kit, true, NULL);
    form_kit_set(kit, "bitrate", "Lossless");
    assert_rule(kit, false, "bitrate");
    form_kit_set(kit, "format", "DSD");
    assert_rule(kit, true, NULL);
}

static void there_are_no_cds_before_1982(void **state)
{
    struct form_kit *kit = *state;
    form_kit_set(kit, "year", "1959");
    assert_rule(kit, false, "media");
    form_kit_set(kit, "release_year", "1997");
    assert_rule(kit, true, NULL);
    form_kit_set(kit, "release_year", "1981");
    assert_rule(kit, false, "release_year");
    form_kit_set(kit, "media", "Vinyl");
    assert_rule(kit, true, NULL);
}

static void various_artists_is_nobody(void **state)
{
    struct form_kit *kit = *state;
    form_kit_set(kit, "artists", "various artists");
    assert_rule(kit, false, "artists");
}

static void an_unknown_release_has_nothing_but_its_media(void **state)
{
    struct form_kit *kit = *state;
    struct line_source source = {.plugin = kit->plugin, .values = &kit->submission.values};
    struct buffer line = {0};
    form_kit_set(kit, "year", "1970");
    form_kit_set(kit, "release_title", "Deluxe");
    form_kit_set(kit, "release_year", "");
    form_kit_set(kit, "label", "Blue");
    form_kit_set(kit, "media", "CD");
    assert_rule(kit, false, "media"); /* of 1970 it cannot be */
    form_kit_set(kit, "unknown_release", "1");
    assert_rule(kit, true, NULL);
    line_write_edition(&source, &line);
    assert_slice(buffer_slice(&line), "Unknown Release(s) / CD");
    buffer_free(&line);
}

static void the_original_release_has_no_title_and_year_of_its_own(void **state)
{
    struct form_kit *kit = *state;
    form_kit_set(kit, "release_title", "original release");
    form_kit_set(kit, "release_year", "1999");
    assert_rule(kit, true, NULL);
    assert_slice(form_kit_value(kit, "release_title"), "");
    assert_slice(form_kit_value(kit, "release_year"), "");
    form_kit_set(kit, "release_year", "2003");
    assert_rule(kit, true, NULL);
    assert_slice(form_kit_value(kit, "release_year"), "2003");
}

static void log_and_cue_are_found_among_the_files_of_lossless_music(void **state)
{
    static const char *const files[] = {"01.flac", "rip.LOG", "a.cue", NULL};
    struct form_kit *kit = *state;
    form_kit_torrent(kit, "x", files);
    assert_rule(kit, true, NULL);
    assert_slice(form_kit_value(kit, "log"), "1");
    assert_slice(form_kit_value(kit, "cue"), "1");
    form_kit_set(kit, "format", "MP3");
    form_kit_set(kit, "bitrate", "320");
    form_kit_set(kit, "log", "1");
    assert_rule(kit, true, NULL);
    assert_slice(form_kit_value(kit, "log"), "");
}

/* ---- files ---- */

static void files_belong_to_music_and_have_names_for_every_system(void **state)
{
    struct form_kit *kit = *state;
    char long_path[] =
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901"
        "234567890123456789012345678901234567890123456789012345678901234567890123.flac";
    const char *const good[] = {"01.flac", "CD2/rip.LOG", "a.cue", "art/front.JPG", long_path, NULL};
    static const char *const bad[] = {"x.exe", "01.flac.torrent", "flac", "What?.flac", "a:b/01.flac", "\"x\".mp3"};
    form_kit_torrent(kit, "x", good);
    assert_int_equal(strlen(long_path) + 2, 180);
    assert_true(plugin_admits(kit->plugin, &kit->metainfo, kit->arena, &kit->why));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *const files[] = {"01.flac", bad[i], NULL};
        form_kit_torrent(kit, "x", files);
        assert_false(plugin_admits(kit->plugin, &kit->metainfo, kit->arena, &kit->why));
        assert_string_equal(kit->why.field, "metainfo");
        assert_says(kit->why, bad[i]);
    }
    form_kit_torrent(kit, "xy", good);
    assert_false(plugin_admits(kit->plugin, &kit->metainfo, kit->arena, &kit->why));
    assert_says(kit->why, "longer than 180");
}

/* ---- guesses ---- */

struct guess_case {
    const char *name, *file;
    const char *artist, *title, *year, *media, *format, *bitrate, *type;
};

static const struct guess_case guess_cases[] = {
    {"Some Artist - Some Album (1999) [FLAC]", "01.flac", "Some Artist", "Some Album", "1999", "WEB", "FLAC",
     "Lossless", "Album"},
    {"Some Artist - Some Album (1999) [CD FLAC Lossless]", "01.flac", "Some Artist", "Some Album", "1999", "CD", "FLAC",
     "Lossless", "Album"},
    {"Artist - 2004 - Album [V0]", "01.mp3", "Artist", "Album", "2004", "WEB", "MP3", "V0 (VBR)", "Album"},
    {"Artist - Album (2010) [24-96 Vinyl]", "a.flac", "Artist", "Album", "2010", "Vinyl", "FLAC", "24bit Lossless",
     "Album"},
    {"Some_Artist-Some_Album-CD-FLAC-2003-GRP", "01.flac", "Some Artist", "Some Album", "2003", "CD", "FLAC",
     "Lossless", "Album"},
    {"Artist - Album (Deluxe Edition) (2011) MP3 320", "01.mp3", "Artist", "Album (Deluxe Edition)", "2011", "WEB",
     "MP3", "320", "Album"},
    {"Prince - 1999 (1982) [FLAC]", "1.flac", "Prince", "1999", "1982", "WEB", "FLAC", "Lossless", "Album"},
    {"Artist - Four Songs EP (2001)", "1.mp3", "Artist", "Four Songs", "2001", "WEB", "MP3", "Other", "EP"},
    {"Artist - Part One - Part Two (2001) {CD, CAT-1}", "1.ogg", "Artist", "Part One - Part Two", "2001", "CD",
     "Ogg Vorbis", "Other", "Album"},
    {"Artist - Album (2007) {SACD}", "1.dsf", "Artist", "Album", "2007", "SACD", "DSD", "Lossless", "Album"},
    {"Artist - Song (2020).flac", "Artist - Song (2020).flac", "Artist", "Song", "2020", "WEB", "FLAC", "Lossless",
     "Album"},
};

static void names_are_understood(void **state)
{
    struct form_kit *kit = *state;
    for (size_t i = 0; i < sizeof guess_cases / sizeof *guess_cases; i++) {
        const struct guess_case *one = &guess_cases[i];
        form_kit_guess(kit, one->name, one->file, NULL, NULL);
        assert_int_equal(kit->submission.credits_count, 1);
        assert_slice(kit->submission.credits[0].name, one->artist);
        assert_slice(form_kit_value(kit, "title"), one->title);
        assert_slice(form_kit_value(kit, "year"), one->year);
        assert_slice(form_kit_value(kit, "media"), one->media);
        assert_slice(form_kit_value(kit, "format"), one->format);
        assert_slice(form_kit_value(kit, "bitrate"), one->bitrate);
        assert_slice(form_kit_value(kit, "release_type"), one->type);
    }
}

static void a_guess_never_replaces_what_was_said(void **state)
{
    static const char *const files[] = {"01.mp3", "rip.log", NULL};
    struct form_kit *kit = *state;
    form_kit_torrent(kit, "Other - Else (2001) [320]", files);
    assert_true(form_kit_check(kit, LEVEL_group, true));
    assert_slice(form_kit_value(kit, "title"), "Name");
    assert_slice(form_kit_value(kit, "format"), "FLAC");
    assert_slice(kit->submission.credits[0].name, "A");
    assert_int_equal(kit->submission.credits_count, 1);
}

static void a_guest_is_told_from_the_artist(void **state)
{
    static const char *const files[] = {"01.mp3", NULL};
    struct form_kit *kit = *state;
    kit->count = 0;
    form_kit_torrent(kit, "A feat. B - Song (2001)", files);
    assert_true(form_kit_check(kit, LEVEL_group, true));
    assert_int_equal(kit->submission.credits_count, 2);
    assert_slice(kit->submission.credits[1].name, "B");
    assert_string_equal(kit->submission.credits[1].role->name, "guest");
}

static void what_cannot_be_guessed_is_asked_for(void **state)
{
    static const char *const files[] = {"content.bin", NULL};
    struct form_kit *kit = *state;
    kit->count = 0;
    form_kit_torrent(kit, "content", files);
    assert_false(form_kit_check(kit, LEVEL_group, true));
    assert_string_equal(kit->why.field, "artists");
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, form_kit_begin, form_kit_end)
    const struct CMUnitTest tests[] = {
        test(the_artist_line_names_two_and_sums_up_more),
        test(the_artist_line_tells_composers_conductors_and_djs),
        test(flac_is_lossless_and_what_cannot_be_is_not),
        test(there_are_no_cds_before_1982),
        test(various_artists_is_nobody),
        test(an_unknown_release_has_nothing_but_its_media),
        test(the_original_release_has_no_title_and_year_of_its_own),
        test(log_and_cue_are_found_among_the_files_of_lossless_music),
        test(files_belong_to_music_and_have_names_for_every_system),
        test(names_are_understood),
        test(a_guess_never_replaces_what_was_said),
        test(a_guest_is_told_from_the_artist),
        test(what_cannot_be_guessed_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
