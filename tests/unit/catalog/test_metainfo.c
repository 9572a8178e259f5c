/* Metainfo, from real makers' files and from one recipe that is good and is then broken in one place at a time. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/metainfo.h"
#include "services/common/bencode.h"
#include "services/common/encode.h"

#include <stdio.h>
#include <stdlib.h>

static const struct metainfo_limits limits = {.bytes = 1 << 20, .files = 10, .size = 1ULL << 40};

struct world {
    struct arena *arena;
    struct metainfo metainfo;
    struct fault why;
};

static int begin(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->arena = arena_new();
    *state = world;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;
    arena_destroy(&world->arena);
    free(world);
    return 0;
}

static bool read_bytes(struct world *world, struct slice bytes)
{
    world->why = (struct fault){0};
    bool good = metainfo_read(bytes, &limits, world->arena, &world->metainfo, &world->why);
    assert_int_equal(good, world->why.status == STATUS_ok);
    if (!good)
        assert_string_equal(world->why.field, "metainfo");
    return good;
}

/* ---- files of real makers ---- */

static struct slice file_load(struct world *world, const char *name)
{
    FILE *file = fopen(arena_print(world->arena, "%s/%s", TORRENTS, name), "rb");
    assert_non_null(file);
    char *bytes = arena_take(world->arena, 65536);
    size_t size = fread(bytes, 1, 65536, file);
    fclose(file);
    return slice_of(bytes, size);
}

static void assert_hash(const uint8_t *hash, size_t size, const char *hex)
{
    char text[65];
    hex_write(slice_of(hash, size), text);
    assert_string_equal(text, hex);
}

static void a_private_v1_torrent_keeps_its_info_hash(void **state)
{
    struct world *world = *state;
    assert_true(read_bytes(world, file_load(world, "v1_private.torrent")));
    assert_true(world->metainfo.v1 && !world->metainfo.v2 && !world->metainfo.rehashed);
    assert_hash(world->metainfo.info_hash, 20, "fe368dde2f5e4be591d287f1c445a927fa156cdc");
    assert_slice(world->metainfo.name, "Some Artist - Some Album (1999) [FLAC]");
    assert_int_equal(world->metainfo.files_count, 5);
    assert_int_equal(world->metainfo.size, 70000 + 40001 + 16384 + 300);
    assert_slice(world->metainfo.files[4].path, "scans/front.jpg");
}

static void what_transmission_makes_is_read(void **state)
{
    struct world *world = *state;
    assert_true(read_bytes(world, file_load(world, "transmission_private.torrent")));
    assert_false(world->metainfo.rehashed);
    assert_hash(world->metainfo.info_hash, 20, "c8d26de7e64e9b6494f482e98f393e55faa85751");
}

static void a_single_file_is_its_own_path(void **state)
{
    struct world *world = *state;
    assert_true(read_bytes(world, file_load(world, "v1_single_private.torrent")));
    assert_hash(world->metainfo.info_hash, 20, "3c22ac8a2fbe6baa57ff07401e8c25a6f1012a45");
    assert_int_equal(world->metainfo.files_count, 1);
    assert_slice(world->metainfo.files[0].path, "single.bin");
}

static void a_public_torrent_becomes_the_private_one_that_its_maker_would_have_made(void **state)
{
    struct world *world = *state;
    assert_true(read_bytes(world, file_load(world, "v1_public.torrent")));
    assert_true(world->metainfo.rehashed);
    assert_hash(world->metainfo.info_hash, 20, "fe368dde2f5e4be591d287f1c445a927fa156cdc");
    assert_true(read_bytes(world, file_load(world, "hybrid_public.torrent")));
    assert_true(world->metainfo.rehashed);
    assert_hash(world->metainfo.info_hash, 20, "eee0381ef7e3f0925846deee03555f03cafb77af");
    assert_hash(world->metainfo.info_hash_v2, 32, "d519990f7a667912d27035c945a93ea1473d9d3f2dc91effb1a66b6245ce747a");
}

static void a_hybrid_torrent_has_both_hashes_and_no_padding_files(void **state)
{
    struct world *world = *state;
    assert_true(read_bytes(world, file_load(world, "hybrid_private.torrent")));
    assert_true(world->metainfo.v1 && world->metainfo.v2 && !world->metainfo.rehashed);
    assert_hash(world->metainfo.info_hash, 20, "eee0381ef7e3f0925846deee03555f03cafb77af");
    assert_hash(world->metainfo.info_hash_v2, 32, "d519990f7a667912d27035c945a93ea1473d9d3f2dc91effb1a66b6245ce747a");
    assert_int_equal(world->metainfo.files_count, 5);
    assert_int_equal(world->metainfo.size, 70000 + 40001 + 16384 + 300);
}

