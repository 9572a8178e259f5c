/* The tables of another site: rows of text in two forms, and what their values mean. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/import/gazelle.h"
#include "services/catalog/import/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct world {
    struct arena *arena;
    struct csv csv;
    struct csv_row row;
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

/* All rows in one line: "line[field|field]", ~ for NULL, or the fault. */
static const char *read_all(struct world *world, enum csv_form form, struct slice text)
{
    char *into = world->text;
    world->csv = (struct csv){.text = text, .form = form, .line = 1};
    *into = '\0';
    while (csv_next(&world->csv, &world->row, &world->why)) {
        into += sprintf(into, "%" PRIu64 "[%s", world->row.line, world->row.count == 0 ? world->why.text : "");
        for (size_t i = 0; i < world->row.count; i++) {
            struct slice field = csv_text(form, &world->row.fields[i], world->arena);
            into +=
                sprintf(into, "%s%s%.*s", i > 0 ? "|" : "", world->row.fields[i].null ? "~" : "", SLICE_ARGS(field));
        }
        into += sprintf(into, "]");
    }
    return world->text;
}

static const char *quoted(void **state, const char *text)
{
    return read_all(*state, CSV_quoted, slice_text(text));
}

static void quoted_rows_are_read_as_rfc_4180_has_them(void **state)
{
    assert_string_equal(quoted(state, "a,b\nc,d"), "1[a|b]2[c|d]");
    assert_string_equal(quoted(state, "a,b\r\nc,d\r\n"), "1[a|b]2[c|d]");
    assert_string_equal(quoted(state, "\"a,\"\"b\"\"\",\"two\nlines\"\nc,\n"), "1[a,\"b\"|two\nlines]3[c|]");
    assert_string_equal(quoted(state, "\\N,\"\\N\",\\x\n"), "1[~|\\N|\\x]");
    assert_string_equal(quoted(state, "\"\",\"\"\"\"\n\n\n,\n"), "1[|\"]4[|]");
    assert_string_equal(quoted(state, ""), "");
    assert_string_equal(quoted(state, "\n\n"), "");
}

static void a_row_that_cannot_be_read_costs_its_line_only(void **state)
{
    assert_string_equal(quoted(state, "a,b\"c\nd,e\n"), "1[A field without quotes around it has one in it.]2[d|e]");
    assert_string_equal(quoted(state, "\"a\"b,c\nd,e\n"),
                        "1[There is something between the end of a quoted field and the comma.]2[d|e]");
    assert_string_equal(quoted(state, "a,\"b\nc,d\n"), "1[A field begins with a quote and never ends with one.]2[c|d]");
    assert_string_equal(quoted(state, "a,\"b"), "1[A field begins with a quote and never ends with one.]");
    char many[2 * CSV_FIELDS_MAX + 8];
    memset(many, ',', sizeof many);
    snprintf(many + CSV_FIELDS_MAX, sizeof many - CSV_FIELDS_MAX, "\na,b\n");
    assert_string_equal(quoted(state, many), "1[This row has more than 200 fields.]2[a|b]");
}

static void escaped_rows_are_read_as_mysql_writes_them(void **state)
{
    static const char text[] = "a\t\\N\tb\\\tc\\\nd\\\\\n\"x\"\t\\\\N\t\\n\n";
    assert_string_equal(read_all(*state, CSV_escaped, slice_text(text)), "1[a|~|b\tc\nd\\]3[\"x\"|\\N|\n]");
    struct world *world = *state;
    read_all(world, CSV_escaped, slice_text("a\\0b\\Zc\\r\\t\\b\\q\n"));
    struct slice field = csv_text(CSV_escaped, &world->row.fields[0], world->arena);
    assert_true(slice_equal(field, slice_of("a\0b\x1a"
                                            "c\r\t\bq",
                                            9)));
    assert_string_equal(read_all(*state, CSV_escaped, slice_text("a\\")), "1[a\\]");
}

