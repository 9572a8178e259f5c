/* 2.6, "same household": who is not offered what, and when that ends. */
#include "tests/unit/ratio/rules_kit.h"

#include "services/ratio/rules/browse.h"

#define L(number) INT64_C(number)
#define HERE 7
#define THERE 8
#define STAYS (WINDOW + 7 * DAY + DAY) /* how long a member is where it was seen */

/* Owes so much, and polls. */
static void debtor(int64_t user, int64_t bytes)
{
    assert_true(backup(100 + user, user, 1) && version(100 + user, 100 + user, bytes) && free_space(user, 100 * GB));
}

static bool is_colocated_copy(int64_t user, int64_t of)
{
    struct rules_holdings copies = {0};
    bool found = false;
    assert_true(rules_version_copies(world.rules, of, &copies, NULL));
    for (size_t i = 0; i < copies.count; i++)
        found = found || (copies.at[i].user == user && copies.at[i].colocated);
    rules_holdings_clear(&copies);
    return found;
}

static void nobody_is_offered_what_an_owner_next_door_wants_kept(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 2, GB);
    debtor(2, GB);
    debtor(3, GB);
    assert_true(household(1, HERE) && household(2, HERE) && household(3, THERE));
    tick();
    assert_true(offers_are(2, L(0)));
    assert_true(offers_are(3, L(1), L(0)));
    assert_true(rules_colocated(world.rules, 2, 1) && !rules_colocated(world.rules, 3, 1));
    world_end();
}

static void what_is_taken_by_hand_counts_and_its_owner_sees_it(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 2, GB);
    assert_true(household(1, HERE) && household(2, HERE) && household(3, THERE));
    assert_true(rules_could_hold(world.rules, 2, 1));
    assert_int_equal(verdict(2, 1, 1), RULES_ALLOW_SLOT);
    hold(2, 1);
    hold(3, 1);
    pass(MINUTE);
    announce(2, 1, 0);
    announce(3, 1, 0);
    assert_true(counted_are(1, L(2), L(3), L(0)));
    assert_int_equal(profile(2).contribution, GB);
    assert_true(is_colocated_copy(2, 1));
    assert_false(is_colocated_copy(3, 1));
    world_end();
}

static void of_those_in_one_household_one_is_offered_a_copy(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(5);
    publish(1, 1, 3, GB);
    debtor(2, 3 * GB);
    debtor(3, 2 * GB);
    debtor(4, GB);
    assert_true(household(2, HERE) && household(3, HERE) && household(4, THERE));
    tick();
    assert_true(offers_are(2, L(1), L(0)));
    assert_true(offers_are(3, L(0)));
    assert_true(offers_are(4, L(1), L(0)));
    assert_true(announce(2, 1, 0)); /* who holds it is as good as who was offered it */
    pass(MINUTE);
    tick();
    assert_true(offers_are(3, L(0)));
    assert_true(dropped(2, 1) && free_space(2, 0));
    tick();
    assert_true(offers_are(3, L(1), L(0)));
    world_end();
}

/* Version 1 is the smallest item of both, and larger than what either owes: for 3 it goes as 2 is offered it, after
 * both have been asked whether they take version 9. */
static void an_item_that_goes_to_the_household_makes_room_for_the_next(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(6);
    publish(1, 1, 2, 4 * GB);
    publish(2, 4, 2, 5 * GB);
    publish(9, 5, 2, 9 * GB);
    assert_true(assign(5, 9, 100));
    debtor(2, 3 * GB);
    debtor(3, 2 * GB);
    assert_true(household(2, HERE) && household(3, HERE));
    tick();
    assert_true(offers_are(2, L(1), L(0)));
    assert_true(offers_are(3, L(2), L(0)));
    world_end();
}

static void what_lies_next_door_holds_nobody_off_tier_2(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(6);
    publish(1, 1, 2, GB);
    publish(2, 4, 2, 20 * GB); /* above the loan */
    debtor(2, 30 * GB);
    assert_int_equal(look(1).tier, 1);
    assert_int_equal(look(2).tier, 2);
    assert_false(announce(2, 2, 1));
    assert_true(said("tier 1 work waits"));
    assert_true(household(1, HERE) && household(2, HERE));
    tick();
    assert_true(offers_are(2, L(2), L(0)));
    assert_true(household(3, HERE) && announce(3, 2, 1)); /* by hand, too */
    world_end();
}

