/* Ratio watch step by step, and what the member and the tracker are told of it. */
#include "services/ratio/explain.h"
#include "services/ratio/permit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define GIB (UINT64_C(1) << 30)
#define DAY INT64_C(86400000)
#define NOW (20000 * DAY)

static struct watch_rules usual(void)
{
    return (struct watch_rules){.length = 14 * DAY, .allowed = (int64_t)(10 * GIB)};
}

static struct watch begun(void)
{
    struct watch_rules use = usual();
    struct watch watch = {0};
    assert_int_equal(watch_step(&use, &watch, false, 50 * GIB, NOW), STEP_begun);
    return watch;
}

static void a_member_who_meets_what_is_required_is_left_alone(void **state)
{
    (void)state;
    struct watch_rules use = usual();
    struct watch watch = {0};
    assert_int_equal(watch_step(&use, &watch, true, 50 * GIB, NOW), STEP_none);
    assert_int_equal(watch_due(&use, &watch, false, NOW), 0);
    assert_int_equal(watch_due(&use, &watch, true, NOW), NOW + DAY);
}

static void a_watch_begins_below_with_14_days_and_10_gib(void **state)
{
    (void)state;
    struct watch_rules use = usual();
    struct watch watch = begun();
    assert_int_equal(watch.state, WATCH_on);
    assert_int_equal(watch.ends_at, NOW + 14 * DAY);
    assert_int_equal(watch_left(&watch, 50 * GIB), 10 * GIB);
    assert_int_equal(watch_left(&watch, 99 * GIB), 0);
    assert_int_equal(watch_step(&use, &watch, false, 50 * GIB, NOW), STEP_none);
    assert_int_equal(watch_due(&use, &watch, true, NOW), NOW + DAY);
}

static void the_end_is_told_beforehand_once(void **state)
{
    (void)state;
    struct watch_rules use = usual();
    struct watch watch = begun(), other = begun();
    int64_t last = NOW + 14 * DAY - 14 * DAY / 4;
    assert_int_equal(watch_step(&use, &watch, false, 50 * GIB, last - 1), STEP_none);
    assert_int_equal(watch_due(&use, &watch, true, last - 1), last);
    assert_int_equal(watch_step(&use, &watch, false, 50 * GIB, last), STEP_warned);
    assert_int_equal(watch_step(&use, &watch, false, 50 * GIB, last), STEP_none);
    assert_int_equal(watch_due(&use, &watch, true, NOW + 14 * DAY - 5), NOW + 14 * DAY);
    assert_int_equal(watch_step(&use, &other, false, 60 * GIB - 5 * GIB / 2 - 1, NOW), STEP_none);
    assert_int_equal(watch_step(&use, &other, false, 60 * GIB - 5 * GIB / 2, NOW), STEP_warned);
}

static void leeching_stops_when_the_time_or_the_bytes_are_over_and_not_before(void **state)
{
    (void)state;
    struct watch_rules use = usual();
    struct watch slow = begun(), fast = begun();
    slow.warned = fast.warned = true;
    assert_int_equal(watch_step(&use, &slow, false, 50 * GIB, NOW + 14 * DAY - 1), STEP_none);
    assert_int_equal(watch_step(&use, &slow, false, 50 * GIB, NOW + 14 * DAY), STEP_stopped);
    assert_int_equal(slow.since, NOW + 14 * DAY);
    assert_int_equal(watch_step(&use, &fast, false, 60 * GIB - 1, NOW), STEP_none);
    assert_int_equal(watch_step(&use, &fast, false, 60 * GIB, NOW), STEP_stopped);
    assert_int_equal(watch_step(&use, &fast, false, 90 * GIB, NOW + 99 * DAY), STEP_none);
    assert_int_equal(watch_due(&use, &fast, false, NOW), NOW + DAY);
}

static void meeting_it_ends_either(void **state)
{
    (void)state;
    struct watch_rules use = usual();
    struct watch on = begun(), stopped = begun();
    assert_int_equal(watch_step(&use, &on, true, 99 * GIB, NOW + 99 * DAY), STEP_met);
    assert_int_equal(on.state, WATCH_clear);
    assert_int_equal(watch_step(&use, &stopped, false, 60 * GIB, NOW), STEP_stopped);
    assert_int_equal(watch_step(&use, &stopped, true, 60 * GIB, NOW), STEP_allowed);
    assert_int_equal(watch_step(&use, &stopped, false, 60 * GIB, NOW), STEP_begun); /* a new one, with all its time */
}

static void states_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < WATCH_states; i++)
        assert_int_equal(watch_find(slice_text(watch_name((enum watch_state)i))), i);
    assert_int_equal(watch_find(slice_text("of a newer version")), WATCH_clear);
}

/* ---- what is told ---- */

static struct ordinary_rules all_rules(void)
{
    struct ordinary_rules all = {.watch = usual(), .seeding = 3 * DAY, .hit_within = 14 * DAY, .hit_most = 2};
    assert_true(required_bands_read(REQUIRED_BANDS_STANDARD, &all.bands, NULL));
    return all;
}

static struct ordinary member_of(const struct ordinary_rules *all, uint64_t up, uint64_t down)
{
    struct ordinary member = {.user = 5, .figures = {.up = up, .down = down, .snatched = 8, .seeding = 6}};
    ordinary_judge(all, &member);
    return member;
}

