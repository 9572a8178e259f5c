/* How copies come, stay and go: the readings Q8-Q15 of RULES 2.13. */
#include "tests/unit/ratio/rules_kit.h"

#define L(number) INT64_C(number)

static void q8_left_over_zero_says_nothing_of_a_held_copy(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(2);
    publish(1, 1, 1, GB);
    hold(2, 1);
    leave(2, 1);
    jump(HOUR);
    assert_true(announce(2, 1, 5)); /* a second client, or data lost: no sighting */
    assert_int_equal(state(2, 1), RULES_HELD);
    jump(10 * MINUTE);
    assert_int_equal(state(2, 1), RULES_STALE);
    assert_true(announce(2, 1, 0));
    assert_int_equal(state(2, 1), RULES_HELD);
    world_end();
}

static void q8_under_suspect_it_ends_the_copy(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(2);
    publish(1, 1, 1, GB);
    hold(2, 1);
    assert_true(audit(2, 1, RULES_suspect));
    assert_true(announce(2, 1, 0));
    assert_int_equal(state(2, 1), RULES_HELD);
    assert_true(announce(2, 1, 5));
    assert_int_equal(state(2, 1), RULES_NO_COPY);
    assert_int_equal(profile(2).contribution, 0);
    world_end();
}

static void q9_who_was_away_for_ten_days_of_thirty_has_one_day_of_grace(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(2);
    publish(1, 1, 1, GB);
    hold(2, 1);
    pass(40 * DAY);
    assert_true(announce(2, 1, 0));
    for (int i = 0; i < 2; i++) { /* 240 h in two absences: not more than 240 */
        jump(WINDOW + 120 * HOUR);
        assert_int_equal(state(2, 1), RULES_STALE);
        assert_true(announce(2, 1, 0));
    }
    jump(WINDOW + 25 * HOUR);
    assert_int_equal(state(2, 1), RULES_STALE);
    assert_true(announce(2, 1, 0));
    jump(WINDOW + 24 * HOUR - 1); /* now it is 265 h */
    assert_int_equal(state(2, 1), RULES_STALE);
    jump(1);
    assert_int_equal(state(2, 1), RULES_NO_COPY);
    world_end();
}

static void q9_coming_back_keeps_held_since(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(3);
    publish(1, 1, 1, GB);
    hold(2, 1);
    pass(DAY);
    stay(3, 1);
    assert_true(counted_are(1, L(2), L(0)));
    leave(2, 1);
    pass(12 * HOUR);
    assert_int_equal(state(2, 1), RULES_STALE);
    assert_true(announce(2, 1, 0));
    assert_true(counted_are(1, L(2), L(0)));
    assert_true(spare_are(1, L(3), L(0)));
    world_end();
}

static void q10_a_volunteer_counts_and_the_later_fetch_is_spare(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(3);
    publish(1, 1, 1, GB);
    assert_true(announce(2, 1, 5));
    assert_string_equal(look(1).state, "in_flight");
    pass(HOUR);
    stay(3, 1);
    assert_true(counted_are(1, L(3), L(0)));
    pass(HOUR);
    stay(2, 1);
    assert_true(counted_are(1, L(3), L(0)));
    assert_true(spare_are(1, L(2), L(0)));
    world_end();
}

static void q11_a_deleted_version_ends_fetches_and_leaves_spares(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(5);
    publish(1, 1, 3, GB);
    hold(2, 1);
    assert_true(announce(3, 1, 5));
    assert_true(delete_version(1));
    assert_int_equal(state(3, 1), RULES_RELEASED);
    assert_true(spare_are(1, L(2), L(0)));
    assert_true(may_delete_are(2, L(1), L(0)));
    assert_true(may_delete_are(3, L(0))); /* never held */
    assert_true(announce(4, 1, 0));
    assert_int_equal(verdict(4, 1, 0), RULES_ALLOW_SPARE);
    assert_false(announce(5, 1, 5));
    world_end();
}

static void q11_a_lowered_redundancy_leaves_slots_in_flight(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 2, GB);
    hold(2, 1);
    assert_true(announce(3, 1, 5));
    assert_true(redundancy(1, 1));
    assert_int_equal(state(3, 1), RULES_FETCHING);
    stay(3, 1);
    assert_true(spare_are(1, L(3), L(0)));
    world_end();
}

static void q12_with_the_auditor_off_a_fail_works_as_ever(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(2);
    publish(1, 1, 1, GB);
    hold(2, 1);
    pass(40 * DAY); /* unproven for long: it counts */
    assert_int_equal(profile(2).contribution, GB);
    assert_int_equal(profile(2).points_total, 100); /* and mints nothing */
    assert_true(audit(2, 1, RULES_fail));
    assert_int_equal(profile(2).contribution, 0);
    assert_int_equal(verdict(2, 1, 0), RULES_DENY);
    world_end();
}

