/* The worked examples W1-W10 of RULES 2.9, as written there. */
#include "tests/unit/ratio/rules_kit.h"

#define L(number) INT64_C(number)

static void w1_a_gigabyte_five_times_takes_five_gigabytes_in_return(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(9);
    publish(1, 1, 5, GB);
    assert_int_equal(profile(1).obligation, 5 * GB);
    assert_int_equal(profile(1).debt, 5 * GB);
    for (int64_t user = 2; user <= 6; user++) { /* by the loan, then tier 2 */
        assert_int_equal(look(1).tier, user <= 3 ? 1 : 2);
        hold(user, 1);
        assert_int_equal(profile(user).contribution, GB);
    }
    assert_string_equal(look(1).state, "complete");
    for (int64_t id = 11; id <= 15; id++)
        publish(id, 9, 1, GB);
    for (int64_t held = 1; held <= 5; held++) {
        hold(1, 10 + held);
        assert_int_equal(profile(1).debt, 5 * GB - held * GB);
    }
    assert_int_equal(profile(1).contribution, L(5000000000));
    world_end();
}

static void w1_own_contribution_makes_the_third_copy_tier_1(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(9);
    publish(1, 1, 5, GB);
    publish(11, 9, 1, 2 * GB);
    publish(12, 9, 1, GB);
    hold(2, 1);
    hold(3, 1);
    hold(1, 11);
    assert_int_equal(look(1).tier, 2); /* 2 + 1 > 2 */
    hold(1, 12);
    assert_int_equal(look(1).tier, 1); /* 2 + 1 <= 3 */
    world_end();
}

static void w2_who_stops_is_overdue_after_30_days_and_released_after_44(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(9);
    publish(1, 1, 5, GB);
    assert_true(assign(1, 1, 50));
    publish(2, 9, 1, GB);
    hold(3, 1);
    pass(HOUR);
    hold(4, 1);
    int64_t began = world.at - HOUR;
    assert_int_equal(profile(1).lent, 2 * GB);
    pass(30 * DAY - HOUR - 1);
    assert_false(profile(1).overdue);
    pass(1);
    assert_true(profile(1).overdue);
    assert_int_equal(look(1).tier, 0);
    assert_false(announce(5, 1, 1));
    assert_int_equal(world.at - began, 30 * DAY);
    pass(14 * DAY - 1);
    assert_int_equal(profile(1).lent, 2 * GB);
    pass(1);
    assert_int_equal(profile(1).lent, 0);
    assert_int_equal(state(3, 1), RULES_RELEASED);
    assert_int_equal(state(4, 1), RULES_RELEASED);
    assert_true(may_delete_are(3, L(1), L(0)));
    world_end();
}

static void w3_of_600_gb_one_copy_goes_when_400_are_given(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(9);
    publish(1, 1, 3, 200 * GB);
    assert_int_equal(look(1).tier, 2);
    for (int64_t user = 3; user <= 5; user++) {
        hold(user, 1);
        pass(HOUR);
    }
    publish(11, 9, 1, 400 * GB);
    publish(12, 9, 1, 600 * GB);
    hold(1, 11);
    assert_int_equal(profile(1).lent, 600 * GB);
    assert_int_equal(profile(1).contribution, 400 * GB);
    pass(45 * DAY);
    assert_int_equal(profile(1).lent, 400 * GB);
    assert_int_equal(state(5, 1), RULES_RELEASED); /* the youngest */
    assert_true(counted_are(1, L(3), L(4), L(0)));
    world_end();
}

static void w3_while_it_is_downloading_the_clock_stands_still(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(9);
    publish(1, 1, 3, 200 * GB);
    publish(11, 9, 1, 400 * GB);
    hold(3, 1);
    assert_true(announce(1, 11, 400 * GB));
    publish(12, 9, 1, GB); /* work for the clock to run on */
    for (int64_t hour = 1; hour <= 48; hour++) {
        pass(HOUR);
        assert_true(announce(1, 11, 400 * GB - hour * GIB / 4));
    }
    assert_true(profile(1).qualifying);
    assert_in_range(profile(1).clock_ms, 4 * HOUR, 8 * HOUR); /* until the first GiB, of 1 % of L - C: 2 GB */
    world_end();
}

