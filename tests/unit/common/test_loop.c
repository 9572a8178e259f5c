#include "services/common/clock.h"
#include "services/common/loop.h"
#include "tests/unit/common/unit.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <zmq.h>

static struct loop *loop;
static int turns, readies;

static int start(void **state)
{
    (void)state;
    loop = loop_new();
    turns = readies = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    loop_destroy(&loop);
    return 0;
}

static void stop(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void count_turn(void *arg)
{
    (void)arg;
    turns++;
}

static void stop_at_deadline(void *arg)
{
    *(struct loop_timer **)arg = NULL;
    loop_stop(loop);
}

/* Runs for `ms`, or until something stops the loop. */
static void run_for(uint32_t ms)
{
    struct loop_timer *deadline = loop_timer_new(loop, ms, 0, stop_at_deadline, &deadline);
    loop_run(loop);
    loop_timer_cancel(&deadline);
}

/* Runs until something stops the loop; fails when nothing does. */
static void run_until_stopped(void)
{
    int64_t before = clock_ticks();
    run_for(60000);
    assert_true(clock_ticks() - before < 60000);
}

static void timers_fire_not_early(void **state)
{
    (void)state;
    int64_t before = clock_ticks();
    struct loop_timer *never = loop_timer_new(loop, 1, 0, count_turn, NULL);
    loop_timer_cancel(&never);
    loop_timer_new(loop, 20, 0, stop, NULL);
    run_until_stopped();
    assert_true(clock_ticks() - before >= 20);
    assert_int_equal(turns, 0);
}

static void read_one(void *arg, int events)
{
    char byte;
    assert_true(events & LOOP_READ);
    assert_int_equal(read(*(int *)arg, &byte, 1), 1);
    if (++readies == 3)
        loop_stop(loop);
}

static void a_descriptor_tells_until_it_is_read_empty(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct loop_watch *watch = loop_watch_fd(loop, ends[0], LOOP_READ, read_one, &ends[0]);
    assert_int_equal(write(ends[1], "abc", 3), 3);
    run_until_stopped();
    assert_int_equal(readies, 3);
    loop_unwatch(&watch);
    assert_null(watch);
    loop_unwatch(&watch);
    close(ends[0]);
    close(ends[1]);
}

static void count_ready(void *arg, int events)
{
    (void)arg;
    (void)events;
    readies++;
}

static void a_watch_asleep_stays_silent_even_in_error(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct loop_watch *watch = loop_watch_fd(loop, ends[0], 0, count_ready, NULL);
    close(ends[1]);
    run_for(10);
    assert_int_equal(readies, 0);
    loop_watch_change(watch, LOOP_READ);
    run_for(10);
    assert_true(readies > 0);
    loop_watch_change(watch, 0);
    readies = 0;
    run_for(10);
    assert_int_equal(readies, 0);
    loop_unwatch(&watch);
    close(ends[0]);
}

static struct loop_watch *pair[2];

static void unwatch_both(void *arg, int events)
{
    (void)arg;
    (void)events;
    readies++;
    loop_unwatch(&pair[0]);
    loop_unwatch(&pair[1]);
}

static void a_watch_removed_in_the_same_round_is_not_called(void **state)
{
    (void)state;
    int a[2], b[2];
    assert_int_equal(pipe(a), 0);
    assert_int_equal(pipe(b), 0);
    pair[0] = loop_watch_fd(loop, a[0], LOOP_READ, unwatch_both, NULL);
    pair[1] = loop_watch_fd(loop, b[0], LOOP_READ, unwatch_both, NULL);
    assert_int_equal(write(a[1], "x", 1) + write(b[1], "x", 1), 2);
    run_for(10);
    assert_int_equal(readies, 1);
    close(a[0]), close(a[1]), close(b[0]), close(b[1]);
}

static void a_number_used_again_belongs_to_the_new_watch(void **state)
{
    (void)state;
    int a[2], b[2];
    assert_int_equal(pipe(a), 0);
    struct loop_watch *old = loop_watch_fd(loop, a[0], LOOP_READ, read_one, &a[0]);
    close(a[0]);
    close(a[1]);
    assert_int_equal(pipe(b), 0);
    assert_int_equal(b[0], a[0]);
    struct loop_watch *new = loop_watch_fd(loop, b[0], LOOP_READ, read_one, &b[0]);
    loop_unwatch(&old);
    assert_int_equal(write(b[1], "abc", 3), 3);
    run_until_stopped();
    assert_int_equal(readies, 3);
    loop_unwatch(&new);
    close(b[0]);
    close(b[1]);
}

static void what_is_closed_while_a_child_holds_its_copy_is_heard_no_more(void **state)
{
    (void)state;
    int a[2], b[2];
    assert_int_equal(pipe(a), 0);
    struct loop_watch *watch = loop_watch_fd(loop, a[0], LOOP_READ, count_ready, NULL);
    int copy = dup(a[0]); /* as fork makes one: epoll forgets a file when its last copy is closed */
    close(a[0]);
    loop_unwatch(&watch);
    assert_int_equal(write(a[1], "x", 1), 1);
    run_for(10);
    assert_int_equal(pipe(b), 0);
    assert_int_equal(b[0], a[0]);
    watch = loop_watch_fd(loop, b[0], LOOP_READ, count_ready, NULL);
    run_for(10);
    assert_int_equal(readies, 0);
    loop_unwatch(&watch);
    close(copy), close(a[1]), close(b[0]), close(b[1]);
}

static void take_byte(void *arg, int events)
{
    char byte;
    (void)events;
    assert_int_equal(read(*(int *)arg, &byte, 1), 1);
    readies++;
}

static void end_of_turn(void *arg)
{
    if (readies > 0) {
        *(int *)arg = readies;
        loop_stop(loop);
    }
}

static void the_turn_ends_after_all_that_was_ready(void **state)
{
    (void)state;
    int ends[4][2], seen = 0;
    struct loop_watch *watches[4];
    loop_each_turn(loop, end_of_turn, &seen);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pipe(ends[i]), 0);
        assert_int_equal(write(ends[i][1], "x", 1), 1);
        watches[i] = loop_watch_fd(loop, ends[i][0], LOOP_READ, take_byte, &ends[i][0]);
    }
    run_until_stopped();
    assert_int_equal(seen, 4);
    for (int i = 0; i < 4; i++) {
        loop_unwatch(&watches[i]);
        close(ends[i][0]);
        close(ends[i][1]);
    }
}