static void an_offer_stays_good_when_its_taker_moves_in(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 1, GB);
    debtor(2, GB);
    assert_true(household(1, HERE) && household(2, THERE));
    tick();
    assert_true(household(2, HERE));
    assert_true(offers_are(2, L(1), L(0)));
    hold(2, 1);
    assert_true(is_colocated_copy(2, 1));
    world_end();
}

static void a_member_is_where_it_was_seen_for_as_long_as_a_copy_can_count(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 1, GB);
    assert_true(household(2, HERE));
    pass(HOUR);
    assert_true(household(1, HERE));
    pass(STAYS - HOUR - SECOND);
    assert_true(rules_colocated(world.rules, 2, 1));
    pass(SECOND);
    assert_false(rules_colocated(world.rules, 2, 1));
    assert_true(household(2, HERE));
    assert_true(rules_colocated(world.rules, 2, 1));
    world_end();
}

static void safe_mode_keeps_members_where_they_are(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(4);
    publish(1, 1, 1, GB);
    assert_true(household(1, HERE) && household(2, HERE));
    assert_true(tracker(false));
    jump(2 * STAYS);
    assert_true(tracker(true));
    assert_true(rules_colocated(world.rules, 2, 1));
    world_end();
}

/* At one moment the lowest number goes. */
static void a_member_is_in_the_four_that_it_was_seen_in_last(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(8);
    for (int64_t user = 2; user <= 6; user++)
        assert_true(household(user, 10 * user));
    publish(1, 1, 8, GB);
    assert_true(household(1, 30) && household(1, 20) && household(1, 40));
    pass(MINUTE);
    assert_true(household(1, 30) && household(1, 50));
    for (int64_t user = 2; user <= 5; user++)
        assert_true(rules_colocated(world.rules, user, 1));
    assert_true(household(1, 60));
    assert_false(rules_colocated(world.rules, 2, 1));
    for (int64_t user = 3; user <= 6; user++)
        assert_true(rules_colocated(world.rules, user, 1));
    check();
    world_end();
}

static void where_many_are_is_no_household(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(17);
    publish(1, 1, 1, GB);
    for (int64_t user = 1; user <= 16; user++)
        assert_true(household(user, HERE));
    assert_true(rules_colocated(world.rules, 2, 1));
    pass(HOUR);
    assert_true(household(17, HERE));
    assert_false(rules_colocated(world.rules, 2, 1) || rules_colocated(world.rules, 17, 1));
    assert_true(household(1, HERE) && household(2, HERE));
    pass(STAYS - HOUR); /* all but 1, 2 and 17 are there no more */
    assert_true(rules_colocated(world.rules, 2, 1) && rules_colocated(world.rules, 17, 1));
    world_end();
}

static void it_need_be_told_once_a_day(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(2);
    assert_false(rules_in_household(world.rules, 1, HERE));
    assert_true(household(1, HERE));
    assert_true(rules_in_household(world.rules, 1, HERE));
    assert_false(rules_in_household(world.rules, 2, HERE) || rules_in_household(world.rules, 1, THERE));
    jump(DAY - SECOND);
    assert_true(rules_in_household(world.rules, 1, HERE));
    jump(SECOND);
    assert_false(rules_in_household(world.rules, 1, HERE));
    world_end();
}

static void it_is_refused_of_nobody_and_nowhere(void **unused)
{
    (void)unused;
    world_begin(NULL);
    members(1);
    assert_true(household(1, HERE));
    assert_false(household(2, HERE));
    assert_true(said("no member 2"));
    assert_false(household(1, 0));
    assert_true(said("at least 1"));
    world_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_offered_what_an_owner_next_door_wants_kept),
        cmocka_unit_test(what_is_taken_by_hand_counts_and_its_owner_sees_it),
        cmocka_unit_test(of_those_in_one_household_one_is_offered_a_copy),
        cmocka_unit_test(an_item_that_goes_to_the_household_makes_room_for_the_next),
        cmocka_unit_test(what_lies_next_door_holds_nobody_off_tier_2),
        cmocka_unit_test(an_offer_stays_good_when_its_taker_moves_in),
        cmocka_unit_test(a_member_is_where_it_was_seen_for_as_long_as_a_copy_can_count),
        cmocka_unit_test(safe_mode_keeps_members_where_they_are),
        cmocka_unit_test(a_member_is_in_the_four_that_it_was_seen_in_last),
        cmocka_unit_test(where_many_are_is_no_household),
        cmocka_unit_test(it_need_be_told_once_a_day),
        cmocka_unit_test(it_is_refused_of_nobody_and_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
