/* The Movies plugin: IMDb numbers, quality, what MediaInfo says, guesses from names. */
#include "tests/unit/catalog/catalog_unit.h"

#include "tests/unit/catalog/form_kit.h"

static int begin(void **state)
{
    form_kit_begin(state);
    struct form_kit *kit = *state;
    kit->plugin = plugin_find(slice_text("movies"));
    kit->count = 0;
    form_kit_set(kit, "people", "A|B");
    form_kit_set(kit, "people_role", "director|actor");
    form_kit_set(kit, "people_note", "|The captain");
    form_kit_set(kit, "title", "Name");
    form_kit_set(kit, "year", "1999");
    form_kit_set(kit, "type", "Feature film");
    form_kit_set(kit, "source", "Blu-ray");
    form_kit_set(kit, "codec", "x264");
    form_kit_set(kit, "container", "MKV");
    form_kit_set(kit, "resolution", "1080p");
    form_kit_set(kit, "processing", "Encode");
    return 0;
}

static void actors_have_parts(void **state)
{
    struct form_kit *kit = *state;
    assert_true(form_kit_check(kit, LEVEL_group, false));
    assert_string_equal(kit->submission.credits[1].role->name, "actor");
    assert_slice(kit->submission.credits[1].note, "The captain");
    form_kit_set(kit, "people_role", "actor|actor");
    assert_false(form_kit_check(kit, LEVEL_group, false));
    assert_string_equal(kit->why.field, "people");
    assert_says(kit->why, "Director");
}

static void an_imdb_number_is_found_in_what_was_typed(void **state)
{
    static const char *const good[] = {"tt0133093", "0133093", "https://www.imdb.com/title/tt0133093/?ref_=x",
                                       "imdb.com/title/tt0133093"};
    static const char *const bad[] = {"tt12", "https://www.imdb.com/", "12345678901234"};
    struct form_kit *kit = *state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        form_kit_set(kit, "imdb", good[i]);
        assert_true(form_kit_check(kit, LEVEL_group, false));
        assert_slice(form_kit_value(kit, "imdb"), "tt0133093");
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        form_kit_set(kit, "imdb", bad[i]);
        assert_false(form_kit_check(kit, LEVEL_group, false));
        assert_string_equal(kit->why.field, "imdb");
    }
}

static void quality_follows_from_the_resolution(void **state)
{
    static const char *const cases[][2] = {{"480p", "Standard Definition"},   {"PAL", "Standard Definition"},
                                           {"576i", "Standard Definition"},   {"Other", "Standard Definition"},
                                           {"720p", "High Definition"},       {"1080i", "High Definition"},
                                           {"2160p", "Ultra High Definition"}};
    struct form_kit *kit = *state;
    form_kit_set(kit, "quality", "3D"); /* nobody says it */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        form_kit_set(kit, "resolution", cases[i][0]);
        assert_true(form_kit_check(kit, LEVEL_unit, false));
        assert_slice(form_kit_value(kit, "quality"), cases[i][1]);
    }
    form_kit_set(kit, "three_d", "1");
    assert_true(form_kit_check(kit, LEVEL_unit, false));
    assert_slice(form_kit_value(kit, "quality"), "3D");
    form_kit_set(kit, "extras", "1");
    assert_true(form_kit_check(kit, LEVEL_unit, false));
    assert_slice(form_kit_value(kit, "quality"), "Other");
}

static void mediainfo_says_what_was_left_empty(void **state)
{
    struct form_kit *kit = *state;
    form_kit_set(kit, "codec", NULL);
    form_kit_set(kit, "resolution", NULL);
    form_kit_set(kit, "container", "MP4");
    assert_false(form_kit_check(kit, LEVEL_group, false));
    assert_string_equal(kit->why.field, "codec");
    form_kit_set(kit, "mediainfo",
                 "General\nFormat : Matroska\nVideo\nFormat : HEVC\nWidth : 3 840 pixels\nHeight : 1 600 pixels\n");
    assert_true(form_kit_check(kit, LEVEL_group, false));
    assert_slice(form_kit_value(kit, "codec"), "H.265");
    assert_slice(form_kit_value(kit, "resolution"), "2160p");
    assert_slice(form_kit_value(kit, "quality"), "Ultra High Definition");
    assert_slice(form_kit_value(kit, "container"), "MP4"); /* as was said */
    form_kit_set(kit, "mediainfo",
                 "General\nFormat : AVI\nVideo\nFormat : MPEG-4 Visual\nWidth : 640 pixels\nHeight : 352 pixels\n");
    assert_true(form_kit_check(kit, LEVEL_group, false));
    assert_slice(form_kit_value(kit, "codec"), "Other"); /* of no list */
}

