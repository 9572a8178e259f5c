/* The adversarial scenarios of RULES 3.2, as far as they are the rules' own: A6 (repeated pieces) is the catalog's to
 * refuse, and of A8 the concurrency is the database's. */
#include "tests/unit/ratio/rules_kit.h"

static void a1_seed_mode_without_data_gains_nothing(void **unused)
{
    (void)unused;
    world_begin("auditor=on", NULL);
    members(3);
    assert_true(backup(1, 1, 1) && backup(3, 3, 1));
    for (int64_t id = 1; id <= 100; id++) {
        assert_true(version(id, 1, GIB));
        stay(2, id);
    }
    assert_int_equal(profile(2).contribution, 0); /* left = 0 that was never fetched has no probation */
    for (int64_t id = 1; id <= 3; id++)
        assert_true(audit(2, id, RULES_fail));
    assert_true(profile(2).barred);
    for (int64_t id = 4; id <= 100; id++) {
        assert_true(audit(2, id, RULES_suspect));
        assert_true(announce(2, id, GIB)); /* what stock seed mode does when caught */
        assert_int_equal(state(2, id), RULES_NO_COPY);
    }
    assert_int_equal(profile(2).contribution, 0);
    world_end();
}

/* D1, 2.2: at the caps no sum wraps, and one more is refused. */
static void at_every_cap_the_sums_are_exact_and_one_more_is_refused(void **unused)
{
    (void)unused;
    world_begin("want_cap=1152921504606846976", NULL);
    members(RULES_REDUNDANCY_MAX + 1);
    assert_false(backup(1, 1, RULES_REDUNDANCY_MAX + 1) || backup(1, 1, 0));
    assert_true(backup(1, 1, RULES_REDUNDANCY_MAX));
    assert_false(version(1, 1, RULES_SIZE_MAX + 1) || version(1, 1, 0) || version(1, 1, INT64_MAX));
    for (int64_t id = 1; id <= RULES_VERSIONS_MAX; id++)
        assert_true(version(id, 1, RULES_SIZE_MAX));
    assert_false(version(RULES_VERSIONS_MAX + 1, 1, 1));
    assert_true(said("at most 1000 versions"));
    for (int64_t id = 1; id <= RULES_VERSIONS_MAX; id++)
        for (int64_t user = 2; user <= RULES_REDUNDANCY_MAX + 1; user++)
            assert_true(announce(user, id, 0));
    int64_t all = RULES_SIZE_MAX * RULES_REDUNDANCY_MAX * RULES_VERSIONS_MAX;
    assert_int_equal(profile(1).obligation, all);
    assert_int_equal(profile(1).lent, all);
    assert_int_equal(profile(2).contribution, all / RULES_REDUNDANCY_MAX);
    check();
    assert_true(grant(1, 900));
    assert_false(grant(1, 1) || assign(1, 1, 1001));
    assert_true(assign(1, 1, 1000));
    world_end();
    world_begin("want_cap=1000000000", NULL);
    members(1);
    assert_true(backup(1, 1, 2) && version(1, 1, GB / 2));
    assert_false(version(2, 1, 1));
    world_end();
}

/* 2.6: of a version whose owner or backup is not there yet, too. */
static void what_is_refused_at_creation_is_told_beforehand(void **unused)
{
    (void)unused;
    world_begin("want_cap=1000000000", NULL);
    assert_true(welcome(1, 1, 2, GB / 2)); /* nobody is there, and asking makes nobody */
    assert_false(welcome(1, 1, 2, GB / 2 + 1));
    assert_true(said("wants more than 1000000000 bytes"));
    assert_false(welcome(1, 1, 21, 1) || welcome(1, 1, 2, 0));
    members(2);
    assert_true(backup(1, 1, 2) && version(1, 1, GB / 4) && welcome(1, 1, 20, GB / 4)); /* its own redundancy counts */
    assert_false(welcome(2, 1, 1, GB / 2 + 1));
    assert_true(welcome(2, 1, 1, GB / 2) && delete_backup(1));
    assert_false(welcome(1, 1, 2, 1));
    assert_true(said("was deleted"));
    assert_true(welcome(2, 1, 1, GB) && suspended(1, true));
    assert_false(welcome(2, 1, 1, 1));
    assert_true(said("suspended") && welcome(2, 2, 1, GB));
    world_end();
}

static void a1_probation_is_never_more_than_the_loan(void **unused)
{
    (void)unused;
    world_begin("auditor=on", NULL);
    members(3);
    assert_true(backup(1, 1, 1));
    for (int64_t id = 1; id <= 30; id++) {
        assert_true(version(id, 1, GIB));
        hold(2, id);
        assert_true(profile(2).contribution <= 10 * GIB);
    }
    assert_int_equal(profile(2).contribution, 10 * GIB);
    pass(72 * HOUR);
    assert_int_equal(profile(2).contribution, 0);
    world_end();
}

static void a2_a_ring_moves_contribution_but_makes_none(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(6);
    publish(1, 1, 1, 500 * GB);
    publish(2, 2, 1, 500 * GB);
    hold(1, 2);
    hold(2, 1);
    publish(3, 2, 1, 50 * GB); /* wanted outside the ring */
    assert_int_equal(look(3).tier, 2);
    publish(4, 5, 1, GB);
    leave(2, 3);
    assert_false(announce(3, 3, 1)); /* tier 1 work waits */
    hold(3, 4);
    hold(3, 3);
    publish(5, 6, 1, GB); /* work for the clock of member 2 */
    int64_t over = profile(1).lent + profile(2).lent - profile(1).contribution - profile(2).contribution;
    assert_int_equal(over, 50 * GB);
    pass(44 * DAY);
    over = profile(1).lent + profile(2).lent - profile(1).contribution - profile(2).contribution;
    assert_true(over <= 0);
    assert_true(state(3, 3) == RULES_RELEASED || state(1, 2) == RULES_RELEASED);
    world_end();
}

