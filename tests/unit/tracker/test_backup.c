/* Announces about a Backup: who is let in by a slot, who is refused and heard of all the same, and who is given to
 * whom.
 */
#include "tests/unit/tracker/check.h"

#include "services/common/log.h"
#include "services/common/slab.h"
#include "services/tracker/feeds_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOW INT64_C(1790000000000)
#define HASH "11111111111111111111"
#define DELETED "This torrent was deleted: remove it from your client"
#define STANDARD "No slot for this copy yet: see your Backup page"

enum { OWNER = 1, HOLDER, FELLOW, STRANGER, MEMBERS };
enum { BACKUP = 5 };

static const struct tracker_settings settings = {
    .interval = 1800, .min_interval = 300, .keep = 86400, .segment_size = 65536};
static char folder[64];
static struct tracker *tracker;
static struct announce_reply reply;

static void passkey_of(uint64_t user, char into[PASSKEY_SIZE + 1])
{
    snprintf(into, PASSKEY_SIZE + 1, "%032u", (unsigned)user);
}

static void tell_member(uint64_t user)
{
    char passkey[PASSKEY_SIZE + 1];
    passkey_of(user, passkey);
    tracker_apply_member(
        tracker, &(struct member_fact){.user = user, .passkey = slice_text(passkey), .standing = slice_text("active")});
}

static void tell_disabled(uint64_t user, int64_t restore_until)
{
    char passkey[PASSKEY_SIZE + 1];
    passkey_of(user, passkey);
    tracker_apply_member(tracker, &(struct member_fact){.user = user,
                                                        .passkey = slice_text(passkey),
                                                        .standing = slice_text("disabled"),
                                                        .restore_until = restore_until});
}

static void tell_deleted(int64_t restore_until)
{
    tracker_apply_torrent(tracker, &(struct torrent_fact){.torrent = BACKUP,
                                                          .info_hash = slice_text(HASH),
                                                          .accounting = slice_text("redundancy"),
                                                          .owner = OWNER,
                                                          .restore_until = restore_until});
}

static void tell_slot(uint64_t user, const char *verdict, const char *reason)
{
    tracker_apply_slot(tracker, &(struct slot_fact){.user = user,
                                                    .torrent = BACKUP,
                                                    .verdict = slice_text(verdict),
                                                    .reason = slice_text(reason),
                                                    .active = true});
}

static void start_tracker(int64_t now)
{
    tracker = tracker_new(&settings, folder, now, NULL);
    assert_non_null(tracker);
    for (uint64_t user = OWNER; user < MEMBERS; user++)
        tell_member(user);
    tracker_apply_torrent(tracker, &(struct torrent_fact){.torrent = BACKUP,
                                                          .info_hash = slice_text(HASH),
                                                          .accounting = slice_text("redundancy"),
                                                          .owner = OWNER,
                                                          .active = true});
    tracker->open = tracker->permits_read = true;
}