static void a_v2_torrent_is_served_under_its_cut_hash(void **state)
{
    struct world *world = *state;
    assert_true(read_bytes(world, file_load(world, "v2_private.torrent")));
    assert_true(!world->metainfo.v1 && world->metainfo.v2);
    assert_hash(world->metainfo.info_hash, 20, "78d0d0ef1f10c71af7001e3f1dbab5ea1d80bfd9");
    assert_hash(world->metainfo.info_hash_v2, 32, "78d0d0ef1f10c71af7001e3f1dbab5ea1d80bfd94b87b8435db2d020aafafef8");
}

static void what_is_stored_holds_no_address_and_reads_as_itself(void **state)
{
    static const char *const names[] = {"v1_public.torrent", "hybrid_public.torrent", "v2_single_public.torrent",
                                        "transmission_private.torrent"};
    struct world *world = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_true(read_bytes(world, file_load(world, names[i])));
        struct metainfo first = world->metainfo;
        assert_null(memmem(first.stored.at, first.stored.size, "example", 7));
        assert_null(memmem(first.stored.at, first.stored.size, "elsewhere", 9));
        assert_true(read_bytes(world, first.stored));
        assert_false(world->metainfo.rehashed);
        assert_memory_equal(world->metainfo.info_hash, first.info_hash, 20);
        assert_true(slice_equal(world->metainfo.stored, first.stored));
    }
}

static void a_piece_layer_that_does_not_give_the_files_hash_is_refused(void **state)
{
    struct world *world = *state;
    struct slice good = file_load(world, "v2_private.torrent");
    assert_true(read_bytes(world, good));
    char *layers = memmem(good.at, good.size, "12:piece layers", 15);
    layers[80] ^= 1;
    assert_false(read_bytes(world, good));
    assert_says(world->why, "piece layers");
}

static void padding_in_a_file_tree_is_refused(void **state)
{
    struct world *world = *state;
    static const char file[] = "d4:infod9:file treed1:ad0:d%s6:lengthi5e11:pieces root32:"
                               "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhheee12:meta versioni2e4:name1:x"
                               "12:piece lengthi16384e7:privatei1ee12:piece layersdee";
    assert_true(read_bytes(world, slice_text(arena_print(world->arena, file, ""))));
    assert_false(read_bytes(world, slice_text(arena_print(world->arena, file, "4:attr1:p"))));
    assert_says(world->why, "holds padding");
}

/* ---- one recipe ---- */

struct recipe {
    const char *name, *files, *extra; /* extra: behind `pieces` in the dictionary's order */
    long long piece_length;
    size_t pieces;
};

static const struct recipe good = {
    .name = "6:folder",
    .files = "5:filesld6:lengthi20000e4:pathl1:a1:beed6:lengthi1000e4:pathl1:ceee",
    .extra = "7:privatei1e",
    .piece_length = 16384,
    .pieces = 2,
};

static bool cook(struct world *world, const struct recipe *recipe)
{
    struct buffer file = {0};
    buffer_print(&file, "d8:announce8:http://x4:infod%s4:name%s12:piece lengthi%llde6:pieces%zu:", recipe->files,
                 recipe->name, recipe->piece_length, recipe->pieces * 20);
    for (size_t i = 0; i < recipe->pieces * 20; i++)
        buffer_add(&file, "h", 1);
    buffer_print(&file, "%see", recipe->extra);
    struct slice copy = arena_copy(world->arena, buffer_slice(&file));
    buffer_free(&file);
    return read_bytes(world, copy);
}

static void assert_files_refused(struct world *world, const char *files, const char *words)
{
    struct recipe recipe = good;
    assert_true(cook(world, &recipe));
    recipe.files = files;
    assert_false(cook(world, &recipe));
    assert_says(world->why, words);
}

static void assert_part_refused(struct world *world, const char *part, const char *words)
{
    assert_files_refused(world, arena_print(world->arena, "5:filesld6:lengthi20000e4:pathl1:a%seee", part), words);
    struct recipe recipe = good;
    recipe.name = part;
    assert_false(cook(world, &recipe));
    assert_says(world->why, words);
}

