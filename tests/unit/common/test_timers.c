#include "services/common/loop_timers.h"
#include "tests/unit/common/unit.h"

#include <stdlib.h>

static int order[64];
static size_t calls;

static void note(void *arg)
{
    if (calls < 64)
        order[calls] = *(int *)arg;
    calls++;
}

static int start(void **state)
{
    (void)state;
    calls = 0;
    return 0;
}

static int names[] = {0, 1, 2, 3, 4};

static void timers_fire_in_the_order_of_their_moments(void **state)
{
    (void)state;
    struct timers timers = {0};
    static const uint32_t ms[] = {30, 10, 20, 10, 0};
    for (size_t i = 0; i < 5; i++)
        timers_add(&timers, 1000, ms[i], 0, note, &names[i]);
    assert_int_equal(timers_next(&timers), 1000);
    timers_run(&timers, 1010);
    assert_int_equal(calls, 1); /* never early: ticks are rounded down */
    timers_run(&timers, 1050);
    static const int wanted[] = {4, 1, 3, 2, 0};
    assert_int_equal(calls, 5);
    assert_memory_equal(order, wanted, sizeof wanted);
    assert_int_equal(timers_next(&timers), 0);
    timers_free(&timers);
}

static void a_repeated_timer_does_not_make_up_for_lost_time(void **state)
{
    (void)state;
    struct timers timers = {0};
    struct loop_timer *timer = timers_add(&timers, 0, 10, 10, note, &names[1]);
    timers_run(&timers, 100000);
    assert_int_equal(calls, 1);
    timers_run(&timers, 100005);
    assert_int_equal(calls, 1);
    timers_run(&timers, 100011);
    assert_int_equal(calls, 2);
    timers_cancel(&timer);
    assert_null(timer);
    timers_cancel(&timer);
    assert_int_equal(timers_next(&timers), 0);
    timers_free(&timers);
}

static void cancelled_timers_do_not_fire(void **state)
{
    (void)state;
    struct timers timers = {0};
    struct loop_timer *all[200];
    srand(1);
    for (size_t i = 0; i < 200; i++)
        all[i] = timers_add(&timers, 0, (uint32_t)rand() % 1000, 0, note, &names[0]);
    for (size_t i = 0; i < 200; i += 2)
        timers_cancel(&all[i]);
    int64_t last = 0;
    while (timers_next(&timers) != 0) {
        assert_true(timers_next(&timers) >= last);
        last = timers_next(&timers);
        timers_run(&timers, last);
    }
    assert_int_equal(calls, 100);
    timers_free(&timers);
}

struct self {
    struct timers *timers;
    struct loop_timer *timer, *other;
};

static void cancel_both(void *arg)
{
    struct self *self = arg;
    calls++;
    timers_cancel(&self->timer);
    timers_cancel(&self->other);
}

static void a_callback_may_cancel_its_own_timer_and_others(void **state)
{
    (void)state;
    struct timers timers = {0};
    for (uint32_t every = 0; every <= 5; every += 5) {
        struct self self = {.timers = &timers};
        self.timer = timers_add(&timers, 0, 1, every, cancel_both, &self);
        self.other = timers_add(&timers, 0, 1, 0, note, &names[0]);
        calls = 0;
        timers_run(&timers, 10);
        assert_int_equal(calls, 1);
        assert_int_equal(timers_next(&timers), 0);
    }
    timers_free(&timers);
}

static void again(void *arg)
{
    calls++;
    timers_add(arg, 50, 0, 0, again, arg);
}

static void a_timer_added_by_a_callback_waits_for_the_next_round(void **state)
{
    (void)state;
    struct timers timers = {0};
    timers_add(&timers, 0, 0, 0, again, &timers);
    timers_run(&timers, 50);
    assert_int_equal(calls, 1);
    timers_run(&timers, 50);
    assert_int_equal(calls, 2);
    timers_free(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(timers_fire_in_the_order_of_their_moments, start),
        cmocka_unit_test_setup(a_repeated_timer_does_not_make_up_for_lost_time, start),
        cmocka_unit_test_setup(cancelled_timers_do_not_fire, start),
        cmocka_unit_test_setup(a_callback_may_cancel_its_own_timer_and_others, start),
        cmocka_unit_test_setup(a_timer_added_by_a_callback_waits_for_the_next_round, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
