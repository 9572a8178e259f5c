/* Announces answered out of memory, from admission to the outbox; with a real journal in a scratch folder. */
#include "tests/unit/tracker/check.h"

#include "services/common/log.h"
#include "services/common/slab.h"
#include "services/tracker/tracker.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW INT64_C(1790000000000)
#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define V1 "11111111111111111111"
#define V2 "22222222222222222222222222222222"

static const struct tracker_settings settings = {
    .interval = 1800, .min_interval = 300, .keep = 86400, .segment_size = 65536, .member_peers = 5};
static char folder[64];
static struct tracker *tracker;
static struct announce_reply reply;

static void tell_feeds(void)
{
    static const char *const passkeys[] = {KEY_A, KEY_B};
    for (uint64_t i = 0; i < 2; i++) {
        registry_apply_member(
            tracker->registry,
            &(struct member_fact){.user = i + 1, .passkey = slice_text(passkeys[i]), .standing = slice_text("active")});
        registry_apply_permit(tracker->registry, &(struct permit_fact){.user = i + 1, .may_leech = true});
    }
    registry_apply_torrent(tracker->registry, &(struct torrent_fact){.torrent = 5,
                                                                     .info_hash = slice_text(V1),
                                                                     .info_hash_v2 = slice_text(V2),
                                                                     .active = true});
    tracker->open = tracker->permits_read = true;
}

static void start_tracker_at(int64_t now)
{
    tracker = tracker_new(&settings, folder, now, NULL);
    assert_non_null(tracker);
    tell_feeds();
}

static void start_tracker(void)
{
    start_tracker_at(NOW);
}

