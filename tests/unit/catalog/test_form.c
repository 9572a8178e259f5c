/* Forms: a good one, and what is said of one that is wrong in one place. */
#include "tests/unit/catalog/catalog_unit.h"

#include "tests/unit/catalog/form_kit.h"

static void assert_refused(struct form_kit *kit, const char *name, const char *text, const char *field,
                           const char *words)
{
    const char *before = NULL;
    assert_true(form_kit_check(kit, LEVEL_group, false));
    for (size_t i = 0; i < kit->count; i++)
        if (strcmp(kit->names[i], name) == 0)
            before = kit->texts[i];
    form_kit_set(kit, name, text);
    assert_false(form_kit_check(kit, LEVEL_group, false));
    assert_string_equal(kit->why.field, field);
    assert_says(kit->why, words);
    assert_int_equal(kit->why.status, STATUS_invalid);
    form_kit_set(kit, name, before);
}

static void a_good_form_is_taken(void **state)
{
    struct form_kit *kit = *state;
    form_kit_set(kit, "title", "  Two\n words ");
    form_kit_set(kit, "description", "First line\r\nsecond line\r\n");
    form_kit_set(kit, "format", "flac");
    form_kit_set(kit, "scene", "on");
    assert_true(form_kit_check(kit, LEVEL_group, false));
    assert_slice(form_kit_value(kit, "title"), "Two words");
    assert_slice(form_kit_value(kit, "description"), "First line\nsecond line");
    assert_slice(form_kit_value(kit, "format"), "FLAC");
    assert_slice(form_kit_value(kit, "scene"), "1");
    assert_slice(form_kit_value(kit, "log"), "");
}

static void what_is_needed_is_asked_for_by_name(void **state)
{
    struct form_kit *kit = *state;
    assert_refused(kit, "artists", NULL, "artists", "name at least one");
    assert_refused(kit, "title", NULL, "title", "needed");
    assert_refused(kit, "title", "   ", "title", "needed");
    assert_refused(kit, "year", NULL, "year", "needed");
    assert_refused(kit, "format", NULL, "format", "needed");
}

static void the_first_fault_in_the_plugins_order_is_told(void **state)
{
    struct form_kit *kit = *state;
    form_kit_set(kit, "bitrate", NULL);
    form_kit_set(kit, "year", "soon");
    assert_false(form_kit_check(kit, LEVEL_group, false));
    assert_string_equal(kit->why.field, "year");
}

static void values_out_of_range_are_refused(void **state)
{
    struct form_kit *kit = *state;
    assert_refused(kit, "year", "1859", "year", "from 1860 to 2100");
    assert_refused(kit, "year", "99999999999999999999999", "year", "number");
    assert_refused(kit, "year", "1999a", "year", "number");
    assert_refused(kit, "format", "WMA", "format", "choose one");
    assert_refused(kit, "description", "short", "description", "at least 10");
    assert_refused(kit, "label", "x", "label", "at least 2");
    char long_title[202];
    memset(long_title, 'x', 201);
    long_title[201] = '\0';
    assert_refused(kit, "title", long_title, "title", "longer than 200");
    assert_refused(kit, "title", "one|two", "title", "one value");
}

static void letters_are_counted_and_not_bytes(void **state)
{
    struct form_kit *kit = *state;
    char title[401];
    for (int i = 0; i < 200; i++)
        memcpy(title + i * 2, "é", 3);
    form_kit_set(kit, "title", title);
    assert_true(form_kit_check(kit, LEVEL_group, false));
}

static void credits_come_in_order_with_their_roles(void **state)
{
    struct form_kit *kit = *state;
    form_kit_set(kit, "artists", "A|B||A|a");
    form_kit_set(kit, "artists_role", "|guest|main|producer|main");
    assert_true(form_kit_check(kit, LEVEL_group, false));
    assert_int_equal(kit->submission.credits_count, 3);
    assert_slice(kit->submission.credits[0].name, "A");
    assert_string_equal(kit->submission.credits[0].role->name, "main");
    assert_string_equal(kit->submission.credits[1].role->name, "guest");
    assert_string_equal(kit->submission.credits[2].role->name, "producer");
    assert_refused(kit, "artists_role", "singer", "artists", "not a role");
    assert_refused(kit, "artists_role", "guest|guest|guest|guest|guest", "artists", "at least one");
}

static void tags_are_tidied_and_told_once(void **state)
{
    struct form_kit *kit = *state;
    form_kit_set(kit, "tags", "Hip Hop,  jazz,,JAZZ , 1990s");
    assert_true(form_kit_check(kit, LEVEL_group, false));
    assert_int_equal(kit->submission.tags_count, 3);
    assert_slice(kit->submission.tags[0], "hip.hop");
    assert_slice(kit->submission.tags[1], "jazz");
    assert_slice(kit->submission.tags[2], "1990s");
    form_kit_set(kit, "tags", "one|two, three");
    assert_true(form_kit_check(kit, LEVEL_group, false));
    assert_int_equal(kit->submission.tags_count, 3);
}

static void below_an_existing_group_its_fields_are_not_asked(void **state)
{
    struct form_kit *kit = *state;
    form_kit_set(kit, "title", NULL);
    form_kit_set(kit, "artists", NULL);
    assert_false(form_kit_check(kit, LEVEL_group, false));
    form_kit_set(kit, "year", "nonsense");
    form_kit_set(kit, "release_year", "2001");
    assert_true(form_kit_check(kit, LEVEL_edition, false));
    form_kit_set(kit, "media", NULL);
    assert_false(form_kit_check(kit, LEVEL_edition, false));
    assert_true(form_kit_check(kit, LEVEL_unit, false));
}

static void a_short_name_of_a_choice_is_understood(void **state)
{
    struct form_kit *kit = *state;
    form_kit_set(kit, "format", "mp3");
    form_kit_set(kit, "bitrate", "v0");
    assert_true(form_kit_check(kit, LEVEL_group, false));
    assert_slice(form_kit_value(kit, "bitrate"), "V0 (VBR)");
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, form_kit_begin, form_kit_end)
    const struct CMUnitTest tests[] = {
        test(a_good_form_is_taken),
        test(what_is_needed_is_asked_for_by_name),
        test(the_first_fault_in_the_plugins_order_is_told),
        test(values_out_of_range_are_refused),
        test(letters_are_counted_and_not_bytes),
        test(credits_come_in_order_with_their_roles),
        test(tags_are_tidied_and_told_once),
        test(below_an_existing_group_its_fields_are_not_asked),
        test(a_short_name_of_a_choice_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
