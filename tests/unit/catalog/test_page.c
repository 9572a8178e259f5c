/* Trees: counted right however deep, and the shapes that README.md draws. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/drawn.h"
#include "services/catalog/page.h"
#include "services/catalog/shelf_order.h"

#include <stdlib.h>

struct world {
    struct arena *arena;
    struct tree_writer tree;
    msgpack_zone zone;
    msgpack_object object;
};

static int begin(void **state)
{
    struct world *world = mem_zero(1, sizeof *world);
    world->arena = arena_new();
    msgpack_zone_init(&world->zone, 1024);
    tree_start(&world->tree);
    *state = world;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;
    arena_destroy(&world->arena);
    msgpack_zone_destroy(&world->zone);
    tree_free(&world->tree);
    free(world);
    return 0;
}

static const msgpack_object *finish(struct world *world)
{
    struct fault why = {0};
    assert_true(object_read(tree_done(&world->tree).packed, 1 << 20, &world->zone, &world->object, &why));
    return &world->object;
}

static const msgpack_object *at(const msgpack_object *array, size_t i)
{
    assert_int_equal(array->type, MSGPACK_OBJECT_ARRAY);
    assert_true(i < array->via.array.size);
    return &array->via.array.ptr[i];
}

static void assert_text(const msgpack_object *map, const char *key, const char *text)
{
    const msgpack_object *value = map_find(map, key);
    assert_non_null(value);
    assert_slice(slice_of(value->via.str.ptr, value->via.str.size), text);
}

static void nested_maps_and_arrays_are_counted(void **state)
{
    struct world *world = *state;
    tree_map(&world->tree, NULL);
    tree_array(&world->tree, "list");
    for (int i = 0; i < 70; i++)
        tree_count(&world->tree, NULL, (uint64_t)i);
    tree_end(&world->tree);
    tree_text_if(&world->tree, "missing", slice_text(""));
    tree_text(&world->tree, "name", slice_text("x"));
    tree_flag(&world->tree, "flag", true);
    tree_end(&world->tree);
    const msgpack_object *map = finish(world);
    assert_int_equal(map->via.map.size, 3);
    assert_int_equal(map_find(map, "list")->via.array.size, 70);
    assert_null(map_find(map, "missing"));
}

static void values_of_every_size_are_read_as_they_were_written(void **state)
{
    struct world *world = *state;
    static const size_t sizes[] = {0, 31, 32, 255, 256, 65535, 65536};
    static const uint64_t counts[] = {0,        127, 128, 255, 256, 65535, 65536, UINT32_MAX, UINT32_MAX + UINT64_C(1),
                                      INT64_MAX};
    struct slice text = slice_of(memset(arena_take(world->arena, 65536), 'x', 65536), 0);
    tree_array(&world->tree, NULL);
    for (size_t i = 0; i < 7; i++)
        tree_text(&world->tree, NULL, slice_of(text.at, sizes[i]));
    for (size_t i = 0; i < 10; i++) {
        tree_count(&world->tree, NULL, counts[i]);
        tree_number(&world->tree, NULL, -(int64_t)counts[i]);
    }
    tree_end(&world->tree);
    const msgpack_object *list = finish(world);
    assert_int_equal(list->via.array.size, 27);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(at(list, i)->via.str.size, sizes[i]);
    for (size_t i = 0; i < 10; i++) {
        assert_true(at(list, 7 + 2 * i)->via.u64 == counts[i]);
        assert_true(at(list, 8 + 2 * i)->via.i64 == -(int64_t)counts[i]);
    }
}

static void the_forms_fields_are_told(void **state)
{
    struct world *world = *state;
    page_plugins(&world->tree);
    const msgpack_object *list = finish(world);
    for (size_t i = 0; i < plugins_count; i++) {
        const msgpack_object *plugin = at(list, i);
        assert_non_null(map_find(plugin, "name"));
        const msgpack_object *fields = map_find(plugin, "fields");
        for (size_t k = 0; k < fields->via.array.size; k++) {
            const msgpack_object *field = at(fields, k);
            assert_non_null(map_find(field, "label"));
            assert_non_null(map_find(field, "type"));
            assert_non_null(map_find(field, "level"));
        }
    }
    assert_text(at(list, plugins_count - 1), "name", "backup"); /* the last in rank */
    assert_text(at(map_find(at(list, 0), "fields"), 0), "type", "credit");
}