static void parts_of_paths_that_do_harm_are_refused(void **state)
{
    struct world *world = *state;
    assert_part_refused(world, "0:", "empty name");
    assert_part_refused(world, "1:.", "leads out");
    assert_part_refused(world, "2:..", "leads out");
    assert_part_refused(world, "3:a/b", "slash");
    assert_part_refused(world, "3:a\\b", "slash");
    assert_part_refused(world, "3:a\nb", "cannot be shown");
    assert_part_refused(world, "2:\xc3(", "not UTF-8");
    char *longest = arena_take(world->arena, 300);
    memcpy(longest, "255:", 4);
    memset(longest + 4, 'x', 255);
    struct recipe recipe = good;
    recipe.name = longest;
    assert_true(cook(world, &recipe));
    memcpy(longest, "256:", 4);
    longest[259] = 'x';
    assert_part_refused(world, longest, "too long");
}

static void a_nul_in_a_path_is_refused(void **state)
{
    struct world *world = *state;
    static const char file[] = "d4:infod6:lengthi1e4:name3:a\0b12:piece lengthi16384e6:pieces20:hhhhhhhhhhhhhhhhhhhhee";
    char copy[sizeof file];
    memcpy(copy, file, sizeof file);
    assert_false(read_bytes(world, slice_of(copy, sizeof file - 1)));
    assert_says(world->why, "cannot be shown");
    copy[28] = 'x';
    assert_true(read_bytes(world, slice_of(copy, sizeof file - 1)));
}

static void a_path_that_is_too_deep_is_refused(void **state)
{
    struct world *world = *state;
    struct buffer files = {0};
    buffer_print(&files, "5:filesld6:lengthi20000e4:pathl");
    for (int i = 0; i < 501; i++)
        buffer_print(&files, "1:a");
    buffer_print(&files, "eee%c", 0);
    assert_files_refused(world, arena_copy(world->arena, buffer_slice(&files)).at, "too long");
    buffer_free(&files);
}

static void lists_that_contradict_themselves_are_refused(void **state)
{
    struct world *world = *state;
    assert_files_refused(world, "5:filesld6:lengthi20000e4:pathl1:aeed6:lengthi10e4:pathl1:aeee", "twice");
    assert_files_refused(world, "5:filesld6:lengthi20000e4:pathl1:aeed6:lengthi10e4:pathl1:a1:beee", "both a file");
    assert_files_refused(world,
                         "5:filesld6:lengthi20000e4:pathl3:a-beed6:lengthi1e4:pathl1:aeed6:lengthi10e4:pathl1:a1:beee",
                         "both a file");
    assert_files_refused(world, "5:filesld6:lengthi20000e4:pathleee", "empty path");
    assert_files_refused(world, "5:filesld6:lengthi20000eee", "no path");
    assert_files_refused(world, "5:filesli1ee", "broken");
    assert_files_refused(world, "5:filesle6:lengthi20000e", "either one length");
    assert_files_refused(world, "", "either one length");
    assert_files_refused(world, "5:filesld6:lengthi0e4:pathl1:aeee", "all of its files are empty");
}

static void a_link_may_not_lead_out(void **state)
{
    struct world *world = *state;
    struct recipe recipe = good;
    recipe.files = "5:filesld4:attr1:l6:lengthi0e4:pathl1:ae12:symlink pathl1:ceed6:lengthi20000e4:pathl1:ceee";
    assert_true(cook(world, &recipe));
    assert_files_refused(world,
                         "5:filesld4:attr1:l6:lengthi0e4:pathl1:ae12:symlink pathl2:..eed6:lengthi20000e4:pathl1:ceee",
                         "leads out");
}

static void sizes_do_not_overflow(void **state)
{
    struct world *world = *state;
    assert_files_refused(
        world, "5:filesld6:lengthi9223372036854775807e4:pathl1:aeed6:lengthi9223372036854775807e4:pathl1:beee",
        "larger than this site accepts");
    assert_int_equal(world->why.status, STATUS_too_large);
    assert_files_refused(world, "5:filesld6:lengthi-1e4:pathl1:aeee", "no proper length");
    assert_files_refused(world, "5:filesld6:length1:x4:pathl1:aeee", "no proper length");
}