static int prepare(void **state)
{
    (void)state;
    log_start("test", LOG_LEVEL_error);
    snprintf(folder, sizeof folder, "/tmp/djembe-backup-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    start_tracker(NOW);
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

static struct announce from(uint64_t user, uint64_t left)
{
    struct announce ask = {.address = {.family = FAMILY_v4, .bytes = {10, 0, (uint8_t)(user >> 8), (uint8_t)user}},
                           .port = 6881,
                           .up_known = true,
                           .down_known = true,
                           .left_known = true,
                           .left = left,
                           .numwant = 50};
    char passkey[PASSKEY_SIZE + 1];
    passkey_of(user, passkey);
    memcpy(ask.passkey, passkey, PASSKEY_SIZE);
    memcpy(ask.info_hash, HASH, HASH_SIZE);
    memcpy(ask.peer_id, &user, sizeof user);
    return ask;
}

static void announce_at(struct announce ask, int64_t now)
{
    tracker_announce(tracker, &ask, now, &reply);
    assert_true(reply.failure == NULL || strlen(reply.failure) < FAILURE_MAX);
}

static void announce(struct announce ask)
{
    announce_at(ask, NOW);
}

/* ---- admission ---- */

static void who_has_everything_needs_no_slot(void **state)
{
    (void)state;
    tell_slot(STRANGER, "deny", "Full");
    announce(from(STRANGER, 0));
    assert_null(reply.failure);
    assert_int_equal(reply.complete, 1);
    announce(from(FELLOW, 0));
    assert_null(reply.failure);
    assert_int_equal(reply.complete, 2);
}

static void an_owner_restores_whatever_ratio_says_of_others(void **state)
{
    (void)state;
    announce(from(OWNER, 100));
    assert_null(reply.failure);
    assert_int_equal(reply.incomplete, 1);
}

static void a_slot_or_a_spare_copy_lets_in(void **state)
{
    (void)state;
    tell_slot(HOLDER, "slot", "");
    tell_slot(FELLOW, "spare", "");
    announce(from(HOLDER, 100));
    assert_null(reply.failure);
    announce(from(FELLOW, 100));
    assert_null(reply.failure);
    struct announce unknown = from(FELLOW, 0);
    unknown.left_known = false;
    announce(unknown);
    assert_null(reply.failure);
}

static void who_has_no_slot_is_refused_and_may_soon_come_again(void **state)
{
    (void)state;
    announce(from(STRANGER, 100));
    assert_string_equal(reply.failure, STANDARD);
    assert_int_equal(reply.retry, 60);
    struct announce unknown = from(STRANGER, 0);
    unknown.left_known = false;
    announce(unknown);
    assert_string_equal(reply.failure, STANDARD);
    tell_slot(STRANGER, "deny", "all slots are taken; see your feed for other work");
    announce(from(STRANGER, 100));
    assert_string_equal(reply.failure, "all slots are taken; see your feed for other work");
    assert_int_equal(reply.retry, 1800);
    assert_int_equal(tracker->outcomes[OUTCOME_slot], 3);
    tell_slot(STRANGER, "deny", "");
    announce(from(STRANGER, 100));
    assert_string_equal(reply.failure, STANDARD);
    assert_int_equal(reply.retry, 60);
    assert_int_equal(peers_count(tracker->peers), 0);
    tell_slot(STRANGER, "slot", "");
    announce(from(STRANGER, 100));
    assert_null(reply.failure);
    assert_int_equal(reply.incomplete, 1);
}

static void a_ratio_permit_says_nothing_about_backups(void **state)
{
    (void)state;
    tracker_apply_permit(tracker, &(struct permit_fact){.user = HOLDER, .reason = slice_text("Seed more")});
    tell_slot(HOLDER, "slot", "");
    announce(from(HOLDER, 100));
    assert_null(reply.failure);
    tracker_apply_permit(tracker, &(struct permit_fact){.user = STRANGER, .may_leech = true});
    announce(from(STRANGER, 100));
    assert_string_equal(reply.failure, STANDARD);
}

static void a_goodbye_without_a_slot_is_no_failure(void **state)
{
    (void)state;
    struct announce gone = from(STRANGER, 100);
    gone.event = EVENT_stopped;
    announce(gone);
    assert_null(reply.failure);
}

/* ---- what ratio hears ---- */

static void a_refused_announce_is_reported_for_it_asks_for_a_slot(void **state)
{
    (void)state;
    const struct session_totals *rows;
    announce(from(STRANGER, 100));
    announce(from(STRANGER, 100));
    assert_int_equal(outbox_batch(tracker->outbox, OUTBOX_BATCH_MAX, &rows), 1);
    assert_int_equal(rows[0].user, STRANGER);
    assert_int_equal(rows[0].torrent, BACKUP);
    assert_int_equal(rows[0].left, 100);
    assert_int_equal(rows[0].flags & SESSION_STOPPED, 0);
    outbox_acknowledge(tracker->outbox);
    announce(from(STRANGER, 100)); /* and again each time */
    assert_int_equal(outbox_batch(tracker->outbox, OUTBOX_BATCH_MAX, &rows), 1);
    tracker_destroy(&tracker);
    start_tracker(NOW + 1000);
    assert_int_equal(outbox_batch(tracker->outbox, OUTBOX_BATCH_MAX, &rows), 1);
    assert_int_equal(peers_count(tracker->peers), 0);
}

static void a_flood_of_peer_ids_without_a_slot_ends_at_the_limit(void **state)
{
    (void)state;
    tracker->settings.member_sessions = 10;
    for (uint8_t client = 0; client < 100; client++) {
        struct announce ask = from(STRANGER, 100);
        ask.peer_id[10] = client;
        ask.event = client % 2 ? EVENT_stopped : EVENT_started;
        announce(ask);
    }
    assert_int_equal(sessions_count(tracker->sessions), 10);
}

/* ---- who is given to whom ---- */

static bool is_given(uint64_t user)
{
    for (unsigned i = 0; i < reply.peers_count; i++)
        if (reply.peers[i].v4[3] == user)
            return true;
    return false;
}

static void nobody_is_told_of_who_has_no_slot(void **state)
{
    (void)state;
    tell_slot(HOLDER, "slot", "");
    tell_slot(FELLOW, "slot", "");
    announce(from(HOLDER, 100));
    announce(from(FELLOW, 100));
    announce(from(STRANGER, 100));
    announce(from(OWNER, 0));
    assert_int_equal(reply.peers_count, 2);
    assert_true(is_given(HOLDER) && is_given(FELLOW));
    announce(from(HOLDER, 100));
    assert_int_equal(reply.peers_count, 2);
    assert_int_equal(reply.peers[0].v4[3], OWNER);
    assert_int_equal(reply.peers[1].v4[3], FELLOW);
}

static void who_loses_a_slot_leaves_at_once(void **state)
{
    (void)state;
    tell_slot(HOLDER, "slot", "");
    tell_slot(FELLOW, "slot", "");
    announce(from(HOLDER, 100));
    struct announce second = from(HOLDER, 50);
    second.peer_id[10] = 1;
    announce(second);
    announce(from(FELLOW, 100));
    struct announce seed = from(HOLDER, 0);
    seed.peer_id[10] = 2;
    announce(seed);
    tell_slot(HOLDER, "slot", "");
    assert_int_equal(peers_count(tracker->peers), 4);
    tell_slot(HOLDER, "deny", "It expired");
    assert_int_equal(peers_count(tracker->peers), 2);
    announce(from(OWNER, 100));
    assert_true(is_given(HOLDER) && is_given(FELLOW));
    assert_int_equal(reply.complete, 1);
    assert_int_equal(reply.incomplete, 2);
    tracker_apply_slot(tracker, &(struct slot_fact){.user = FELLOW, .torrent = BACKUP, .verdict = slice_text("slot")});
    announce(from(OWNER, 100));
    assert_false(is_given(FELLOW));
    announce(from(FELLOW, 100));
    assert_string_equal(reply.failure, STANDARD);
}

static void who_lost_a_slot_is_not_brought_back(void **state)
{
    (void)state;
    tell_slot(HOLDER, "slot", "");
    tell_slot(FELLOW, "slot", "");
    announce(from(HOLDER, 100));
    announce(from(FELLOW, 100));
    struct session_totals stored;
    sessions_get(tracker->sessions, 1, &stored);
    tracker_destroy(&tracker);
    start_tracker(NOW + 1000);
    assert_int_equal(peers_count(tracker->peers), 2);
    tell_slot(HOLDER, "deny", "It expired");
    assert_int_equal(peers_count(tracker->peers), 1);
    struct contact contact = {.v4 = {10, 0, 0, HOLDER}, .port4 = 6881, .seen4 = NOW / 1000 + 2};
    stored.seen_at = NOW + 2000;
    tracker_restore(tracker, &stored, &contact, NOW + 2000);
    assert_int_equal(peers_count(tracker->peers), 1);
}

static void a_slots_fact_may_come_before_its_torrents(void **state)
{
    (void)state;
    tracker_apply_slot(tracker,
                       &(struct slot_fact){.user = 900, .torrent = 77, .verdict = slice_text("slot"), .active = true});
    tell_member(900);
    tracker_apply_torrent(tracker, &(struct torrent_fact){.torrent = 77,
                                                          .info_hash = slice_text("77777777777777777777"),
                                                          .accounting = slice_text("redundancy"),
                                                          .active = true});
    struct announce ask = from(900, 100);
    memcpy(ask.info_hash, "77777777777777777777", HASH_SIZE);
    announce(ask);
    assert_null(reply.failure);
}

/* A Backup has few holders, and a leecher's slot is for them. */
static void holders_come_first(void **state)
{
    (void)state;
    for (uint64_t user = 10; user < 210; user++) {
        tell_member(user);
        tell_slot(user, "slot", "");
        announce(from(user, user < 20 ? 0 : 100));
    }
    tell_slot(FELLOW, "slot", "");
    struct announce asker = from(FELLOW, 100);
    asker.numwant = 30;
    announce(asker);
    assert_int_equal(reply.peers_count, 30);
    for (unsigned i = 0; i < 30; i++)
        assert_int_equal(reply.peers[i].v4[3] < 20, i < 10);
    asker.numwant = 4;
    announce(asker);
    assert_int_equal(reply.peers_count, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_true(reply.peers[i].v4[3] < 20);
    asker.left = 0;
    asker.numwant = 30;
    announce(asker);
    assert_int_equal(reply.peers_count, 30);
    for (unsigned i = 0; i < 30; i++)
        assert_true(reply.peers[i].v4[3] >= 20);
}

/* ---- restoring ---- */

/* Its owner, a holder, and who is just fetching it. */
static void fill_swarm(void)
{
    tell_slot(HOLDER, "slot", "");
    tell_slot(FELLOW, "slot", "");
    announce(from(HOLDER, 0));
    announce(from(FELLOW, 10));
    announce(from(OWNER, 100));
    assert_int_equal(peers_count(tracker->peers), 3);
}

static void a_deleted_backup_is_restored_from_those_who_have_it(void **state)
{
    (void)state;
    fill_swarm();
    tell_deleted(NOW + 5000);
    assert_int_equal(peers_count(tracker->peers), 2);
    announce(from(FELLOW, 10));
    assert_string_equal(reply.failure, DELETED);
    tell_slot(FELLOW, "spare", "");
    announce(from(FELLOW, 10));
    assert_string_equal(reply.failure, DELETED);
    announce_at(from(OWNER, 50), NOW + 4999);
    assert_null(reply.failure);
    assert_int_equal(reply.peers_count, 1);
    assert_int_equal(reply.peers[0].v4[3], HOLDER);
    announce_at(from(HOLDER, 0), NOW + 4999);
    assert_null(reply.failure);
    assert_int_equal(reply.peers[0].v4[3], OWNER);
}

static void when_its_time_is_over_nobody_meets_any_more(void **state)
{
    (void)state;
    fill_swarm();
    tell_deleted(NOW + 5000);
    announce_at(from(OWNER, 50), NOW + 5000);
    assert_string_equal(reply.failure, DELETED);
    announce_at(from(HOLDER, 0), NOW + 5000);
    assert_string_equal(reply.failure, DELETED);
    assert_int_equal(peers_count(tracker->peers), 0);
    tell_deleted(0);
    announce(from(OWNER, 50));
    assert_string_equal(reply.failure, DELETED);
}

static void a_restore_goes_on_after_a_restart(void **state)
{
    (void)state;
    const struct feed_place places[FEED_count] = {{7, true}, {8, true}};
    struct feed_place known[FEED_count];
    struct buffer image = {0};
    fill_swarm();
    tell_deleted(NOW + 5000);
    feeds_image_write(tracker, places, &image);
    tracker_destroy(&tracker);
    tracker = tracker_new(&settings, folder, NOW + 1000, NULL);
    assert_true(feeds_image_read(buffer_slice(&image), tracker, known));
    tracker->open = true;
    assert_int_equal(peers_count(tracker->peers), 2);
    announce_at(from(OWNER, 40), NOW + 2000);
    assert_null(reply.failure);
    assert_int_equal(reply.peers[0].v4[3], HOLDER);
    announce_at(from(FELLOW, 10), NOW + 2000);
    assert_string_equal(reply.failure, DELETED);
    announce_at(from(OWNER, 40), NOW + 5000);
    assert_string_equal(reply.failure, DELETED);
    buffer_free(&image);
}

static void a_disabled_member_restores_its_own_and_nothing_else(void **state)
{
    (void)state;
    announce(from(HOLDER, 0));
    tell_disabled(OWNER, NOW + 5000);
    tell_disabled(FELLOW, NOW + 5000);
    tell_slot(FELLOW, "slot", "");
    announce(from(FELLOW, 10));
    assert_string_equal(reply.failure, "Your account is disabled: see the site");
    announce(from(FELLOW, 0));
    assert_string_equal(reply.failure, "Your account is disabled: see the site");
    announce(from(OWNER, 100));
    assert_null(reply.failure);
    assert_int_equal(reply.peers[0].v4[3], HOLDER);
    announce_at(from(OWNER, 100), NOW + 5000);
    assert_string_equal(reply.failure, "Your account is disabled: see the site");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(who_has_everything_needs_no_slot),
        TEST(an_owner_restores_whatever_ratio_says_of_others),
        TEST(a_slot_or_a_spare_copy_lets_in),
        TEST(who_has_no_slot_is_refused_and_may_soon_come_again),
        TEST(a_ratio_permit_says_nothing_about_backups),
        TEST(a_goodbye_without_a_slot_is_no_failure),
        TEST(a_refused_announce_is_reported_for_it_asks_for_a_slot),
        TEST(a_flood_of_peer_ids_without_a_slot_ends_at_the_limit),
        TEST(nobody_is_told_of_who_has_no_slot),
        TEST(who_loses_a_slot_leaves_at_once),
        TEST(who_lost_a_slot_is_not_brought_back),
        TEST(a_slots_fact_may_come_before_its_torrents),
        TEST(holders_come_first),
        TEST(a_deleted_backup_is_restored_from_those_who_have_it),
        TEST(when_its_time_is_over_nobody_meets_any_more),
        TEST(a_restore_goes_on_after_a_restart),
        TEST(a_disabled_member_restores_its_own_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
