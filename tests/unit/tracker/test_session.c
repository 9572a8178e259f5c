/* The rules of epochs. */
#include "tests/unit/tracker/check.h"

#include "proto/proto.h"
#include "services/common/slab.h"
#include "services/tracker/registry.h"
#include "services/tracker/session.h"

#include <string.h>

#define NOW INT64_C(1790000000000)

static struct registry *registry;
static struct sessions *sessions;
static struct session_change change;
static uint32_t session; /* the one that announced last */

static int prepare(void **state)
{
    (void)state;
    registry = registry_new(&(struct hash_key){3, 4});
    sessions = sessions_new(&(struct hash_key){1, 2}, registry);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sessions_destroy(&sessions);
    registry_destroy(&registry);
    return 0;
}

static struct announce totals(uint64_t up, uint64_t down, uint64_t left)
{
    struct announce told = {
        .up = up, .down = down, .left = left, .up_known = true, .down_known = true, .left_known = true};
    memcpy(told.peer_id, "-TEST00-aaaaaaaaaaaa", PEER_ID_SIZE);
    return told;
}

static uint32_t find(const uint8_t *peer_id)
{
    return sessions_find_by_id(sessions, 7, 9, peer_id);
}

/* What the session is then, as it is told to others. */
static const struct session_totals *announce(struct announce told, int64_t now)
{
    static struct session_totals got;
    uint32_t member = registry_member_make(registry, 7)->handle, torrent = registry_torrent_make(registry, 9)->handle;
    session = sessions_announce(sessions, member, torrent, find(told.peer_id), &told, now, &change);
    assert_int_equal(find(told.peer_id), session);
    sessions_get(sessions, session, &got);
    assert_memory_equal(got.peer_id, told.peer_id, PEER_ID_SIZE);
    assert_int_equal(got.user, 7);
    assert_int_equal(got.torrent, 9);
    return &got;
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
    assert_false(change.fell);
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
    assert_false(change.fell);
}

static void a_counter_that_falls_begins_an_epoch_and_the_other_goes_on(void **state)
{
    (void)state;
    announce(totals(0, 0, 100), NOW);
    announce(totals(500, 40, 60), NOW + 1000);
    const struct session_totals *now = announce(totals(20, 45, 55), NOW + 2000);
    assert_true(change.fell);
    assert_int_equal(change.closed.epoch, NOW);
    assert_int_equal(change.closed.up, 500);
    assert_int_equal(change.closed.down, 40);
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
    assert_false(change.fell);
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
    assert_false(change.fell);
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
    assert_false(change.fell);
    assert_int_equal(now->base_up, 5);
    assert_int_equal(sessions_count(sessions), 2);
}

static void kept_totals_are_taken_only_when_newer(void **state)
{
    (void)state;
    struct session_totals kept = *announce(totals(100, 0, 0), NOW);
    announce(totals(200, 0, 0), NOW + 1000);
    sessions_restore(sessions, &kept, &change);
    assert_false(change.took);
    kept.up = 300;
    kept.seen_at = NOW + 2000;
    sessions_restore(sessions, &kept, &change);
    assert_true(change.took);
    assert_false(change.fell);
    assert_int_equal(change.totals.up, 300);
    kept.epoch = NOW + 5000;
    kept.up = kept.base_up = 1;
    sessions_restore(sessions, &kept, &change);
    assert_true(change.took && change.fell);
    assert_int_equal(change.closed.up, 300);
}

static void check_same(const struct session_totals *a, const struct session_totals *b)
{
    assert_memory_equal(a->peer_id, b->peer_id, PEER_ID_SIZE);
    assert_int_equal(a->user, b->user);
    assert_int_equal(a->torrent, b->torrent);
    assert_int_equal(a->epoch, b->epoch);
    assert_int_equal(a->seen_at, b->seen_at);
    assert_int_equal(a->base_up, b->base_up);
    assert_int_equal(a->base_down, b->base_down);
    assert_int_equal(a->up, b->up);
    assert_int_equal(a->down, b->down);
    assert_int_equal(a->left, b->left);
    assert_int_equal(a->flags, b->flags);
}

static void a_session_has_marks_and_a_place(void **state)
{
    (void)state;
    struct announce told = totals(10, 20, 30);
    told.event = EVENT_paused;
    announce(told, NOW);
    assert_int_equal(sessions_place(sessions, session), PLACE_NONE);
    assert_true(sessions_mark(sessions, session, MARK_store));
    assert_false(sessions_mark(sessions, session, MARK_store));
    assert_true(sessions_mark(sessions, session, MARK_partial));
    sessions_set_place(sessions, session, 0);
    assert_int_equal(announce(told, NOW + 1)->flags, SESSION_PAUSED);
    assert_int_equal(sessions_marks(sessions, session), MARK_store | MARK_partial);
    assert_int_equal(sessions_place(sessions, session), 0);
    sessions_unmark(sessions, session, MARK_store);
    assert_int_equal(sessions_marks(sessions, session), MARK_partial);
    assert_int_equal(sessions_seen(sessions, session), NOW + 1);
}

