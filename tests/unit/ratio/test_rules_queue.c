/* Order, offers and points: the readings Q24-Q29 of RULES 2.13. */
#include "tests/unit/ratio/rules_kit.h"

#include "services/ratio/rules/browse.h"

#define L(number) INT64_C(number)

/* Members 2 and 3 owe 3 and 2 GB; both poll. */
static void debtors(void)
{
    members(6);
    assert_true(backup(102, 2, 1) && version(102, 102, 3 * GB));
    assert_true(backup(103, 3, 1) && version(103, 103, 2 * GB));
    assert_true(free_space(2, 100 * GB) && free_space(3, 100 * GB));
}

static void q24_the_largest_debt_is_offered_first(void **unused)
{
    (void)unused;
    world_begin(NULL);
    debtors();
    publish(1, 1, 1, GB);
    tick();
    assert_true(offers_are(2, L(1), L(0)));
    assert_true(offers_are(3, L(0)));
    world_end();
}

static void q24_all_slots_of_a_version_go_together(void **unused)
{
    (void)unused;
    world_begin(NULL);
    debtors();
    publish(1, 1, 2, GB);
    publish(2, 1, 2, GB);
    tick();
    assert_true(offers_are(2, L(1), L(2), L(0)));
    assert_true(offers_are(3, L(1), L(2), L(0)));
    assert_string_equal(look(2).state, "in_flight");
    world_end();
}

static void q24_among_equal_debts_the_least_recently_offered_is_next(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(6);
    for (int64_t user = 2; user <= 3; user++)
        assert_true(backup(100 + user, user, 1) && version(100 + user, 100 + user, 9 * GB) &&
                    free_space(user, 100 * GB));
    publish(1, 1, 1, GB);
    tick();
    assert_true(offers_are(2, L(1), L(0)));
    pass(HOUR);
    publish(2, 1, 1, GB);
    tick();
    assert_true(offers_are(3, L(2), L(0)));
    world_end();
}

static void q24_offers_end_with_the_debt(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    assert_true(backup(102, 2, 1) && version(102, 102, 3 * GB / 2) && free_space(2, 100 * GB));
    for (int64_t id = 1; id <= 4; id++)
        publish(id, 1, 1, GB);
    tick(); /* 1.5: one fits; of the rest, 0.5, nothing does, so the smallest */
    assert_true(offers_are(2, L(1), L(2), L(0)));
    tick();
    assert_true(offers_are(2, L(1), L(2), L(0)));
    world_end();
}

static void q24_of_what_is_too_large_the_smallest_is_offered(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    assert_true(backup(102, 2, 1) && version(102, 102, GB / 2) && free_space(2, 100 * GB));
    publish(1, 1, 1, 3 * GB);
    publish(2, 1, 1, 2 * GB);
    tick();
    assert_true(offers_are(2, L(2), L(0)));
    world_end();
}

static void q24_who_did_not_poll_or_has_no_room_gets_nothing(void **unused)
{
    (void)unused;
    world_begin(NULL);
    debtors();
    publish(1, 1, 2, GB);
    assert_true(free_space(3, GB - 1));
    pass(DAY - 1);
    assert_true(free_space(3, GB - 1));
    pass(1);
    tick();
    assert_true(offers_are(2, L(0)));
    assert_true(offers_are(3, L(0)));
    assert_true(free_space(2, GB));
    tick();
    assert_true(offers_are(2, L(1), L(0)));
    world_end();
}

static void q24_tier_1_comes_alone(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    assert_true(backup(102, 2, 1) && version(102, 102, 50 * GB) && free_space(2, 100 * GB));
    publish(1, 1, 1, 20 * GIB);
    publish(2, 3, 1, GB);
    tick();
    assert_true(offers_are(2, L(2), L(1), L(0)) || offers_are(2, L(1), L(2), L(0)));
    struct rules_offers found;
    assert_true(rules_offers(world.rules, 2, &found, &world.why));
    assert_int_equal(found.offers[0].tier, 2); /* after the one of tier 1 was taken */
    assert_int_equal(found.offers[1].tier, 1);
    world_end();
}

static void q24_offers_last_twelve_hours(void **unused)
{
    (void)unused;
    world_begin(NULL);
    debtors();
    publish(1, 1, 1, GB);
    tick();
    struct rules_offers found;
    assert_true(rules_offers(world.rules, 2, &found, &world.why));
    assert_true(found.offers[0].expires == world.at + 12 * HOUR);
    pass(12 * HOUR - 1);
    assert_int_equal(state(2, 1), RULES_OFFERED);
    pass(1);
    assert_int_equal(state(2, 1), RULES_NO_COPY);
    world_end();
}