static void a_form_is_told_what_is_taken_when_nothing_is_typed(void **state)
{
    struct world *world = *state;
    page_plugins(&world->tree);
    const msgpack_object *backup = at(finish(world), plugins_count - 1), *fields = map_find(backup, "fields");
    assert_true(map_find(backup, "owned")->via.boolean && map_find(backup, "untouched")->via.boolean);
    assert_text(at(fields, 0), "name", "name"); /* nobody is asked for the owner */
    assert_text(at(fields, 1), "standard", "3");
    assert_text(at(fields, 4), "type", "date");
    assert_null(map_find(at(fields, 4), "standard")); /* it would be the time of this list */
}

/* An album of two releases and three formats, put on the shelf in a wrong order. */
static struct shelf_group *album(struct world *world)
{
    const struct plugin *plugin = plugin_find(slice_text("music"));
    struct shelf_group *group = arena_take(world->arena, sizeof *group);
    struct shelf_edition *editions = arena_take(world->arena, 2 * sizeof *editions);
    struct shelf_unit *units = arena_take(world->arena, 3 * sizeof *units);
    struct credit *credits = arena_take(world->arena, 2 * sizeof *credits);
    struct slice *tags = arena_take(world->arena, sizeof *tags);
    credits[0] = (struct credit){.name = slice_text("A"), .role = plugin_leading_role(plugin), .entity = 7};
    credits[1] =
        (struct credit){.name = slice_text("B"), .role = plugin_role(plugin, NULL, slice_text("guest")), .entity = 8};
    tags[0] = slice_text("jazz");
    *group = (struct shelf_group){
        .entity = 12,
        .plugin = plugin,
        .name = slice_text("Name"),
        .title = slice_text("A – Name"),
        .line = slice_text("A"),
        .href = slice_text("/music/album/12"),
        .credits = credits,
        .credits_count = 2,
        .tags = tags,
        .tags_count = 1,
        .editions = editions,
        .editions_count = 2,
    };
    plugin_set(plugin, &group->values, "year", "1999");
    plugin_set(plugin, &group->values, "release_type", "Album");
    editions[0] =
        (struct shelf_edition){.entity = 20, .title = slice_text("2003 - CD"), .units = units, .units_count = 1};
    editions[1] = (struct shelf_edition){.entity = 13,
                                         .title = slice_text("Original Release / CD"),
                                         .plain = true,
                                         .units = units + 1,
                                         .units_count = 2};
    for (size_t i = 0; i < 3; i++) {
        units[i] = (struct shelf_unit){.entity = 30 + i,
                                       .torrent = 40 + i,
                                       .uploader = 5,
                                       .size = 100 * (i + 1),
                                       .files_count = 1,
                                       .added_at = 1000 + (int64_t)i,
                                       .values = group->values,
                                       .title = slice_text("x"),
                                       .href = slice_text("/music/album/12#t42"),
                                       .files = slice_of("\x90", 1)};
        plugin_set(plugin, &units[i].values, "format", i == 2 ? "FLAC" : "MP3");
    }
    shelf_order(group, world->arena);
    return group;
}

static void the_original_release_and_lossless_formats_come_first(void **state)
{
    struct shelf_group *group = album(*state);
    assert_int_equal(group->editions[0].entity, 13);
    assert_int_equal(group->editions[0].units[0].torrent, 42);
    assert_int_equal(group->editions[0].units[1].torrent, 41);
}

static void a_group_sums_up_what_it_holds(void **state)
{
    struct world *world = *state;
    page_group(&world->tree, album(world), 5, (struct slice){0});
    const msgpack_object *group = finish(world);
    assert_text(group, "href", "/music/album/12");
    assert_text(group, "line", "A");
    assert_text(at(map_find(group, "artists"), 0), "href", "/music/artist/7");
    assert_int_equal(map_find(group, "artists")->via.array.size, 1);
    assert_int_equal(map_find(group, "year")->via.u64, 1999);
    assert_int_equal(map_find(group, "size")->via.u64, 600);
    assert_int_equal(map_find(group, "size_max")->via.u64, 300);
    assert_int_equal(map_find(group, "added_at")->via.u64, 1002);
    assert_int_equal(map_find(group, "torrents_count")->via.u64, 3);
    const msgpack_object *edition = at(map_find(group, "editions"), 0);
    assert_text(edition, "title", "Original Release / CD");
    const msgpack_object *format = at(map_find(edition, "formats"), 0);
    assert_text(format, "href", "/music/album/12#t42");
    assert_null(map_find(format, "uploader"));
    assert_null(map_find(format, "files"));
}