static void bdinfo_says_what_was_left_empty_and_a_disc_is_no_encode(void **state)
{
    struct form_kit *kit = *state;
    static const char *const parts[] = {"codec", "container", "resolution"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        form_kit_set(kit, parts[i], NULL);
    form_kit_set(kit, "audio", "DTS");
    form_kit_set(kit, "mediainfo",
                 "Disc Size: 59,644,244,389 bytes\nVideo: MPEG-H HEVC Video / 46966 kbps / 2160p / 10 bits / HDR10\n"
                 "Audio: English / Dolby TrueHD/Atmos Audio / 7.1 / 48 kHz\n");
    assert_true(form_kit_check(kit, LEVEL_group, false));
    assert_slice(form_kit_value(kit, "codec"), "BD66");
    assert_slice(form_kit_value(kit, "container"), "m2ts");
    assert_slice(form_kit_value(kit, "resolution"), "2160p");
    assert_slice(form_kit_value(kit, "hdr"), "HDR10");
    assert_slice(form_kit_value(kit, "audio"), "DTS"); /* as was said */
    assert_slice(form_kit_value(kit, "channels"), "7.1");
    assert_slice(form_kit_value(kit, "processing"), "Untouched");
    form_kit_set(kit, "processing", "DIY");
    assert_true(form_kit_check(kit, LEVEL_group, false));
    assert_slice(form_kit_value(kit, "processing"), "DIY");
    form_kit_set(kit, "codec", "x265");
    form_kit_set(kit, "processing", "Encode");
    assert_true(form_kit_check(kit, LEVEL_group, false));
    assert_slice(form_kit_value(kit, "processing"), "Encode");
}

static void the_original_release_has_no_title_of_its_own(void **state)
{
    struct form_kit *kit = *state;
    form_kit_set(kit, "edition_title", "original release");
    assert_true(form_kit_check(kit, LEVEL_group, false));
    assert_slice(form_kit_value(kit, "edition_title"), "");
}

struct guess_case {
    const char *name, *file, *title, *year, *source, *codec, *container, *resolution, *processing, *group;
};

static const struct guess_case guess_cases[] = {
    {"The.Long.Film.1999.1080p.BluRay.x264-GRP", "a.mkv", "The Long Film", "1999", "Blu-ray", "x264", "MKV", "1080p",
     "Encode", "GRP"},
    {"Some Film (2001) [1080p Blu-ray Remux AVC]", "a.mkv", "Some Film", "2001", "Blu-ray", "H.264", "MKV", "1080p",
     "Remux", ""},
    {"2001.A.Space.Film.1968.2160p.WEB-DL.HEVC-X.mkv", "a.mkv", "2001 A Space Film", "1968", "WEB-DL", "H.265", "MKV",
     "2160p", "Encode", "X"},
    {"Film.1975.DVDRip.XviD.480p-OLD", "cd1.avi", "Film", "1975", "DVD", "XviD", "AVI", "480p", "Encode", "OLD"},
};

static void names_are_understood(void **state)
{
    struct form_kit *kit = *state;
    for (size_t i = 0; i < sizeof guess_cases / sizeof *guess_cases; i++) {
        const struct guess_case *one = &guess_cases[i];
        form_kit_guess(kit, one->name, one->file, "people", "A"); /* no name tells people */
        assert_slice(form_kit_value(kit, "title"), one->title);
        assert_slice(form_kit_value(kit, "year"), one->year);
        assert_slice(form_kit_value(kit, "source"), one->source);
        assert_slice(form_kit_value(kit, "codec"), one->codec);
        assert_slice(form_kit_value(kit, "container"), one->container);
        assert_slice(form_kit_value(kit, "resolution"), one->resolution);
        assert_slice(form_kit_value(kit, "processing"), one->processing);
        assert_slice(form_kit_value(kit, "release_group"), one->group);
    }
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, begin, form_kit_end)
    const struct CMUnitTest tests[] = {
        test(actors_have_parts),
        test(an_imdb_number_is_found_in_what_was_typed),
        test(quality_follows_from_the_resolution),
        test(mediainfo_says_what_was_left_empty),
        test(bdinfo_says_what_was_left_empty_and_a_disc_is_no_encode),
        test(the_original_release_has_no_title_of_its_own),
        test(names_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