static void q25_wait_counts_while_it_could_be_served(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 3, GB);
    pass(5 * HOUR);
    assert_int_equal(look(1).standing.wait_hours, 5);
    assert_true(announce(1, 1, 0));
    leave(1, 1);
    jump(10 * HOUR);
    stay(1, 1);
    assert_int_equal(look(1).standing.wait_hours, 6); /* 70 minutes more */
    stay(2, 1);
    assert_int_equal(look(1).standing.wait_hours, 6); /* a volunteer takes no slot */
    assert_true(announce(3, 1, 5));
    assert_int_equal(look(1).standing.wait_hours, 0);
    pass(2 * HOUR);
    assert_true(announce(3, 1, 0)); /* what ends is no grant */
    assert_int_equal(look(1).standing.wait_hours, 2);
    world_end();
}

static void q26_points_of_an_overdue_owner_do_not_order(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 2, GB);
    assert_true(backup(5, 1, 1));
    assert_true(assign(1, 1, 40));
    hold(2, 1);
    publish(2, 3, 1, GB);
    assert_int_equal(look(1).standing.points, 40);
    pass(30 * DAY);
    assert_true(profile(1).overdue);
    hold(1, 2);
    assert_int_equal(look(1).tier, 0); /* 1 + 1 > 1 */
    leave(2, 1);
    assert_true(dropped(2, 1));
    assert_int_equal(look(1).tier, 1);
    assert_int_equal(look(1).standing.points, 0);
    assert_int_equal(look(1).points, 40); /* the stake stays */
    assert_true(delete_backup(1));
    assert_int_equal(look(1).points, 0);
    assert_int_equal(profile(1).points_free, 100);
    world_end();
}

static void q27_what_was_expected_is_compared_before(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(1);
    assert_true(backup(1, 1, 1));
    struct rules_event event = {
        .kind = RULES_assign, .at = world.at, .user = 1, .backup = 1, .points = 10, .expects = true};
    assert_true(rules_apply(world.rules, &event, &world.why));
    event.points = 20; /* 0 are expected still */
    assert_false(rules_apply(world.rules, &event, &world.why));
    event.expected_assigned = 10;
    assert_true(rules_apply(world.rules, &event, &world.why));
    assert_int_equal(profile(1).points_assigned, 20);
    world_end();
}

static void q28_holding_ten_gib_for_thirty_days_mints_a_point(void **unused)
{
    (void)unused;
    world_begin("t_max=101", NULL);
    members(3);
    publish(1, 1, 1, 10 * GIB);
    hold(2, 1);
    assert_true(audit(2, 1, RULES_pass));
    for (int day = 0; day < 29; day++) {
        pass(DAY);
        assert_true(audit(2, 1, RULES_pass));
    }
    pass(DAY - 1);
    assert_int_equal(profile(2).points_total, 100);
    pass(1);
    assert_int_equal(profile(2).points_total, 101);
    for (int day = 0; day < 30; day++) { /* forfeited */
        assert_true(audit(2, 1, RULES_pass));
        pass(DAY);
    }
    assert_int_equal(profile(2).points_total, 101);
    assert_true(burn(2, 1));
    assert_int_equal(profile(2).points_total, 100);
    world_end();
}

static void q28_without_a_proof_nothing_is_minted(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(3);
    publish(1, 1, 1, 100 * GIB);
    hold(2, 1);
    pass(60 * DAY);
    assert_int_equal(profile(2).points_total, 100);
    assert_true(audit(2, 1, RULES_pass)); /* 14 days of it: 46 points */
    pass(60 * DAY);
    assert_int_equal(profile(2).points_total, 104);
    world_end();
}

static void q28_a_bounty_is_paid_once_and_up_to_twenty_points(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    assert_true(backup(1, 1, 2) && assign(1, 1, 100));
    assert_true(version(1, 1, GIB / 10));
    stay(1, 1);
    hold(2, 1);
    assert_true(assign(1, 1, 0));
    assert_int_equal(profile(2).points_total, 100);
    assert_true(audit(2, 1, RULES_pass)); /* 0.1 GiB · 100 = 9.99 points in milli-points, rounded down */
    assert_int_equal(profile(2).points_total, 100);
    stay(3, 1);
    assert_true(audit(3, 1, RULES_pass));
    assert_int_equal(profile(3).points_total, 100); /* a volunteer: p is 0 */
    world_end();
}

static void q28_bounties_in_thirty_days_have_a_limit(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    assert_true(backup(1, 1, 1) && assign(1, 1, 100));
    for (int64_t id = 1; id <= 2; id++) {
        assert_true(version(id, 1, 300 * GIB));
        stay(1, id);
        hold(2, id);
        assert_true(audit(2, id, RULES_pass)); /* 300 GiB · 100 = 30 000 milli-points */
    }
    assert_int_equal(profile(2).points_total, 120);
    world_end();
}