static struct loop_watch *zmq_watch;

static void read_messages(void *arg, int events)
{
    (void)events;
    char text[8];
    while (zmq_recv(arg, text, sizeof text, ZMQ_DONTWAIT) >= 0)
        readies++;
    if (readies == 5)
        loop_unwatch(&zmq_watch); /* from within its own callback */
}

static void sockets_of_zeromq_are_watched_and_end_turns(void **state)
{
    (void)state;
    int seen = 0;
    void *context = zmq_ctx_new();
    void *from = zmq_socket(context, ZMQ_PUSH), *to = zmq_socket(context, ZMQ_PULL);
    assert_int_equal(zmq_bind(to, "inproc://loop"), 0);
    assert_int_equal(zmq_connect(from, "inproc://loop"), 0);
    zmq_watch = loop_watch_zmq(loop, to, read_messages, to);
    loop_each_turn(loop, end_of_turn, &seen);
    for (int i = 0; i < 5; i++)
        assert_int_equal(zmq_send(from, "x", 1, 0), 1);
    run_until_stopped();
    assert_int_equal(seen, 5);
    assert_null(zmq_watch);
    run_for(5);
    zmq_close(from);
    zmq_close(to);
    zmq_ctx_term(context);
}

static void raise_it(void *arg)
{
    kill(getpid(), *(int *)arg);
}

static void sigterm_and_sigint_end_the_loop_and_it_can_run_on(void **state)
{
    (void)state;
    static int signals[] = {SIGTERM, SIGINT};
    for (int i = 0; i < 2; i++) {
        loop_timer_new(loop, 1, 0, raise_it, &signals[i]);
        run_until_stopped();
    }
    loop_stop(loop); /* before it runs: it returns at once */
    run_until_stopped();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(timers_fire_not_early, start, end),
        cmocka_unit_test_setup_teardown(a_descriptor_tells_until_it_is_read_empty, start, end),
        cmocka_unit_test_setup_teardown(a_watch_asleep_stays_silent_even_in_error, start, end),
        cmocka_unit_test_setup_teardown(a_watch_removed_in_the_same_round_is_not_called, start, end),
        cmocka_unit_test_setup_teardown(a_number_used_again_belongs_to_the_new_watch, start, end),
        cmocka_unit_test_setup_teardown(what_is_closed_while_a_child_holds_its_copy_is_heard_no_more, start, end),
        cmocka_unit_test_setup_teardown(the_turn_ends_after_all_that_was_ready, start, end),
        cmocka_unit_test_setup_teardown(sockets_of_zeromq_are_watched_and_end_turns, start, end),
        cmocka_unit_test_setup_teardown(sigterm_and_sigint_end_the_loop_and_it_can_run_on, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
