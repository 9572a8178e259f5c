/* Swarms: who is given to whom, with which chance, and what a peer costs. */
#include "tests/unit/tracker/check.h"

#include "services/tracker/session.h"
#include "services/tracker/swarm.h"

#include <stdio.h>

static struct peers *peers;
static struct swarm swarm;

static int prepare(void **state)
{
    (void)state;
    peers = peers_new(12345);
    swarm = (struct swarm){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(swarm.peers);
    peers_destroy(&peers);
    return 0;
}

static const struct address v4 = {.family = FAMILY_v4, .bytes = {10, 0, 0, 1}};
static const struct address v6 = {.family = FAMILY_v6, .bytes = {0x20, 1, 0xd, 0xb8, 1}};

static uint32_t join(uint64_t user, bool seeder)
{
    uint32_t peer = swarm_add(peers, &swarm, user, (uint32_t)user, seeder);
    peer_seen(peers_at(peers, peer), &v4, 6881, 1000, 100);
    return peer;
}

static void seeders_and_leechers_are_counted(void **state)
{
    (void)state;
    uint32_t one = join(1, true), two = join(2, false), three = join(3, true);
    assert_int_equal(swarm.count, 3);
    assert_int_equal(swarm.seeders, 2);
    swarm_set_seeder(peers, &swarm, two, true);
    swarm_set_seeder(peers, &swarm, two, true);
    assert_int_equal(swarm.seeders, 3);
    swarm_set_seeder(peers, &swarm, one, false);
    assert_int_equal(swarm.seeders, 2);
    assert_false(swarm_is_seeder(peers, &swarm, one));
    assert_true(swarm_is_seeder(peers, &swarm, three));
    swarm_remove(peers, &swarm, three);
    assert_int_equal(swarm.seeders, 1);
    swarm_remove(peers, &swarm, one);
    swarm_remove(peers, &swarm, two);
    assert_int_equal(swarm.count, 0);
    assert_null(swarm.peers);
    assert_int_equal(peers_count(peers), 0);
}

static void a_peer_keeps_both_addresses_until_one_falls_silent(void **state)
{
    (void)state;
    struct peer *peer = peers_at(peers, join(1, false));
    peer_seen(peer, &v6, 6882, 1050, 100);
    assert_int_equal(peer->port4, 6881);
    assert_int_equal(peer->port6, 6882);
    assert_memory_equal(peer->v6, v6.bytes, 16);
    peer_seen(peer, &v6, 6882, 1101, 100);
    assert_int_equal(peer->port4, 0);
    assert_int_equal(peer->port6, 6882);
    assert_int_equal(peer_last_seen(peer), 1101);
}

static void nobody_gets_themselves_or_their_own_other_clients(void **state)
{
    (void)state;
    uint32_t chosen[PEERS_MAX];
    join(1, false);
    join(1, false);
    uint32_t other = join(2, false);
    assert_int_equal(swarm_choose(peers, &swarm, 1, false, 50, chosen), 1);
    assert_int_equal(chosen[0], other);
    assert_int_equal(swarm_choose(peers, &swarm, 2, false, 50, chosen), 2);
    assert_int_equal(swarm_choose(peers, &swarm, 3, false, 50, chosen), 3);
    assert_int_equal(swarm_choose(peers, &swarm, 3, false, 0, chosen), 0);
}

static void seeders_get_leechers_only(void **state)
{
    (void)state;
    uint32_t chosen[PEERS_MAX];
    for (unsigned user = 10; user < 20; user++)
        join(user, true);
    uint32_t leecher = join(20, false);
    assert_int_equal(swarm_choose(peers, &swarm, 1, true, 50, chosen), 1);
    assert_int_equal(chosen[0], leecher);
    assert_int_equal(swarm_choose(peers, &swarm, 1, false, 50, chosen), 11);
}

static void who_does_not_listen_is_not_given_out(void **state)
{
    (void)state;
    uint32_t chosen[PEERS_MAX];
    peer_seen(peers_at(peers, join(2, false)), &v4, 0, 1000, 100);
    assert_int_equal(swarm_choose(peers, &swarm, 1, false, 50, chosen), 0);
}

static void each_is_given_at_most_once(void **state)
{
    (void)state;
    uint32_t chosen[PEERS_MAX];
    for (unsigned user = 1; user <= 150; user++)
        join(user, user % 3 == 0);
    for (unsigned round = 0; round < 200; round++) {
        bool seen[200] = {false};
        unsigned count = swarm_choose(peers, &swarm, 150, false, round % PEERS_MAX, chosen);
        assert_int_equal(count, round % PEERS_MAX < 149 ? round % PEERS_MAX : 149);
        for (unsigned i = 0; i < count; i++) {
            assert_false(seen[chosen[i]]);
            seen[chosen[i]] = true;
        }
    }
}

/* 100 peers, 10 given, 20000 times: each is expected 2000 times with a deviation of about 42. */
static void each_has_the_same_chance(void **state)
{
    (void)state;
    uint32_t chosen[PEERS_MAX];
    unsigned given[101] = {0};
    for (unsigned user = 1; user <= 100; user++)
        join(user, user % 2 == 0);
    for (unsigned round = 0; round < 20000; round++) {
        unsigned count = swarm_choose(peers, &swarm, 1000, false, 10, chosen);
        assert_int_equal(count, 10);
        for (unsigned i = 0; i < count; i++)
            given[chosen[i]]++;
    }
    for (unsigned i = 1; i <= 100; i++) {
        assert_true(given[i] > 2000 - 6 * 42);
        assert_true(given[i] < 2000 + 6 * 42);
    }
}

static void drop(void *arg, uint32_t peer)
{
    (void)arg;
    swarm_remove(peers, &swarm, peer);
}

static void silent_peers_are_found_in_bounded_steps(void **state)
{
    (void)state;
    for (unsigned user = 1; user <= 100; user++) {
        uint32_t peer = join(user, false);
        if (user % 2 == 0)
            peer_seen(peers_at(peers, peer), &v6, 1, 2000, 10000);
    }
    peers_sweep(peers, 1500, 10, drop, NULL);
    assert_int_equal(peers_count(peers), 95);
    peers_sweep(peers, 1500, 90, drop, NULL);
    assert_int_equal(peers_count(peers), 50);
}

static void a_peer_costs_at_most_72_bytes(void **state)
{
    (void)state;
    enum { SWARMS = 2000, EACH = 50, LARGE = 100000 };
    static struct swarm small[SWARMS];
    struct swarm large = {0};
    size_t bytes = 0;
    for (unsigned i = 0; i < SWARMS; i++) {
        for (unsigned j = 0; j < EACH; j++)
            swarm_add(peers, &small[i], j + 1, j + 1, j % 4 != 0);
        bytes += sizeof small[i] + small[i].room * sizeof *small[i].peers;
    }
    for (unsigned j = 0; j < LARGE; j++)
        swarm_add(peers, &large, j + 1, j + 1, j % 4 != 0);
    bytes += large.room * sizeof *large.peers + peers_bytes(peers);
    double each = (double)bytes / (SWARMS * EACH + LARGE);
    print_message("a peer costs %.1f bytes, its session %zu and about 12 in the table\n", each, sizeof(struct session));
    assert_true(each <= 72);
    for (unsigned i = 0; i < SWARMS; i++)
        free(small[i].peers);
    free(large.peers);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(seeders_and_leechers_are_counted),
        TEST(a_peer_keeps_both_addresses_until_one_falls_silent),
        TEST(nobody_gets_themselves_or_their_own_other_clients),
        TEST(seeders_get_leechers_only),
        TEST(who_does_not_listen_is_not_given_out),
        TEST(each_is_given_at_most_once),
        TEST(each_has_the_same_chance),
        TEST(silent_peers_are_found_in_bounded_steps),
        TEST(a_peer_costs_at_most_72_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
