/* The journal on a real file system: killed writers, damage, full disks, forgetting. */
#include "tests/unit/tracker/check.h"

#include "services/common/log.h"
#include "services/tracker/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORDS_A_SEGMENT 15
#define SEGMENT ((RECORDS_A_SEGMENT + 1) * JOURNAL_RECORD_SIZE)

static char folder[64];
static struct journal_findings found;
static uint64_t last_up, records;
static bool in_order;

static int prepare(void **state)
{
    (void)state;
    log_start("test", LOG_LEVEL_error);
    snprintf(folder, sizeof folder, "/tmp/djembe-journal-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static const struct contact nowhere;

static struct session_totals totals(uint64_t up)
{
    struct session_totals row = {.user = 1, .torrent = 2, .epoch = 3, .seen_at = 4, .up = up, .left = 5, .flags = 1};
    memcpy(row.peer_id, "-TEST00-aaaaaaaaaaaa", PEER_ID_SIZE);
    return row;
}

static void take(void *arg, uint64_t seq, const struct session_totals *row, const struct contact *contact)
{
    (void)arg;
    (void)contact;
    (void)seq;
    if (row->up <= last_up)
        in_order = false;
    last_up = row->up;
    records++;
}

static struct journal *open_journal(void)
{
    last_up = records = 0;
    in_order = true;
    return journal_open(folder, SEGMENT, take, NULL, &found, NULL);
}

static void append(struct journal *journal, uint64_t from, uint64_t to)
{
    for (uint64_t up = from; up <= to; up++) {
        bool kept;
        struct session_totals row = totals(up);
        journal_append(journal, &row, &nowhere, &kept);
        assert_true(kept);
    }
}

static unsigned count_files(void)
{
    unsigned count = 0;
    DIR *listing = opendir(folder);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;)
        count += strstr(entry->d_name, ".segment") != NULL;
    closedir(listing);
    return count;
}

static void a_record_reads_as_it_was_written(void **state)
{
    (void)state;
    uint8_t bytes[JOURNAL_RECORD_SIZE];
    uint64_t seq;
    struct session_totals in = totals(INT64_MAX), out;
    struct contact home = {.v4 = {10, 0, 0, 1}, .port4 = 65535, .seen4 = UINT32_MAX, .port6 = 6882, .seen6 = 7}, back;
    memset(home.v6, 0xfd, sizeof home.v6);
    journal_record_write(77, &in, &home, bytes);
    assert_int_equal(journal_record_read(bytes, &seq, &out, &back), RECORD_good);
    assert_memory_equal(&back, &home, sizeof home);
    assert_int_equal(seq, 77);
    assert_int_equal(out.up, INT64_MAX);
    assert_memory_equal(out.peer_id, in.peer_id, PEER_ID_SIZE);
    for (unsigned i = 0; i < JOURNAL_RECORD_SIZE; i++) {
        bytes[i] ^= 0x10;
        assert_int_equal(journal_record_read(bytes, &seq, &out, &back), RECORD_damaged);
        bytes[i] ^= 0x10;
    }
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(journal_record_read(bytes, &seq, &out, &back), RECORD_empty);
}

static void what_was_appended_is_read_in_order(void **state)
{
    (void)state;
    struct journal *journal = open_journal();
    append(journal, 1, 100);
    journal_close(&journal);
    journal = open_journal();
    assert_int_equal(records, 100);
    assert_true(in_order);
    assert_int_equal(journal_next(journal), 101);
    append(journal, 101, 110);
    journal_close(&journal);
    journal = open_journal();
    assert_int_equal(records, 110);
    assert_true(in_order);
    journal_close(&journal);
}

static void a_writer_killed_at_any_moment_loses_nothing_it_has_told(void **state)
{
    (void)state;
    uint64_t told = 0;
    for (unsigned round = 0; round < 10; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t writer = fork();
        if (writer == 0) {
            struct journal *journal = open_journal();
            for (uint64_t up = last_up + 1;; up++) {
                bool kept;
                struct session_totals row = totals(up);
                journal_append(journal, &row, &nowhere, &kept);
                if (up % 20 == 0)
                    journal_tick(journal);
                if (!kept || write(ends[1], &up, sizeof up) != sizeof up)
                    _exit(1);
            }
        }
        close(ends[1]);
        for (unsigned i = 0; i < 50 + round * 7; i++)
            assert_int_equal(read(ends[0], &told, sizeof told), sizeof told);
        kill(writer, SIGKILL);
        while (read(ends[0], &told, sizeof told) == sizeof told)
            ;
        waitpid(writer, NULL, 0);
        close(ends[0]);
        struct journal *journal = open_journal();
        assert_true(last_up >= told);
        assert_true(in_order);
        journal_close(&journal);
    }
}

static void segments_go_when_all_in_them_is_acknowledged(void **state)
{
    (void)state;
    struct journal *journal = open_journal();
    append(journal, 1, RECORDS_A_SEGMENT * 3 + 1);
    assert_int_equal(count_files(), 4);
    journal_forget(journal, RECORDS_A_SEGMENT);
    assert_int_equal(count_files(), 4);
    journal_forget(journal, RECORDS_A_SEGMENT + 1);
    assert_int_equal(count_files(), 3);
    journal_forget(journal, RECORDS_A_SEGMENT * 3 + 2);
    assert_int_equal(count_files(), 1);
    assert_int_equal(journal_bytes(journal), SEGMENT);
    journal_close(&journal);
    journal = open_journal();
    assert_int_equal(records, 1);
    journal_forget(journal, journal_next(journal));
    assert_int_equal(count_files(), 1);
    journal_close(&journal);
}

static void a_spare_is_ready_before_it_is_needed(void **state)
{
    (void)state;
    struct journal *journal = open_journal();
    journal_tick(journal);
    assert_int_equal(count_files(), 1);
    append(journal, 1, RECORDS_A_SEGMENT - 1);
    journal_tick(journal);
    assert_int_equal(count_files(), 2);
    journal_close(&journal);
    assert_int_equal(count_files(), 1);
}

static void change_file(const char *name, off_t at, const void *bytes, size_t size)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, size, at), size);
    close(fd);
}

