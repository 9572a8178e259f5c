/* The rules of epochs. */
#include "tests/unit/tracker/check.h"

#include "proto/proto.h"
#include "services/common/slab.h"
#include "services/tracker/session.h"

#include <stdio.h>

#define NOW INT64_C(1790000000000)

static struct sessions *sessions;
static bool fell;
static struct session_totals closed;

static int prepare(void **state)
{
    (void)state;
    sessions = sessions_new(&(struct hash_key){1, 2});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sessions_destroy(&sessions);
    return 0;
}

static struct announce totals(uint64_t up, uint64_t down, uint64_t left)
{
    struct announce told = {
        .up = up, .down = down, .left = left, .up_known = true, .down_known = true, .left_known = true};
    memcpy(told.peer_id, "-TEST00-aaaaaaaaaaaa", PEER_ID_SIZE);
    return told;
}

static const struct session_totals *announce(struct announce told, int64_t now)
{
    return &sessions_at(sessions, sessions_announce(sessions, 7, 9, &told, now, &fell, &closed))->totals;
}

static void a_session_met_first_is_credited_nothing(void **state)
{
    (void)state;
    const struct session_totals *now = announce(totals(100, 50, 10), NOW);
    assert_int_equal(now->epoch, NOW);
    assert_int_equal(now->base_up, 100);
    assert_int_equal(now->base_down, 50);
    assert_int_equal(now->up, 100);
    assert_int_equal(now->left, 10);
    assert_false(fell);
}

static void counters_that_rise_stay_in_their_epoch(void **state)
{
    (void)state;
    announce(totals(0, 0, 100), NOW);
    const struct session_totals *now = announce(totals(70, 100, 0), NOW + 1000);
    assert_int_equal(now->epoch, NOW);
    assert_int_equal(now->base_up, 0);
    assert_int_equal(now->up, 70);
    assert_int_equal(now->down, 100);
    assert_int_equal(now->left, 0);
    assert_int_equal(now->seen_at, NOW + 1000);
    assert_false(fell);
}

static void a_counter_that_falls_begins_an_epoch_and_the_other_goes_on(void **state)
{
    (void)state;
    announce(totals(0, 0, 100), NOW);
    announce(totals(500, 40, 60), NOW + 1000);
    const struct session_totals *now = announce(totals(20, 45, 55), NOW + 2000);
    assert_true(fell);
    assert_int_equal(closed.epoch, NOW);
    assert_int_equal(closed.up, 500);
    assert_int_equal(closed.down, 40);
    assert_int_equal(now->epoch, NOW + 2000);
    assert_int_equal(now->base_up, 20);
    assert_int_equal(now->base_down, 40);
    assert_int_equal(now->up, 20);
    assert_int_equal(now->down, 45);
}

static void epochs_grow_even_when_the_clock_does_not(void **state)
{
    (void)state;
    announce(totals(10, 0, 0), NOW);
    int64_t first = announce(totals(5, 0, 0), NOW)->epoch;
    int64_t second = announce(totals(1, 0, 0), NOW - 5000)->epoch;
    assert_int_equal(first, NOW + 1);
    assert_int_equal(second, NOW + 2);
}

static void started_resets_nothing(void **state)
{
    (void)state;
    announce(totals(0, 0, 100), NOW);
    struct announce again = totals(30, 30, 70);
    again.event = EVENT_started;
    const struct session_totals *now = announce(again, NOW + 1);
    assert_false(fell);
    assert_int_equal(now->epoch, NOW);
    assert_int_equal(now->base_up, 0);
}

static void what_the_client_does_not_tell_stays(void **state)
{
    (void)state;
    announce(totals(10, 20, 0), NOW);
    struct announce silent = totals(0, 0, 0);
    silent.up_known = silent.down_known = silent.left_known = false;
    const struct session_totals *now = announce(silent, NOW + 1);
    assert_false(fell);
    assert_int_equal(now->up, 10);
    assert_int_equal(now->down, 20);
    assert_int_equal(now->left, 0);
}

static void unknown_left_is_no_seeder(void **state)
{
    (void)state;
    struct announce silent = totals(0, 0, 0);
    silent.left_known = false;
    assert_true(announce(silent, NOW)->left == LEFT_UNKNOWN);
}