static void a3_a_free_rider_has_forty_four_days(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(9);
    publish(1, 1, 5, 100 * GB);
    for (int64_t user = 2; user <= 6; user++)
        hold(user, 1);
    publish(2, 8, 1, GB);
    pass(44 * DAY - 1);
    assert_int_equal(profile(1).lent, 500 * GB);
    pass(1);
    assert_int_equal(profile(1).lent, 0);
    assert_int_equal(look(1).tier, 0);
    assert_string_equal(look(2).state, "queued");
    world_end();
}

static void a4_deleting_after_a_pass_ends_with_the_next_audit(void **unused)
{
    (void)unused;
    world_begin("auditor=on", NULL);
    members(3);
    publish(1, 1, 1, GB);
    hold(2, 1);
    assert_true(audit(2, 1, RULES_pass));
    pass(3 * DAY);
    assert_true(audit(2, 1, RULES_fail));
    assert_int_equal(profile(2).contribution, 0);
    assert_false(announce(2, 1, 0));
    world_end();
}

static void a5_a_holder_behind_a_firewall_is_not_punished(void **unused)
{
    (void)unused;
    world_begin("auditor=on", NULL);
    members(3);
    publish(1, 1, 1, GB);
    hold(2, 1);
    for (int hour = 0; hour < 72; hour++) {
        assert_int_equal(profile(2).contribution, GB);
        assert_true(audit(2, 1, RULES_unreachable));
        pass(HOUR);
    }
    assert_int_equal(profile(2).contribution, 0);
    assert_int_equal(state(2, 1), RULES_HELD);
    assert_false(profile(2).barred);
    assert_true(audit(2, 1, RULES_pass)); /* the reverse way */
    assert_int_equal(profile(2).contribution, GB);
    world_end();
}

static void a7_a_thousand_small_versions_do_not_own_the_head(void **unused)
{
    (void)unused;
    world_begin("p_grant=1000", NULL);
    members(2);
    assert_true(backup(1, 1, 1) && assign(1, 1, 1000) && backup(2, 2, 1));
    for (int64_t id = 1; id <= 60; id++) {
        assert_true(version(id, 1, 1000000));
        assert_true(announce(1, id, 0));
    }
    assert_true(version(100, 2, 1000000) && announce(2, 100, 0));
    size_t count, place = 0;
    const struct rules_queued *queue = rules_queue(world.rules, &count);
    while (queue[place].version != 100)
        place++;
    assert_int_equal(count, 61);
    assert_int_equal(place, 41); /* 1000 points are 40 places of 25, and itself is the youngest of the 41st */
    world_end();
}

static void a8_assigns_beyond_the_points_leave_no_trace(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(1);
    int64_t accepted = 0;
    for (int64_t id = 1; id <= 50; id++) {
        assert_true(backup(id, 1, 1));
        accepted += assign(1, id, 7) ? 7 : 0;
    }
    assert_int_equal(accepted, 98);
    assert_int_equal(profile(1).points_assigned, 98);
    world_end();
}

static void a9_ten_days_without_a_tracker_cost_nobody_anything(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 2, GB);
    hold(2, 1);
    hold(3, 1);
    publish(2, 4, 1, GB);
    pass(DAY);
    assert_true(tracker(false));
    int64_t before = profile(1).clock_ms;
    jump(10 * DAY);
    assert_true(announce(2, 1, 0)); /* one is seen before the end of it */
    assert_true(tracker(true));
    assert_int_equal(profile(1).clock_ms, before);
    assert_int_equal(profile(2).contribution, GB);
    tick();
    pass(HOUR);
    assert_int_equal(look(1).counted_count, 2);
    assert_int_equal(state(3, 1), RULES_HELD);
    world_end();
}

static void a10_an_overdue_owner_restores_from_whoever_remains(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 2, GB);
    hold(2, 1);
    publish(2, 4, 1, GB);
    pass(31 * DAY);
    assert_true(profile(1).overdue);
    leave(1, 1);
    int64_t clock = profile(1).clock_ms;
    for (int hour = 0; hour < 24 * 14; hour++) {
        assert_true(announce(1, 1, GB));
        assert_int_equal(verdict(1, 1, 1), RULES_ALLOW_OWNER);
        pass(HOUR);
    }
    assert_int_equal(profile(1).clock_ms, clock);
    assert_int_equal(state(2, 1), RULES_HELD); /* beyond day 44 of the calendar */
    world_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a1_seed_mode_without_data_gains_nothing),
        cmocka_unit_test(at_every_cap_the_sums_are_exact_and_one_more_is_refused),
        cmocka_unit_test(what_is_refused_at_creation_is_told_beforehand),
        cmocka_unit_test(a1_probation_is_never_more_than_the_loan),
        cmocka_unit_test(a2_a_ring_moves_contribution_but_makes_none),
        cmocka_unit_test(a3_a_free_rider_has_forty_four_days),
        cmocka_unit_test(a4_deleting_after_a_pass_ends_with_the_next_audit),
        cmocka_unit_test(a5_a_holder_behind_a_firewall_is_not_punished),
        cmocka_unit_test(a7_a_thousand_small_versions_do_not_own_the_head),
        cmocka_unit_test(a8_assigns_beyond_the_points_leave_no_trace),
        cmocka_unit_test(a9_ten_days_without_a_tracker_cost_nobody_anything),
        cmocka_unit_test(a10_an_overdue_owner_restores_from_whoever_remains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
