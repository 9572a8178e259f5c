/* Slots, the debt clock and release: the readings Q16-Q23 of RULES 2.13. */
#include "tests/unit/ratio/rules_kit.h"

#define L(number) INT64_C(number)

static void q16_a_slot_taken_counts_against_the_next(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 2, 6 * GIB);
    assert_int_equal(look(1).tier, 1); /* 6 <= 10 */
    assert_true(announce(2, 1, 5));
    assert_int_equal(look(1).tier, 2); /* 6 + 6 > 10 */
    assert_true(dropped(2, 1));
    assert_int_equal(look(1).tier, 1);
    world_end();
}

/* 2.10 */
static void a_loan_may_be_for_accounts_of_some_age(void **unused)
{
    (void)unused;
    world_begin("loan_age=86400", NULL);
    members(2);
    publish(1, 1, 1, GB);
    assert_int_equal(look(1).tier, 2);
    assert_int_equal(profile(1).loan, 0);
    pass(DAY - SECOND);
    assert_int_equal(look(1).tier, 2);
    pass(SECOND);
    assert_int_equal(look(1).tier, 1);
    assert_int_equal(profile(1).loan, 10 * GIB);
    check();
    world_end();
}

static void q17_tier_2_waits_for_tier_1(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 1, 20 * GIB);
    publish(2, 3, 1, GB);
    assert_int_equal(look(1).tier, 2);
    assert_false(announce(2, 1, 5));
    assert_string_equal(world.why.text, "tier 1 work waits");
    assert_true(announce(3, 1, 5)); /* it is the owner of what waits */
    assert_true(dropped(3, 1));
    assert_true(free_space(2, GB - 1)); /* and who has no room for that */
    assert_true(announce(2, 1, 5));
    world_end();
}

static void q18_only_the_queue_asks_who_serves(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(3);
    assert_true(backup(1, 1, 2) && version(1, 1, GB));
    assert_true(queue_is(L(0)));
    assert_string_equal(look(1).state, "waiting");
    assert_true(announce(2, 1, 5));
    assert_true(announce(1, 1, 0));
    assert_true(queue_is(L(1), L(0)));
    jump(WINDOW);
    assert_true(queue_is(L(0)));
    stay(2, 1);
    assert_true(queue_is(L(1), L(0))); /* a holder serves as well */
    world_end();
}

static void q19_without_work_the_clock_stands(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 1, GB);
    hold(2, 1);
    pass(DAY);
    assert_int_equal(profile(1).clock_ms, 0); /* nothing that it could hold */
    publish(2, 3, 1, GB);
    assert_true(free_space(1, 0)); /* says nothing here */
    pass(DAY);
    assert_int_equal(profile(1).clock_ms, DAY);
    hold(4, 2);
    pass(DAY);
    assert_int_equal(profile(1).clock_ms, DAY);
    world_end();
}

static void q19_a_fetch_that_gains_enough_stops_the_clock(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 1, 5 * GB);
    hold(2, 1);
    publish(2, 3, 1, 9 * GB);
    assert_true(announce(1, 2, 9 * GB));
    publish(3, 3, 1, GB);
    pass(DAY);
    assert_int_equal(profile(1).clock_ms, DAY);
    assert_true(announce(1, 2, 9 * GB - GB / 20 + 1)); /* 1 % of L - C is 50 MB */
    pass(HOUR);
    assert_int_equal(profile(1).clock_ms, DAY + HOUR);
    assert_true(announce(1, 2, 9 * GB - GB / 20));
    pass(23 * HOUR);
    assert_int_equal(profile(1).clock_ms, DAY + HOUR);
    pass(HOUR); /* then the gain is older than a day */
    assert_false(profile(1).qualifying);
    world_end();
}

static void q19_restoring_stops_the_clock(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 1, GB);
    hold(2, 1);
    publish(2, 3, 1, GB);
    leave(1, 1);
    assert_true(announce(1, 1, 5));
    pass(WINDOW);
    assert_int_equal(profile(1).clock_ms, 0);
    pass(HOUR);
    assert_int_equal(profile(1).clock_ms, HOUR);
    world_end();
}

