/* 2.6, D5: superseded versions: which they are, what they still want, when they go, and who is offered the next. */
#include "tests/unit/ratio/rules_kit.h"

#include "services/ratio/rules/browse.h"

/* Another version, which its owner, member 1, serves. */
static void add(int64_t id)
{
    assert_true(version(id, 1, GB));
    stay(1, id);
}

static bool is_there(int64_t id)
{
    return strcmp(look(id).state, "deleted") != 0;
}

static bool is_superseded(int64_t id)
{
    struct rules_placing placing;
    assert_true(rules_placing(world.rules, id, &placing));
    return placing.superseded;
}

static void begin(int64_t wanted)
{
    world_begin(NULL, NULL);
    members(6);
    assert_true(backup(1, 1, wanted));
}

static void d5_the_newest_takes_over_copy_by_copy(void **unused)
{
    (void)unused;
    begin(3);
    add(1);
    hold(2, 1);
    hold(3, 1);
    hold(4, 1);
    assert_true(retention(1, (struct rules_retention){.last = 1}));
    add(2);
    assert_true(look(1).redundancy == 3 && is_superseded(1) && profile(1).obligation == 6 * GB);
    hold(5, 2);
    assert_true(look(1).redundancy == 2 && profile(1).obligation == 5 * GB);
    assert_true(counted_are(1, 2, 3, 0) && spare_are(1, 4, 0) && may_delete_are(4, 1, 0));
    dropped(5, 2);
    assert_true(look(1).redundancy == 3 && counted_are(1, 2, 3, 4, 0));
    hold(5, 2);
    assert_true(is_there(1));
    hold(6, 2); /* min(R, 2) */
    assert_true(!is_there(1) && is_superseded(1) && profile(1).obligation == 3 * GB);
    assert_true(may_delete_are(2, 1, 0));
    world_end();
}

static void the_last_restorable_version_stays(void **unused)
{
    (void)unused;
    begin(2);
    add(1);
    hold(2, 1);
    assert_true(retention(1, (struct rules_retention){.last = 1}));
    add(2);
    add(3);
    assert_true(is_there(1) && !is_there(2) && is_there(3)); /* nobody had the second */
    pass(40 * DAY);
    assert_true(is_there(1));
    hold(3, 3);
    assert_true(is_there(1)); /* one copy is not two */
    hold(4, 3);
    assert_true(!is_there(1));
    dropped(3, 3);
    dropped(4, 3);
    assert_true(is_there(3));
    world_end();
}

static void what_another_depends_on_is_kept(void **unused)
{
    (void)unused;
    begin(1);
    add(1);
    hold(2, 1);
    assert_true(retention(1, (struct rules_retention){.last = 1}));
    assert_true(depending(2, 1, GB, 1));
    stay(1, 2);
    assert_true(is_there(1) && !is_superseded(1) && look(1).redundancy == 1);
    hold(3, 2);
    assert_true(is_there(1));
    assert_false(depending(3, 1, GB, 9));
    assert_true(depending(3, 1, GB, 2));
    stay(1, 3);
    assert_true(!is_superseded(1) && !is_superseded(2));
    add(4); /* a new base; the chain of three is superseded from its end */
    assert_true(is_superseded(3) && !is_there(3));
    assert_true(is_superseded(2) && !is_superseded(1) && is_there(2)); /* somebody has the second */
    hold(4, 4);
    assert_true(!is_there(2) && !is_there(1) && is_there(4));
    world_end();
}

static void a_newer_version_without_its_base_replaces_nothing(void **unused)
{
    (void)unused;
    begin(1);
    add(1);
    hold(2, 1);
    add(2);
    hold(3, 2);
    assert_true(retention(1, (struct rules_retention){.last = 1}));
    assert_true(!is_there(1));
    dropped(3, 2); /* the base has no copy */
    add(3);
    hold(4, 3);
    assert_true(!is_there(2));
    assert_true(depending(4, 1, GB, 3));
    stay(1, 4);
    dropped(4, 3);
    hold(5, 4);
    assert_true(is_there(3) && is_there(4));
    add(5);
    assert_true(is_there(4)); /* cannot be restored without 3, but somebody has it */
    hold(6, 5);
    assert_true(!is_there(4) && !is_there(3));
    world_end();
}

static void days_weeks_months_and_an_age_keep_their_newest(void **unused)
{
    (void)unused;
    begin(1);
    world.at = INT64_C(1704067200000) + 12 * HOUR; /* Monday, 1 January 2024, noon */
    add(1);
    hold(2, 1);
    world.at += HOUR;
    add(2);
    hold(2, 2);
    world.at += DAY;
    add(3);
    hold(2, 3);
    assert_true(retention(1, (struct rules_retention){.daily = 2}));
    assert_true(!is_there(1) && is_there(2) && is_there(3));
    assert_true(retention(1, (struct rules_retention){.daily = 1, .within = 2}));
    assert_true(is_there(2));
    assert_true(retention(1, (struct rules_retention){.weekly = 2}));
    assert_true(!is_there(2) && is_there(3));
    world.at += 6 * DAY; /* the Monday after */
    add(4);
    hold(2, 4);
    assert_true(is_there(3));
    assert_true(retention(1, (struct rules_retention){.monthly = 1}));
    assert_true(!is_there(3) && is_there(4));
    world.at += 31 * DAY;
    add(5);
    hold(2, 5);
    assert_true(!is_there(4));
    assert_false(retention(1, (struct rules_retention){.last = -1}));
    assert_false(retention(1, (struct rules_retention){.within = 36501}));
    assert_false(retention(2, (struct rules_retention){.last = 1}));
    assert_true(said("no backup 2"));
    world_end();
}

static void holders_are_offered_the_successor_first(void **unused)
{
    (void)unused;
    begin(2);
    add(1);
    hold(2, 1);
    hold(3, 1);
    assert_true(retention(1, (struct rules_retention){.last = 1}));
    assert_true(backup(2, 4, 5) && version(9, 2, 4 * GB)); /* a debtor, not online */
    add(2);
    for (int64_t user = 2; user <= 4; user++)
        assert_true(free_space(user, 100 * GB));
    tick();
    assert_true(offers_are(2, 2, 0) && offers_are(3, 2, 0) && offers_are(4, 0));
    assert_true(profile(2).debt == 0);
    assert_true(announce(2, 2, 0) && announce(3, 2, 0));
    assert_true(!is_there(1));
    world_end();
}

static void a_raise_is_refused_by_what_it_adds(void **unused)
{
    (void)unused;
    world_begin("want_cap=5000000000", NULL);
    members(4);
    assert_true(backup(1, 1, 1));
    add(1);
    hold(2, 1);
    assert_true(retention(1, (struct rules_retention){.last = 1}));
    assert_true(version(2, 1, GB)); /* both of them want one */
    assert_false(redundancy(1, 3)); /* both would want three */
    assert_true(redundancy(1, 2));
    assert_int_equal(profile(1).obligation, 4 * GB);
    assert_true(retention(1, (struct rules_retention){0}));
    assert_true(!is_superseded(1) && look(1).redundancy == 2);
    world_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(d5_the_newest_takes_over_copy_by_copy),
        cmocka_unit_test(the_last_restorable_version_stays),
        cmocka_unit_test(what_another_depends_on_is_kept),
        cmocka_unit_test(a_newer_version_without_its_base_replaces_nothing),
        cmocka_unit_test(days_weeks_months_and_an_age_keep_their_newest),
        cmocka_unit_test(holders_are_offered_the_successor_first),
        cmocka_unit_test(a_raise_is_refused_by_what_it_adds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
