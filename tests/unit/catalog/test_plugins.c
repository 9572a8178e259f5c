/* What holds for every plugin, whatever it says of itself. Built twice: with the product's plugins, and with those of
 * plugins/ beside them. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/line.h"
#include "tests/unit/catalog/form_kit.h"

#include <inttypes.h>
#include <stdio.h>

static const char *printed(struct form_kit *kit, const char *format, ...)
{
    char text[64];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return arena_print(kit->arena, "%s", text);
}

static char *letters(struct form_kit *kit, int64_t count)
{
    char *text = arena_take(kit->arena, (size_t)count + 1);
    memset(text, 'x', (size_t)count);
    text[count] = '\0';
    return text;
}

/* Something that the attribute takes. */
static const char *good(struct form_kit *kit, const struct attribute *attribute)
{
    switch (attribute->type) {
    case ATTR_number:
        return printed(kit, "%" PRId64, attribute->high);
    case ATTR_choice:
        return attribute->choices[0];
    case ATTR_flag:
        return "1";
    case ATTR_tags:
        return "one, two";
    case ATTR_credit:
        return "Somebody";
    case ATTR_date:
        return "2026-11-24";
    case ATTR_text:
    case ATTR_long:
        break;
    }
    /* Rules of a plugin's own may ask for more than letters: a number of seven digits is a text too. */
    return attribute->low > 7 ? letters(kit, attribute->low) : "0133093";
}

/* A form in which all is given, or only what is needed. */
static void fill(struct form_kit *kit, const struct plugin *plugin, bool all)
{
    kit->plugin = plugin;
    kit->count = 0;
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++)
        if (plugin_asks(attribute) && (all || attribute->required))
            form_kit_set(kit, attribute->name, good(kit, attribute));
}

static void taken(struct form_kit *kit)
{
    if (!form_kit_check(kit, LEVEL_group, false))
        fail_msg("%s: %s %s", kit->plugin->name, kit->why.field, kit->why.text);
}

static void refused(struct form_kit *kit, const struct attribute *attribute, const char *text)
{
    fill(kit, kit->plugin, true);
    form_kit_set(kit, attribute->name, text);
    if (form_kit_check(kit, LEVEL_group, false))
        fail_msg("%s: %s takes \"%.40s\"", kit->plugin->name, attribute->name, text != NULL ? text : "nothing");
    assert_string_equal(kit->why.field, attribute->name);
    assert_int_equal(kit->why.status, STATUS_invalid);
    assert_true(strncmp(kit->why.text, attribute->label, strlen(attribute->label)) == 0);
}

static void each_is_described_consistently(void **state)
{
    (void)state;
    struct fault why = {0};
    for (size_t i = 0; i < plugins_count; i++)
        if (!plugin_check(plugins[i], &why))
            fail_msg("%s: %s %s", plugins[i]->name, why.field, why.text);
}

static void each_takes_a_whole_form_and_a_bare_one(void **state)
{
    struct form_kit *kit = *state;
    for (size_t i = 0; i < plugins_count; i++) {
        fill(kit, plugins[i], true);
        taken(kit);
        fill(kit, plugins[i], false);
        taken(kit);
    }
}

static void what_is_offered_is_taken_as_it_is(void **state)
{
    struct form_kit *kit = *state;
    for (size_t i = 0; i < plugins_count; i++)
        for (const struct attribute *attribute = plugins[i]->attributes; attribute->name != NULL; attribute++)
            for (const char *const *known = attribute->known; known != NULL && *known != NULL; known++) {
                fill(kit, plugins[i], true);
                form_kit_set(kit, attribute->name, *known);
                taken(kit);
                assert_true(slice_is(form_kit_value(kit, attribute->name), *known));
            }
}

