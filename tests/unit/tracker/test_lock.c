#include "services/tracker/lock.h"
#include "tests/unit/tracker/check.h"

#define THREADS 4
#define TIMES 20000

static struct lock lock;
static uint64_t counter;
static atomic_bool seen;

static int fresh(void **state)
{
    (void)state;
    lock = (struct lock){0};
    counter = 0;
    atomic_store(&seen, false);
    lock_init(&lock);
    lock_share(&lock);
    return 0;
}

static int gone(void **state)
{
    (void)state;
    lock_clear(&lock);
    return 0;
}

static void *count_up(void *arg)
{
    for (int i = 0; i < TIMES; i++) {
        lock_take(&lock);
        counter++;
        if (i % 100 == 0)
            lock_breathe(&lock);
        lock_give(&lock);
    }
    return arg;
}

static void one_thread_at_a_time_has_it(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(counter, THREADS * TIMES);
}

static void it_is_known_whose_it_is(void **state)
{
    (void)state;
    assert_false(lock_is_mine(&lock));
    lock_take(&lock);
    assert_true(lock_is_mine(&lock));
    assert_int_equal(lock_waits(&lock).times, 0);
    lock_give(&lock);
    assert_false(lock_is_mine(&lock));
    lock.shared = false; /* a single thread needs none */
    assert_true(lock_is_mine(&lock));
}

static void *take_once(void *arg)
{
    lock_take(&lock);
    atomic_store(&seen, true);
    lock_give(&lock);
    return arg;
}

static void whoever_waits_goes_first_when_the_holder_breathes(void **state)
{
    (void)state;
    pthread_t thread;
    lock_take(&lock);
    assert_int_equal(pthread_create(&thread, NULL, take_once, NULL), 0);
    while (atomic_load(&lock.waiting) == 0)
        ;
    while (!atomic_load(&seen))
        lock_breathe(&lock);
    assert_true(lock_waits(&lock).times > 0);
    assert_true(lock_waits(&lock).slept <= lock_waits(&lock).times);
    lock_give(&lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_thread_at_a_time_has_it, fresh, gone),
        cmocka_unit_test_setup_teardown(it_is_known_whose_it_is, fresh, gone),
        cmocka_unit_test_setup_teardown(whoever_waits_goes_first_when_the_holder_breathes, fresh, gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
