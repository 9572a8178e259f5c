/* The upload form: from a plugin's description to inputs, and from what was typed to what the catalog takes. */
#include "tests/unit/web/cmocka_all.h"

#include "services/web/json.h"
#include "services/web/upload_form.h"

static struct arena *arena;
static struct tree_writer *description;
static const msgpack_object *plugin;

static void add_level(const char *name, const char *title)
{
    tree_open_map(description, NULL);
    tree_string(description, "name", name);
    tree_string(description, "title", title);
    tree_close(description);
}

static void open_field(const char *name, const char *level, const char *type)
{
    tree_open_map(description, NULL);
    tree_string(description, "name", name);
    tree_string(description, "level", level);
    tree_string(description, "type", type);
    tree_string(description, "label", name);
}

static void add_credit_field(void)
{
    open_field("artists", "album", "credit");
    tree_flag(description, "repeat", true);
    tree_open_array(description, "roles");
    add_level("main", "Main artist");
    add_level("guest", "Guest");
    tree_close(description);
    tree_close(description);
}

static void add_choice_field(void)
{
    open_field("media", "release", "choice");
    tree_open_array(description, "choices");
    tree_string(description, NULL, "CD");
    tree_string(description, NULL, "Vinyl");
    tree_close(description);
    tree_close(description);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    description = tree_new();
    tree_string(description, "name", "music");
    tree_string(description, "group_level", "album");
    tree_open_array(description, "levels");
    add_level("artist", "Artist");
    add_level("album", "Album");
    add_level("release", "Release");
    tree_close(description);
    tree_open_array(description, "fields");
    add_credit_field();
    open_field("title", "album", "text");
    tree_open_array(description, "known");
    tree_string(description, NULL, "Live");
    tree_close(description);
    tree_close(description);
    open_field("people", "album", "credit");
    tree_string(description, "note", "Part played");
    tree_close(description);
    add_choice_field();
    open_field("scene", "release", "flag");
    tree_close(description);
    open_field("copies", "release", "number");
    tree_string(description, "standard", "3");
    tree_close(description);
    tree_close(description);
    plugin = tree_finish(description);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tree_destroy(&description);
    arena_destroy(&arena);
    return 0;
}

static struct form typed(const char *text)
{
    struct form form;
    assert_true(form_read(slice_text(text), arena, &form, NULL));
    return form;
}

static const char *json_of(struct tree_writer **out)
{
    struct buffer json = {NULL, 0, 0};
    json_write(tree_finish(*out), &json);
    const char *text = arena_copy(arena, buffer_slice(&json)).at;
    buffer_free(&json);
    tree_destroy(out);
    return text;
}

static const char *read_fields(const char *text)
{
    struct form form = typed(text);
    struct tree_writer *out = tree_new();
    upload_form_read(out, plugin, &form);
    return json_of(&out);
}

#define NO_PEOPLE "\"people\": [], \"people_role\": [], \"people_note\": [], "
#define NO_PEOPLE_LAST "\"people\": [], \"people_role\": [], \"people_note\": []}"

static void what_was_typed_becomes_a_map(void **state)
{
    (void)state;
    assert_string_equal(read_fields("title=+Blue+Train+&media=CD&scene=1&artists=John&artists_role=main"),
                        "{\"artists\": [\"John\"], \"artists_role\": [\"main\"], \"title\": \"Blue Train\", " NO_PEOPLE
                        "\"media\": \"CD\", \"scene\": \"1\"}");
}

static void an_empty_row_takes_its_role_away_with_it(void **state)
{
    (void)state;
    assert_string_equal(
        read_fields("artists=A&artists_role=main&artists=+&artists_role=guest&artists=C&artists_role=guest"),
        "{\"artists\": [\"A\", \"C\"], \"artists_role\": [\"main\", \"guest\"], " NO_PEOPLE_LAST);
}

static void inputs_of_no_field_are_left_out(void **state)
{
    (void)state;
    assert_string_equal(read_fields("csrf=1&key=2&group=3&title="),
                        "{\"artists\": [], \"artists_role\": [], " NO_PEOPLE_LAST);
}

static void what_is_told_of_each_name_stays_beside_it(void **state)
{
    const char *json = read_fields("people=A&people_note=+&people=&people_note=Nobody&people=C&people_note=The+cook+");
    (void)state;
    assert_non_null(strstr(json, "\"people\": [\"A\", \"C\"], \"people_role\": [\"\", \"\"], "
                                 "\"people_note\": [\"\", \"The cook\"]"));
}

