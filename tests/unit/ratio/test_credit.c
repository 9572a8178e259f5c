/* What of a session's totals is new: each case is a run of reports and the credit they give in all. */
#include "services/ratio/credit.h"
#include "services/ratio/permit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { REPORTS_MOST = 5 };

struct told {
    int64_t epoch;
    uint64_t base_up, base_down, up, down;
    bool news;
};

struct run {
    const char *name;
    struct told told[REPORTS_MOST]; /* ends at epoch 0 */
    struct credit_gain gain;
};

static const struct run runs[] = {
    {"an unknown session is credited what it moved since its base", {{1, 100, 10, 150, 10, true}}, {50, 0}},
    {"a session goes on", {{1, 0, 0, 10, 1, true}, {1, 0, 0, 30, 7, true}}, {30, 7}},
    {"the same report twice", {{1, 0, 0, 10, 1, true}, {1, 0, 0, 10, 1, false}}, {10, 1}},
    {"reports in the wrong order", {{1, 0, 0, 30, 7, true}, {1, 0, 0, 10, 1, false}}, {30, 7}},
    {"reports crossed: each counter's greatest counts", {{1, 0, 0, 30, 1, true}, {1, 0, 0, 10, 7, true}}, {30, 7}},
    {"a report is missing", {{1, 0, 0, 10, 1, true}, {1, 0, 0, 90, 9, true}}, {90, 9}},
    {"both counters fall: a new epoch, from its base on",
     {{1, 0, 0, 100, 50, true}, {2, 5, 3, 5, 3, true}, {2, 5, 3, 25, 4, true}},
     {120, 51}},
    {"one counter falls, the other goes on", {{1, 0, 0, 100, 50, true}, {2, 0, 50, 20, 60, true}}, {120, 60}},
    {"the report before the fall is missing: the counter that went on loses nothing",
     {{1, 0, 0, 100, 50, true}, {2, 0, 80, 20, 90, true}},
     {120, 90}},
    {"an old epoch comes late",
     {{1, 0, 0, 100, 50, true}, {2, 0, 0, 20, 10, true}, {1, 0, 0, 200, 60, false}},
     {120, 60}},
    {"an epoch comes twice",
     {{1, 0, 0, 100, 0, true}, {2, 0, 0, 20, 0, true}, {1, 0, 0, 100, 0, false}, {2, 0, 0, 20, 0, false}},
     {120, 0}},
    {"a whole epoch is missing", {{1, 0, 0, 100, 0, true}, {3, 0, 0, 20, 0, true}}, {120, 0}},
    {"a counter below its base gives nothing", {{1, 100, 0, 50, 5, true}, {1, 100, 0, 110, 5, true}}, {10, 5}},
    {"nothing moved is news all the same: it was seen", {{1, 70, 70, 70, 70, true}}, {0, 0}},
    {"absurd counters do not wrap",
     {{1, 0, 0, ID_MAX, ID_MAX, true}, {2, 0, 0, ID_MAX, 1, true}, {3, 0, 0, 5, 1, true}},
     {ID_MAX, ID_MAX}},
};

static struct session_total row_of(const struct told *told, int64_t seen_at)
{
    return (struct session_total){.epoch = told->epoch,
                                  .base_up = told->base_up,
                                  .base_down = told->base_down,
                                  .up = told->up,
                                  .down = told->down,
                                  .left = 1,
                                  .seen_at = seen_at};
}

static void each_byte_counts_once(void **state)
{
    (void)state;
    for (size_t r = 0; r < sizeof runs / sizeof runs[0]; r++) {
        const struct run *run = &runs[r];
        struct session_total row = row_of(&run->told[0], 0);
        struct credit_state session = credit_begin(&row);
        struct credit_gain gain = {0};
        for (size_t i = 0; i < REPORTS_MOST && run->told[i].epoch > 0; i++) {
            row = row_of(&run->told[i], 7); /* at one time, so that only the counters can be news */
            if (credit_apply(&session, &row, &gain) != run->told[i].news)
                fail_msg("%s: report %zu", run->name, i);
        }
        if (gain.up != run->gain.up || gain.down != run->gain.down)
            fail_msg("%s: credited %llu up, %llu down", run->name, (unsigned long long)gain.up,
                     (unsigned long long)gain.down);
    }
}

static void the_newest_report_tells_what_is_left(void **state)
{
    (void)state;
    struct session_total row = {.epoch = 1, .left = 100, .seen_at = 5000};
    struct credit_state session = credit_begin(&row);
    struct credit_gain gain = {0};
    assert_true(credit_apply(&session, &row, &gain));
    row = (struct session_total){.epoch = 1, .left = 40, .seen_at = 9000};
    assert_true(credit_apply(&session, &row, &gain));
    row = (struct session_total){.epoch = 1, .left = 70, .seen_at = 7000};
    assert_false(credit_apply(&session, &row, &gain));
    assert_int_equal(session.left, 40);
    assert_int_equal(session.seen_at, 9000);
}

/* Random runs of a client's true counters, reported with gaps, twice, and out of order within an epoch: the credit is
 * what was moved since the first base whenever the closing report of each epoch arrives. */
static void random_runs_are_exact(void **state)
{
    (void)state;
    uint32_t random = 12345;
    for (int round = 0; round < 2000; round++) {
        struct session_total row = {.epoch = 1, .base_up = 500, .up = 500};
        struct credit_state session = credit_begin(&row);
        struct credit_gain gain = {0};
        uint64_t moved = 0;
        for (int step = 0; step < 40; step++) {
            random = random * 1664525 + 1013904223;
            uint64_t more = random >> 20;
            if ((random >> 8) % 7 == 0) {
                credit_apply(&session, &row, &gain); /* the closing report */
                row.epoch++;
                row.base_up = row.up = row.up > 100 ? row.up - 100 : 0;
            }
            struct session_total before = row;
            row.up += more;
            moved += more;
            if ((random >> 12) % 3 != 0)
                credit_apply(&session, &row, &gain);
            if ((random >> 14) % 3 == 0)
                credit_apply(&session, &before, &gain);
        }
        credit_apply(&session, &row, &gain);
        assert_int_equal(gain.up, moved);
    }
}

static void an_active_member_may_leech(void **state)
{
    (void)state;
    struct member_fact member = {.user = 7, .standing = slice_text("active")};
    struct permit_fact permit = permit_of(&member);
    assert_int_equal(permit.user, 7);
    assert_true(permit.may_leech);
    assert_int_equal(permit.reason.size, 0);

    member.standing = slice_text("disabled");
    permit = permit_of(&member);
    assert_false(permit.may_leech);
    assert_true(permit.reason.size > 0 && permit.reason.size <= 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_counts_once),
        cmocka_unit_test(the_newest_report_tells_what_is_left),
        cmocka_unit_test(random_runs_are_exact),
        cmocka_unit_test(an_active_member_may_leech),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
