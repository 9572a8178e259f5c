/* What goes to ratio, and in which order. */
#include "tests/unit/tracker/check.h"

#include "services/tracker/outbox.h"
#include "services/tracker/registry.h"

#include <stdio.h>

static struct registry *registry;
static struct sessions *sessions;
static struct outbox *outbox;
static const struct session_totals *rows;

static int prepare(void **state)
{
    (void)state;
    registry = registry_new(&(struct hash_key){3, 4});
    sessions = sessions_new(&(struct hash_key){1, 2}, registry);
    outbox = outbox_new(sessions);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    outbox_destroy(&outbox);
    sessions_destroy(&sessions);
    registry_destroy(&registry);
    return 0;
}

/* Client `who` reports `up` bytes; the change is journal record `seq`. */
static void change(unsigned who, uint64_t up, uint64_t seq)
{
    struct announce told = {.up = up, .up_known = true};
    struct session_change change;
    uint32_t member = registry_member_make(registry, 7)->handle, torrent = registry_torrent_make(registry, 9)->handle;
    snprintf((char *)told.peer_id, PEER_ID_SIZE, "peer %u", who);
    uint32_t session =
        sessions_announce(sessions, member, torrent, sessions_find(sessions, member, torrent, told.peer_id), &told,
                          (int64_t)seq, &change);
    if (change.fell)
        outbox_close_epoch(outbox, &change.closed, seq);
    outbox_add(outbox, session, seq);
}

static void a_session_goes_out_once_with_its_newest_totals(void **state)
{
    (void)state;
    change(1, 10, 1);
    change(1, 20, 2);
    assert_int_equal(outbox_batch(outbox, OUTBOX_BATCH_MAX, &rows), 1);
    assert_int_equal(rows[0].up, 20);
    outbox_acknowledge(outbox);
    assert_int_equal(outbox_batch(outbox, OUTBOX_BATCH_MAX, &rows), 0);
}

static void a_batch_stays_as_it_is_until_acknowledged(void **state)
{
    (void)state;
    change(1, 10, 1);
    outbox_batch(outbox, OUTBOX_BATCH_MAX, &rows);
    change(1, 30, 2);
    change(2, 5, 3);
    assert_int_equal(outbox_batch(outbox, OUTBOX_BATCH_MAX, &rows), 1);
    assert_int_equal(rows[0].up, 10);
    assert_int_equal(outbox_count(outbox), 3);
    outbox_acknowledge(outbox);
    assert_int_equal(outbox_batch(outbox, OUTBOX_BATCH_MAX, &rows), 2);
    assert_int_equal(rows[0].up, 30);
}

static void an_ended_epoch_goes_before_the_new_one(void **state)
{
    (void)state;
    change(1, 100, 1);
    change(1, 5, 2);
    change(1, 3, 3);
    assert_int_equal(outbox_batch(outbox, OUTBOX_BATCH_MAX, &rows), 3);
    assert_int_equal(rows[0].up, 100);
    assert_int_equal(rows[1].up, 5);
    assert_int_equal(rows[2].up, 3);
    assert_true(rows[0].epoch < rows[1].epoch && rows[1].epoch < rows[2].epoch);
}

static void no_new_epoch_goes_while_ended_ones_wait(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= OUTBOX_BATCH_MAX; i++)
        change(1, OUTBOX_BATCH_MAX * 2 - i, i + 1);
    change(1, 1, OUTBOX_BATCH_MAX + 2);
    assert_int_equal(outbox_batch(outbox, OUTBOX_BATCH_MAX, &rows), OUTBOX_BATCH_MAX);
    assert_int_equal(rows[OUTBOX_BATCH_MAX - 1].up, OUTBOX_BATCH_MAX + 1);
    outbox_acknowledge(outbox);
    assert_int_equal(outbox_batch(outbox, OUTBOX_BATCH_MAX, &rows), 2);
    assert_int_equal(rows[0].up, OUTBOX_BATCH_MAX);
    assert_int_equal(rows[1].up, 1);
}

static void the_journal_may_forget_only_what_is_acknowledged(void **state)
{
    (void)state;
    assert_int_equal(outbox_oldest(outbox, 1), 1);
    change(1, 10, 1);
    change(2, 10, 2);
    assert_int_equal(outbox_oldest(outbox, 3), 1);
    outbox_batch(outbox, OUTBOX_BATCH_MAX, &rows);
    change(1, 20, 3);
    assert_int_equal(outbox_oldest(outbox, 4), 1);
    outbox_acknowledge(outbox);
    assert_int_equal(outbox_oldest(outbox, 4), 3);
    outbox_batch(outbox, OUTBOX_BATCH_MAX, &rows);
    outbox_acknowledge(outbox);
    assert_int_equal(outbox_oldest(outbox, 4), 4);
}

static void count_rows(void *arg, const struct session_totals *totals)
{
    (void)totals;
    (*(unsigned *)arg)++;
}

static void what_is_written_again_frees_the_older_journal(void **state)
{
    (void)state;
    unsigned count = 0;
    change(1, 10, 1);
    outbox_batch(outbox, OUTBOX_BATCH_MAX, &rows);
    change(2, 10, 2);
    change(2, 3, 3);
    outbox_rewrite(outbox, 4, count_rows, &count);
    assert_int_equal(count, 2);
    assert_int_equal(outbox_oldest(outbox, 6), 2);
    backlog_rewritten(outbox_waiting(outbox), 4);
    assert_int_equal(outbox_oldest(outbox, 7), 4);
    outbox_acknowledge(outbox);
    assert_int_equal(outbox_batch(outbox, OUTBOX_BATCH_MAX, &rows), 2);
    assert_int_equal(rows[0].up, 10);
    assert_int_equal(rows[1].up, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_session_goes_out_once_with_its_newest_totals),   TEST(a_batch_stays_as_it_is_until_acknowledged),
        TEST(an_ended_epoch_goes_before_the_new_one),           TEST(no_new_epoch_goes_while_ended_ones_wait),
        TEST(the_journal_may_forget_only_what_is_acknowledged), TEST(what_is_written_again_frees_the_older_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