static void q19_two_expired_fetches_stop_pause_and_offers(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 1, GB);
    publish(2, 3, 2, GB);
    publish(3, 3, 2, GB);
    assert_true(announce(1, 2, GB));
    assert_true(announce(1, 3, GB));
    pass(48 * HOUR - 1);
    assert_int_equal(state(1, 2), RULES_FETCHING);
    pass(1);
    assert_int_equal(state(1, 2), RULES_NO_COPY);
    assert_true(free_space(1, 100 * GB));
    tick();
    assert_true(offers_are(1, L(0)));
    pass(30 * DAY);
    assert_true(free_space(1, 100 * GB));
    tick();
    assert_false(offers_are(1, L(0)));
    world_end();
}

static void q20_idle_time_counts_only_while_somebody_serves(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(3);
    publish(1, 1, 2, GB);
    assert_true(announce(2, 1, 100));
    pass(10 * HOUR);
    assert_true(announce(2, 1, 99)); /* progress */
    assert_true(announce(2, 1, 100));
    pass(47 * HOUR);
    leave(1, 1);
    assert_true(announce(1, 1, 0));
    pass(3 * DAY); /* 70 minutes of it count: then it is over */
    assert_int_equal(state(2, 1), RULES_NO_COPY);
    assert_true(announce(2, 1, 100));
    pass(6 * DAY);
    assert_int_equal(state(2, 1), RULES_FETCHING);
    pass(DAY + GB * 1000 / 65536 - 1); /* the whole time that a fetch has */
    assert_int_equal(state(2, 1), RULES_FETCHING);
    pass(1);
    assert_int_equal(state(2, 1), RULES_NO_COPY);
    world_end();
}

/* Copies of version 1 of member 1 are released from 2 and 3; 44 days have passed. */
static void released_world(void)
{
    world_begin(NULL);
    members(5);
    publish(1, 1, 2, GB);
    hold(2, 1);
    hold(3, 1);
    publish(2, 4, 1, GB);
    pass(44 * DAY);
    assert_int_equal(state(2, 1), RULES_RELEASED);
    assert_int_equal(state(3, 1), RULES_RELEASED);
}

static void q21_a_released_copy_waits_for_a_slot(void **unused)
{
    (void)unused;
    released_world();
    assert_true(announce(2, 1, 0));
    assert_int_equal(state(2, 1), RULES_RELEASED); /* its owner is overdue */
    assert_int_equal(verdict(2, 1, 0), RULES_ALLOW_SPARE);
    leave(2, 1);
    leave(3, 1);
    hold(1, 2); /* it gives 1 GB now: tier 1 by real contribution */
    assert_int_equal(look(1).tier, 1);
    assert_int_equal(verdict(2, 1, 0), RULES_ALLOW_SLOT);
    assert_true(announce(2, 1, 0));
    assert_int_equal(state(2, 1), RULES_HELD);
    assert_int_equal(profile(1).lent, GB);
    world_end();
}

static void q22_each_release_halves_the_limits_for_half_a_year(void **unused)
{
    (void)unused;
    released_world();
    assert_int_equal(profile(1).overdue_ms, 15 * DAY);
    assert_int_equal(profile(1).release_ms, 22 * DAY);
    assert_int_equal(clock_days(1), 44);
    pass(180 * DAY - 1);
    assert_int_equal(profile(1).overdue_ms, 15 * DAY);
    pass(1);
    assert_int_equal(profile(1).overdue_ms, 30 * DAY);
    assert_int_equal(clock_days(1), 44); /* stays as it is */
    world_end();
}

static void q22_the_version_with_most_copies_gives_first(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(8);
    publish(1, 1, 3, GB);
    publish(2, 1, 3, GB);
    hold(2, 1);
    pass(HOUR);
    hold(3, 1);
    pass(HOUR);
    hold(4, 2); /* the youngest, but the only one */
    publish(3, 8, 1, 2 * GB);
    hold(1, 3);
    publish(5, 7, 1, 2 * GB);
    hold(8, 5); /* so member 8 owes nothing, and nothing of it is released */
    publish(4, 6, 1, GB);
    assert_int_equal(profile(1).lent - profile(1).contribution, GB);
    pass(44 * DAY);
    assert_true(counted_are(1, L(2), L(0)));
    assert_true(counted_are(2, L(4), L(0)));
    assert_int_equal(state(3, 1), RULES_RELEASED);
    world_end();
}