static void the_staff_grants_what_t_max_leaves_room_for(void **unused)
{
    (void)unused;
    world_begin("t_max=150", NULL);
    members(1);
    assert_true(grant(1, 30));
    assert_true(profile(1).points_total == 130 && profile(1).points_free == 130);
    assert_false(grant(1, 21));
    assert_true(said("20 can be given"));
    assert_false(grant(1, -1));
    assert_false(grant(2, 1));
    assert_true(grant(1, 20));
    assert_true(burn(1, 50));
    assert_true(profile(1).points_total == 100);
    world_end();
}

static void q29_only_free_points_burn_and_a_move_is_one_step(void **unused)
{
    (void)unused;
    world_begin("p_max=80", NULL);
    members(2);
    assert_true(backup(1, 1, 1) && backup(2, 1, 1) && backup(3, 2, 1));
    assert_true(assign(1, 1, 60));
    assert_false(burn(1, 41));
    assert_false(burn(1, -1));
    assert_true(burn(1, 10));
    assert_int_equal(profile(1).points_total, 90);
    assert_false(move(1, 1, 2, 61));
    assert_false(move(1, 1, 3, 1));
    assert_false(move(1, 1, 2, -1));
    assert_true(move(1, 1, 2, 60));
    assert_true(assign(1, 1, 30));
    assert_false(move(1, 1, 2, 21)); /* 81 */
    assert_int_equal(profile(1).points_assigned, 90);
    assert_int_equal(profile(1).points_free, 0);
    world_end();
}

/* 2.6: a version for which nobody has the space, and who wants more than there is. */
static void space_is_what_those_have_who_read_their_feeds(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(5);
    publish(1, 1, 3, 100 * GB);
    publish(2, 2, 1, GB);
    assert_int_equal(rules_places(world.rules, 1, 1).members, 0);
    assert_true(free_space(1, 500 * GB) && free_space(2, 60 * GB) && free_space(3, 90 * GB));
    struct rules_places places = rules_places(world.rules, 1, 1);
    assert_int_equal(places.members, 2); /* its owner aside */
    assert_int_equal(places.largest, 90 * GB);
    assert_int_equal(places.together, 150 * GB);
    assert_true(announce(3, 2, 5)); /* takes of its space */
    assert_int_equal(rules_places(world.rules, 1, 1).largest, 89 * GB);
    assert_int_equal(rules_places(world.rules, 2, 2).members, 1); /* who has it aside */
    assert_int_equal(rules_places(world.rules, 2, 0).members, 2);
    assert_true(free_space(4, INT64_C(1) << 62) && free_space(5, INT64_C(1) << 62));
    assert_true(rules_places(world.rules, 1, 0).together == INT64_MAX);
    assert_true(suspended(4, true) && suspended(5, true) && suspended(3, true));
    assert_int_equal(rules_places(world.rules, 1, 1).largest, 60 * GB);
    jump(DAY);
    assert_int_equal(rules_places(world.rules, 1, 1).members, 0);
    world_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(q24_the_largest_debt_is_offered_first),
        cmocka_unit_test(q24_all_slots_of_a_version_go_together),
        cmocka_unit_test(q24_among_equal_debts_the_least_recently_offered_is_next),
        cmocka_unit_test(q24_offers_end_with_the_debt),
        cmocka_unit_test(q24_of_what_is_too_large_the_smallest_is_offered),
        cmocka_unit_test(q24_who_did_not_poll_or_has_no_room_gets_nothing),
        cmocka_unit_test(q24_tier_1_comes_alone),
        cmocka_unit_test(space_is_what_those_have_who_read_their_feeds),
        cmocka_unit_test(q24_offers_last_twelve_hours),
        cmocka_unit_test(q25_wait_counts_while_it_could_be_served),
        cmocka_unit_test(q26_points_of_an_overdue_owner_do_not_order),
        cmocka_unit_test(q27_what_was_expected_is_compared_before),
        cmocka_unit_test(q28_holding_ten_gib_for_thirty_days_mints_a_point),
        cmocka_unit_test(q28_without_a_proof_nothing_is_minted),
        cmocka_unit_test(q28_a_bounty_is_paid_once_and_up_to_twenty_points),
        cmocka_unit_test(q28_bounties_in_thirty_days_have_a_limit),
        cmocka_unit_test(the_staff_grants_what_t_max_leaves_room_for),
        cmocka_unit_test(q29_only_free_points_burn_and_a_move_is_one_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
