/* The Backup plugin: which torrents it takes (RULES 2.6), what its form asks and fills by itself, how things are called
 * and ordered. One torrent that is good is broken in one place at a time. */
#include "tests/unit/catalog/form_kit.h"

#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/line.h"
#include "services/catalog/metainfo_pieces.h"

#include <stdlib.h>

#define PIECES 64
#define NOW 1795501200000 /* 2026-11-24 06:20 UTC */

static const char *const packed[] = {"aa", "ab", NULL};

static int begin(void **state)
{
    form_kit_begin(state);
    struct form_kit *kit = *state;
    kit->count = 0;
    kit->plugin = plugin_find(slice_text("backup"));
    form_kit_set(kit, "name", "photos");
    form_kit_torrent(kit, "9f86d081884c7d65", packed);
    char *hashes = arena_take(kit->arena, (size_t)PIECES * 20);
    srand(3);
    for (size_t i = 0; i < (size_t)PIECES * 20; i++)
        hashes[i] = (char)rand();
    kit->metainfo.v1 = true;
    kit->metainfo.size = 1 << 24;
    kit->metainfo.piece_length = 1 << 18;
    kit->metainfo.pieces = slice_of(hashes, (size_t)PIECES * 20);
    return 0;
}

/* ---- what comes in ---- */

static bool admit(struct form_kit *kit)
{
    kit->why = (struct fault){0};
    bool good = kit->plugin->admit(&kit->metainfo, kit->arena, &kit->why);
    if (!good)
        assert_string_equal(kit->why.field, "metainfo");
    return good;
}

static void a_version_holds_at_most_four_tebibytes(void **state)
{
    struct form_kit *kit = *state;
    kit->metainfo.size = 1;
    assert_true(admit(kit));
    kit->metainfo.size = 4ULL << 40;
    assert_true(admit(kit));
    kit->metainfo.size++;
    assert_false(admit(kit));
    assert_says(kit->why, "4 TiB");
}

static void pieces_are_between_256_kib_and_4_mib(void **state)
{
    struct form_kit *kit = *state;
    static const uint64_t good[] = {1 << 18, 1 << 20, 3 << 20, 4 << 20},
                          wrong[] = {16384, (1 << 18) - 1, (4 << 20) + 1};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        kit->metainfo.piece_length = good[i];
        assert_true(admit(kit));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        kit->metainfo.piece_length = wrong[i];
        assert_false(admit(kit));
        assert_says(kit->why, "256 KiB");
    }
}

/* Whichever two of them: also hashes that share all but the last byte are told apart. */
static void any_two_equal_pieces_are_found(void **state)
{
    struct form_kit *kit = *state;
    char *hashes = (char *)kit->metainfo.pieces.at;
    srand(5);
    for (int turn = 0; turn < 500; turn++) {
        size_t one = (size_t)rand() % PIECES, other = (size_t)rand() % PIECES;
        char kept[20];
        if (one == other)
            continue;
        memcpy(kept, hashes + other * 20, sizeof kept);
        memcpy(hashes + other * 20, hashes + one * 20, 20);
        assert_false(admit(kit));
        assert_says(kit->why, "twice");
        hashes[other * 20 + 19] ^= 1;
        assert_true(admit(kit));
        memcpy(hashes + other * 20, kept, sizeof kept);
    }
}

static void pieces_that_repeat_in_v2_are_found_in_roots_and_layers(void **state)
{
    struct form_kit *kit = *state;
    char roots[96], layer[128], file[512];
    struct bencode layers;
    char reason[64];
    memset(roots, 'a', 32);
    memset(roots + 32, 'b', 32);
    memset(roots + 64, 'c', 32);
    for (size_t i = 0; i < sizeof layer; i++)
        layer[i] = (char)('d' + i / 32);
    kit->metainfo.v1 = false;
    kit->metainfo.v2 = true;
    kit->metainfo.roots = slice_of(roots, sizeof roots);
    size_t size = (size_t)snprintf(file, sizeof file, "d32:%.32s128:%.128se", roots, layer);
    assert_true(bencode_read(slice_of(file, size), &layers, reason));
    kit->metainfo.layers = layers;
    assert_true(admit(kit));
    memset(roots + 64, 'b', 32); /* two files of equal content */
    assert_false(admit(kit));
    memset(roots + 64, 'e', 32); /* a small file is a piece of a large one */
    assert_false(admit(kit));
    memset(roots + 64, 'c', 32);
    assert_true(admit(kit));
    memset(file + 3 + 1 + 32 + 4 + 32, 'd', 32); /* two pieces of one file */
    assert_true(bencode_read(slice_of(file, size), &kit->metainfo.layers, reason));
    assert_false(admit(kit));
}

static void readable_names_are_warned_of_and_taken(void **state)
{
    static const char *const open[] = {"aa", "Holiday/beach.jpg", "Holiday/sun.jpg", NULL};
    struct form_kit *kit = *state;
    assert_int_equal(kit->plugin->warn(&kit->metainfo, kit->arena).size, 0);
    struct metainfo before = kit->metainfo;
    form_kit_torrent(kit, "9f86d081884c7d65", open);
    struct slice warning = kit->plugin->warn(&kit->metainfo, kit->arena);
    assert_non_null(strstr(warning.at, "\"Holiday/beach.jpg\" and 1 more name"));
    before.files = kit->metainfo.files;
    before.files_count = kit->metainfo.files_count;
    kit->metainfo = before;
    assert_true(admit(kit));
}