static int prepare(void **state)
{
    (void)state;
    log_start("test", LOG_LEVEL_error);
    snprintf(folder, sizeof folder, "/tmp/djembe-tracker-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    start_tracker();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[100];
    tracker_destroy(&tracker);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static struct announce from(const char *passkey, uint8_t client)
{
    struct announce ask = {.address = {.family = FAMILY_v4, .bytes = {10, 0, 0, client}},
                           .port = 6881,
                           .up_known = true,
                           .down_known = true,
                           .left_known = true,
                           .numwant = 50};
    memcpy(ask.passkey, passkey, PASSKEY_SIZE);
    memcpy(ask.info_hash, V1, HASH_SIZE);
    memset(ask.peer_id, client, PEER_ID_SIZE);
    return ask;
}

static void announce(struct announce ask, int64_t now)
{
    tracker_announce(tracker, &ask, now, &reply);
    assert_true(reply.failure == NULL || strlen(reply.failure) < 64);
}

static struct session_totals totals_of(uint32_t session)
{
    struct session_totals totals;
    sessions_get(tracker->sessions, session, &totals);
    return totals;
}

static size_t outbox_rows(const struct session_totals **rows)
{
    return outbox_batch(tracker->outbox, OUTBOX_BATCH_MAX, rows);
}

static void two_members_meet(void **state)
{
    (void)state;
    struct announce leecher = from(KEY_B, 2);
    leecher.left = 100;
    announce(from(KEY_A, 1), NOW);
    assert_null(reply.failure);
    assert_int_equal(reply.peers_count, 0);
    announce(leecher, NOW);
    assert_int_equal(reply.peers_count, 1);
    assert_int_equal(reply.peers[0].v4[3], 1);
    assert_int_equal(reply.peers[0].port4, 6881);
    assert_int_equal(reply.complete, 1);
    assert_int_equal(reply.incomplete, 1);
    assert_int_equal(reply.external.bytes[3], 2);
    announce(from(KEY_A, 1), NOW);
    assert_int_equal(reply.peers_count, 1);
    assert_int_equal(reply.peers[0].v4[3], 2);
}

static void several_at_once_are_answered_one_after_the_other(void **state)
{
    (void)state;
    static struct announce_reply replies[4];
    struct announce first = from(KEY_A, 1), stranger = from(V2, 3), leecher = from(KEY_B, 2);
    leecher.left = 100;
    tracker_announce_all(tracker, (const struct announce *[]){&first, &first, &stranger, &leecher}, 4, NOW,
                         (struct announce_reply *[]){&replies[0], &replies[1], &replies[2], &replies[3]});
    assert_null(replies[0].failure);
    assert_null(replies[1].failure);
    assert_int_equal(replies[1].complete, 1);
    assert_non_null(replies[2].failure);
    assert_int_equal(replies[3].peers_count, 1);
    assert_int_equal(replies[3].peers[0].v4[3], 1);
    assert_int_equal(sessions_count(tracker->sessions), 2);
}

static void a_hybrids_two_hashes_are_one_swarm_and_one_session(void **state)
{
    (void)state;
    struct announce again = from(KEY_A, 1);
    announce(again, NOW);
    memcpy(again.info_hash, V2, HASH_SIZE);
    again.up = 10;
    announce(again, NOW);
    assert_int_equal(sessions_count(tracker->sessions), 1);
    assert_int_equal(reply.complete, 1);
}

static void both_addresses_of_a_client_are_given_out(void **state)
{
    (void)state;
    struct announce six = from(KEY_A, 1);
    announce(six, NOW);
    six.address = (struct address){.family = FAMILY_v6, .bytes = {0x20, 1, 1}};
    six.port = 6882;
    announce(six, NOW);
    struct announce leecher = from(KEY_B, 2);
    leecher.left = 1;
    announce(leecher, NOW);
    assert_int_equal(reply.peers_count, 1);
    assert_int_equal(reply.peers[0].port4, 6881);
    assert_int_equal(reply.peers[0].port6, 6882);
    assert_int_equal(reply.complete, 1);
    leecher.compact = true;
    announce(leecher, NOW);
    assert_int_equal(reply.v4_count, 1);
    assert_memory_equal(&reply.v4[0], "\x0a\0\0\1\x1a\xe1", 6);
    assert_int_equal(reply.v6_count, 1);
    assert_memory_equal(&reply.v6[0], "\x20\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0\x1a\xe2", 18);
    leecher.one_family = true;
    announce(leecher, NOW);
    assert_int_equal(reply.v4_count, 1);
    assert_int_equal(reply.v6_count, 0);
}

static void who_stops_leaves_with_its_totals(void **state)
{
    (void)state;
    const struct session_totals *rows;
    struct announce ask = from(KEY_A, 1);
    announce(ask, NOW);
    ask.up = 500;
    ask.event = EVENT_stopped;
    ask.numwant = 0;
    announce(ask, NOW + 1);
    assert_null(reply.failure);
    assert_int_equal(reply.complete, 0);
    assert_int_equal(peers_count(tracker->peers), 0);
    assert_int_equal(outbox_rows(&rows), 1);
    assert_int_equal(rows[0].up - rows[0].base_up, 500);
}

static void strangers_are_refused_with_reason(void **state)
{
    (void)state;
    struct announce ask = from("cccccccccccccccccccccccccccccccc", 1);
    announce(from(KEY_A, 1), NOW);
    assert_null(reply.failure);
    announce(ask, NOW);
    assert_non_null(reply.failure);
    assert_true(reply.retry > 0);
    ask = from(KEY_A, 1);
    ask.info_hash[0] ^= 1;
    announce(ask, NOW);
    assert_non_null(reply.failure);
    assert_int_equal(reply.retry, 60);
    assert_int_equal(tracker->outcomes[OUTCOME_passkey], 1);
    assert_int_equal(tracker->outcomes[OUTCOME_torrent], 1);
}

static void stopping_never_fails(void **state)
{
    (void)state;
    struct announce ask = from("cccccccccccccccccccccccccccccccc", 1);
    ask.event = EVENT_stopped;
    announce(ask, NOW);
    assert_null(reply.failure);
    tracker->open = false;
    announce(ask, NOW);
    assert_null(reply.failure);
    tracker_malformed(tracker, &ask, "The peer_id is not 20 bytes", &reply);
    assert_null(reply.failure);
    assert_int_equal(reply.interval, 1800);
    ask.event = EVENT_started;
    tracker_malformed(tracker, &ask, "The peer_id is not 20 bytes", &reply);
    assert_string_equal(reply.failure, "The peer_id is not 20 bytes");
    assert_int_equal(reply.retry, 1800);
}

static void before_the_feeds_are_read_clients_are_told_to_try_again(void **state)
{
    (void)state;
    tracker->open = false;
    announce(from(KEY_A, 1), NOW);
    assert_non_null(reply.failure);
    assert_int_equal(reply.retry, 60);
    assert_int_equal(sessions_count(tracker->sessions), 0);
}

static void without_permit_one_seeds_but_does_not_leech(void **state)
{
    (void)state;
    struct announce ask = from(KEY_B, 2);
    registry_apply_permit(tracker->registry,
                          &(struct permit_fact){.user = 2, .may_leech = false, .reason = slice_text("Seed more")});
    announce(ask, NOW);
    assert_null(reply.failure);
    ask.left = 1;
    announce(ask, NOW);
    assert_string_equal(reply.failure, "Seed more");
    ask.left_known = false;
    announce(ask, NOW);
    assert_string_equal(reply.failure, "Seed more");
}

static void a_permit_that_has_not_come_yet_is_waited_for(void **state)
{
    (void)state;
    struct announce ask = from("dddddddddddddddddddddddddddddddd", 3);
    registry_apply_member(tracker->registry,
                          &(struct member_fact){.user = 3,
                                                .passkey = slice_text("dddddddddddddddddddddddddddddddd"),
                                                .standing = slice_text("active")});
    ask.left = 1;
    announce(ask, NOW);
    assert_non_null(reply.failure);
    assert_int_equal(reply.retry, 60);
    ask.left = 0;
    announce(ask, NOW);
    assert_null(reply.failure);
    tracker->permits_read = false;
    ask.left = 1;
    announce(ask, NOW);
    assert_null(reply.failure);
}

static void a_refused_client_is_not_given_out_but_its_totals_count(void **state)
{
    (void)state;
    const struct session_totals *rows;
    struct announce ask = from(KEY_B, 2);
    ask.left = 100;
    announce(ask, NOW);
    registry_apply_permit(tracker->registry, &(struct permit_fact){.user = 2, .may_leech = false});
    ask.down = 40;
    ask.left = 60;
    announce(ask, NOW + 1);
    assert_non_null(reply.failure);
    assert_int_equal(peers_count(tracker->peers), 0);
    assert_int_equal(outbox_rows(&rows), 1);
    assert_int_equal(rows[0].down - rows[0].base_down, 40);
}

static void disabled_members_and_deleted_torrents_are_refused(void **state)
{
    (void)state;
    announce(from(KEY_A, 1), NOW);
    registry_apply_member(
        tracker->registry,
        &(struct member_fact){.user = 1, .passkey = slice_text(KEY_A), .standing = slice_text("disabled")});
    announce(from(KEY_A, 1), NOW);
    assert_int_equal(tracker->outcomes[OUTCOME_member], 1);
    assert_int_equal(peers_count(tracker->peers), 0);
    registry_apply_torrent(tracker->registry,
                           &(struct torrent_fact){.torrent = 5, .info_hash = slice_text(V1), .active = false});
    announce(from(KEY_B, 2), NOW);
    assert_int_equal(tracker->outcomes[OUTCOME_torrent], 1);
}

static void a_snatch_is_counted_once_a_session(void **state)
{
    (void)state;
    struct announce ask = from(KEY_B, 2);
    struct scrape scrape = {.count = 1};
    struct scrape_counts counts[SCRAPE_MAX];
    ask.event = EVENT_completed;
    announce(ask, NOW);
    announce(ask, NOW);
    memcpy(scrape.info_hash[0], V2, HASH_SIZE);
    assert_null(tracker_scrape(tracker, slice_text(KEY_A), &scrape, counts));
    assert_true(counts[0].known);
    assert_int_equal(counts[0].downloaded, 1);
    assert_int_equal(counts[0].complete, 1);
    assert_non_null(tracker_scrape(tracker, slice_text("x"), &scrape, counts));
}

static void a_partial_seed_is_no_downloader(void **state)
{
    (void)state;
    struct scrape scrape = {.count = 1};
    struct scrape_counts counts[SCRAPE_MAX];
    struct announce partial = from(KEY_A, 1), leecher = from(KEY_B, 2);
    memcpy(scrape.info_hash[0], V1, HASH_SIZE);
    partial.left = leecher.left = 100;
    partial.event = EVENT_paused;
    announce(partial, NOW);
    announce(partial, NOW + 1);
    announce(leecher, NOW + 2);
    assert_int_equal(reply.incomplete, 2);
    assert_int_equal(reply.peers_count, 1);
    tracker_destroy(&tracker);
    start_tracker();
    assert_null(tracker_scrape(tracker, slice_text(KEY_A), &scrape, counts));
    assert_int_equal(counts[0].incomplete, 2);
    assert_int_equal(counts[0].downloaders, 1);
    partial.event = EVENT_none;
    announce(partial, NOW + 3);
    tracker_scrape(tracker, slice_text(KEY_A), &scrape, counts);
    assert_int_equal(counts[0].downloaders, 2);
    partial.event = EVENT_paused;
    announce(partial, NOW + 4);
    partial.event = EVENT_stopped;
    announce(partial, NOW + 5);
    tracker_scrape(tracker, slice_text(KEY_A), &scrape, counts);
    assert_int_equal(counts[0].incomplete, 1);
    assert_int_equal(counts[0].downloaders, 1);
    partial.event = EVENT_paused;
    partial.left = 0;
    announce(partial, NOW + 6);
    tracker_scrape(tracker, slice_text(KEY_A), &scrape, counts);
    assert_int_equal(counts[0].complete, 1);
    assert_int_equal(counts[0].downloaders, 1);
}

/* OC's parser takes an absent `left` for 0, others read it into 32 bits (TRACKERS 6). */
static void nobody_is_a_seeder_by_mistake(void **state)
{
    (void)state;
    struct announce ask = from(KEY_A, 1);
    ask.left_known = false;
    announce(ask, NOW);
    assert_int_equal(reply.complete, 0);
    ask.left_known = true;
    ask.left = INT64_MAX;
    announce(ask, NOW);
    assert_int_equal(reply.complete, 0);
    ask.left = UINT64_C(3) << 32;
    announce(ask, NOW);
    assert_int_equal(reply.complete, 0);
    assert_int_equal(reply.incomplete, 1);
}

static void started_repeated_resets_nothing(void **state)
{
    (void)state;
    const struct session_totals *rows;
    struct announce ask = from(KEY_A, 1);
    ask.event = EVENT_started;
    announce(ask, NOW);
    for (unsigned i = 1; i <= 3; i++) {
        ask.up = i * 100;
        announce(ask, NOW + i);
    }
    assert_int_equal(outbox_rows(&rows), 1);
    assert_int_equal(rows[0].up - rows[0].base_up, 300);
}

/* libtorrent announces the same counters once for each interface and family, several times within one ms. */
static void the_same_counters_told_four_times_at_once_count_once(void **state)
{
    (void)state;
    const struct session_totals *rows;
    struct announce ask = from(KEY_A, 1);
    announce(ask, NOW);
    ask.up = 1000;
    for (unsigned i = 0; i < 4; i++) {
        memcpy(ask.info_hash, i % 2 ? V2 : V1, HASH_SIZE);
        ask.address.family = i < 2 ? FAMILY_v4 : FAMILY_v6;
        announce(ask, NOW + 1);
    }
    assert_int_equal(outbox_rows(&rows), 1);
    assert_int_equal(rows[0].up - rows[0].base_up, 1000);
    assert_int_equal(reply.complete, 1);
}

static void two_members_with_one_peer_id_are_two_sessions(void **state)
{
    (void)state;
    announce(from(KEY_A, 1), NOW);
    announce(from(KEY_B, 1), NOW);
    assert_int_equal(sessions_count(tracker->sessions), 2);
    assert_int_equal(reply.complete, 2);
}

/* A seeder that rechecks becomes a leecher and a seeder again: one peer all the time. */
static void a_seeder_that_leeches_again_leaves_no_second_peer(void **state)
{
    (void)state;
    struct announce ask = from(KEY_A, 1);
    announce(ask, NOW);
    ask.left = 100;
    announce(ask, NOW + 1);
    assert_int_equal(reply.complete, 0);
    assert_int_equal(reply.incomplete, 1);
    ask.left = 0;
    announce(ask, NOW + 2);
    assert_int_equal(reply.complete, 1);
    assert_int_equal(reply.incomplete, 0);
}

static void a_member_has_so_many_clients_on_a_torrent_and_no_more(void **state)
{
    (void)state;
    tracker->settings.member_peers = 3;
    for (uint8_t client = 1; client <= 3; client++) {
        announce(from(KEY_A, client), NOW);
        assert_null(reply.failure);
    }
    announce(from(KEY_A, 4), NOW);
    assert_non_null(strstr(reply.failure, "stop one"));
    assert_int_equal(peers_count(tracker->peers), 3);
    announce(from(KEY_A, 3), NOW);
    assert_null(reply.failure);
    announce(from(KEY_B, 4), NOW);
    assert_null(reply.failure);
    struct announce gone = from(KEY_A, 2);
    gone.event = EVENT_stopped;
    announce(gone, NOW);
    announce(from(KEY_A, 4), NOW);
    assert_null(reply.failure);
    tracker_sweep(tracker, NOW + 4201 * 1000);
    assert_int_equal(peers_count(tracker->peers), 0);
    for (uint8_t client = 10; client < 13; client++) {
        announce(from(KEY_A, client), NOW + 4201 * 1000);
        assert_null(reply.failure);
    }
}

static void a_flood_of_peer_ids_ends_at_the_limit(void **state)
{
    (void)state;
    tracker->settings.member_sessions = 10;
    struct announce ask = from(KEY_A, 0);
    for (uint8_t client = 1; client < 200; client++) {
        ask = from(KEY_A, client);
        if (client % 2)
            ask.event = EVENT_stopped;
        announce(ask, NOW);
        assert_true(reply.failure == NULL || ask.event != EVENT_stopped);
    }
    assert_int_equal(sessions_count(tracker->sessions), 10);
    assert_true(tracker->outcomes[OUTCOME_limit] > 100);
    announce(from(KEY_A, 2), NOW);
    assert_null(reply.failure);
    announce(from(KEY_B, 1), NOW);
    assert_null(reply.failure);
}

static void silent_peers_go_and_their_sessions_stay(void **state)
{
    (void)state;
    announce(from(KEY_A, 1), NOW);
    tracker_sweep(tracker, NOW + 4200 * 1000);
    assert_int_equal(peers_count(tracker->peers), 1);
    tracker_sweep(tracker, NOW + 4201 * 1000);
    assert_int_equal(peers_count(tracker->peers), 0);
    assert_int_equal(sessions_count(tracker->sessions), 1);
}

/* A day ahead, a day behind, and right again: the clock has no say in what is credited. */
static void a_clock_that_steps_costs_nothing(void **state)
{
    (void)state;
    static const int64_t day = 86400 * 1000;
    static const int64_t at[] = {NOW, NOW + day, NOW + 1, NOW - day, NOW + 2};
    const struct session_totals *rows;
    struct announce ask = from(KEY_A, 1);
    for (size_t i = 0; i < COUNT(at); i++) {
        ask.up = 100 * (i + 1);
        ask.down = 7 * (i + 1);
        tracker_sweep(tracker, at[i]);
        announce(ask, at[i]);
        assert_null(reply.failure);
        assert_int_equal(reply.complete, 1);
    }
    assert_int_equal(outbox_rows(&rows), 1);
    assert_int_equal(rows[0].epoch, NOW);
    assert_int_equal(rows[0].base_up, 100);
    assert_int_equal(rows[0].up, 500);
    assert_int_equal(rows[0].down, 35);
    outbox_acknowledge(tracker->outbox);
    ask.up = 20; /* a counter falls while the clock is behind its epoch */
    announce(ask, NOW - day);
    size_t count = outbox_rows(&rows);
    assert_true(count > 0 && rows[count - 1].epoch > NOW && rows[count - 1].base_up == 20);
    int64_t epoch = rows[count - 1].epoch;
    tracker_destroy(&tracker);
    start_tracker_at(NOW - day); /* and a start at that moment forgets nothing */
    ask.up = 50;
    announce(ask, NOW - day);
    count = outbox_rows(&rows);
    assert_true(rows[count - 1].epoch == epoch && rows[count - 1].base_up == 20 && rows[count - 1].up == 50);
}

static void a_restart_goes_on_from_the_journal(void **state)
{
    (void)state;
    const struct session_totals *rows;
    struct announce ask = from(KEY_A, 1);
    announce(ask, NOW);
    ask.up = 700;
    announce(ask, NOW);
    ask.up = 30;
    announce(ask, NOW + 5);
    ask.up = 90;
    announce(ask, NOW + 6);
    tracker_destroy(&tracker);
    start_tracker();
    assert_int_equal(outbox_rows(&rows), 2);
    assert_int_equal(rows[0].epoch, NOW);
    assert_int_equal(rows[0].up, 700);
    assert_int_equal(rows[1].epoch, NOW + 5);
    assert_int_equal(rows[1].base_up, 30);
    assert_int_equal(rows[1].up, 90);
    ask.up = 100;
    announce(ask, NOW + 7);
    assert_int_equal(totals_of(1).base_up, 30);
}

/* The process is killed: nothing is closed or written at its end. */
static void announce_in_a_process_that_is_killed(const struct announce *asks, size_t count)
{
    tracker_destroy(&tracker);
    pid_t child = fork();
    if (child == 0) {
        start_tracker();
        for (size_t i = 0; i < count; i++)
            tracker_announce(tracker, &asks[i], NOW + (int64_t)i, &reply);
        raise(SIGKILL);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void peers_are_there_again_after_a_kill(void **state)
{
    (void)state;
    struct announce leecher = from(KEY_B, 2), six = from(KEY_A, 1), gone = from(KEY_A, 3);
    leecher.left = 100;
    six.address = (struct address){.family = FAMILY_v6, .bytes = {0x20, 1, 1}};
    six.port = 6882;
    const struct announce first = gone;
    gone.event = EVENT_stopped;
    gone.port = 0;
    const struct announce asks[] = {first, from(KEY_A, 1), six, leecher, gone};
    announce_in_a_process_that_is_killed(asks, COUNT(asks));
    start_tracker_at(NOW + 5000);
    assert_int_equal(peers_count(tracker->peers), 2);
    announce(leecher, NOW + 5000);
    assert_int_equal(reply.complete, 1);
    assert_int_equal(reply.incomplete, 1);
    assert_int_equal(reply.peers_count, 1);
    assert_int_equal(reply.peers[0].v4[3], 1);
    assert_int_equal(reply.peers[0].port4, 6881);
    assert_int_equal(reply.peers[0].v6[0], 0x20);
    assert_int_equal(reply.peers[0].port6, 6882);
}

static void silent_and_refused_peers_are_not_brought_back(void **state)
{
    (void)state;
    announce(from(KEY_A, 1), NOW);
    announce(from(KEY_A, 3), NOW + 100000);
    struct announce leecher = from(KEY_B, 2);
    leecher.left = 100;
    announce(leecher, NOW + 100000);
    registry_apply_permit(tracker->registry, &(struct permit_fact){.user = 2, .may_leech = false});
    announce(leecher, NOW + 100001);
    tracker_destroy(&tracker);
    start_tracker_at(NOW + 4201 * 1000);
    assert_int_equal(peers_count(tracker->peers), 1);
    struct session_totals stored = totals_of(3);
    struct contact contact = {.v4 = {10, 0, 0, 2}, .port4 = 6881, .seen4 = NOW / 1000 + 100};
    stored.seen_at = NOW + 100000;
    tracker_restore(tracker, &stored, &contact, NOW + 4201 * 1000);
    assert_int_equal(peers_count(tracker->peers), 1);
}

static void a_stored_row_brings_its_peer_back_but_no_older_totals(void **state)
{
    (void)state;
    struct contact contact = {.v4 = {10, 0, 0, 1}, .port4 = 6881, .seen4 = NOW / 1000};
    struct session_totals stored = {.user = 1, .torrent = 5, .epoch = NOW - 9, .seen_at = NOW, .up = 100};
    memset(stored.peer_id, 1, PEER_ID_SIZE);
    tracker_restore(tracker, &stored, &contact, NOW + 5000);
    assert_int_equal(peers_count(tracker->peers), 1);
    stored.up = 50;
    stored.seen_at = NOW - 1;
    tracker_restore(tracker, &stored, &contact, NOW + 5000);
    assert_int_equal(totals_of(1).up, 100);
    struct announce leecher = from(KEY_B, 2);
    leecher.left = 1;
    announce(leecher, NOW + 6000);
    assert_int_equal(reply.peers_count, 1);
    assert_int_equal(reply.complete, 1);
}

/* ---- what other trackers tell ---- */

/* What its client announced elsewhere: a seeder of member 1. */
static struct session_totals heard(uint64_t up, int64_t seen_at)
{
    struct session_totals totals = {.user = 1, .torrent = 5, .epoch = NOW, .seen_at = seen_at, .up = up};
    memset(totals.peer_id, 1, PEER_ID_SIZE);
    return totals;
}

static struct contact contact_at(int64_t seen_at, uint16_t port)
{
    return (struct contact){.v4 = {10, 0, 0, 9}, .port4 = port, .seen4 = (uint32_t)(seen_at / 1000)};
}

static struct announce leecher_of_b(void)
{
    struct announce leecher = from(KEY_B, 2);
    leecher.left = 1;
    return leecher;
}

static void a_peer_of_another_tracker_is_given_out_until_its_goodbye_there(void **state)
{
    (void)state;
    const struct session_totals *rows;
    struct session_totals totals = heard(100, NOW + 1000);
    struct contact contact = contact_at(NOW + 1000, 7000), nowhere = {0};
    assert_true(tracker_restore(tracker, &totals, &contact, NOW + 1000));
    announce(leecher_of_b(), NOW + 2000);
    assert_int_equal(reply.peers_count, 1);
    assert_int_equal(reply.peers[0].v4[3], 9);
    assert_int_equal(reply.peers[0].port4, 7000);
    totals.seen_at = NOW + 3000;
    totals.flags = SESSION_STOPPED;
    assert_true(tracker_restore(tracker, &totals, &nowhere, NOW + 3000));
    announce(leecher_of_b(), NOW + 4000);
    assert_int_equal(reply.peers_count, 0);
    assert_int_equal(reply.complete, 0);
    assert_int_equal(outbox_rows(&rows), 1); /* the leecher alone is ours to report and to store */
    assert_int_equal(rows[0].user, 2);
    assert_int_equal(tracker->to_store.count, 1);
}

static void a_peer_of_another_tracker_that_listens_nowhere_is_counted(void **state)
{
    (void)state;
    struct session_totals totals = heard(100, NOW + 1000);
    struct contact contact = contact_at(NOW + 1000, 0);
    tracker_restore(tracker, &totals, &contact, NOW + 1000);
    announce(leecher_of_b(), NOW + 2000);
    assert_int_equal(reply.peers_count, 0);
    assert_int_equal(reply.complete, 1);
}

static void news_older_than_what_is_known_change_nothing(void **state)
{
    (void)state;
    struct announce seeder = from(KEY_A, 1);
    struct contact nowhere = {0};
    announce(seeder, NOW);
    seeder.up = 500;
    announce(seeder, NOW + 2000);
    struct session_totals totals = heard(300, NOW + 1000);
    totals.flags = SESSION_STOPPED;
    assert_false(tracker_restore(tracker, &totals, &nowhere, NOW + 2000));
    assert_int_equal(totals_of(1).up, 500);
    announce(leecher_of_b(), NOW + 3000);
    assert_int_equal(reply.peers_count, 1);
    assert_int_equal(reply.peers[0].v4[3], 1);
}

static void a_client_that_goes_on_here_goes_on_with_its_epoch(void **state)
{
    (void)state;
    struct session_totals totals = heard(100, NOW + 1000);
    struct contact contact = contact_at(NOW + 1000, 7000);
    tracker_restore(tracker, &totals, &contact, NOW + 1000);
    struct announce seeder = from(KEY_A, 1);
    seeder.up = 700;
    announce(seeder, NOW + 2000);
    assert_int_equal(totals_of(1).epoch, NOW);
    assert_int_equal(totals_of(1).base_up, 0);
    assert_int_equal(totals_of(1).up, 700);
}

static void an_announce_is_news_and_what_was_heard_is_not_told_on(void **state)
{
    (void)state;
    uint32_t sessions[4];
    struct session_totals totals = heard(100, NOW + 1000);
    struct contact contact = contact_at(NOW + 1000, 7000);
    tracker_restore(tracker, &totals, &contact, NOW + 1000);
    assert_int_equal(news_take(&tracker->news, sessions, 4), 0);
    announce(leecher_of_b(), NOW + 2000);
    assert_int_equal(news_take(&tracker->news, sessions, 4), 1);
    assert_int_equal(totals_of(sessions[0]).user, 2);
}

/* As store.c does: the sessions that wait are taken, and stored. */
static void store_all(void)
{
    uint32_t sessions[10];
    for (size_t i = backlog_take(&tracker->to_store, sessions, COUNT(sessions)); i > 0; i--)
        sessions_unmark(tracker->sessions, sessions[i - 1], MARK_store);
}

static void segments_that_are_acknowledged_and_stored_are_dropped(void **state)
{
    (void)state;
    const struct session_totals *rows;
    struct announce ask = from(KEY_A, 1);
    for (ask.up = 0; ask.up < 5000; ask.up++)
        announce(ask, NOW + (int64_t)ask.up);
    tracker_tick(tracker);
    size_t full = journal_bytes(tracker->journal);
    assert_true(full >= 9 * 65536);
    assert_int_equal(outbox_rows(&rows), 1);
    tracker_tick(tracker);
    assert_int_equal(journal_bytes(tracker->journal), full);
    outbox_acknowledge(tracker->outbox);
    tracker_tick(tracker);
    assert_int_equal(journal_bytes(tracker->journal), full);
    store_all();
    tracker->storing = (struct storing){.count = 1, .seq = 1};
    tracker_tick(tracker);
    assert_int_equal(journal_bytes(tracker->journal), full);
    tracker->storing.count = 0;
    tracker_tick(tracker);
    assert_true(journal_bytes(tracker->journal) <= 2 * 65536);
}

static void without_postgresql_acknowledged_segments_are_dropped(void **state)
{
    (void)state;
    const struct session_totals *rows;
    struct announce ask = from(KEY_A, 1);
    for (ask.up = 0; ask.up < 5000; ask.up++)
        announce(ask, NOW + (int64_t)ask.up);
    assert_int_equal(outbox_rows(&rows), 1);
    outbox_acknowledge(tracker->outbox);
    tracker->storable = false;
    tracker_tick(tracker);
    assert_true(journal_bytes(tracker->journal) <= 2 * 65536);
}

static unsigned count_sixes(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < reply.peers_count; i++)
        count += reply.peers[i].port6 != 0;
    return count;
}

/* Most peers have IPv4 alone. A reply over UDP has one family only; over HTTP the asker may have an address of the
 * other one, too. */
static void who_comes_over_one_family_gets_those_whom_it_reaches(void **state)
{
    (void)state;
    tracker->settings.member_peers = 0;
    for (unsigned client = 0; client < 400; client++) {
        struct announce other = from(KEY_A, 1);
        other.left = 100;
        memcpy(other.peer_id, &client, sizeof client);
        if (client % 5 == 0)
            other.address = (struct address){.family = FAMILY_v6, .bytes = {0x20, 1, (uint8_t)(client / 5)}};
        announce(other, NOW);
    }
    struct announce asker = from(KEY_B, 2);
    asker.address = (struct address){.family = FAMILY_v6, .bytes = {0x20, 2}};
    announce(asker, NOW);
    assert_int_equal(reply.peers_count, 50);
    assert_int_equal(count_sixes(), 50);
    asker.numwant = 100;
    announce(asker, NOW);
    assert_int_equal(reply.peers_count, 100);
    assert_int_equal(count_sixes(), 80);
    asker.one_family = true;
    announce(asker, NOW);
    assert_int_equal(reply.peers_count, 80);
    assert_int_equal(count_sixes(), 80);
    asker.address = from(KEY_B, 2).address;
    announce(asker, NOW);
    assert_int_equal(reply.peers_count, 100);
    assert_int_equal(count_sixes(), 0);
    asker.one_family = false; /* it is known to have both by now */
    announce(asker, NOW);
    assert_int_equal(reply.peers_count, 100);
    assert_in_range(count_sixes(), 1, 60);
}

/* Ratio and PostgreSQL are slow for a long time: the journal is written again, shorter, and a kill loses nothing. */
static void the_journal_stays_short_while_nobody_takes_from_it(void **state)
{
    (void)state;
    const struct session_totals *rows;
    struct announce ask = from(KEY_A, 1), other = from(KEY_B, 2);
    announce(ask, NOW);
    announce(other, NOW);
    other.up = 900;
    announce(other, NOW);
    other.up = 7;
    announce(other, NOW + 1);
    assert_int_equal(outbox_rows(&rows), 3);
    for (ask.up = 1; ask.up < 60000; ask.up++) {
        announce(ask, NOW + (int64_t)ask.up);
        if (ask.up % 5000 == 0) {
            tracker_tick(tracker);
            for (unsigned i = 0; i < 4; i++)
                tracker_sweep(tracker, NOW + (int64_t)ask.up);
        }
    }
    assert_true(journal_bytes(tracker->journal) < 100 * 65536);
    tracker_destroy(&tracker);
    start_tracker_at(NOW + 60000);
    assert_int_equal(peers_count(tracker->peers), 2);
    assert_int_equal(outbox_rows(&rows), 3);
    assert_int_equal(rows[0].user, 2);
    assert_int_equal(rows[0].up, 900);
    uint64_t up[3] = {0};
    for (unsigned i = 1; i < 3; i++)
        up[rows[i].user] = rows[i].up;
    assert_int_equal(up[1], 59999);
    assert_int_equal(up[2], 7);
}

/* What ratio would credit a client with: of each epoch what lies between its base and its last totals. */
static uint64_t credited(const struct announce *client)
{
    const struct session_totals *rows;
    struct session_totals last = {0};
    uint64_t sum = 0;
    for (size_t count; (count = outbox_rows(&rows)) > 0; outbox_acknowledge(tracker->outbox))
        for (size_t i = 0; i < count; i++) {
            if (memcmp(rows[i].peer_id, client->peer_id, PEER_ID_SIZE) != 0)
                continue;
            assert_true(rows[i].epoch >= last.epoch);
            sum += rows[i].up - (rows[i].epoch == last.epoch ? last.up : rows[i].base_up);
            last = rows[i];
        }
    return sum;
}

/* The counters fall all the time, and ratio takes nothing: ended epochs that were written again stand behind records of
 * later ones, which are all that is left of the journal's older part. */
static void ended_epochs_that_were_written_again_are_told_in_their_order(void **state)
{
    (void)state;
    struct announce ask = from(KEY_A, 1);
    uint64_t owed = 0;
    int64_t now = NOW;
    announce(ask, now);
    while (journal_bytes(tracker->journal) <= 64 * 65536) {
        for (unsigned step = 0; step < 100; step++, owed += 1000) {
            ask.up += 1000;
            announce(ask, ++now);
        }
        ask.up = 0;
        announce(ask, ++now);
    }
    size_t before = journal_bytes(tracker->journal);
    for (unsigned i = 0; i < 8; i++) {
        tracker_tick(tracker);
        tracker_sweep(tracker, now);
    }
    assert_true(journal_bytes(tracker->journal) < before / 4);
    tracker_destroy(&tracker);
    start_tracker_at(now);
    assert_int_equal(credited(&ask), owed);
}

static void passkey_write(uint32_t number, char into[PASSKEY_SIZE])
{
    char text[PASSKEY_SIZE + 1];
    snprintf(text, sizeof text, "%032u", (unsigned)number);
    memcpy(into, text, PASSKEY_SIZE);
}

static void know_member(uint64_t user, uint32_t number)
{
    char passkey[PASSKEY_SIZE];
    passkey_write(number, passkey);
    registry_apply_member(tracker->registry, &(struct member_fact){.user = user,
                                                                   .passkey = slice_of(passkey, PASSKEY_SIZE),
                                                                   .standing = slice_text("active")});
}

/* So many sessions that they are written again in two steps: between them a counter falls whose last record stands well
 * before those. */
static void an_epoch_that_ends_while_the_journal_is_written_again_is_told(void **state)
{
    (void)state;
    enum { SESSIONS = 11000, FALLS = 9500 };
    struct announce ask = from(KEY_A, 1);
    size_t most = 4 * 2 * SESSIONS * (size_t)JOURNAL_RECORD_SIZE;
    for (uint32_t i = 0; i < SESSIONS; i++)
        know_member(100 + i, i);
    for (ask.up = 0; journal_bytes(tracker->journal) <= most; ask.up += 1000)
        for (uint32_t i = 0; i < SESSIONS; i++) {
            passkey_write(i, ask.passkey);
            memcpy(ask.peer_id, &i, sizeof i);
            announce(ask, NOW + (int64_t)ask.up);
        }
    uint64_t owed = ask.up - 1000;
    tracker_tick(tracker);
    ask.up = 0;
    passkey_write(FALLS, ask.passkey);
    memcpy(ask.peer_id, &(uint32_t){FALLS}, sizeof(uint32_t));
    announce(ask, NOW + (int64_t)owed + 1);
    for (unsigned i = 0; i < 8; i++) {
        tracker_sweep(tracker, NOW + (int64_t)owed + 2);
        tracker_tick(tracker);
    }
    assert_true(journal_bytes(tracker->journal) < most / 2);
    tracker_destroy(&tracker);
    start_tracker_at(NOW + (int64_t)owed + 3);
    assert_int_equal(credited(&ask), owed);
}

static void the_limit_of_a_member_holds_in_large_swarms_too(void **state)
{
    (void)state;
    enum { OTHERS = 600 };
    for (uint32_t i = 0; i < OTHERS; i++) {
        char passkey[PASSKEY_SIZE];
        know_member(100 + i, i);
        passkey_write(i, passkey);
        announce(from(passkey, (uint8_t)i), NOW);
        assert_null(reply.failure);
        if (i % 100 == 0)
            announce(from(KEY_A, (uint8_t)(i / 100)), NOW);
        assert_int_equal(reply.failure != NULL, i == 500);
    }
    struct announce gone = from(KEY_A, 1);
    gone.event = EVENT_stopped;
    announce(gone, NOW);
    announce(from(KEY_A, 77), NOW);
    assert_null(reply.failure);
    announce(from(KEY_A, 78), NOW);
    assert_non_null(reply.failure);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(two_members_meet),
        TEST(several_at_once_are_answered_one_after_the_other),
        TEST(a_hybrids_two_hashes_are_one_swarm_and_one_session),
        TEST(both_addresses_of_a_client_are_given_out),
        TEST(who_stops_leaves_with_its_totals),
        TEST(strangers_are_refused_with_reason),
        TEST(stopping_never_fails),
        TEST(before_the_feeds_are_read_clients_are_told_to_try_again),
        TEST(without_permit_one_seeds_but_does_not_leech),
        TEST(a_permit_that_has_not_come_yet_is_waited_for),
        TEST(a_refused_client_is_not_given_out_but_its_totals_count),
        TEST(disabled_members_and_deleted_torrents_are_refused),
        TEST(a_snatch_is_counted_once_a_session),
        TEST(a_partial_seed_is_no_downloader),
        TEST(nobody_is_a_seeder_by_mistake),
        TEST(started_repeated_resets_nothing),
        TEST(the_same_counters_told_four_times_at_once_count_once),
        TEST(two_members_with_one_peer_id_are_two_sessions),
        TEST(a_seeder_that_leeches_again_leaves_no_second_peer),
        TEST(a_member_has_so_many_clients_on_a_torrent_and_no_more),
        TEST(a_flood_of_peer_ids_ends_at_the_limit),
        TEST(silent_peers_go_and_their_sessions_stay),
        TEST(a_clock_that_steps_costs_nothing),
        TEST(a_restart_goes_on_from_the_journal),
        TEST(a_stored_row_brings_its_peer_back_but_no_older_totals),
        TEST(a_peer_of_another_tracker_is_given_out_until_its_goodbye_there),
        TEST(a_peer_of_another_tracker_that_listens_nowhere_is_counted),
        TEST(news_older_than_what_is_known_change_nothing),
        TEST(a_client_that_goes_on_here_goes_on_with_its_epoch),
        TEST(an_announce_is_news_and_what_was_heard_is_not_told_on),
        TEST(peers_are_there_again_after_a_kill),
        TEST(silent_and_refused_peers_are_not_brought_back),
        TEST(segments_that_are_acknowledged_and_stored_are_dropped),
        TEST(without_postgresql_acknowledged_segments_are_dropped),
        TEST(who_comes_over_one_family_gets_those_whom_it_reaches),
        TEST(the_journal_stays_short_while_nobody_takes_from_it),
        TEST(ended_epochs_that_were_written_again_are_told_in_their_order),
        TEST(an_epoch_that_ends_while_the_journal_is_written_again_is_told),
        TEST(the_limit_of_a_member_holds_in_large_swarms_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
