/* Sessions that other trackers are yet to be told of. */
#include "tests/unit/tracker/check.h"

#include "services/tracker/news.h"

static struct news news;
static uint32_t taken[8];

static int prepare(void **state)
{
    (void)state;
    news_init(&news);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    news_clear(&news);
    return 0;
}

static void add(uint32_t first, uint32_t last)
{
    for (uint32_t session = first; session <= last; session++)
        news_add(&news, session);
}

/* How many are told now; these are in `taken`. */
static size_t take(void)
{
    return news_take(&news, taken, COUNT(taken));
}

static void news_are_told_in_their_order_and_once(void **state)
{
    (void)state;
    add(1, 10);
    assert_int_equal(take(), 8);
    assert_int_equal(taken[0], 1);
    assert_int_equal(taken[7], 8);
    assert_int_equal(take(), 2);
    assert_int_equal(taken[1], 10);
    assert_int_equal(take(), 0);
    assert_int_equal(news.lost, 0);
}

static void who_comes_later_is_told_of_the_last_and_of_no_more(void **state)
{
    (void)state;
    add(1, 3);
    take();
    news_age(&news);
    add(4, 5);
    news_age(&news); /* 1 to 3 go */
    add(6, 6);
    news_again(&news);
    assert_int_equal(take(), 3);
    assert_int_equal(taken[0], 4);
    assert_int_equal(taken[2], 6);
    assert_int_equal(take(), 0);
}

static void what_is_not_told_does_not_age(void **state)
{
    (void)state;
    add(1, 2);
    for (unsigned i = 0; i < 3; i++)
        news_age(&news);
    assert_int_equal(take(), 2);
}

static void with_nobody_to_tell_only_the_last_are_kept(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 100; round++) {
        add(round * 10, round * 10 + 9);
        news_skip(&news);
        news_age(&news);
        assert_true(news.sessions.count <= 20);
    }
    add(1, NEWS_MAX - 20);
    news_skip(&news);
    add(1, 100);
    assert_int_equal(news.lost, 0);
    assert_int_equal(take(), 8);
}

static void when_there_are_too_many_the_oldest_go_and_are_counted(void **state)
{
    (void)state;
    add(1, NEWS_MAX + 10);
    assert_int_equal(news.lost, 10);
    assert_int_equal(news.sessions.count, NEWS_MAX);
    assert_int_equal(take(), 8);
    assert_int_equal(taken[0], 11);
    add(1, 20); /* the eight that were told go first */
    assert_int_equal(news.lost, 22);
    assert_int_equal(take(), 8);
    assert_int_equal(taken[0], 31);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(news_are_told_in_their_order_and_once),
        TEST(who_comes_later_is_told_of_the_last_and_of_no_more),
        TEST(what_is_not_told_does_not_age),
        TEST(with_nobody_to_tell_only_the_last_are_kept),
        TEST(when_there_are_too_many_the_oldest_go_and_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