/* ---- the form ---- */

static bool check(struct form_kit *kit, enum level_kind from)
{
    if (!form_kit_check(kit, from, false) && strcmp(kit->why.field, "redundancy") != 0)
        return false;
    form_complete(&kit->form, NOW, kit->arena);
    kit->why = (struct fault){0};
    return form_check(&kit->form, from, LEVEL_unit, &kit->metainfo, kit->arena, &kit->submission, &kit->why);
}

static void a_name_is_all_that_must_be_typed(void **state)
{
    struct form_kit *kit = *state;
    assert_true(check(kit, LEVEL_group));
    assert_slice(form_kit_value(kit, "redundancy"), "3");
    assert_slice(form_kit_value(kit, "date"), "2026-11-24 06:20 UTC");
    assert_int_equal(form_kit_value(kit, "number").size, 0); /* the catalog knows the next */
    form_kit_set(kit, "name", NULL);
    assert_false(check(kit, LEVEL_group));
    assert_string_equal(kit->why.field, "name");
    assert_true(check(kit, LEVEL_unit));
}

static void assert_wrong(struct form_kit *kit, const char *field, const char *text, const char *right)
{
    form_kit_set(kit, field, text);
    assert_false(check(kit, LEVEL_group));
    assert_string_equal(kit->why.field, field);
    form_kit_set(kit, field, right);
    assert_true(check(kit, LEVEL_group));
}

static void values_out_of_range_are_refused_with_their_field(void **state)
{
    struct form_kit *kit = *state;
    assert_wrong(kit, "redundancy", "0", "1");
    assert_wrong(kit, "redundancy", "21", "20");
    assert_wrong(kit, "redundancy", "-3", "3");
    assert_wrong(kit, "redundancy", "3.5", "3");
    assert_wrong(kit, "number", "0", "1");
    assert_wrong(kit, "number", "1000000001", "1000000000");
    assert_wrong(kit, "date", "last night", "2026-11-23T22:00");
}

/* ---- how it is called ---- */

static void titles_and_file_names_tell_owner_name_and_number(void **state)
{
    struct form_kit *kit = *state;
    struct buffer line = {0};
    form_kit_set(kit, "number", "7");
    form_kit_set(kit, "message", "A secret");
    assert_true(check(kit, LEVEL_group));
    struct line_source source = {.plugin = kit->plugin,
                                 .values = &kit->submission.values,
                                 .credits = slice_text("awa"),
                                 .name = slice_text("photos")};
    line_write_whole(&source, &line);
    assert_slice(buffer_slice(&line), "awa – photos – Version 7");
    line.size = 0;
    line_write_file_name(&source, &line);
    assert_slice(buffer_slice(&line), "awa - photos - version 7.torrent");
    buffer_free(&line);
}

/* ---- the contract ---- */

static void assert_refused(struct plugin plugin, struct attribute changed, const char *words)
{
    struct attribute list[ATTRIBUTES_MAX] = {{0}};
    struct fault why = {0};
    size_t count = 0;
    for (; plugin.attributes[count].name != NULL; count++)
        list[count] = strcmp(plugin.attributes[count].name, changed.name) == 0 ? changed : plugin.attributes[count];
    plugin.attributes = list;
    assert_false(plugin_check(&plugin, &why));
    assert_says(why, words);
}

static void a_secret_that_could_get_out_is_refused(void **state)
{
    struct form_kit *kit = *state;
    struct plugin plugin = *kit->plugin;
    struct attribute message = plugin.attributes[plugin_attribute(&plugin, "message")];
    struct attribute owner = plugin.attributes[plugin_attribute(&plugin, "owner")];
    struct fault why = {0};
    assert_true(plugin_check(&plugin, &why));
    plugin.levels[LEVEL_group].image = "Photo";
    assert_refused(plugin, message, "that all may see have images");
    plugin.levels[LEVEL_group].image = NULL;
    message.searched = true;
    assert_refused(plugin, message, "no search");
    message.searched = false;
    plugin.unit_title = "Version {number} {message}";
    assert_refused(plugin, message, "no line");
    plugin = *kit->plugin;
    plugin.sealed = false;
    assert_refused(plugin, message, "sealed");
    plugin = *kit->plugin;
    plugin.owned = false;
    assert_refused(plugin, owner, "owned");
    message.counted = true;
    assert_refused(*kit->plugin, message, "counted");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, form_kit_end)
    const struct CMUnitTest tests[] = {
        TEST(a_version_holds_at_most_four_tebibytes),
        TEST(pieces_are_between_256_kib_and_4_mib),
        TEST(any_two_equal_pieces_are_found),
        TEST(pieces_that_repeat_in_v2_are_found_in_roots_and_layers),
        TEST(readable_names_are_warned_of_and_taken),
        TEST(a_name_is_all_that_must_be_typed),
        TEST(values_out_of_range_are_refused_with_their_field),
        TEST(titles_and_file_names_tell_owner_name_and_number),
        TEST(a_secret_that_could_get_out_is_refused),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
