/* A state that was saved and loaded is the state: the same answers, and the same after more of the history. */
#include "tests/unit/ratio/rules_kit.h"

#include "services/ratio/rules/browse.h"
#include "services/ratio/rules/save.h"

#include <stdlib.h>

static void put(void *arg, const void *bytes, size_t size)
{
    buffer_add(arg, bytes, size);
}

static struct rules *loaded(const struct rules_settings *settings)
{
    struct buffer bytes = {0};
    struct rules *rules = NULL;
    rules_save(world.rules, put, &bytes);
    assert_true(rules_load(buffer_slice(&bytes), settings, &rules, NULL));
    buffer_free(&bytes);
    return rules;
}

static void same(struct rules *one, struct rules *other)
{
    struct buffer a = {0}, b = {0};
    struct rules_check check;
    rules_save(one, put, &a);
    rules_save(other, put, &b);
    assert_true(slice_equal(buffer_slice(&a), buffer_slice(&b)));
    rules_check(other, &check);
    assert_true(check.recomputed);
    buffer_free(&a);
    buffer_free(&b);
}

/* A little of everything. */
static void busy(int64_t from)
{
    for (int64_t i = 1; i <= 6; i++) {
        publish(from + i, i, 1 + i % 3, i * GB);
        announce(i % 6 + 1, from + i, 0);
        announce((i + 1) % 6 + 1, from + i, GB / 2);
        free_space(i, (8 - i) * GB);
        assign(i, from + i, 10 * i);
        household(i, from + i / 2);
    }
    tick();
    pass(30 * HOUR);
    dropped(3, from + 2);
    delete_version(from + 4);
    tracker(false);
    pass(3 * HOUR);
    tracker(true);
    jump(5 * DAY);
    tick();
}

static void a_loaded_state_is_the_state(void **state)
{
    (void)state;
    struct rules_settings settings = rules_settings_standard();
    world_begin(NULL);
    members(6);
    busy(100);
    struct rules *copy_of = loaded(&settings);
    same(world.rules, copy_of);
    rules_destroy(&copy_of);
    world_end();
}

static void it_goes_on_as_the_state_does(void **state)
{
    (void)state;
    struct rules_settings settings = rules_settings_standard();
    world_begin(NULL);
    members(6);
    busy(100);
    struct rules *before = world.rules, *copy_of = loaded(&settings);
    struct world kept = world;
    busy(200);
    before = world.rules;
    world = kept;
    world.rules = copy_of;
    busy(200);
    same(before, world.rules);
    rules_destroy(&before);
    world_end();
}

static void an_empty_state_is_loaded(void **state)
{
    (void)state;
    struct rules_settings settings = rules_settings_standard();
    world_begin(NULL);
    struct rules *copy_of = loaded(&settings);
    same(world.rules, copy_of);
    rules_destroy(&copy_of);
    world_end();
}

static void what_is_damaged_cut_or_of_other_settings_is_not(void **state)
{
    (void)state;
    struct rules_settings settings = rules_settings_standard();
    struct buffer bytes = {0};
    struct rules *rules = NULL;
    world_begin(NULL);
    members(6);
    busy(100);
    rules_save(world.rules, put, &bytes);
    for (size_t size = 0; size < bytes.size; size += 1 + bytes.size / 50)
        assert_false(rules_load(slice_of(bytes.at, size), &settings, &rules, NULL));
    for (size_t at = 0; at < bytes.size; at += 1 + bytes.size / 50) {
        bytes.at[at] ^= 1;
        assert_false(rules_load(buffer_slice(&bytes), &settings, &rules, NULL));
        bytes.at[at] ^= 1;
    }
    settings.loan++;
    assert_false(rules_load(buffer_slice(&bytes), &settings, &rules, NULL));
    assert_null(rules);
    buffer_free(&bytes);
    world_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loaded_state_is_the_state),
        cmocka_unit_test(it_goes_on_as_the_state_does),
        cmocka_unit_test(an_empty_state_is_loaded),
        cmocka_unit_test(what_is_damaged_cut_or_of_other_settings_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
