/* What the feeds tell: who leaves the swarms at once, and the file from which a tracker starts alone. */
#include "tests/unit/tracker/check.h"

#include "services/common/log.h"
#include "services/tracker/feeds_file.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW INT64_C(1790000000000)
#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define V1 "11111111111111111111"
#define V2 "22222222222222222222"

static const struct tracker_settings settings = {
    .interval = 1800, .min_interval = 300, .keep = 86400, .segment_size = 65536};
static const struct feed_place places[FEED_count] = {{7, true}, {8, true}, {9, false}, {3, true}, {6, true}};
static char folder[64];
static struct tracker *tracker;
static struct announce_reply reply;

static void tell_member(uint64_t user, const char *passkey, const char *standing)
{
    tracker_apply_member(
        tracker, &(struct member_fact){.user = user, .passkey = slice_text(passkey), .standing = slice_text(standing)});
}

static void tell_torrent(uint64_t id, const char *hash, const char *hash_v2, bool active)
{
    tracker_apply_torrent(tracker, &(struct torrent_fact){.torrent = id,
                                                          .info_hash = slice_text(hash),
                                                          .info_hash_v2 = slice_text(hash_v2),
                                                          .active = active});
}

static void tell_slot(uint64_t user, const char *verdict, const char *reason)
{
    tracker_apply_slot(tracker, &(struct slot_fact){.user = user,
                                                    .torrent = 7,
                                                    .verdict = slice_text(verdict),
                                                    .reason = slice_text(reason),
                                                    .active = verdict[0] != '\0'});
}

static enum slot_verdict slot_of(uint64_t user, const char **reason)
{
    return slots_get(tracker->slots, registry_member_make(tracker->registry, user)->handle,
                     registry_torrent_make(tracker->registry, 7)->handle, reason);
}

static void tell_all(void)
{
    tell_member(1, KEY_A, "active");
    tell_member(2, KEY_B, "active");
    tracker_apply_permit(tracker, &(struct permit_fact){.user = 1, .may_leech = true});
    tracker_apply_permit(tracker, &(struct permit_fact){.user = 2, .reason = slice_text("Seed more")});
    tell_torrent(5, V1, V2, true);
    tell_torrent(6, "33333333333333333333", "", false);
    tracker_apply_torrent(tracker, &(struct torrent_fact){.torrent = 7,
                                                          .info_hash = slice_text("77777777777777777777"),
                                                          .accounting = slice_text("redundancy"),
                                                          .owner = 1,
                                                          .active = true});
    tell_slot(2, "deny", "Full");
    tell_slot(3, "spare", "");
    registry_torrent_make(tracker->registry, 5)->completed = 4;
}

static void start_tracker(void)
{
    tracker = tracker_new(&settings, folder, NOW, NULL);
    assert_non_null(tracker);
    tracker->open = true;
}