static void q23_redundancy_changes_once_a_day_and_within_the_cap(void **unused)
{
    (void)unused;
    world_begin("want_cap=10000000000", NULL);
    members(2);
    assert_true(backup(1, 1, 2) && version(1, 1, 2 * GB));
    assert_true(redundancy(1, 3)); /* creation is no change */
    assert_true(redundancy(1, 3)); /* nor is that */
    pass(DAY - 1);
    assert_false(redundancy(1, 4));
    assert_true(redundancy(1, 3));
    pass(1);
    assert_false(redundancy(1, 6)); /* 12 GB */
    assert_true(redundancy(1, 5));
    assert_false(version(2, 1, 1));
    assert_int_equal(profile(1).obligation, 10 * GB);
    world_end();
}

static void the_clock_returns_while_nothing_is_owed(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 1, GB);
    hold(2, 1);
    publish(2, 3, 1, GB);
    pass(10 * DAY);
    assert_int_equal(profile(1).clock_ms, 10 * DAY);
    hold(1, 2);
    pass(4 * DAY);
    assert_int_equal(profile(1).clock_ms, 6 * DAY);
    pass(10 * DAY);
    assert_int_equal(profile(1).clock_ms, 0);
    world_end();
}

static void who_is_suspended_gets_and_places_nothing(void **unused)
{
    (void)unused;
    world_begin(NULL, NULL);
    members(4);
    publish(1, 1, 2, GB);
    publish(2, 2, 2, GB);
    hold(1, 2);
    hold(2, 1);
    assert_true(free_space(1, 100 * GB) && backup(3, 3, 1) && version(3, 3, GB) && announce(3, 3, 0));
    assert_true(suspended(1, true) && suspended(1, true));
    assert_true(profile(1).suspended && queue_is(3, 2, 0));
    tick();
    assert_true(offers_are(1, 0));
    assert_int_equal(verdict(3, 1, 1), RULES_DENY); /* no slots */
    assert_false(announce(3, 1, 1));
    assert_int_equal(verdict(1, 2, 0), RULES_DENY); /* holds no more */
    assert_false(announce(1, 2, 0));
    assert_false(backup(4, 1, 1));
    assert_false(version(4, 1, GB));
    assert_true(said("suspended"));
    assert_true(announce(1, 1, 5)); /* restores */
    assert_int_equal(verdict(2, 1, 0), RULES_ALLOW_SLOT);
    assert_int_equal(profile(1).contribution, GB);
    pass(3 * DAY);
    assert_int_equal(profile(1).contribution, 0); /* normal grace */
    pass(27 * DAY - SECOND);
    assert_int_equal(verdict(1, 1, 1), RULES_ALLOW_OWNER);
    pass(SECOND);
    assert_int_equal(verdict(1, 1, 1), RULES_DENY);
    assert_false(announce(1, 1, 5));
    assert_true(suspended(1, false) && announce(1, 1, 0) && announce(1, 2, 0));
    assert_int_equal(verdict(3, 1, 1), RULES_ALLOW_SLOT);
    assert_false(suspended(9, true));
    world_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_suspended_gets_and_places_nothing),
        cmocka_unit_test(q16_a_slot_taken_counts_against_the_next),
        cmocka_unit_test(a_loan_may_be_for_accounts_of_some_age),
        cmocka_unit_test(q17_tier_2_waits_for_tier_1),
        cmocka_unit_test(q18_only_the_queue_asks_who_serves),
        cmocka_unit_test(q19_without_work_the_clock_stands),
        cmocka_unit_test(q19_a_fetch_that_gains_enough_stops_the_clock),
        cmocka_unit_test(q19_restoring_stops_the_clock),
        cmocka_unit_test(q19_two_expired_fetches_stop_pause_and_offers),
        cmocka_unit_test(q20_idle_time_counts_only_while_somebody_serves),
        cmocka_unit_test(q21_a_released_copy_waits_for_a_slot),
        cmocka_unit_test(q22_each_release_halves_the_limits_for_half_a_year),
        cmocka_unit_test(q22_the_version_with_most_copies_gives_first),
        cmocka_unit_test(q23_redundancy_changes_once_a_day_and_within_the_cap),
        cmocka_unit_test(the_clock_returns_while_nothing_is_owed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
