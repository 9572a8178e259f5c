/* Members' slots of Backups: found, replaced, forgotten, and what each costs. */
#include "tests/unit/tracker/check.h"

#include "services/tracker/slots.h"

#include <stdio.h>
#include <string.h>

static struct slots *slots;

static int prepare(void **state)
{
    (void)state;
    slots = slots_new(&(struct hash_key){1, 2});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    slots_destroy(&slots);
    return 0;
}

static void deny(uint32_t member, uint32_t torrent, const char *reason)
{
    slots_set(slots, member, torrent, SLOT_deny, slice_text(reason));
}

static void expect(uint32_t member, uint32_t torrent, enum slot_verdict verdict, const char *reason)
{
    const char *told;
    assert_int_equal(slots_get(slots, member, torrent, &told), verdict);
    assert_string_equal(told, reason);
}

static void a_slot_is_one_members_and_one_torrents(void **state)
{
    (void)state;
    slots_set(slots, 1, 2, SLOT_slot, slice_text(""));
    expect(1, 2, SLOT_slot, "");
    expect(2, 1, SLOT_none, "");
    expect(1, 1, SLOT_none, "");
    deny(1, 2, "All copies are there");
    expect(1, 2, SLOT_deny, "All copies are there");
    slots_set(slots, 1, 2, SLOT_spare, slice_text("never shown"));
    expect(1, 2, SLOT_spare, "");
    slots_set(slots, (1u << 28) - 1, (1u << 28) - 1, SLOT_owner, slice_text(""));
    expect((1u << 28) - 1, (1u << 28) - 1, SLOT_owner, "");
    assert_int_equal(slots_count(slots), 2);
    slots_set(slots, 1, 2, SLOT_none, slice_text(""));
    slots_set(slots, 7, 7, SLOT_none, slice_text(""));
    expect(1, 2, SLOT_none, "");
    assert_int_equal(slots_count(slots), 1);
}

static void a_handle_too_large_for_a_record_is_as_if_nothing_was_told(void **state)
{
    (void)state;
    slots_set(slots, 1u << 28, 2, SLOT_slot, slice_text(""));
    expect(1u << 28, 2, SLOT_none, "");
    expect(0, 2, SLOT_none, "");
}

static void a_reason_beyond_the_few_that_are_kept_is_none(void **state)
{
    (void)state;
    char reason[100];
    for (uint32_t i = 1; i < 100; i++) {
        snprintf(reason, sizeof reason, "Reason %u", i);
        deny(i, 1, reason);
    }
    for (uint32_t i = 1; i < 100; i++) {
        snprintf(reason, sizeof reason, "Reason %u", i);
        expect(i, 1, SLOT_deny, i < 64 ? reason : "");
    }
    deny(1, 2, "Reason 63");
    expect(1, 2, SLOT_deny, "Reason 63");
    memset(reason, 'x', sizeof reason);
    slots_set(slots, 1, 3, SLOT_deny, slice_of(reason, sizeof reason));
    expect(1, 3, SLOT_deny, "");
}

enum { MEMBERS = 300, TORRENTS = 100 };
static enum slot_verdict told[MEMBERS][TORRENTS];

static void check_one(void *arg, const struct slot *slot)
{
    assert_int_equal(slot->verdict, told[slot->member - 1][slot->torrent - 1]);
    assert_string_equal(slot->reason, slot->verdict == SLOT_deny ? "Full" : "");
    (*(unsigned *)arg)++;
}

static void what_was_told_last_holds(void **state)
{
    (void)state;
    uint64_t random = 5;
    unsigned known = 0, seen = 0;
    for (uint32_t i = 0; i < MEMBERS * TORRENTS; i++)
        told[i / TORRENTS][i % TORRENTS] = SLOT_none;
    for (unsigned step = 0; step < 100000; step++) {
        uint32_t member = (uint32_t)(hash_random(&random) % MEMBERS);
        uint32_t torrent = (uint32_t)(hash_random(&random) % TORRENTS);
        enum slot_verdict verdict = hash_random(&random) % (SLOT_none + 1);
        enum slot_verdict *before = &told[member][torrent];
        expect(member + 1, torrent + 1, *before, *before == SLOT_deny ? "Full" : "");
        known += (verdict != SLOT_none) - (*before != SLOT_none);
        slots_set(slots, member + 1, torrent + 1, *before = verdict, slice_text("Full"));
        assert_int_equal(slots_count(slots), known);
    }
    slots_each(slots, check_one, &seen);
    assert_int_equal(seen, known);
}

static void a_slot_takes_less_than_fourteen_bytes(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 1000000; i++)
        slots_set(slots, 1 + i % 50000, 1 + i / 5, SLOT_slot, slice_text(""));
    assert_int_equal(slots_count(slots), 1000000);
    assert_in_range(slots_bytes(slots), 12500000, 14000000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_slot_is_one_members_and_one_torrents),
        TEST(a_handle_too_large_for_a_record_is_as_if_nothing_was_told),
        TEST(a_reason_beyond_the_few_that_are_kept_is_none),
        TEST(what_was_told_last_holds),
        TEST(a_slot_takes_less_than_fourteen_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