static void damage_is_stepped_over_and_counted(void **state)
{
    (void)state;
    struct journal *journal = open_journal();
    append(journal, 1, 10);
    journal_close(&journal);
    change_file("journal-0000000000000001.segment", 3 * JOURNAL_RECORD_SIZE + 40, "\xff\xff", 2);
    journal = open_journal();
    assert_int_equal(records, 9);
    assert_int_equal(found.damaged, 1);
    assert_int_equal(journal_next(journal), 11);
    journal_close(&journal);
}

static void a_head_that_makes_no_sense_costs_no_records(void **state)
{
    (void)state;
    struct journal *journal = open_journal();
    append(journal, 1, 10);
    journal_close(&journal);
    change_file("journal-0000000000000001.segment", 0, "?", 1);
    journal = open_journal();
    assert_int_equal(records, 10);
    assert_int_equal(found.unreadable, 1);
    journal_close(&journal);
}

static void a_cut_file_gives_what_is_whole(void **state)
{
    (void)state;
    struct journal *journal = open_journal();
    append(journal, 1, 10);
    journal_close(&journal);
    char path[160];
    snprintf(path, sizeof path, "%s/journal-0000000000000001.segment", folder);
    assert_int_equal(truncate(path, 5 * JOURNAL_RECORD_SIZE + 60), 0);
    journal = open_journal();
    assert_int_equal(records, 4);
    assert_int_equal(found.damaged, 1);
    journal_close(&journal);
}

static void foreign_files_are_left_alone(void **state)
{
    (void)state;
    change_file("journal-zz.segment", 0, "x", 1);
    change_file("journal-0000000000000001.segment.old", 0, "x", 1);
    change_file("journal-0000000000000007.segment", 0, "x", 1);
    struct journal *journal = open_journal();
    assert_int_equal(found.segments, 1);
    append(journal, 1, 5);
    journal_forget(journal, 6);
    assert_int_equal(count_files(), 3);
    journal_close(&journal);
}

static void a_second_process_is_refused(void **state)
{
    (void)state;
    struct fault why = {0};
    struct journal *journal = open_journal();
    assert_null(journal_open(folder, SEGMENT, take, NULL, &found, &why));
    assert_int_equal(why.status, STATUS_conflict);
    journal_close(&journal);
    assert_null(journal_open("/nonexistent/folder", SEGMENT, take, NULL, &found, &why));
    assert_int_equal(why.status, STATUS_internal);
}

/* A limit on the size of files stands for a full disk. */
static void set_room(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_is_told_and_overcome(void **state)
{
    (void)state;
    bool kept;
    signal(SIGXFSZ, SIG_IGN);
    struct session_totals row = totals(1000);
    struct journal *journal = open_journal();
    append(journal, 1, RECORDS_A_SEGMENT);
    set_room(SEGMENT / 2);
    assert_null(journal_complaint(journal));
    journal_append(journal, &row, &nowhere, &kept);
    assert_false(kept);
    assert_non_null(journal_complaint(journal));
    assert_false(journal_tick(journal));
    journal_append(journal, &row, &nowhere, &kept);
    assert_false(kept);
    set_room(RLIM_INFINITY);
    assert_true(journal_tick(journal));
    assert_null(journal_complaint(journal));
    assert_false(journal_tick(journal));
    append(journal, 1000, 1000);
    journal_close(&journal);
    journal = open_journal();
    assert_int_equal(records, RECORDS_A_SEGMENT + 1);
    assert_int_equal(last_up, 1000);
    journal_close(&journal);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_reads_as_it_was_written),
        TEST(what_was_appended_is_read_in_order),
        TEST(a_writer_killed_at_any_moment_loses_nothing_it_has_told),
        TEST(segments_go_when_all_in_them_is_acknowledged),
        TEST(a_spare_is_ready_before_it_is_needed),
        TEST(damage_is_stepped_over_and_counted),
        TEST(a_head_that_makes_no_sense_costs_no_records),
        TEST(a_cut_file_gives_what_is_whole),
        TEST(foreign_files_are_left_alone),
        TEST(a_second_process_is_refused),
        TEST(a_full_disk_is_told_and_overcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