static void a_member_reads_why_and_what_to_do(void **state)
{
    (void)state;
    struct ordinary_rules all = all_rules();
    struct ordinary member = member_of(&all, GIB, 50 * GIB);
    struct explanation told;
    assert_int_equal(ordinary_step(&all, &member, NOW), STEP_begun);
    explain_ratio(&all, &member, &told);
    assert_int_equal(told.count, 4);
    assert_string_equal(told.sentences[0],
                        "50.0 GiB of what was downloaded counts, which is in the band from 50.0 GiB: a "
                        "ratio of 0.60 is required when nothing is seeded, 0.30 when all is.");
    assert_string_equal(
        told.sentences[1],
        "Of 8 torrents completed, 6 were seeded for 72 hours or longer within the last seven days, so 2 of "
        "8 parts of 0.60 stay, but never less than the band's least: 0.30 is required.");
    assert_string_equal(told.sentences[2],
                        "The ratio is 0.020 (1.0 GiB uploaded by 50.0 GiB downloaded): 14.0 GiB more to "
                        "upload, or more torrents seeded, and the requirement is met.");
    assert_string_equal(
        told.sentences[3],
        "On ratio watch: downloading stops on 18 Oct 2024, 00:00 UTC, or after 10.0 GiB more, unless the "
        "requirement is met before. Seeding never stops.");
    member = member_of(&all, 0, GIB);
    explain_ratio(&all, &member, &told);
    assert_int_equal(told.count, 1);
}

static void each_step_is_a_notice(void **state)
{
    (void)state;
    struct ordinary_rules all = all_rules();
    struct ordinary member = member_of(&all, GIB, 50 * GIB);
    struct notice notice;
    assert_false(explain_step(&member, STEP_none, &notice));
    assert_true(explain_step(&member, ordinary_step(&all, &member, NOW), &notice));
    assert_string_equal(notice_name(notice.kind), "watch_begun");
    assert_string_equal(notice.text,
                        "Your ratio is 0.020, and 0.30 is required. Upload 14.0 GiB more, or seed more of what "
                        "you completed for longer. Downloading stops on 18 Oct 2024, 00:00 UTC, or after 10.0 "
                        "GiB more, whichever comes first, unless the requirement is met before. Seeding never "
                        "stops.");
    assert_true(explain_step(&member, ordinary_step(&all, &member, NOW + 15 * DAY), &notice));
    assert_string_equal(notice_name(notice.kind), "leech_stopped");
    member = (struct ordinary){.watch = member.watch, .figures = {.up = 50 * GIB, .down = 50 * GIB}};
    ordinary_judge(&all, &member);
    assert_true(explain_step(&member, ordinary_step(&all, &member, NOW + 16 * DAY), &notice));
    assert_string_equal(notice_name(notice.kind), "leech_allowed");
    assert_int_equal(notice_tone(slice_text("leech_allowed")), TONE_good);
    assert_int_equal(notice_tone(slice_text("a newer kind")), TONE_plain);
}

static void a_permit_says_what_to_do_in_a_clients_width(void **state)
{
    (void)state;
    struct ordinary_rules all = all_rules();
    struct ordinary member = member_of(&all, GIB, 50 * GIB);
    char reason[PERMIT_REASON_MAX];
    struct permit_fact permit = permit_watched(&member, reason);
    assert_true(permit.may_leech && permit.reason.size == 0 && permit.watch.size == 0);
    ordinary_step(&all, &member, NOW);
    permit = permit_watched(&member, reason);
    assert_true(permit.may_leech && slice_is(permit.watch, "watch"));
    assert_int_equal(permit.watch_ends_at, NOW + 14 * DAY);
    ordinary_step(&all, &member, NOW + 14 * DAY);
    permit = permit_watched(&member, reason);
    assert_false(permit.may_leech);
    assert_string_equal(permit.reason.at, "Ratio too low: seed until it is 0.30, then download again.");
    member.required.ratio = REQUIRED_RATIO_MAX - 1;
    assert_true(permit_watched(&member, reason).reason.size < 63);
}

static void hit_and_runs_count_only_where_the_site_says_so(void **state)
{
    (void)state;
    struct ordinary_rules all = all_rules();
    struct ordinary member = {.hit_and_runs = 3, .figures = {.snatched = 3}};
    ordinary_judge(&all, &member);
    assert_true(member.met);
    assert_int_equal(ordinary_due(&all, &member, NOW), 0);
    all.hit_seed = 3 * DAY;
    ordinary_judge(&all, &member);
    assert_false(member.met);
    assert_int_equal(ordinary_due(&all, &member, NOW), NOW + DAY);
    struct notice notice;
    assert_true(explain_step(&member, ordinary_step(&all, &member, NOW), &notice));
    assert_non_null(strstr(notice.text, "There are 3 hit-and-runs"));
    member.watch.state = WATCH_stopped;
    char reason[PERMIT_REASON_MAX];
    assert_string_equal(permit_watched(&member, reason).reason.at, "Too many hit-and-runs: seed what you completed.");
    member.hit_and_runs = 2;
    ordinary_judge(&all, &member);
    assert_true(member.met);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_who_meets_what_is_required_is_left_alone),
        cmocka_unit_test(a_watch_begins_below_with_14_days_and_10_gib),
        cmocka_unit_test(the_end_is_told_beforehand_once),
        cmocka_unit_test(leeching_stops_when_the_time_or_the_bytes_are_over_and_not_before),
        cmocka_unit_test(meeting_it_ends_either),
        cmocka_unit_test(states_have_names),
        cmocka_unit_test(a_member_reads_why_and_what_to_do),
        cmocka_unit_test(each_step_is_a_notice),
        cmocka_unit_test(a_permit_says_what_to_do_in_a_clients_width),
        cmocka_unit_test(hit_and_runs_count_only_where_the_site_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
