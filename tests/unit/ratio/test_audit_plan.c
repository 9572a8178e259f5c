/* When copies are audited, and what outcomes lead to (RULES 2.11, Q12-Q15). */
#include "services/ratio/audit_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define NOW INT64_C(1800000000000)

static struct audit_verdict found(struct audit_plan *plan, enum audit_outcome outcome, int64_t now)
{
    const struct audit_finding finding = {.outcome = outcome, .piece = 7};
    return audit_next(plan, &finding, now, 12345);
}

static void a_new_copy_is_audited_within_two_hours(void **state)
{
    (void)state;
    for (uint64_t random = 1; random != 0; random <<= 1) {
        struct audit_plan plan = audit_first(false, NOW, random - 1);
        assert_true(plan.due_at >= NOW + 10 * MINUTE && plan.due_at <= NOW + 2 * HOUR);
        assert_int_equal(plan.reason, AUDIT_OF_new);
        assert_int_equal(plan.piece, -1);
    }
}

static void a_doubtful_one_at_once(void **state)
{
    (void)state;
    struct audit_plan plan = audit_first(true, NOW, 99);
    assert_int_equal(plan.due_at, NOW);
    assert_int_equal(plan.reason, AUDIT_OF_doubtful);
}

static void a_proven_one_daily_in_the_first_week_then_every_three_to_seven_days(void **state)
{
    (void)state;
    bool spread = false;
    for (uint64_t random = 0; random < 40; random++) {
        struct audit_plan young = audit_first(false, NOW, 0), old = young;
        const struct audit_finding finding = {.outcome = AUDIT_passed, .piece = 3};
        uint64_t drawn = random * UINT64_C(0x9e3779b97f4a7c15);
        audit_next(&young, &finding, NOW + 7 * DAY - 1, drawn);
        int64_t wait = young.due_at - (NOW + 7 * DAY - 1);
        assert_true(wait >= 22 * HOUR && wait <= 26 * HOUR);
        struct audit_verdict verdict = audit_next(&old, &finding, NOW + 7 * DAY, drawn);
        wait = old.due_at - (NOW + 7 * DAY);
        assert_true(wait >= 3 * DAY && wait <= 7 * DAY);
        assert_true(verdict.counts && verdict.result == RULES_pass && old.held_at == NOW);
        spread = spread || wait > 5 * DAY;
    }
    assert_true(spread);
}

static void a_doubtful_swarm_stays_with_a_day(void **state)
{
    (void)state;
    struct audit_plan plan = audit_first(false, NOW, 0);
    const struct audit_finding finding = {.outcome = AUDIT_passed, .doubtful = true};
    audit_next(&plan, &finding, NOW + 30 * DAY, 1);
    assert_true(plan.due_at <= NOW + 30 * DAY + 26 * HOUR);
}

static void a_wrong_piece_fails_at_once(void **state)
{
    (void)state;
    struct audit_plan plan = audit_first(false, NOW, 0);
    struct audit_verdict verdict = found(&plan, AUDIT_wrong, NOW + HOUR);
    assert_true(verdict.counts && verdict.result == RULES_fail);
}

static void a_refused_piece_fails_with_a_second_one_at_least_ten_minutes_later(void **state)
{
    (void)state;
    struct audit_plan plan = audit_first(false, NOW, 0);
    struct audit_verdict verdict = found(&plan, AUDIT_refused, NOW);
    assert_false(verdict.counts);
    assert_true(plan.due_at >= NOW + 10 * MINUTE && plan.due_at <= NOW + 20 * MINUTE);
    assert_int_equal(plan.piece, -1);
    assert_int_equal(plan.refused, 7);
    struct audit_plan proven = plan, away = plan;
    verdict = found(&plan, AUDIT_refused, plan.due_at);
    assert_true(verdict.counts && verdict.result == RULES_fail);

    assert_int_equal(found(&proven, AUDIT_passed, proven.due_at).result, RULES_pass);
    assert_int_equal(proven.refused, -1);
    assert_false(found(&proven, AUDIT_refused, proven.due_at).counts);

    found(&away, AUDIT_unreachable, away.due_at);
    assert_int_equal(away.refused, 7);
    assert_int_equal(found(&away, AUDIT_refused, away.due_at).result, RULES_fail);
}

static void a_suspect_is_asked_for_the_same_piece_after_1_6_and_24_hours(void **state)
{
    (void)state;
    static const int64_t waits[] = {HOUR, 6 * HOUR, 24 * HOUR};
    struct audit_plan plan = audit_first(false, NOW, 0);
    for (int i = 0; i < 3; i++) {
        int64_t now = plan.due_at;
        struct audit_verdict verdict = found(&plan, AUDIT_silent, now);
        assert_true(verdict.counts && verdict.result == RULES_suspect);
        assert_int_equal(plan.due_at - now, waits[i]);
        assert_int_equal(plan.piece, 7);
    }
    struct audit_plan busy = plan;
    found(&busy, AUDIT_choked, busy.due_at);
    assert_int_equal(busy.piece, 7); /* still the same one */
    found(&plan, AUDIT_passed, plan.due_at);
    assert_true(plan.piece == -1 && plan.suspects == 0);
}

static void six_times_busy_within_72_hours_is_unreachable(void **state)
{
    (void)state;
    struct audit_plan plan = audit_first(false, NOW, 0);
    int64_t began = plan.due_at;
    for (int i = 0; i < 5; i++) {
        const struct audit_finding finding = {.outcome = AUDIT_choked, .choked = i};
        assert_int_equal(audit_next(&plan, &finding, plan.due_at, UINT64_MAX / 2).result, RULES_busy);
        assert_false(plan.inward);
    }
    assert_true(plan.due_at - began < 72 * HOUR);
    const struct audit_finding sixth = {.outcome = AUDIT_choked, .choked = 5};
    assert_int_equal(audit_next(&plan, &sixth, plan.due_at, 0).result, RULES_unreachable);
    assert_true(plan.inward);
}

static void the_holder_is_told_once_after_a_day_and_asked_to_dial_in(void **state)
{
    (void)state;
    struct audit_plan plan = audit_first(false, NOW, 0);
    int64_t first = plan.due_at;
    int told = 0;
    for (int i = 0; i < 60; i++) {
        int64_t now = plan.due_at;
        struct audit_verdict verdict = found(&plan, AUDIT_unreachable, now);
        assert_true(verdict.counts && verdict.result == RULES_unreachable && plan.inward);
        assert_true(!verdict.tell || now - first >= DAY);
        told += verdict.tell;
    }
    assert_int_equal(told, 1);
    const struct audit_finding proven = {.outcome = AUDIT_passed, .dialled_in = true};
    audit_next(&plan, &proven, plan.due_at, 0);
    assert_true(plan.unreachable_since == 0 && !plan.told && plan.inward);
    found(&plan, AUDIT_passed, plan.due_at);
    assert_false(plan.inward);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_copy_is_audited_within_two_hours),
        cmocka_unit_test(a_doubtful_one_at_once),
        cmocka_unit_test(a_proven_one_daily_in_the_first_week_then_every_three_to_seven_days),
        cmocka_unit_test(a_doubtful_swarm_stays_with_a_day),
        cmocka_unit_test(a_wrong_piece_fails_at_once),
        cmocka_unit_test(a_refused_piece_fails_with_a_second_one_at_least_ten_minutes_later),
        cmocka_unit_test(a_suspect_is_asked_for_the_same_piece_after_1_6_and_24_hours),
        cmocka_unit_test(six_times_busy_within_72_hours_is_unreachable),
        cmocka_unit_test(the_holder_is_told_once_after_a_day_and_asked_to_dial_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