static void w4_three_users_owe_nothing_until_one_drops(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(3);
    publish(1, 1, 2, GB);
    publish(2, 2, 1, 2 * GB);
    publish(3, 3, 1, GB);
    hold(1, 2);
    hold(2, 1);
    hold(2, 3);
    hold(3, 1);
    for (int64_t user = 1; user <= 3; user++)
        assert_int_equal(profile(user).debt, 0);
    assert_true(dropped(3, 1));
    assert_int_equal(profile(3).contribution, 0);
    assert_int_equal(profile(3).debt, GB);
    assert_int_equal(look(1).counted_count, 1);
    struct rules_check found;
    rules_check(world.rules, &found);
    assert_true(found.missing_bytes == GB);
    world_end();
}

static void grace_after(int64_t held, int64_t grace)
{
    world_begin(NULL);
    members(2);
    publish(1, 1, 1, GB);
    hold(2, 1);
    pass(held);
    assert_true(announce(2, 1, 0));
    leave(2, 1);
    jump(WINDOW - 1);
    assert_int_equal(state(2, 1), RULES_HELD);
    jump(1);
    assert_int_equal(state(2, 1), RULES_STALE);
    assert_int_equal(profile(2).contribution, GB);
    jump(grace - 1);
    assert_int_equal(state(2, 1), RULES_STALE);
    jump(1);
    assert_int_equal(state(2, 1), RULES_NO_COPY);
    assert_int_equal(profile(2).contribution, 0);
    world_end();
}

static void w5_grace_is_the_time_held_between_a_day_and_a_week(void **unused)
{
    (void)unused;
    grace_after(40 * DAY, 168 * HOUR);
    grace_after(3 * DAY, 72 * HOUR);
    grace_after(2 * HOUR, 24 * HOUR);
}

static void w5_a_failed_audit_leaves_no_grace(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(2);
    publish(1, 1, 1, GB);
    hold(2, 1);
    pass(40 * DAY);
    assert_true(audit(2, 1, RULES_fail));
    assert_int_equal(state(2, 1), RULES_FAILED);
    assert_int_equal(profile(2).contribution, 0);
    world_end();
}

static void w6_who_returns_is_behind_those_who_stayed(void **unused)
{
    (void)unused;
    world_begin("auditor=on", NULL);
    members(4);
    publish(1, 4, 2, GB);
    hold(1, 1);
    assert_true(audit(1, 1, RULES_pass));
    pass(2 * DAY);
    hold(2, 1);
    assert_true(audit(2, 1, RULES_pass));
    assert_true(audit(1, 1, RULES_pass));
    assert_true(dropped(1, 1));
    pass(DAY);
    hold(3, 1);
    assert_true(audit(3, 1, RULES_pass));
    pass(4 * DAY);
    stay(1, 1);
    assert_true(counted_are(1, L(2), L(3), L(0)));
    assert_true(spare_are(1, L(0)));
    assert_true(audit(1, 1, RULES_pass));
    assert_true(spare_are(1, L(1), L(0)));
    assert_int_equal(profile(1).contribution, 0);
    assert_true(dropped(2, 1));
    assert_true(counted_are(1, L(3), L(1), L(0)));
    world_end();
}

static void w7_fewer_copies_make_the_youngest_spare_and_more_promote_them(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(6);
    publish(1, 6, 5, GB);
    for (int64_t user = 1; user <= 5; user++) {
        hold(user, 1);
        pass(HOUR);
    }
    assert_true(redundancy(1, 3));
    assert_true(spare_are(1, L(4), L(5), L(0)));
    assert_int_equal(profile(4).contribution, 0);
    assert_int_equal(profile(6).obligation, 3 * GB);
    pass(DAY);
    assert_true(redundancy(1, 5));
    assert_true(counted_are(1, L(1), L(2), L(3), L(4), L(5), L(0)));
    assert_int_equal(profile(5).contribution, GB);
    world_end();
}

