/* Members, torrents and permits as the feeds tell them. */
#include "tests/unit/tracker/check.h"

#include "services/tracker/registry.h"

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define V1 "11111111111111111111"
#define V2 "22222222222222222222222222222222"

static struct registry *registry;

static int prepare(void **state)
{
    (void)state;
    registry = registry_new(&(struct hash_key){3, 4});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    registry_destroy(&registry);
    return 0;
}

static void tell_member(uint64_t user, const char *passkey, const char *standing)
{
    registry_apply_member(
        registry,
        &(struct member_fact){.user = user, .passkey = slice_text(passkey), .standing = slice_text(standing)});
}

static void tell_torrent(uint64_t id, const char *v1, const char *v2, bool active)
{
    registry_apply_torrent(
        registry, &(struct torrent_fact){
                      .torrent = id, .info_hash = slice_text(v1), .info_hash_v2 = slice_text(v2), .active = active});
}

static void a_member_is_found_by_passkey(void **state)
{
    (void)state;
    tell_member(1, KEY_A, "active");
    tell_member(1, KEY_A, "active");
    assert_int_equal(registry_member(registry, KEY_A)->user, 1);
    assert_true(registry_member(registry, KEY_A)->active);
    assert_null(registry_member(registry, KEY_B));
    assert_int_equal(registry_members_count(registry), 1);
}

static void a_new_passkey_ends_the_old_one(void **state)
{
    (void)state;
    tell_member(1, KEY_A, "active");
    tell_member(1, KEY_B, "active");
    assert_null(registry_member(registry, KEY_A));
    assert_int_equal(registry_member(registry, KEY_B)->user, 1);
}

static void any_standing_but_active_is_not(void **state)
{
    (void)state;
    tell_member(1, KEY_A, "disabled");
    assert_false(registry_member(registry, KEY_A)->active);
}

static void a_permit_may_come_before_its_member(void **state)
{
    (void)state;
    registry_apply_permit(registry, &(struct permit_fact){.user = 1, .may_leech = false, .reason = slice_text("Seed")});
    tell_member(1, KEY_A, "active");
    const struct member *member = registry_member(registry, KEY_A);
    assert_true(member->has_permit && !member->may_leech);
    assert_string_equal(member->reason, "Seed");
    registry_apply_permit(registry, &(struct permit_fact){.user = 1, .may_leech = true});
    assert_true(member->may_leech);
    assert_null(member->reason);
}

static void a_hybrid_torrent_has_two_hashes_and_one_swarm(void **state)
{
    (void)state;
    tell_torrent(5, V1, V2, true);
    struct torrent *torrent = registry_torrent(registry, (const uint8_t *)V1);
    assert_int_equal(torrent->id, 5);
    assert_ptr_equal(torrent, registry_torrent(registry, (const uint8_t *)V2));
    assert_ptr_equal(torrent, registry_torrent_by_id(registry, 5));
}

static void a_v2_torrent_stands_once_under_its_cut_hash(void **state)
{
    (void)state;
    tell_torrent(5, "22222222222222222222", V2, true);
    tell_torrent(5, V1, "", true);
    assert_null(registry_torrent(registry, (const uint8_t *)V2));
    assert_non_null(registry_torrent(registry, (const uint8_t *)V1));
}

static void a_torrent_added_again_is_found_before_the_deleted_one(void **state)
{
    (void)state;
    tell_torrent(5, V1, "", false);
    assert_false(registry_torrent(registry, (const uint8_t *)V1)->active);
    tell_torrent(6, V1, "", true);
    assert_int_equal(registry_torrent(registry, (const uint8_t *)V1)->id, 6);
    tell_torrent(6, V1, "", false);
    assert_false(registry_torrent(registry, (const uint8_t *)V1)->active);
}

static void a_swarm_may_be_there_before_its_torrent(void **state)
{
    (void)state;
    registry_torrent_make(registry, 5)->completed = 3;
    assert_null(registry_torrent(registry, (const uint8_t *)V1));
    tell_torrent(5, V1, "", true);
    assert_int_equal(registry_torrent(registry, (const uint8_t *)V1)->completed, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_member_is_found_by_passkey),
        TEST(a_new_passkey_ends_the_old_one),
        TEST(any_standing_but_active_is_not),
        TEST(a_permit_may_come_before_its_member),
        TEST(a_hybrid_torrent_has_two_hashes_and_one_swarm),
        TEST(a_v2_torrent_stands_once_under_its_cut_hash),
        TEST(a_torrent_added_again_is_found_before_the_deleted_one),
        TEST(a_swarm_may_be_there_before_its_torrent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