static int prepare(void **state)
{
    (void)state;
    log_start("test", LOG_LEVEL_error);
    snprintf(folder, sizeof folder, "/tmp/djembe-feeds-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    start_tracker();
    tell_all();
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

static void announce(const char *passkey, uint8_t client, uint64_t left)
{
    struct announce ask = {.address = {.family = FAMILY_v4, .bytes = {10, 0, 0, client}},
                           .port = 6881,
                           .up_known = true,
                           .down_known = true,
                           .left_known = true,
                           .left = left,
                           .numwant = 50};
    memcpy(ask.passkey, passkey, PASSKEY_SIZE);
    memcpy(ask.info_hash, V1, HASH_SIZE);
    memset(ask.peer_id, client, PEER_ID_SIZE);
    tracker_announce(tracker, &ask, NOW, &reply);
}

/* ---- who leaves ---- */

static void peers_of_a_deleted_torrent_leave_at_once(void **state)
{
    (void)state;
    announce(KEY_A, 1, 0);
    announce(KEY_A, 2, 10);
    announce(KEY_B, 3, 0);
    assert_int_equal(peers_count(tracker->peers), 3);
    tell_torrent(5, V1, V2, false);
    assert_int_equal(peers_count(tracker->peers), 0);
}

static void peers_of_a_disabled_member_leave_within_a_second(void **state)
{
    (void)state;
    for (uint8_t client = 1; client < 100; client++)
        announce(KEY_A, client, client % 2);
    announce(KEY_B, 200, 0);
    tell_member(1, KEY_A, "disabled");
    for (unsigned sweeps = 0; sweeps < 4; sweeps++)
        tracker_sweep(tracker, NOW);
    assert_int_equal(peers_count(tracker->peers), 1);
    tell_member(1, KEY_A, "active");
    announce(KEY_A, 1, 0);
    tracker_sweep(tracker, NOW);
    assert_null(reply.failure);
    assert_int_equal(peers_count(tracker->peers), 2);
}

static void the_journal_brings_nobody_back_who_had_to_leave(void **state)
{
    (void)state;
    announce(KEY_A, 1, 0);
    announce(KEY_B, 2, 0);
    tracker_destroy(&tracker);
    start_tracker();
    assert_int_equal(peers_count(tracker->peers), 2);
    tell_all();
    tell_torrent(5, V1, V2, false);
    assert_int_equal(peers_count(tracker->peers), 0);
}

/* ---- the file ---- */

static void write_file(void)
{
    struct buffer image = {0};
    struct feeds_file *file = feeds_file_new(folder);
    feeds_image_write(tracker, places, &image);
    assert_true(feeds_file_write(file, &image));
    feeds_file_wait(file);
    feeds_file_destroy(&file);
}

/* A new process that nobody tells anything. */
static void start_alone(struct feed_place known[FEED_count])
{
    struct feeds_file *file = feeds_file_new(folder);
    tracker_destroy(&tracker);
    start_tracker();
    feeds_file_read(file, tracker, known);
    feeds_file_destroy(&file);
}

static void a_tracker_that_is_alone_knows_what_it_knew(void **state)
{
    (void)state;
    struct feed_place known[FEED_count];
    struct scrape scrape = {.count = 1};
    struct scrape_counts counts[SCRAPE_MAX];
    announce(KEY_A, 1, 0);
    tracker_apply_client(tracker, &(struct client_fact){.rule = 4,
                                                        .prefix = slice_text("\x09\x09"),
                                                        .low = slice_text("\x08"),
                                                        .reason = slice_text("Update it"),
                                                        .active = true});
    write_file();
    start_alone(known);
    announce(KEY_A, 9, 0);
    assert_string_equal(reply.failure, "Update it");
    assert_memory_equal(known, places, sizeof known);
    announce(KEY_B, 2, 0);
    assert_null(reply.failure);
    assert_int_equal(reply.complete, 2);
    announce(KEY_B, 2, 10);
    assert_string_equal(reply.failure, "Seed more");
    announce(KEY_A, 3, 10);
    assert_null(reply.failure);
    memcpy(scrape.info_hash[0], V2, HASH_SIZE);
    assert_null(tracker_scrape(tracker, slice_text(KEY_A), &scrape, counts));
    assert_int_equal(counts[0].downloaded, 4);
    assert_int_equal(counts[0].complete, 1);
    assert_int_equal(counts[0].incomplete, 1);
    assert_false(registry_torrent(tracker->registry, (const uint8_t *)"33333333333333333333")->active);
    assert_true(registry_torrent_by_id(tracker->registry, 7)->redundancy);
    assert_false(registry_torrent_by_id(tracker->registry, 5)->redundancy);
    const char *reason;
    assert_int_equal(slots_count(tracker->slots), 3);
    assert_int_equal(slot_of(1, NULL), SLOT_owner);
    assert_int_equal(slot_of(2, &reason), SLOT_deny);
    assert_string_equal(reason, "Full");
    assert_int_equal(slot_of(3, NULL), SLOT_spare);
}

static void cut(struct buffer *image, size_t at, size_t size)
{
    memmove(image->at + at, image->at + at + size, image->size - at - size);
    image->size -= size;
}

/* As version 3 wrote it: it did not know until when can be restored. */
static void what_an_older_file_lacks_is_told_again(void **state)
{
    (void)state;
    enum { HEAD = 8 + FEED_count * 9, TORRENT = 8 + 20 + 20 + 1 + 4, MEMBER = 8 + PASSKEY_SIZE + 1, TIME = 8, END = 8 };
    struct feed_place known[FEED_count];
    struct buffer image = {0};
    feeds_image_write(tracker, places, &image);
    for (size_t i = 1; i <= 3; i++)
        cut(&image, HEAD + i * TORRENT, TIME);
    for (size_t i = 1; i <= 2; i++)
        cut(&image, HEAD + 3 * TORRENT + END + i * MEMBER, TIME);
    image.at[6] = '3';
    size_t size = image.size - 8;
    uint64_t checksum =
        hash_of(&(struct hash_key){UINT64_C(0x452821e638d01377), UINT64_C(0xbe5466cf34e90c6c)}, image.at, size);
    for (unsigned i = 0; i < 8; i++)
        image.at[size + i] = (char)(checksum >> (8 * i));
    tracker_destroy(&tracker);
    start_tracker();
    assert_true(feeds_image_read(buffer_slice(&image), tracker, known));
    assert_int_equal(known[FEED_torrents].seq, 0);
    assert_int_equal(known[FEED_members].seq, 0);
    assert_true(known[FEED_torrents].read);
    assert_int_equal(known[FEED_slots].seq, places[FEED_slots].seq);
    assert_true(registry_torrent_by_id(tracker->registry, 5)->active);
    assert_int_equal(slot_of(3, NULL), SLOT_spare);
    buffer_free(&image);
}

static void without_a_file_the_feeds_are_read_from_their_owners(void **state)
{
    (void)state;
    struct feed_place known[FEED_count] = {{1, true}};
    start_alone(known);
    assert_int_equal(known[FEED_torrents].seq, 0);
    assert_false(known[FEED_torrents].read);
    assert_int_equal(registry_members_count(tracker->registry), 0);
}

static void a_damaged_file_is_not_used(void **state)
{
    (void)state;
    char path[100];
    struct stat about;
    struct feed_place known[FEED_count];
    write_file();
    snprintf(path, sizeof path, "%s/feeds.state", folder);
    assert_int_equal(stat(path, &about), 0);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, (long)about.st_size / 2, SEEK_SET);
    fputc('?', file);
    fclose(file);
    start_alone(known);
    assert_false(known[FEED_members].read);
    assert_int_equal(registry_members_count(tracker->registry), 0);
    tell_all();
    write_file();
    assert_int_equal(truncate(path, about.st_size - 3), 0);
    start_alone(known);
    assert_int_equal(known[FEED_members].seq, 0);
    assert_int_equal(registry_members_count(tracker->registry), 0);
    assert_int_equal(truncate(path, 0), 0);
    start_alone(known);
    assert_int_equal(known[FEED_members].seq, 0);
}

static void a_writer_killed_at_any_moment_leaves_a_whole_file(void **state)
{
    (void)state;
    struct feed_place known[FEED_count];
    write_file();
    for (unsigned round = 0; round < 10; round++) {
        pid_t child = fork();
        if (child == 0)
            for (;;)
                write_file();
        usleep(500 * round);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        struct feeds_file *file = feeds_file_new(folder);
        feeds_file_read(file, tracker, known);
        feeds_file_destroy(&file);
        assert_memory_equal(known, places, sizeof known);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(peers_of_a_deleted_torrent_leave_at_once),
        TEST(peers_of_a_disabled_member_leave_within_a_second),
        TEST(the_journal_brings_nobody_back_who_had_to_leave),
        TEST(a_tracker_that_is_alone_knows_what_it_knew),
        TEST(what_an_older_file_lacks_is_told_again),
        TEST(without_a_file_the_feeds_are_read_from_their_owners),
        TEST(a_damaged_file_is_not_used),
        TEST(a_writer_killed_at_any_moment_leaves_a_whole_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
