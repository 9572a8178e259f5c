/* Contexts written piece by piece, and trees copied with what a page shows beside. */
#include "services/web/mustache.h"
#include "services/web/tree.h"
#include "tests/unit/web_pages/json_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW INT64_C(1795300000000)

static msgpack_zone *zone;

static msgpack_object tree_of(const char *json)
{
    json_t *value = json_loads(json, 0, NULL);
    assert_non_null(value);
    msgpack_object tree = json_tree(value, zone);
    json_decref(value);
    return tree;
}

/* The template rendered with the context, as a string that lives until the next call. */
static const char *shown(const char *template, const msgpack_object *context)
{
    static char text[4096];
    struct fault why;
    struct buffer out = {0};
    struct mustache_set *set = mustache_new();
    assert_true(mustache_add(set, "page", slice_text(template), &why));
    assert_true(mustache_render(set, "page", context, &out, &why));
    assert_true(out.size < sizeof text);
    memcpy(text, out.at != NULL ? out.at : "", out.size);
    text[out.size] = '\0';
    buffer_free(&out);
    mustache_destroy(&set);
    return text;
}

static const char *decorated(const char *template, const char *json, const struct tree_extra *extra)
{
    struct tree_writer *writer = tree_new();
    msgpack_object tree = tree_of(json);
    tree_decorate(writer, "t", &tree, extra);
    const char *text = shown(template, tree_finish(writer));
    tree_destroy(&writer);
    return text;
}

static void a_context_is_written_piece_by_piece(void **state)
{
    (void)state;
    struct tree_writer *writer = tree_new();
    tree_string(writer, "name", "Awa");
    tree_string(writer, "nothing", NULL);
    tree_flag(writer, "yes", true);
    tree_flag(writer, "no", false);
    tree_open_array(writer, "list");
    for (int i = 0; i < 300; i++) { /* more than the short headers hold */
        tree_open_map(writer, NULL);
        tree_number(writer, "n", i - 1);
        tree_close(writer);
    }
    tree_close(writer);
    tree_print(writer, "href", "/music/%d", 12);
    tree_size(writer, "size", 1503238553);
    tree_time(writer, "made_at", NOW - 3 * 3600000, NOW);
    tree_time(writer, "used_at", 0, NOW);
    const msgpack_object *context = tree_finish(writer);
    assert_int_equal(map_find(context, "list")->via.array.size, 300);
    assert_string_equal(shown("{{name}}{{^nothing}}-{{/nothing}}{{#yes}}y{{/yes}}{{^no}}n{{/no}} {{href}}", context),
                        "Awa-yn /music/12");
    assert_string_equal(shown("{{size}} {{size_text}} {{size_exact}}", context),
                        "1503238553 1.4 GiB 1,503,238,553 bytes");
    assert_string_equal(shown("{{made_at_text}} {{made_at_iso}} {{made_at_stamp}}", context),
                        "3 hours ago 2026-11-21T19:26:40Z 21 Nov 2026, 19:26 UTC");
    assert_string_equal(shown("{{used_at_text}}{{#used_at_iso}}!{{/used_at_iso}}", context), "never");
    tree_destroy(&writer);
    assert_null(writer);
}

static void ids_are_collected_once_in_order(void **state)
{
    (void)state;
    struct tree_ids ids = {0};
    msgpack_object tree =
        tree_of("{\"groups\":[{\"editions\":[{\"formats\":[{\"torrent\":34,\"uploader\":6},"
                "{\"torrent\":9,\"uploader\":5}]}]},{\"torrent\":34,\"uploader\":6,\"x\":{\"torrent\":35}},"
                "{\"torrent\":\"7\",\"uploader\":-4},{\"torrent\":0}]}");
    tree_collect(&tree, &ids);
    assert_int_equal(ids.torrents_count, 3);
    assert_int_equal(ids.torrents[0], 9);
    assert_int_equal(ids.torrents[1], 34);
    assert_int_equal(ids.torrents[2], 35);
    assert_int_equal(ids.members_count, 2);
    assert_int_equal(ids.members[0], 5);
    assert_int_equal(ids.members[1], 6);
}

static void more_torrents_than_a_page_asks_of_are_left_out(void **state)
{
    (void)state;
    struct tree_ids ids = {0};
    struct tree_writer *writer = tree_new();
    tree_open_array(writer, "list");
    for (uint64_t i = TREE_TORRENTS_MAX + 50; i > 0; i--) {
        tree_open_map(writer, NULL);
        tree_count(writer, "torrent", i);
        tree_close(writer);
    }
    tree_close(writer);
    tree_collect(tree_finish(writer), &ids);
    assert_int_equal(ids.torrents_count, TREE_TORRENTS_MAX);
    tree_destroy(&writer);
}

static const struct swarm_count swarms[] = {{.torrent = 34, .seeders = 5, .leechers = 2}};
static const struct torrent_count snatches[] = {{.torrent = 35, .snatches = 7}};
static const struct tree_name names[] = {{5, {"anna", 4}}};
static const struct tree_extra known = {.now = NOW,
                                        .swarms = swarms,
                                        .swarms_count = 1,
                                        .swarms_known = true,
                                        .snatches = snatches,
                                        .snatches_count = 1,
                                        .snatches_known = true,
                                        .names = names,
                                        .names_count = 1};

