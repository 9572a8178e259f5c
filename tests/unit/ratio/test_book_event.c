/* Events go into rows of the log and come back as they were; sightings are packed and unpacked. */
#include "services/ratio/books/event.h"
#include "services/ratio/books/figures.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct rules_event back_of(const struct rules_event *event)
{
    struct rules_event read;
    struct book_row row = row_of_event(event);
    assert_true(event_of_row(&row, &read));
    assert_int_equal(read.kind, event->kind);
    assert_int_equal(read.at, event->at);
    return read;
}

static void every_event_comes_back(void **state)
{
    (void)state;
    struct rules_event read = back_of(&(struct rules_event){
        .kind = RULES_assign, .at = 5, .user = 1, .backup = 2, .points = 3, .expected_assigned = 0, .expects = true});
    assert_true(read.user == 1 && read.backup == 2 && read.points == 3 && read.expects && read.expected_assigned == 0);
    read = back_of(&(struct rules_event){.kind = RULES_assign, .at = 5, .user = 1, .backup = 2});
    assert_false(read.expects);
    read = back_of(&(struct rules_event){.kind = RULES_move, .at = 5, .user = 1, .from = 7, .to = 8, .points = 9});
    assert_true(read.from == 7 && read.to == 8 && read.points == 9);
    read = back_of(&(struct rules_event){.kind = RULES_version, .at = 5, .version = 4, .backup = 2, .size = INT64_MAX});
    assert_true(read.version == 4 && read.backup == 2 && read.size == INT64_MAX);
    read =
        back_of(&(struct rules_event){.kind = RULES_audit, .at = 5, .user = 1, .version = 4, .result = RULES_suspect});
    assert_int_equal(read.result, RULES_suspect);
    read = back_of(&(struct rules_event){.kind = RULES_version, .at = 5, .version = 4, .backup = 2, .depends_on = 3});
    assert_true(read.depends_on == 3 && read.backup == 2);
    const struct rules_retention keep = {1000, 1, 2, 1000, 36500};
    read = back_of(&(struct rules_event){.kind = RULES_retention, .at = 5, .backup = 2, .retention = keep});
    assert_memory_equal(&read.retention, &keep, sizeof keep);
    read = back_of(&(struct rules_event){.kind = RULES_household, .at = 5, .user = 1, .household = INT64_MAX});
    assert_true(read.user == 1 && read.household == INT64_MAX);
    assert_true(back_of(&(struct rules_event){.kind = RULES_tracker, .at = 5, .up = true}).up);
    assert_false(back_of(&(struct rules_event){.kind = RULES_tracker, .at = 5}).up);
    for (int kind = 0; kind < RULES_EVENTS; kind++)
        back_of(&(struct rules_event){.kind = kind, .at = 1});
}

static void a_row_of_another_kind_is_no_event(void **state)
{
    (void)state;
    struct rules_event event;
    assert_false(event_of_row(&(struct book_row){.kind = slice_text(ROW_TIME)}, &event));
    assert_false(event_of_row(&(struct book_row){.kind = slice_text("")}, &event));
}

static void sightings_are_unpacked_as_they_were_packed(void **state)
{
    (void)state;
    static const int64_t numbers[] = {0, 1, 127, 128, 16384, INT64_MAX};
    struct buffer packed = {0};
    struct rules_event event = {.kind = RULES_announce};
    for (size_t i = 0; i < 6; i++)
        sighting_pack(&packed, numbers[i], numbers[5 - i], numbers[(i + 3) % 6]);
    struct slice rest = buffer_slice(&packed);
    for (size_t i = 0; i < 6; i++) {
        assert_true(sighting_next(&rest, &event));
        assert_true(event.user == numbers[i] && event.version == numbers[5 - i] && event.left == numbers[(i + 3) % 6]);
        assert_int_equal(event.kind, event.version == SIGHTING_HOUSEHOLD ? RULES_household : RULES_announce);
        assert_true(event.household == event.left);
    }
    assert_false(sighting_next(&rest, &event));
    rest = slice_of(packed.at, 2); /* cut off */
    assert_false(sighting_next(&rest, &event));
    rest = slice_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
    assert_false(sighting_next(&rest, &event));
    buffer_free(&packed);
}

/* A copy that counts while the only slot is taken changes neither the tier nor the queue: its version is told of all
 * the same. */
static void what_counts_is_told_of_its_version(void **state)
{
    (void)state;
    struct rules_settings settings = rules_settings_standard();
    struct rules *rules = rules_new(&settings);
    const struct rules_event events[] = {
        {.kind = RULES_member, .at = 1, .user = 1},
        {.kind = RULES_member, .at = 1, .user = 2},
        {.kind = RULES_member, .at = 1, .user = 3},
        {.kind = RULES_backup, .at = 1, .user = 1, .backup = 5, .redundancy = 1},
        {.kind = RULES_version, .at = 1, .version = 9, .backup = 5, .size = 100},
        {.kind = RULES_announce, .at = 2, .user = 2, .version = 9, .left = 7},
        {.kind = RULES_announce, .at = 3, .user = 3, .version = 9},
    };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        assert_true(rules_apply(rules, &events[i], NULL));
    size_t count;
    bool told = false;
    const struct rules_change *changes = rules_changes(rules, &count);
    for (size_t i = 0; i < count; i++)
        told = told || (changes[i].what == RULES_CHANGED_VERSION && changes[i].version == 9);
    assert_true(told);
    rules_destroy(&rules);
}

static void effects_tell_what_was_before(void **state)
{
    (void)state;
    struct rules_settings settings = rules_settings_standard();
    struct rules *rules = rules_new(&settings);
    struct memory *memory = memory_new(rules);
    struct effects effects = {0};
    const struct rules_event events[] = {
        {.kind = RULES_member, .at = 1, .user = 1},
        {.kind = RULES_member, .at = 1, .user = 2},
        {.kind = RULES_backup, .at = 1, .user = 1, .backup = 5, .redundancy = 2},
        {.kind = RULES_version, .at = 1, .version = 9, .backup = 5, .size = 100},
    };
    for (size_t i = 0; i < 4; i++) {
        assert_true(rules_apply(rules, &events[i], NULL));
        memory_note(memory, rules, 1, "setup", NULL);
    }
    assert_true(
        rules_apply(rules, &(struct rules_event){.kind = RULES_announce, .at = 2, .user = 2, .version = 9}, NULL));
    memory_note(memory, rules, 7, "announce", &effects);
    bool earned = false, held = false;
    for (size_t i = 0; i < effects.rows_count; i++) {
        const struct effect *row = &effects.rows[i];
        assert_int_equal(row->seq, 7);
        earned = earned ||
                 (strcmp(row->what, "contribution") == 0 && row->user == 2 && row->before == 0 && row->after == 100);
        held = held || (strcmp(row->what, "copy") == 0 && strcmp(row->state_before, "none") == 0 &&
                        strcmp(row->state_after, "held") == 0);
    }
    assert_true(earned && held);
    assert_int_equal(effects.pairs_count, 1);
    int64_t held_count, stale, fallen;
    memory_tally(memory, 2, &held_count, &stale, &fallen);
    assert_true(held_count == 1 && stale == 0 && fallen == 0);
    effects_clear(&effects);
    memory_destroy(&memory);
    rules_destroy(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_comes_back),
        cmocka_unit_test(a_row_of_another_kind_is_no_event),
        cmocka_unit_test(sightings_are_unpacked_as_they_were_packed),
        cmocka_unit_test(what_counts_is_told_of_its_version),
        cmocka_unit_test(effects_tell_what_was_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