/* Each value that its short form cannot have: the session is kept beside its record, and comes back. */
static void what_does_not_fit_is_kept_all_the_same(void **state)
{
    (void)state;
    static const struct session_totals fits = {.user = 7, .torrent = 9, .epoch = NOW, .seen_at = NOW + 5, .up = 1};
    struct session_totals odd[9], got;
    for (unsigned i = 0; i < COUNT(odd); i++)
        odd[i] = fits;
    odd[0].base_up = 1;
    odd[1].base_down = INT64_MAX;
    odd[2].up = UINT64_C(1) << 40;
    odd[3].down = INT64_MAX;
    odd[4].left = (UINT64_C(1) << 40) - 1;
    odd[5].left = INT64_MAX - 1;
    odd[6].epoch = 1;
    odd[7].seen_at = NOW + (INT64_C(1) << 40);
    odd[8].flags = 128 | SESSION_COMPLETED;
    for (unsigned i = 0; i < COUNT(odd); i++) {
        memset(odd[i].peer_id, (int)i, PEER_ID_SIZE);
        sessions_mark(sessions, sessions_restore(sessions, &odd[i], &change), MARK_store);
    }
    for (unsigned i = 0; i < COUNT(odd); i++) {
        uint32_t at = find(odd[i].peer_id);
        sessions_get(sessions, at, &got);
        check_same(&got, &odd[i]);
        assert_int_equal(sessions_seen(sessions, at), odd[i].seen_at);
        assert_int_equal(sessions_marks(sessions, at), MARK_store);
        sessions_unmark(sessions, at, MARK_store);
        sessions_forget(sessions, at);
        assert_int_equal(find(odd[i].peer_id), SLAB_NONE);
    }
    assert_int_equal(sessions_count(sessions), 0);
}

static void a_session_that_fits_again_is_short_again(void **state)
{
    (void)state;
    announce(totals(5, 0, 0), NOW);
    struct session_totals later = {.user = 7, .torrent = 9, .epoch = NOW + 9, .seen_at = NOW + 9, .left = LEFT_UNKNOWN};
    memcpy(later.peer_id, "-TEST00-aaaaaaaaaaaa", PEER_ID_SIZE);
    sessions_restore(sessions, &later, &change);
    assert_true(change.took && change.fell);
    struct session_totals got;
    sessions_get(sessions, session, &got);
    check_same(&got, &later);
    size_t short_again = sessions_bytes(sessions);
    struct announce other = totals(5, 0, 0);
    other.peer_id[19] = 'b';
    announce(other, NOW);
    assert_true(sessions_bytes(sessions) < short_again + 100); /* it lies where the first one's odd form lay */
}

/* Somebody invents 70 000 clients: more than there are numbers for their names. */
static void clients_beyond_number_are_told_apart(void **state)
{
    (void)state;
    enum { CLIENTS = 70000 };
    struct announce told = totals(0, 0, 0);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        memcpy(told.peer_id, &i, sizeof i);
        announce(told, NOW);
    }
    assert_int_equal(sessions_count(sessions), CLIENTS);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        uint8_t peer_id[PEER_ID_SIZE];
        memcpy(told.peer_id, &i, sizeof i);
        uint32_t at = find(told.peer_id);
        sessions_peer_id(sessions, at, peer_id);
        assert_memory_equal(peer_id, told.peer_id, PEER_ID_SIZE);
        sessions_forget(sessions, at);
    }
    assert_int_equal(sessions_count(sessions), 0);
}

static void a_session_costs_at_most_56_bytes(void **state)
{
    (void)state;
    enum { SESSIONS = 200000 };
    struct announce told = totals(0, 0, 0);
    for (uint32_t i = 0; i < SESSIONS; i++) {
        memcpy(told.peer_id + 10, &i, sizeof i);
        announce(told, NOW);
    }
    double each = (double)sessions_bytes(sessions) / SESSIONS;
    print_message("a session costs %.1f bytes with its place in the index\n", each);
    assert_true(each <= 56);
}

static void count(void *arg, uint32_t visited)
{
    uint32_t *seen = arg;
    seen[visited]++;
}

static void all_are_visited_in_bounded_steps(void **state)
{
    (void)state;
    uint32_t seen[102] = {0}, place = 0;
    for (unsigned i = 0; i < 100; i++) {
        struct announce told = totals(0, 0, 0);
        told.peer_id[19] = (uint8_t)i;
        announce(told, NOW);
    }
    sessions_forget(sessions, 50);
    sessions_visit(sessions, &place, 20, count, seen);
    assert_int_equal(seen[20], 1);
    assert_int_equal(seen[21], 0);
    sessions_visit(sessions, &place, sessions_round(sessions) - 1, count, seen);
    for (unsigned i = 1; i <= 100; i++)
        assert_int_equal(seen[i], i == 50 ? 0 : i <= 20 ? 2 : 1);
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
        TEST(a_session_has_marks_and_a_place),
        TEST(what_does_not_fit_is_kept_all_the_same),
        TEST(a_session_that_fits_again_is_short_again),
        TEST(clients_beyond_number_are_told_apart),
        TEST(a_session_costs_at_most_56_bytes),
        TEST(all_are_visited_in_bounded_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