static void torrents_gain_their_counts(void **state)
{
    (void)state;
    const char *template =
        "{{#t}}{{#list}}{{seeders}}/{{leechers}}/{{snatches}}{{#dead}} dead{{/dead}};{{/list}}{{/t}}";
    const char *json = "{\"list\":[{\"torrent\":34},{\"torrent\":35}]}";
    assert_string_equal(decorated(template, json, &known), "5/2/0;0/0/7 dead;");
}

static void groups_gain_the_sums_of_their_torrents(void **state)
{
    (void)state;
    assert_string_equal(decorated("{{#t}}{{seeders}}/{{leechers}}/{{snatches}} {{torrents_count}}{{/t}}",
                                  "{\"torrents_count\":2,\"e\":[{\"torrent\":34},{\"torrent\":35}]}", &known),
                        "5/2/7 2");
}

static void counts_that_nobody_can_tell_are_not_taken_from_outside(void **state)
{
    (void)state;
    const struct tree_extra away = {.now = NOW};
    assert_string_equal(
        decorated("{{#t}}{{#f}}[{{seeders}}]{{^swarm_known}}?{{/swarm_known}}{{#dead}}!{{/dead}}{{/f}}{{/t}}",
                  "{\"seeders\":99,\"f\":{\"torrent\":34}}", &away),
        "[]?");
}

static void torrents_that_were_not_asked_of_are_not_called_dead(void **state)
{
    (void)state;
    const struct tree_ids asked = {.torrents = {34, 35}, .torrents_count = 2};
    struct tree_extra some = known;
    some.asked = &asked;
    assert_string_equal(decorated("{{#t}}{{#list}}{{seeders}}/{{snatches}}{{#dead}} dead{{/dead}};{{/list}}{{/t}}",
                                  "{\"list\":[{\"torrent\":34},{\"torrent\":35},{\"torrent\":36}]}", &some),
                        "5/0;0/7 dead;/;");
    assert_string_equal(decorated("{{#t}}{{seeders}}{{^swarm_known}}?{{/swarm_known}}{{/t}}",
                                  "{\"torrents_count\":2,\"e\":[{\"torrent\":34},{\"torrent\":36}]}", &some),
                        "?");
}

static void uploaders_gain_their_names(void **state)
{
    (void)state;
    assert_string_equal(
        decorated("{{#t}}{{#l}}{{uploader_name}};{{/l}}{{/t}}", "{\"l\":[{\"uploader\":5},{\"uploader\":6}]}", &known),
        "anna;;");
}

static void sizes_times_lists_and_counts_gain_what_templates_need(void **state)
{
    (void)state;
    assert_string_equal(decorated("{{#t}}{{size_text}} {{size_max_text}} {{file_size_text}} {{added_at_text}}{{/t}}",
                                  "{\"size\":1024,\"size_max\":2048,\"file_size\":5,\"added_at\":1795299940000}",
                                  &known),
                        "1.0 KiB 2.0 KiB 5 B 1 minute ago");
    assert_string_equal(
        decorated("{{#t}}{{#has_a}}a{{/has_a}}{{#has_b}}b{{/has_b}}{{#n_count_one}}1{{/n_count_one}}{{/t}}",
                  "{\"a\":[1],\"b\":[],\"n_count\":1}", &known),
        "a1");
    assert_string_equal(decorated("{{#t}}{{added_at}}{{added_at_text}}{{/t}}", "{\"added_at\":\"x\"}", &known), "x");
}

static void what_members_wrote_gains_its_html(void **state)
{
    (void)state;
    assert_string_equal(decorated("{{#t}}{{&description_html}}{{#l}}{{&text_html}}{{/l}}{{name_html}}{{/t}}",
                                  "{\"description\":\"*a*\",\"name\":\"*b*\",\"l\":[{\"text\":\"a <b>\"}]}", &known),
                        "<p><em>a</em></p>\n<p>a &lt;b&gt;</p>\n");
}

static int start(void **state)
{
    (void)state;
    zone = msgpack_zone_new(4096);
    return zone == NULL;
}

static int stop(void **state)
{
    (void)state;
    msgpack_zone_free(zone);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_context_is_written_piece_by_piece),
        cmocka_unit_test(ids_are_collected_once_in_order),
        cmocka_unit_test(more_torrents_than_a_page_asks_of_are_left_out),
        cmocka_unit_test(torrents_gain_their_counts),
        cmocka_unit_test(groups_gain_the_sums_of_their_torrents),
        cmocka_unit_test(counts_that_nobody_can_tell_are_not_taken_from_outside),
        cmocka_unit_test(torrents_that_were_not_asked_of_are_not_called_dead),
        cmocka_unit_test(uploaders_gain_their_names),
        cmocka_unit_test(sizes_times_lists_and_counts_gain_what_templates_need),
        cmocka_unit_test(what_members_wrote_gains_its_html),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