static void entities_of_html_are_read_in_lines(void **state)
{
    struct arena *arena = ((struct world *)*state)->arena;
    static const struct {
        const char *from, *to;
    } cases[] = {{"Simon &amp; Garfunkel", "Simon & Garfunkel"},
                 {"Bj&#246;rk &#x3b1; &#128512;", "Björk α 😀"},
                 {"&lt;b&gt; &quot;x&quot; &apos;y&#039;", "<b> \"x\" 'y'"},
                 {"AT&T; R&B &nothing; &#; &#x; &#0; &#55296; &#1114112; &#-5; & ;",
                  "AT&T; R&B &nothing; &#; &#x; &#0; &#55296; &#1114112; &#-5; & ;"},
                 {"  a\n b ", "a b"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_slice(gazelle_line(slice_text(cases[i].from), arena), cases[i].to);
}

static void times_flags_and_bytes(void **state)
{
    struct arena *arena = ((struct world *)*state)->arena;
    struct slice bytes;
    assert_int_equal(gazelle_time(slice_text("2010-11-12 13:14:15")), INT64_C(1289567655000));
    assert_int_equal(gazelle_time(slice_text("2010-11-12T13:14:15.250+00")), INT64_C(1289567655000));
    assert_int_equal(gazelle_time(slice_text("0000-00-00 00:00:00")), 0);
    assert_int_equal(gazelle_time(slice_text("2010-11-12")), 0);
    assert_int_equal(gazelle_time(slice_text("")), 0);
    assert_true(gazelle_flag(slice_text("1")) && gazelle_flag(slice_text("t")) && gazelle_flag(slice_text("TRUE")));
    assert_false(gazelle_flag(slice_text("0")) || gazelle_flag(slice_text("")) || gazelle_flag(slice_text("2")));
    assert_true(gazelle_bytes(slice_text("abcd"), 4, arena, &bytes));
    assert_slice(bytes, "abcd");
    assert_true(gazelle_bytes(slice_text("61626364"), 4, arena, &bytes));
    assert_slice(bytes, "abcd");
    assert_true(gazelle_bytes(slice_text("\\x61626364"), 4, arena, &bytes) &&
                gazelle_bytes(slice_text("0x61626364"), 4, arena, &bytes));
    assert_slice(bytes, "abcd");
    assert_false(gazelle_bytes(slice_text("6162636"), 4, arena, &bytes));
    assert_false(gazelle_bytes(slice_text("6162636g"), 4, arena, &bytes));
    assert_true(gazelle_content(slice_text("d1:ae"), arena, &bytes));
    assert_slice(bytes, "d1:ae");
    assert_true(gazelle_content(slice_text("64313a6165"), arena, &bytes));
    assert_slice(bytes, "d1:ae");
    assert_false(gazelle_content(slice_text("Tzo3OiJUT1JSRU5U"), arena, &bytes));
    assert_false(gazelle_content(slice_text("61626364"), arena, &bytes));
    assert_false(gazelle_content(slice_text(""), arena, &bytes));
}

static void progress_is_a_bar_on_a_terminal_and_else_a_line(void **state)
{
    struct progress progress = {.what = "albums", .done = 250, .total = 1000, .begun_with = 0, .begun_at = 1000};
    char text[200];
    (void)state;
    progress_write(&progress, 1000 + 1200000, text, sizeof text);
    assert_string_equal(text, "albums: 250 of 1000, 25 %, 1:00:00 left");
    progress.terminal = true;
    progress_write(&progress, 1000 + 60000, text, sizeof text);
    assert_string_equal(text, "[#######.......................] albums: 250 of 1000, 25 %, 0:03:00 left");
    progress.done = progress.begun_with = 1000; /* all was done before */
    progress_write(&progress, 2000, text, sizeof text);
    assert_string_equal(text, "[##############################] albums: 1000 of 1000, 100 %");
    progress = (struct progress){.what = "members"};
    progress_write(&progress, 0, text, sizeof text);
    assert_string_equal(text, "members: 0 of 0, 100 %");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(quoted_rows_are_read_as_rfc_4180_has_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_that_cannot_be_read_costs_its_line_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(escaped_rows_are_read_as_mysql_writes_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(entities_of_html_are_read_in_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(times_flags_and_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(progress_is_a_bar_on_a_terminal_and_else_a_line, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
