/* Swarms: who is in them, where each is reached, and what a peer costs. */
#include "tests/unit/tracker/swarm_world.h"

static struct contact contact_of(uint32_t session)
{
    struct contact contact;
    swarm_contact(peers, swarm, session, &contact);
    return contact;
}

static bool is_seeder(uint32_t session)
{
    return sessions_place(sessions, session) < swarm->seeders;
}

/* Every session stands where it believes to stand, and those without IPv4 are counted. */
static void check_places(void)
{
    uint32_t mute = 0;
    for (uint32_t place = 0; place < swarm->count; place++) {
        assert_int_equal(sessions_place(sessions, swarm_session(swarm, place)), place);
        mute += contact_of(swarm_session(swarm, place)).port4 == 0;
    }
    assert_int_equal(swarm->mute, mute);
}

static void seeders_and_leechers_are_counted(void **state)
{
    (void)state;
    uint32_t one = join(1, true), two = join(2, false), three = join(3, true);
    assert_int_equal(swarm->count, 3);
    assert_int_equal(swarm->seeders, 2);
    swarm_set_seeder(peers, swarm, two, true);
    swarm_set_seeder(peers, swarm, two, true);
    assert_int_equal(swarm->seeders, 3);
    swarm_set_seeder(peers, swarm, one, false);
    assert_int_equal(swarm->seeders, 2);
    assert_false(is_seeder(one));
    assert_true(is_seeder(three));
    check_places();
    swarm_leave(peers, swarm, three);
    assert_int_equal(swarm->seeders, 1);
    assert_int_equal(sessions_place(sessions, three), PLACE_NONE);
    check_places();
    swarm_leave(peers, swarm, one);
    swarm_leave(peers, swarm, two);
    assert_int_equal(swarm->count, 0);
    assert_null(swarm->entries);
    assert_int_equal(peers_count(peers), 0);
}

static void many_come_and_go_and_memory_with_them(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    static uint32_t in[MANY];
    uint64_t random = 7;
    for (unsigned i = 0; i < MANY; i++)
        in[i] = join(i % 900 + 1, i % 3 == 0);
    check_places();
    size_t large = peers_bytes(peers);
    for (unsigned left = MANY; left > 10; left--) {
        unsigned i = (unsigned)(hash_random(&random) % left);
        swarm_set_seeder(peers, swarm, in[hash_random(&random) % left], left % 2 == 0);
        swarm_leave(peers, swarm, in[i]);
        in[i] = in[left - 1];
        if (left % 500 == 0)
            check_places();
    }
    check_places();
    assert_true(peers_bytes(peers) < large / 20);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(contact_of(in[i]).port4, 6881);
}

static void a_peer_keeps_both_addresses_until_one_falls_silent(void **state)
{
    (void)state;
    uint32_t peer = join(1, false);
    seen(peer, &v6, 6882, SECOND + 50, SECOND);
    assert_int_equal(contact_of(peer).port4, 6881);
    assert_int_equal(contact_of(peer).port6, 6882);
    assert_int_equal(contact_of(peer).seen4, SECOND);
    assert_int_equal(contact_of(peer).seen6, SECOND + 50);
    assert_memory_equal(contact_of(peer).v6, v6.bytes, 16);
    seen(peer, &v6, 6882, SECOND + 101, SECOND + 50);
    assert_int_equal(contact_of(peer).port4, 0);
    check_places();
    assert_int_equal(contact_of(peer).port6, 6882);
    seen(peer, &v4, 6883, SECOND + 150, SECOND + 101);
    assert_int_equal(contact_of(peer).port4, 6883);
    check_places();
    assert_int_equal(contact_of(peer).port6, 6882);
    seen(peer, &v4, 6883, SECOND + 202, SECOND + 150);
    assert_int_equal(contact_of(peer).port4, 6883);
    assert_int_equal(contact_of(peer).port6, 0);
}

static void a_peer_of_ipv6_alone_has_no_other_address(void **state)
{
    (void)state;
    uint32_t peer = client_of(1, torrent);
    struct announce_peer told = {0};
    swarm_join(peers, swarm, peer, true);
    seen(peer, &v6, 6882, SECOND, 0);
    assert_int_equal(contact_of(peer).port4, 0);
    assert_int_equal(contact_of(peer).seen4, 0);
    swarm_describe(peers, swarm, sessions_place(sessions, peer), &told);
    assert_int_equal(told.port4, 0);
    assert_int_equal(told.port6, 6882);
    assert_memory_equal(told.v6, v6.bytes, 16);
    seen(peer, &v6, 0, SECOND + 1, SECOND);
    assert_int_equal(contact_of(peer).port6, 0);
    check_places();
}

static void addresses_follow_their_peers(void **state)
{
    (void)state;
    uint32_t session[20];
    for (unsigned i = 0; i < 20; i++) {
        session[i] = join(i + 1, i % 2 == 0);
        if (i % 3 == 0)
            seen(session[i], &v6, (uint16_t)(7000 + i), SECOND + 1, SECOND);
    }
    for (unsigned i = 0; i < 20; i += 4)
        swarm_leave(peers, swarm, session[i]);
    check_places();
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(contact_of(session[i]).port4, i % 4 == 0 ? 0 : 6881);
        assert_int_equal(contact_of(session[i]).port6, i % 4 != 0 && i % 3 == 0 ? 7000 + i : 0);
    }
}

static void a_contact_that_was_kept_is_taken_over(void **state)
{
    (void)state;
    uint32_t peer = join(1, false);
    struct contact kept = {.v4 = {10, 9, 8, 7}, .v6 = {0x20, 2}, .port4 = 1, .port6 = 2, .seen4 = 30, .seen6 = 40};
    swarm_set_contact(peers, swarm, peer, &kept);
    struct contact got = contact_of(peer);
    assert_memory_equal(&got, &kept, sizeof kept);
    kept.port6 = 0;
    swarm_set_contact(peers, swarm, peer, &kept);
    check_places();
    assert_int_equal(contact_of(peer).port4, 1);
    assert_int_equal(contact_of(peer).port6, 0);
}

/* 100 000 peers in swarms of about ten, as a site has them, with their sessions. */
static void a_peer_costs_at_most_72_bytes(void **state)
{
    (void)state;
    enum { SWARMS = 10000, PEERS = 100000 };
    uint64_t random = 3;
    for (unsigned i = 0; i < PEERS; i++) {
        struct torrent *about = registry_torrent_make(registry, 10 + hash_random(&random) % SWARMS);
        swarm_join(peers, &about->swarm, client_of(i % 1000 + 1, about), i % 2 == 0);
    }
    double each = (double)(peers_bytes(peers) + sessions_bytes(sessions)) / PEERS;
    print_message("a peer costs %.1f bytes with its session\n", each);
    assert_true(each <= 72);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(seeders_and_leechers_are_counted),
        TEST(many_come_and_go_and_memory_with_them),
        TEST(a_peer_keeps_both_addresses_until_one_falls_silent),
        TEST(a_peer_of_ipv6_alone_has_no_other_address),
        TEST(addresses_follow_their_peers),
        TEST(a_contact_that_was_kept_is_taken_over),
        TEST(a_peer_costs_at_most_72_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