static void q13_probation_is_for_what_was_fetched_here(void **unused)
{
    (void)unused;
    world_begin("auditor=on", NULL);
    members(4);
    publish(1, 1, 3, GB);
    hold(2, 1);
    stay(3, 1);
    assert_true(counted_are(1, L(2), L(0)));
    pass(71 * HOUR);
    assert_true(counted_are(1, L(2), L(0)));
    int64_t before = world.at;
    assert_true(audit(3, 1, RULES_pass));
    assert_true(counted_are(1, L(2), L(3), L(0)));
    assert_true(copy(3, 1).held_since_at == before);
    pass(HOUR); /* its 72 h are over, and nobody proved it */
    assert_true(counted_are(1, L(3), L(0)));
    assert_int_equal(state(2, 1), RULES_HELD);
    world_end();
}

static void q14_what_does_not_fit_into_the_loan_is_skipped(void **unused)
{
    (void)unused;
    world_begin("auditor=on", "loan=10000000000", NULL);
    members(4);
    publish(1, 1, 1, 6 * GB);
    publish(2, 3, 1, 5 * GB);
    publish(3, 4, 1, 4 * GB);
    for (int64_t id = 1; id <= 3; id++)
        hold(2, id);
    assert_int_equal(profile(2).contribution, 10 * GB); /* 6 and 4 */
    assert_true(counted_are(2, L(0)));
    assert_true(audit(2, 1, RULES_pass)); /* and there is room for 5 */
    assert_int_equal(profile(2).contribution, 15 * GB);
    world_end();
}

static void q15_during_the_cooldown_every_announce_is_refused(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(2);
    publish(1, 1, 1, GB);
    hold(2, 1);
    assert_true(audit(2, 1, RULES_fail));
    leave(2, 1);
    assert_false(announce(2, 1, 0));
    assert_false(announce(2, 1, 5));
    assert_false(dropped(2, 1));
    pass(7 * DAY - 1);
    assert_false(announce(2, 1, 5));
    pass(1);
    assert_true(announce(2, 1, 5));
    world_end();
}

static void q15_the_third_suspect_without_a_pass_is_a_fail(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(2);
    publish(1, 1, 1, GB);
    hold(2, 1);
    assert_true(audit(2, 1, RULES_suspect));
    assert_true(audit(2, 1, RULES_suspect));
    assert_true(audit(2, 1, RULES_pass));
    assert_true(audit(2, 1, RULES_suspect));
    assert_true(audit(2, 1, RULES_busy));
    assert_true(audit(2, 1, RULES_unreachable));
    assert_true(audit(2, 1, RULES_suspect));
    assert_int_equal(state(2, 1), RULES_HELD);
    assert_true(audit(2, 1, RULES_suspect));
    assert_int_equal(state(2, 1), RULES_FAILED);
    world_end();
}

static void q15_three_strikes_bar_own_content_for_thirty_days(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(3);
    publish(9, 2, 1, GB);
    for (int64_t id = 1; id <= 3; id++) {
        publish(id, 1, 1, GB);
        hold(2, id);
        assert_true(announce(3, 9, 5));
        assert_true(dropped(3, 9));
        assert_true(audit(2, id, RULES_fail));
        leave(2, id);
        pass(14 * DAY); /* the third within 28 d of the first */
    }
    assert_true(profile(2).barred);
    assert_int_equal(look(9).tier, 0);
    assert_false(announce(3, 9, 5));
    pass(16 * DAY - 1);
    assert_int_equal(look(9).tier, 0);
    pass(1);
    assert_int_equal(look(9).tier, 1);
    world_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(q8_left_over_zero_says_nothing_of_a_held_copy),
        cmocka_unit_test(q8_under_suspect_it_ends_the_copy),
        cmocka_unit_test(q9_who_was_away_for_ten_days_of_thirty_has_one_day_of_grace),
        cmocka_unit_test(q9_coming_back_keeps_held_since),
        cmocka_unit_test(q10_a_volunteer_counts_and_the_later_fetch_is_spare),
        cmocka_unit_test(q11_a_deleted_version_ends_fetches_and_leaves_spares),
        cmocka_unit_test(q11_a_lowered_redundancy_leaves_slots_in_flight),
        cmocka_unit_test(q12_with_the_auditor_off_a_fail_works_as_ever),
        cmocka_unit_test(q13_probation_is_for_what_was_fetched_here),
        cmocka_unit_test(q14_what_does_not_fit_into_the_loan_is_skipped),
        cmocka_unit_test(q15_during_the_cooldown_every_announce_is_refused),
        cmocka_unit_test(q15_the_third_suspect_without_a_pass_is_a_fail),
        cmocka_unit_test(q15_three_strikes_bar_own_content_for_thirty_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