static void what_was_drawn_is_drawn_again_without_the_note_of_then(void **state)
{
    struct world *world = *state;
    struct shelf_group *group = album(world);
    const struct drawn_from from = {.group = 12, .version = 7, .head = slice_text("head")};
    struct drawn_from asked = {.group = 12}, other = {.group = 12, .torrent = 41};
    group->from = &from;
    page_group(&world->tree, group, 5, slice_text("once"));
    uint32_t entries = finish(world)->via.map.size;
    struct shelf_group again = {.plugin = group->plugin, .drawn = drawn_find(&asked)};
    assert_true(asked.version == 7 && slice_is(asked.head, "head"));
    assert_int_equal(drawn_find(&other).size, 0);
    assert_int_equal(other.version, DRAWN_NONE);
    tree_free(&world->tree);
    tree_start(&world->tree);
    page_group(&world->tree, &again, 6, slice_text("again"));
    const msgpack_object *drawn = finish(world);
    assert_int_equal(drawn->via.map.size, entries);
    assert_text(drawn, "href", "/music/album/12");
    assert_text(drawn, "note", "again");
    assert_int_equal(map_find(drawn, "editions")->via.array.size, 2);
    tree_free(&world->tree);
    tree_start(&world->tree);
    page_group(&world->tree, &again, 6, (struct slice){0});
    assert_int_equal(finish(world)->via.map.size, entries - 1);
}

static void what_is_too_large_is_not_kept_and_what_comes_to_its_place_is_told_apart(void **state)
{
    (void)state;
    static char large[10000];
    struct drawn_from from = {.group = 1, .below = slice_text("large")};
    drawn_keep(&from, slice_of(large, sizeof large));
    assert_int_equal(drawn_find(&from).size, 0);
    for (uint64_t i = 0; i < 100000; i++)
        drawn_keep(&(struct drawn_from){.group = i, .below = slice_of(&i, 1)}, slice_of(&i, sizeof i));
    size_t found = 0;
    for (uint64_t i = 0; i < 100000; i++) {
        struct drawn_from same = {.group = i, .below = slice_of(&i, 1)},
                          other = {.group = i, .below = slice_text("other")};
        struct slice drawn = drawn_find(&same);
        assert_true(drawn.size == 0 || slice_equal(drawn, slice_of(&i, sizeof i)));
        assert_int_equal(drawn_find(&other).size, 0);
        found += drawn.size > 0;
    }
    assert_in_range(found, 10000, 20000);
}

static void a_groups_page_says_more(void **state)
{
    struct world *world = *state;
    page_of_group(&world->tree, album(world), 31, 5, NULL);
    const msgpack_object *page = finish(world);
    assert_text(page, "kind", "group");
    assert_int_equal(map_find(page, "asked")->via.u64, 31);
    const msgpack_object *group = map_find(page, "group"), *credits = map_find(group, "credits");
    assert_int_equal(credits->via.array.size, 2);
    assert_text(at(credits, 1), "title", "With");
    const msgpack_object *format = at(map_find(at(map_find(group, "editions"), 0), "formats"), 0);
    assert_int_equal(map_find(format, "files")->type, MSGPACK_OBJECT_ARRAY);
    assert_int_equal(map_find(format, "uploader")->via.u64, 5);
    assert_text(at(map_find(format, "facts"), 0), "value", "FLAC");
}

/* A backup of member 5, every text of which that is a secret holds the letters SECRET. */
static struct shelf_group *backup(struct world *world)
{
    const struct plugin *plugin = plugin_find(slice_text("backup"));
    struct shelf_group *group = arena_take(world->arena, sizeof *group);
    struct shelf_edition *edition = arena_take(world->arena, sizeof *edition);
    struct shelf_unit *units = arena_take(world->arena, 2 * sizeof *units);
    *group = (struct shelf_group){.entity = 12,
                                  .owner = 5,
                                  .plugin = plugin,
                                  .name = slice_text("photos"),
                                  .title = slice_text("awa – photos"),
                                  .line = slice_text("awa"),
                                  .href = slice_text("/backup/backup/12"),
                                  .editions = edition,
                                  .editions_count = 1};
    plugin_set(plugin, &group->values, "description", "SECRET note");
    *edition = (struct shelf_edition){.units = units, .units_count = 2};
    for (size_t i = 0; i < 2; i++) {
        units[i] = (struct shelf_unit){.torrent = 40 + i,
                                       .uploader = 5,
                                       .size = 1000,
                                       .files_count = 3,
                                       .values = group->values,
                                       .title = slice_text("Version"),
                                       .info_hash = slice_text("SECRET hash SECRET h"),
                                       .warning = slice_text("SECRET name"),
                                       .files = slice_of("\xa6SECRET", 7)};
        plugin_set(plugin, &units[i].values, "number", i == 0 ? "2" : "10");
        plugin_set(plugin, &units[i].values, "date", "SECRET date");
        plugin_set(plugin, &units[i].values, "message", "SECRET message");
    }
    shelf_order(group, world->arena);
    return group;
}