static void the_number_of_pieces_must_fit_the_size(void **state)
{
    struct world *world = *state;
    struct recipe recipe = good;
    assert_true(cook(world, &recipe));
    recipe.pieces = 3;
    assert_false(cook(world, &recipe));
    assert_says(world->why, "has 3 piece hashes, but its content has 2");
    recipe = good;
    recipe.piece_length = 16383;
    assert_false(cook(world, &recipe));
    assert_says(world->why, "piece length");
    recipe.piece_length = 1LL << 40;
    assert_false(cook(world, &recipe));
}

static void too_many_files_are_refused(void **state)
{
    struct world *world = *state;
    struct recipe recipe = good;
    for (int count = 10; count <= 11; count++) {
        struct buffer files = {0};
        buffer_print(&files, "5:filesl");
        for (int i = 0; i < count; i++)
            buffer_print(&files, "d6:lengthi2000e4:pathl2:%02dee", i);
        buffer_print(&files, "e%c", 0);
        recipe.files = arena_copy(world->arena, buffer_slice(&files)).at;
        recipe.pieces = 2;
        assert_int_equal(cook(world, &recipe), count == 10);
        buffer_free(&files);
    }
    assert_int_equal(world->why.status, STATUS_too_large);
    assert_says(world->why, "more than 10 files");
}

static void what_is_not_a_torrent_is_told_so(void **state)
{
    struct world *world = *state;
    assert_false(read_bytes(world, slice_text("")));
    assert_says(world->why, "Choose a .torrent");
    assert_false(read_bytes(world, slice_text("<html>")));
    assert_says(world->why, "not a proper .torrent");
    assert_false(read_bytes(world, slice_text("d1:ai1ee")));
    assert_says(world->why, "no info dictionary");
    assert_false(read_bytes(world, slice_text("le")));
    char *large = arena_take(world->arena, limits.bytes + 1);
    assert_false(read_bytes(world, slice_of(large, limits.bytes + 1)));
    assert_int_equal(world->why.status, STATUS_too_large);
}

static void the_flag_goes_to_its_place_among_the_keys(void **state)
{
    struct world *world = *state;
    static const char *const extras[] = {
        "", "6:sourcei1e", "7:privat~i1e", "7:privatei0e", "7:private1:x", "8:privatesi1e6:sourcei1e"};
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++) {
        struct recipe recipe = good;
        recipe.extra = extras[i];
        assert_true(cook(world, &recipe));
        assert_true(world->metainfo.rehashed);
        assert_true(read_bytes(world, world->metainfo.stored));
        assert_false(world->metainfo.rehashed);
    }
}

static void hidden_names_and_foreign_versions_are_refused(void **state)
{
    struct world *world = *state;
    struct recipe recipe = good;
    recipe.files = "15:encrypted_filesi1e5:filesld6:lengthi20000e4:pathl1:aeee";
    assert_false(cook(world, &recipe));
    assert_says(world->why, "encrypted");
    recipe.files = "5:filesld6:lengthi20000e4:pathl1:aeee12:meta versioni3e";
    assert_false(cook(world, &recipe));
    assert_says(world->why, "version");
    recipe.files = "5:filesld6:lengthi20000e4:pathl1:aeee12:meta versioni2e";
    assert_false(cook(world, &recipe));
    assert_says(world->why, "half v2");
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        test(a_private_v1_torrent_keeps_its_info_hash),
        test(what_transmission_makes_is_read),
        test(a_single_file_is_its_own_path),
        test(a_public_torrent_becomes_the_private_one_that_its_maker_would_have_made),
        test(a_hybrid_torrent_has_both_hashes_and_no_padding_files),
        test(a_v2_torrent_is_served_under_its_cut_hash),
        test(what_is_stored_holds_no_address_and_reads_as_itself),
        test(a_piece_layer_that_does_not_give_the_files_hash_is_refused),
        test(padding_in_a_file_tree_is_refused),
        test(parts_of_paths_that_do_harm_are_refused),
        test(a_nul_in_a_path_is_refused),
        test(a_path_that_is_too_deep_is_refused),
        test(lists_that_contradict_themselves_are_refused),
        test(a_link_may_not_lead_out),
        test(sizes_do_not_overflow),
        test(the_number_of_pieces_must_fit_the_size),
        test(too_many_files_are_refused),
        test(what_is_not_a_torrent_is_told_so),
        test(the_flag_goes_to_its_place_among_the_keys),
        test(hidden_names_and_foreign_versions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
