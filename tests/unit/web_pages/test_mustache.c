/* What the published specification's cases (mustache_spec) do not ask: names that stay inside, what is false, errors
 * with their line, sets and limits. */
#include "services/web/mustache.h"
#include "tests/unit/web_pages/json_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct fault why;
static struct buffer out;

static bool render(const char *template, const char *partial, const char *json)
{
    struct mustache_set *set = mustache_new();
    msgpack_zone *zone = msgpack_zone_new(1024);
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    msgpack_object context = json_tree(value, zone);
    why = (struct fault){0};
    buffer_free(&out);
    bool good = mustache_add(set, "page", slice_text(template), &why) &&
                mustache_add(set, "part", slice_text(partial), &why) &&
                mustache_render(set, "page", &context, &out, &why);
    json_decref(value);
    msgpack_zone_free(zone);
    mustache_destroy(&set);
    return good;
}

static void gives(const char *template, const char *json, const char *expected)
{
    if (!render(template, "", json)) {
        fail_msg("%s", why.text);
    }
    buffer_add(&out, "", 1);
    assert_string_equal(out.at, expected);
}

static void refuses(const char *template, const char *sentence)
{
    assert_false(render(template, "", "{}"));
    assert_string_equal(why.text, sentence);
    assert_int_equal(why.status, STATUS_internal);
}

static void values_of_every_kind_are_written(void **state)
{
    (void)state;
    gives("{{a}} {{b}} {{c}} {{d}} {{e}} {{f}}",
          "{\"a\":1,\"b\":-9223372036854775807,\"c\":true,\"d\":1.21,\"e\":\"x\"}",
          "1 -9223372036854775807 true 1.21 x ");
    gives("{{a}}{{b}}{{c}}", "{\"a\":null,\"b\":[1],\"c\":{\"x\":1}}", "");
}

static void all_that_could_end_an_attribute_is_escaped(void **state)
{
    (void)state;
    gives("<a href=\"{{x}}\" title='{{x}}'>", "{\"x\":\"<&>\\\"'\"}",
          "<a href=\"&lt;&amp;&gt;&quot;&#39;\" title='&lt;&amp;&gt;&quot;&#39;'>");
}

static void empty_values_are_false(void **state)
{
    (void)state;
    gives("{{#a}}a{{/a}}{{#b}}b{{/b}}{{#c}}c{{/c}}{{#d}}d{{/d}}{{#e}}e{{/e}}{{#f}}f{{/f}}",
          "{\"a\":0,\"b\":\"\",\"c\":[],\"d\":null,\"e\":false,\"f\":{}}", "f");
}

static void a_name_with_a_point_before_it_stays_inside(void **state)
{
    (void)state;
    const char *json = "{\"href\":\"/group\",\"people\":[{\"href\":\"/a\",\"ok\":true},{\"ok\":true}]}";
    gives("{{#people}}{{.href}};{{/people}}", json, "/a;;");
    gives("{{#people}}{{href}};{{/people}}", json, "/a;/group;");
    /* A flag or text opened by a section holds no names: the map around it is meant. */
    gives("{{#people}}{{#ok}}{{.href}};{{/ok}}{{/people}}", json, "/a;;");
    gives("{{#a}}{{.b.c}}{{/a}}", "{\"a\":{\"b\":{\"c\":5}}}", "5");
}

static void parse_errors_name_the_line(void **state)
{
    (void)state;
    refuses("one\n{{#a}}\ntwo", "page:2: this section is never closed: a");
    refuses("one\n{{/a}}", "page:2: this closes a section that was never opened: a");
    refuses("{{#a}}\n\n{{/b}}{{/a}}", "page:3: this closes another section than the one that is open: b");
    refuses("one\ntwo {{three", "page:2: a tag is never closed");
    refuses("{{two words}}", "page:1: a name must be one word of at most 128 letters: two words");
    refuses("{{}}", "page:1: a name must be one word of at most 128 letters");
    refuses("{{=a=}}", "page:1: new delimiters must be two words without `=`: a");
}

static void sections_nested_too_deep_are_refused(void **state)
{
    (void)state;
    struct buffer text = {0};
    for (int i = 0; i < MUSTACHE_DEPTH_MAX + 1; i++) {
        buffer_print(&text, "{{#a}}");
    }
    buffer_add(&text, "", 1);
    refuses(text.at, "page:1: sections are nested too deep: a");
    buffer_free(&text);
}

static void a_partial_without_end_is_stopped(void **state)
{
    (void)state;
    assert_false(render("{{>part}}", "x{{>part}}", "{}"));
    assert_string_equal(why.text, "part:1: sections and partials go too deep");
}

static void a_page_without_end_is_stopped(void **state)
{
    (void)state;
    const char *list =
        "{\"a\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32]}";
    assert_false(render("{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}xxxxxxxxxxxxxxxx{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}", "", list));
    assert_non_null(strstr(why.text, "the page grows too long"));
    assert_int_equal(out.size, 0);
    assert_false(render("{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{b}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}", "", list));
    assert_non_null(strstr(why.text, "the page grows too long"));
}

static void a_set_is_loaded_from_the_templates_among_its_files(void **state)
{
    (void)state;
    const struct embedded files[] = {
        {"page.mustache", "{{> parts/x}}", 13}, {"parts/x.mustache", "y", 1}, {"README.md", "{{#", 3}, {0}};
    struct mustache_set *set = mustache_load(files, &why);
    assert_non_null(set);
    assert_true(mustache_has(set, "page"));
    assert_true(mustache_has(set, "parts/x"));
    assert_false(mustache_has(set, "README.md"));
    const msgpack_object nothing = {.type = MSGPACK_OBJECT_NIL};
    buffer_free(&out);
    assert_true(mustache_render(set, "page", &nothing, &out, &why));
    assert_true(slice_is(buffer_slice(&out), "y"));
    assert_false(mustache_render(set, "other", &nothing, &out, &why));
    assert_string_equal(why.text, "there is no template other");
    mustache_destroy(&set);
    assert_null(set);
}

static void a_partial_that_is_not_there_stops_the_load(void **state)
{
    (void)state;
    const struct embedded files[] = {{"page.mustache", "a\n{{> parts/x}}", 15}, {0}};
    assert_null(mustache_load(files, &why));
    assert_string_equal(why.text, "page:2: there is no template parts/x");
}

static void empty_lines_of_a_partial_are_not_indented(void **state)
{
    (void)state;
    assert_true(render("<\n  {{>part}}\n>\n", "a\n\n{{x}}\n", "{\"x\":\"1\\n2\"}"));
    assert_true(slice_is(buffer_slice(&out), "<\n  a\n\n  1\n2\n>\n"));
}

static int clean(void **state)
{
    (void)state;
    buffer_free(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_kind_are_written),
        cmocka_unit_test(all_that_could_end_an_attribute_is_escaped),
        cmocka_unit_test(empty_values_are_false),
        cmocka_unit_test(a_name_with_a_point_before_it_stays_inside),
        cmocka_unit_test(parse_errors_name_the_line),
        cmocka_unit_test(sections_nested_too_deep_are_refused),
        cmocka_unit_test(a_partial_without_end_is_stopped),
        cmocka_unit_test(a_page_without_end_is_stopped),
        cmocka_unit_test(a_set_is_loaded_from_the_templates_among_its_files),
        cmocka_unit_test(a_partial_that_is_not_there_stops_the_load),
        cmocka_unit_test(empty_lines_of_a_partial_are_not_indented),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