/* Of v1 ten hours are waited, of v2 90, of v3 5, of v4 40. */
static void w8_world(void)
{
    world_begin("t_max=2000", "p_grant=200", NULL);
    members(9);
    assert_true(backup(1, 1, 5) && backup(2, 2, 5) && backup(3, 3, 5));
    assert_true(assign(1, 1, 50) && assign(3, 3, 200));
    assert_true(version(2, 2, 100 * GB));
    stay(2, 2);
    pass(50 * HOUR);
    assert_true(version(4, 1, 100 * GB));
    stay(1, 4);
    hold(5, 4);
    pass(30 * HOUR);
    assert_true(version(1, 1, 100 * GB));
    stay(1, 1);
    pass(5 * HOUR);
    assert_true(version(3, 3, 100 * GB));
    stay(3, 3);
    hold(6, 3);
    hold(7, 3);
    pass(5 * HOUR);
}

static void w8_points_risk_and_wait_make_the_order(void **unused)
{
    (void)unused;
    w8_world();
    assert_int_equal(look(1).standing.score, 300);
    assert_int_equal(look(4).standing.score, 185);
    assert_int_equal(look(2).standing.score, 330);
    assert_int_equal(look(3).standing.score, 205);
    assert_true(queue_is(L(2), L(1), L(3), L(4), L(0)));
    assert_true(assign(1, 1, 90));
    assert_int_equal(look(1).standing.score, 340);
    assert_int_equal(look(4).standing.score, 225);
    assert_true(queue_is(L(1), L(2), L(4), L(3), L(0)));
    world_end();
}

static void w9_more_points_than_there_are_are_refused(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(1);
    assert_true(backup(1, 1, 1) && backup(2, 1, 1));
    assert_true(assign(1, 1, 30) && assign(1, 2, 60));
    assert_false(assign(1, 1, 41));
    assert_int_equal(profile(1).points_assigned, 90);
    assert_true(assign(1, 1, 40));
    assert_int_equal(profile(1).points_free, 0);
    assert_false(assign(1, 2, 70)); /* the second +10 */
    world_end();
}

static void w10_what_cannot_be_divided_becomes_a_surplus(void **unused)
{
    (void)unused;
    world_begin("loan=0", NULL);
    members(3);
    publish(1, 1, 1, GB / 2);
    publish(2, 2, 2, 5 * GB);
    assert_true(free_space(1, 100 * GB));
    tick();
    assert_true(offers_are(1, L(2), L(0)));
    hold(1, 2);
    assert_int_equal(profile(1).contribution, 5 * GB);
    assert_int_equal(profile(1).surplus, 9 * GB / 2);
    publish(3, 1, 1, 9 * GB / 2);
    assert_int_equal(look(3).tier, 1);
    assert_int_equal(profile(1).debt, 0);
    world_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(w1_a_gigabyte_five_times_takes_five_gigabytes_in_return),
        cmocka_unit_test(w1_own_contribution_makes_the_third_copy_tier_1),
        cmocka_unit_test(w2_who_stops_is_overdue_after_30_days_and_released_after_44),
        cmocka_unit_test(w3_of_600_gb_one_copy_goes_when_400_are_given),
        cmocka_unit_test(w3_while_it_is_downloading_the_clock_stands_still),
        cmocka_unit_test(w4_three_users_owe_nothing_until_one_drops),
        cmocka_unit_test(w5_grace_is_the_time_held_between_a_day_and_a_week),
        cmocka_unit_test(w5_a_failed_audit_leaves_no_grace),
        cmocka_unit_test(w6_who_returns_is_behind_those_who_stayed),
        cmocka_unit_test(w7_fewer_copies_make_the_youngest_spare_and_more_promote_them),
        cmocka_unit_test(w8_points_risk_and_wait_make_the_order),
        cmocka_unit_test(w9_more_points_than_there_are_are_refused),
        cmocka_unit_test(w10_what_cannot_be_divided_becomes_a_surplus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