static void what_an_attribute_cannot_be_is_refused_by_its_name(void **state)
{
    struct form_kit *kit = *state;
    for (size_t i = 0; i < plugins_count; i++) {
        kit->plugin = plugins[i];
        for (const struct attribute *attribute = plugins[i]->attributes; attribute->name != NULL; attribute++) {
            bool text = attribute->type == ATTR_text || attribute->type == ATTR_long || attribute->type == ATTR_tags;
            if (!plugin_asks(attribute))
                continue;
            if (attribute->required && attribute->standard == NULL)
                refused(kit, attribute, NULL);
            if (text && attribute->low > 1)
                refused(kit, attribute, letters(kit, attribute->low - 1));
            if (text)
                refused(kit, attribute, letters(kit, attribute->high + 1));
            if (attribute->type == ATTR_number) {
                refused(kit, attribute, printed(kit, "%" PRId64, attribute->low - 1));
                refused(kit, attribute, printed(kit, "%" PRId64, attribute->high + 1));
                refused(kit, attribute, "many");
            }
            if (attribute->type == ATTR_choice || attribute->type == ATTR_date)
                refused(kit, attribute, "something else");
            if (attribute->type == ATTR_credit)
                refused(kit, attribute, letters(kit, 201));
        }
    }
}

static void assert_line(const struct plugin *plugin, const struct line_source *source,
                        void (*write)(const struct line_source *, struct buffer *))
{
    struct buffer line = {0};
    write(source, &line);
    if (line.size == 0 || memchr(line.at, '{', line.size) != NULL || memchr(line.at, '<', line.size) != NULL)
        fail_msg("%s: a line reads \"%.*s\"", plugin->name, (int)line.size, line.at);
    buffer_free(&line);
}

/* Every line names attributes that are there, and can be written from what a bare form must hold. */
static void each_line_can_be_written_from_a_bare_form(void **state)
{
    struct form_kit *kit = *state;
    for (size_t i = 0; i < plugins_count; i++) {
        const struct plugin *plugin = plugins[i];
        fill(kit, plugin, false);
        taken(kit);
        if (plugin_counted(plugin) >= 0)
            kit->submission.values.of[plugin_counted(plugin)] = slice_text("1");
        struct line_source source = {.plugin = plugin, .values = &kit->submission.values, .name = slice_text("Name")};
        struct buffer scratch = {0};
        assert_true(line_write(plugin->group_title, &source, &scratch));
        assert_true(line_write(plugin->unit_title, &source, &scratch));
        assert_true(line_write(plugin->file_name, &source, &scratch));
        assert_true(line_write(plugin->release_name, &source, &scratch));
        buffer_free(&scratch);
        assert_line(plugin, &source, line_write_whole);
        assert_line(plugin, &source, line_write_file_name);
        if (plugin->edition_titles != NULL)
            assert_line(plugin, &source, line_write_edition);
    }
}

/* Braces hold a name of the plugin's own, brackets are closed. */
static void assert_pattern(const struct plugin *plugin, const char *pattern)
{
    for (const char *at = pattern; (at = strchr(at, '{')) != NULL; at++) {
        char name[64] = "";
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 1, "}"), at + 1);
        if (plugin_attribute(plugin, name) < 0 && strcmp(name, "credits") != 0 && strcmp(name, "name") != 0)
            fail_msg("%s: \"%s\" asks for {%s}", plugin->name, pattern, name);
    }
}

static void each_line_asks_for_attributes_that_are_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < plugins_count; i++) {
        assert_pattern(plugins[i], plugins[i]->group_title);
        assert_pattern(plugins[i], plugins[i]->unit_title);
        assert_pattern(plugins[i], plugins[i]->file_name);
        assert_pattern(plugins[i], plugins[i]->release_name);
        for (const char *const *title = plugins[i]->edition_titles; title != NULL && *title != NULL; title++)
            assert_pattern(plugins[i], *title);
    }
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, form_kit_begin, form_kit_end)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_described_consistently),
        test(each_takes_a_whole_form_and_a_bare_one),
        test(what_is_offered_is_taken_as_it_is),
        test(what_an_attribute_cannot_be_is_refused_by_its_name),
        test(each_line_can_be_written_from_a_bare_form),
        cmocka_unit_test(each_line_asks_for_attributes_that_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