static bool write_form(const char *text, const struct fault *why, bool below, const char *more, const char **json)
{
    struct form form = typed(text);
    struct tree_writer *out = tree_new();
    bool marked = upload_form_write(out, plugin, &form, why, below, slice_text("release"), slice_text(more));
    *json = json_of(&out);
    return marked;
}

static size_t count(const char *text, const char *part)
{
    size_t times = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        times++;
    return times;
}

static void every_level_with_fields_is_a_section(void **state)
{
    const char *json;
    (void)state;
    write_form("", NULL, false, NULL, &json);
    assert_non_null(strstr(json, "\"level\": \"album\""));
    assert_non_null(strstr(json, "\"level\": \"release\""));
    assert_null(strstr(json, "\"level\": \"artist\"")); /* it has none */
}

static void below_a_group_its_own_fields_are_left_out(void **state)
{
    const char *json;
    (void)state;
    write_form("", NULL, true, NULL, &json);
    assert_non_null(strstr(json, "\"level\": \"release\", \"title\": \"Release\", \"loose\": true"));
    assert_null(strstr(json, "\"level\": \"album\""));
    assert_non_null(strstr(json, "\"level\": \"release\""));
}

static void what_was_typed_is_shown_again(void **state)
{
    const char *json;
    (void)state;
    write_form("title=Blue&media=Vinyl&scene=1&artists=A&artists_role=guest", NULL, false, NULL, &json);
    assert_non_null(strstr(json, "\"value\": \"Blue\""));
    assert_non_null(strstr(json, "{\"value\": \"Vinyl\", \"selected\": true}"));
    assert_non_null(strstr(json, "\"checked\": true"));
    assert_non_null(strstr(json, "{\"value\": \"guest\", \"title\": \"Guest\", \"selected\": true}"));
    write_form("people=A&people_note=The+cook", NULL, false, NULL, &json);
    assert_int_equal(count(json, "\"note_label\": \"Part played\""), 2); /* and in the empty row */
    assert_int_equal(count(json, "\"note\": \"The cook\""), 1);
    assert_int_equal(count(json, "\"has_known\": true, \"known\": [\"Live\"]"), 1);
}

static void what_is_taken_otherwise_is_shown_until_it_is_emptied(void **state)
{
    const char *json;
    (void)state;
    write_form("title=Blue", NULL, false, NULL, &json);
    assert_int_equal(count(json, "\"value\": \"3\""), 1);
    write_form("copies=5", NULL, false, NULL, &json);
    assert_int_equal(count(json, "\"value\": \"5\""), 1);
    write_form("copies=", NULL, false, NULL, &json);
    assert_int_equal(count(json, "\"value\": \"3\""), 0);
}

static void more_rows_are_given_when_asked_for(void **state)
{
    const char *json;
    (void)state;
    write_form("artists=A", NULL, false, NULL, &json);
    assert_int_equal(count(json, "\"has_roles\""), 3); /* one is of the other field */
    write_form("artists=A", NULL, false, "artists", &json);
    assert_int_equal(count(json, "\"has_roles\""), 5);
}

static void the_field_at_fault_is_marked(void **state)
{
    const char *json;
    struct fault why;
    (void)state;
    fault_set(&why, STATUS_invalid, "title", "Say the title.");
    assert_true(write_form("", &why, false, NULL, &json));
    assert_int_equal(count(json, "\"error\": \"Say the title.\""), 1);
    assert_false(write_form("", &why, true, NULL, &json)); /* not shown: told above the form instead */
    fault_set(&why, STATUS_invalid, NULL, "No.");
    assert_false(write_form("", &why, false, NULL, &json));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_typed_becomes_a_map),
        cmocka_unit_test(an_empty_row_takes_its_role_away_with_it),
        cmocka_unit_test(inputs_of_no_field_are_left_out),
        cmocka_unit_test(what_is_told_of_each_name_stays_beside_it),
        cmocka_unit_test(every_level_with_fields_is_a_section),
        cmocka_unit_test(below_a_group_its_own_fields_are_left_out),
        cmocka_unit_test(what_was_typed_is_shown_again),
        cmocka_unit_test(what_is_taken_otherwise_is_shown_until_it_is_emptied),
        cmocka_unit_test(more_rows_are_given_when_asked_for),
        cmocka_unit_test(the_field_at_fault_is_marked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