static void the_last_byte_downloaded_completes_without_the_event(void **state)
{
    (void)state;
    announce(totals(0, 0, 100), NOW);
    assert_true(announce(totals(0, 100, 0), NOW + 1)->flags & SESSION_COMPLETED);
}

static void bytes_found_on_the_disk_complete_nothing(void **state)
{
    (void)state;
    announce(totals(0, 0, 100), NOW);
    assert_false(announce(totals(0, 0, 0), NOW + 1)->flags & SESSION_COMPLETED);
}

static void completed_stays_and_stopped_goes(void **state)
{
    (void)state;
    struct announce told = totals(0, 0, 0);
    told.event = EVENT_completed;
    assert_int_equal(announce(told, NOW)->flags, SESSION_COMPLETED);
    told.event = EVENT_stopped;
    assert_int_equal(announce(told, NOW)->flags, SESSION_COMPLETED | SESSION_STOPPED);
    told.event = EVENT_none;
    assert_int_equal(announce(told, NOW)->flags, SESSION_COMPLETED);
}

static void two_clients_of_one_member_are_two_sessions(void **state)
{
    (void)state;
    struct announce other = totals(5, 5, 5);
    other.peer_id[19] = 'b';
    announce(totals(100, 100, 0), NOW);
    const struct session_totals *now = announce(other, NOW);
    assert_false(fell);
    assert_int_equal(now->base_up, 5);
    assert_int_equal(sessions_count(sessions), 2);
}

static void kept_totals_are_taken_only_when_newer(void **state)
{
    (void)state;
    bool took;
    struct session_totals kept = *announce(totals(100, 0, 0), NOW);
    announce(totals(200, 0, 0), NOW + 1000);
    sessions_restore(sessions, &kept, &took, &fell, &closed);
    assert_false(took);
    kept.up = 300;
    kept.seen_at = NOW + 2000;
    uint32_t at = sessions_restore(sessions, &kept, &took, &fell, &closed);
    assert_true(took);
    assert_false(fell);
    assert_int_equal(sessions_at(sessions, at)->totals.up, 300);
    kept.epoch = NOW + 5000;
    kept.up = kept.base_up = 1;
    sessions_restore(sessions, &kept, &took, &fell, &closed);
    assert_true(took && fell);
    assert_int_equal(closed.up, 300);
}

static void silent_sessions_are_forgotten_unless_they_are_in_use(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        struct announce told = totals(0, 0, 0);
        snprintf((char *)told.peer_id, PEER_ID_SIZE, "peer %u", i);
        announce(told, i < 50 ? NOW : NOW + 1000);
    }
    sessions_at(sessions, 1)->marks = MARK_report;
    sessions_at(sessions, 2)->peer = 5;
    assert_int_equal(sessions_sweep(sessions, NOW + 1000, 20, NULL, NULL), 18);
    assert_int_equal(sessions_sweep(sessions, NOW + 1000, 100, NULL, NULL), 30);
    assert_int_equal(sessions_count(sessions), 52);
    for (unsigned i = 0; i < 100; i++) {
        uint8_t peer_id[PEER_ID_SIZE] = {0};
        memcpy(peer_id, "-TEST00-aaaaaaaaaaaa", PEER_ID_SIZE);
        snprintf((char *)peer_id, PEER_ID_SIZE, "peer %u", i);
        assert_int_equal(sessions_find(sessions, 7, 9, peer_id) != SLAB_NONE, i < 2 || i >= 50);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_session_met_first_is_credited_nothing),
        TEST(counters_that_rise_stay_in_their_epoch),
        TEST(a_counter_that_falls_begins_an_epoch_and_the_other_goes_on),
        TEST(epochs_grow_even_when_the_clock_does_not),
        TEST(started_resets_nothing),
        TEST(what_the_client_does_not_tell_stays),
        TEST(unknown_left_is_no_seeder),
        TEST(the_last_byte_downloaded_completes_without_the_event),
        TEST(bytes_found_on_the_disk_complete_nothing),
        TEST(completed_stays_and_stopped_goes),
        TEST(two_clients_of_one_member_are_two_sessions),
        TEST(kept_totals_are_taken_only_when_newer),
        TEST(silent_sessions_are_forgotten_unless_they_are_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