static size_t told(struct world *world, const char *words)
{
    struct slice tree = tree_done(&world->tree).packed;
    size_t found = 0;
    for (const char *at = tree.at; (at = memmem(at, tree.size - (size_t)(at - tree.at), words, strlen(words))); at++)
        found++;
    return found;
}

static void what_is_sealed_is_told_to_its_owner_only(void **state)
{
    struct world *world = *state;
    char hash[] = "534543524554"; /* SECRET in hex */
    page_of_group(&world->tree, backup(world), 12, 5, NULL);
    assert_int_equal(told(world, "SECRET"), 1 + 2 * 4);
    assert_int_equal(told(world, hash), 4);
    static const uint64_t others[] = {6, 0};
    for (size_t i = 0; i < 2; i++) {
        struct page_person person = {.plugin = plugin_find(slice_text("backup")), .entity = 8};
        struct shelf shelf = {.arena = world->arena, .groups = backup(world), .count = 1};
        tree_free(&world->tree);
        tree_start(&world->tree);
        tree_array(&world->tree, NULL);
        page_of_group(&world->tree, shelf.groups, 12, others[i], NULL);
        page_group(&world->tree, shelf.groups, others[i], (struct slice){0});
        page_of_person(&world->tree, &person, 8, &shelf, others[i]);
        tree_end(&world->tree);
        assert_int_equal(told(world, "SECRET"), 0);
        assert_int_equal(told(world, hash), 0);
        assert_int_equal(told(world, "files"), 0);
        assert_true(told(world, "photos") > 0);
    }
}

static void what_is_sealed_is_drawn_for_each_anew(void **state)
{
    struct world *world = *state;
    struct shelf_group *group = backup(world);
    struct drawn_from from = {.group = group->entity};
    group->from = &from;
    page_group(&world->tree, group, 5, (struct slice){0});
    assert_true(told(world, "photos") > 0);
    assert_int_equal(drawn_find(&from).size, 0);
}

static void the_newest_version_comes_first(void **state)
{
    struct shelf_group *group = backup(*state);
    assert_int_equal(group->editions[0].units[0].torrent, 41);
}

static void a_persons_page_has_sections_by_role_and_type(void **state)
{
    struct world *world = *state;
    struct shelf_group *group = album(world);
    struct shelf shelf = {.arena = world->arena, .groups = group, .count = 1};
    struct page_person person = {.plugin = group->plugin, .entity = 8, .name = slice_text("B")};
    page_of_person(&world->tree, &person, 8, &shelf, 5);
    const msgpack_object *page = finish(world), *sections = map_find(page, "sections");
    assert_text(page, "kind", "person");
    assert_int_equal(sections->via.array.size, 1);
    assert_text(at(sections, 0), "title", "Guest appearances");
    assert_text(at(sections, 0), "anchor", "guest-appearances");
    assert_text(at(map_find(at(sections, 0), "groups"), 0), "title", "A – Name");
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        test(nested_maps_and_arrays_are_counted),
        test(values_of_every_size_are_read_as_they_were_written),
        test(the_forms_fields_are_told),
        test(the_original_release_and_lossless_formats_come_first),
        test(a_group_sums_up_what_it_holds),
        test(what_was_drawn_is_drawn_again_without_the_note_of_then),
        test(what_is_too_large_is_not_kept_and_what_comes_to_its_place_is_told_apart),
        test(a_groups_page_says_more),
        test(a_form_is_told_what_is_taken_when_nothing_is_typed),
        test(what_is_sealed_is_told_to_its_owner_only),
        test(what_is_sealed_is_drawn_for_each_anew),
        test(the_newest_version_comes_first),
        test(a_persons_page_has_sections_by_role_and_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
