/* Who is given to whom, and with which chance. */
#include "tests/unit/tracker/swarm_world.h"

static uint32_t places[PEERS_MAX];

static struct swarm_wish wish_of(uint64_t user, unsigned wanted)
{
    return (struct swarm_wish){.session = client_of(user, torrent),
                               .member = member_of(user),
                               .first = 0,
                               .end = swarm->count,
                               .wanted = wanted,
                               .reach = REACH_any};
}

/* What holds for both ways to choose is tested of both: of the compact one peers are known by their addresses. */
static bool compact;
static unsigned named; /* so many were there when all were given an address of their own */
static struct announce_reply reply;

static void name_all(void)
{
    if (named == swarm->count)
        return;
    for (uint32_t place = 0; place < swarm->count; place++) {
        struct contact contact;
        uint32_t session = swarm_session(swarm, place);
        swarm_contact(peers, swarm, session, &contact);
        memcpy(contact.v4, &session, sizeof contact.v4);
        swarm_set_contact(peers, swarm, session, &contact);
    }
    named = swarm->count;
}

static unsigned pick(const struct swarm_wish *wish)
{
    name_all();
    if (!compact || !swarm_choose_compact(peers, swarm, wish, false, &reply))
        return swarm_choose(peers, swarm, wish, places);
    assert_int_equal(reply.v4_count, reply.peers_count);
    assert_int_equal(reply.v6_count, 0);
    for (unsigned i = 0; i < reply.v4_count; i++) {
        uint32_t session;
        memcpy(&session, reply.v4[i].ip, sizeof session);
        places[i] = sessions_place(sessions, session);
    }
    return reply.v4_count;
}

static unsigned choose(uint64_t user, unsigned wanted)
{
    struct swarm_wish wish = wish_of(user, wanted);
    return pick(&wish);
}

static void nobody_gets_themselves_or_their_own_other_clients(void **state)
{
    (void)state;
    struct swarm_wish wish = wish_of(1, 50);
    wish.session = join(1, false);
    join(1, false);
    uint32_t other = join(2, false);
    wish.end = swarm->count;
    assert_int_equal(pick(&wish), 1);
    assert_int_equal(swarm_session(swarm, places[0]), other);
    assert_int_equal(choose(2, 50), 2);
    assert_int_equal(choose(3, 50), 3);
    assert_int_equal(choose(3, 0), 0);
}

static void only_the_wished_part_is_given(void **state)
{
    (void)state;
    for (unsigned user = 10; user < 300; user++)
        join(user, user < 200);
    struct swarm_wish wish = wish_of(1, 50);
    wish.first = swarm->seeders;
    assert_int_equal(pick(&wish), 50);
    for (unsigned i = 0; i < 50; i++)
        assert_true(places[i] >= swarm->seeders);
    wish.first = 0;
    wish.end = swarm->seeders;
    assert_int_equal(pick(&wish), 50);
    for (unsigned i = 0; i < 50; i++)
        assert_true(places[i] < swarm->seeders);
    wish.first = wish.end;
    assert_int_equal(pick(&wish), 0);
}

static void who_does_not_listen_is_not_given_out(void **state)
{
    (void)state;
    uint32_t peer = join(2, false);
    assert_int_equal(choose(1, 50), 1);
    seen(peer, &v4, 0, SECOND + 1, SECOND);
    assert_int_equal(choose(1, 50), 0);
    seen(peer, &v6, 6882, SECOND + 2, SECOND + 1);
    assert_int_equal(choose(1, 50), 1);
}

static bool is_given(unsigned count, uint32_t session)
{
    unsigned times = 0;
    for (unsigned i = 0; i < count; i++)
        times += swarm_session(swarm, places[i]) == session;
    assert_true(times <= 1);
    return times == 1;
}

/* All small swarms, with the asker at every place and none, and one other client of the asker's. */
static void of_a_small_swarm_everybody_else_is_given(void **state)
{
    (void)state;
    uint32_t session[60];
    for (unsigned size = 1; size <= 60; size++) {
        session[size - 1] = join(size == 3 ? 1 : size, size % 2 == 0);
        for (unsigned asker = 0; asker < size; asker++) {
            struct swarm_wish wish = {.session = session[asker], .end = size, .wanted = 60, .reach = REACH_any};
            wish.member = sessions_member(sessions, wish.session);
            bool has_two = (asker == 0 || asker == 2) && size >= 3;
            unsigned count = pick(&wish);
            assert_int_equal(count, size - (has_two ? 2 : 1));
            for (unsigned i = 0; i < size; i++)
                assert_int_equal(is_given(count, session[i]), sessions_member(sessions, session[i]) != wish.member);
        }
    }
}

/* Sizes around every border: each wanted number, each at most once, never the asker. */
static void each_is_given_at_most_once(void **state)
{
    (void)state;
    for (unsigned user = 1; user <= 700; user++) {
        uint32_t session = join(user, user % 3 == 0);
        for (unsigned wanted = user % 7; wanted <= PEERS_MAX; wanted += 37) {
            struct swarm_wish wish = wish_of(user, wanted);
            wish.session = session;
            bool given[701] = {false};
            unsigned count = pick(&wish);
            assert_int_equal(count, wanted < user - 1 ? wanted : user - 1);
            for (unsigned i = 0; i < count; i++) {
                assert_true(places[i] < user && !given[places[i]]);
                assert_int_not_equal(swarm_session(swarm, places[i]), session);
                given[places[i]] = true;
            }
        }
    }
}

/* Chi-square over all peers but the asker: 6 deviations from what is expected would be met once in a billion runs. */
static void check_chances(unsigned size, unsigned wanted, unsigned rounds)
{
    static unsigned given[1000];
    memset(given, 0, sizeof given);
    while (swarm->count < size)
        join(swarm->count + 1, swarm->count % 2 == 0);
    uint32_t asker = swarm_session(swarm, size / 3);
    struct swarm_wish wish = {.session = asker, .end = size, .wanted = wanted, .reach = REACH_any};
    wish.member = sessions_member(sessions, asker);
    for (unsigned round = 0; round < rounds; round++) {
        assert_int_equal(pick(&wish), wanted);
        for (unsigned i = 0; i < wanted; i++)
            given[places[i]]++;
    }
    double expected = (double)rounds * wanted / (size - 1), limit = 6.0 * 6.0 * expected;
    assert_int_equal(given[size / 3], 0);
    for (unsigned i = 0; i < size; i++) {
        double off = given[i] - expected;
        assert_true(i == size / 3 || off * off < limit);
    }
}

static void each_has_the_same_chance(void **state)
{
    (void)state;
    check_chances(101, 10, 20000); /* drawn */
    check_chances(101, 50, 20000); /* looked at whole, and thinned out */
    check_chances(120, 50, 20000); /* drawn, two or three to a stratum */
    check_chances(997, 50, 40000);
    check_chances(997, 200, 10000);
}

/* Where some do not listen, those behind them gain nothing. */
static void who_stands_beside_a_silent_peer_has_no_better_chance(void **state)
{
    (void)state;
    static unsigned given[400];
    for (unsigned user = 1; user <= 400; user++)
        if (user % 10 == 0)
            seen(join(user, false), &v4, 0, SECOND + 1, SECOND);
        else
            join(user, false);
    struct swarm_wish wish = wish_of(1000, 20);
    unsigned long total = 0;
    for (unsigned round = 0; round < 40000; round++) {
        unsigned count = swarm_choose(peers, swarm, &wish, places);
        total += count;
        for (unsigned i = 0; i < count; i++)
            given[places[i]]++;
    }
    double expected = (double)total / 360;
    assert_true(total > 40000 * 19);
    for (unsigned place = 0; place < 400; place++) {
        double off = given[place] - expected;
        assert_true(place % 10 == 9 ? given[place] == 0 : off * off < 6.0 * 6.0 * expected);
    }
}

/* Every so-many-th of a thousand peers and more has an IPv6 address, and those of them that are even no other. */
static void join_with_sixes(unsigned size, unsigned every)
{
    for (unsigned user = 1; user <= size; user++) {
        uint32_t session = join(user, false);
        if (user % every != 0)
            continue;
        seen(session, &v6, 6882, SECOND + 1, SECOND);
        if (user / every % 2 == 0)
            seen(session, &v4, 0, SECOND + 2, SECOND + 1);
    }
}

static bool is_of_reach(uint32_t place, enum reach reach)
{
    struct announce_peer peer;
    swarm_describe(peers, swarm, place, &peer);
    unsigned by = (peer.port4 != 0) + 2u * (peer.port6 != 0);
    return (reach >> by & 1) != 0;
}

static unsigned choose_reached(unsigned wanted, enum reach reach)
{
    struct swarm_wish wish = wish_of(5000, wanted);
    wish.reach = reach;
    unsigned count = swarm_choose(peers, swarm, &wish, places);
    for (unsigned i = 0; i < count; i++) {
        assert_true(is_of_reach(places[i], reach));
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(places[i], places[j]);
    }
    return count;
}

static void as_many_as_are_wanted_are_found_among_few_of_a_family(void **state)
{
    (void)state;
    join_with_sixes(1500, 20); /* 75 with IPv6, 37 of them with that alone */
    for (unsigned round = 0; round < 200; round++) {
        assert_int_equal(choose_reached(50, REACH_any), 50);
        assert_int_equal(choose_reached(50, REACH_v4), 50);
        assert_int_equal(choose_reached(50, REACH_v6), 50);
        assert_int_equal(choose_reached(200, REACH_v6), 75);
        assert_int_equal(choose_reached(50, REACH_any & ~REACH_v4), 37);
        assert_int_equal(choose_reached(60, REACH_any & ~REACH_v6), 60);
    }
    while (swarm->count < 20000)
        join_with_sixes(1000, 10);
    for (unsigned round = 0; round < 200; round++)
        assert_int_equal(choose_reached(100, REACH_v6), 100);
}

/* One in a hundred: two thousand places are looked at, and a search that finds too few ends. */
static void what_is_hardly_there_is_not_looked_for_without_end(void **state)
{
    (void)state;
    while (swarm->count < 20000)
        join_with_sixes(1000, 100);
    unsigned total = 0;
    for (unsigned round = 0; round < 1000; round++)
        total += choose_reached(50, REACH_v6);
    assert_in_range(total, 18000, 23000);
}

static void each_of_a_family_has_the_same_chance(void **state)
{
    (void)state;
    static unsigned given[10000];
    join_with_sixes(3000, 7);
    for (unsigned round = 0; round < 20000; round++) {
        assert_int_equal(choose_reached(20, REACH_v6), 20);
        for (unsigned i = 0; i < 20; i++)
            given[places[i]]++;
    }
    double expected = 20000.0 * 20 / (3000 / 7);
    for (unsigned place = 0; place < 3000; place++) {
        double off = given[place] - expected;
        assert_true(place % 7 == 6 ? off * off < 6.0 * 6.0 * expected : given[place] == 0);
    }
}

/* IPv6 addresses come along where they are wanted; where some are reached over nothing else it is another's work. */
static void a_compact_answer_has_the_addresses_of_both_families(void **state)
{
    (void)state;
    for (unsigned user = 1; user <= 300; user++) {
        uint32_t session = join(user, false);
        if (user % 3 == 0)
            seen(session, &v6, (uint16_t)(1000 + user), SECOND + 1, SECOND);
    }
    struct swarm_wish wish = wish_of(1000, 200);
    assert_true(swarm_choose_compact(peers, swarm, &wish, true, &reply));
    assert_int_equal(reply.v4_count, 200);
    assert_in_range(reply.v6_count, 20, 100);
    bool given[301] = {false};
    for (unsigned i = 0; i < reply.v6_count; i++) {
        unsigned user = port_get(reply.v6[i].port) - 1000u;
        assert_memory_equal(reply.v6[i].ip, v6.bytes, 16);
        assert_true(user % 3 == 0 && user <= 300 && !given[user]);
        given[user] = true;
    }
    assert_true(swarm_choose_compact(peers, swarm, &wish, false, &reply));
    assert_int_equal(reply.v6_count, 0);
    wish.reach = REACH_v6;
    assert_false(swarm_choose_compact(peers, swarm, &wish, true, &reply));
    wish.reach = REACH_any;
    seen(join(400, false), &v4, 0, SECOND + 2, SECOND + 1);
    wish.end = swarm->count;
    assert_false(swarm_choose_compact(peers, swarm, &wish, true, &reply));
}

/* Here as many can be given as are wanted, without the asker's own. */
static void where_a_few_more_are_there_the_askers_own_cost_nobody_a_place(void **state)
{
    (void)state;
    for (unsigned user = 1; user <= 60; user++)
        join(user <= 5 ? 1 : user, false);
    for (unsigned round = 0; round < 100; round++)
        assert_int_equal(choose(1, 50), 50);
}

static int prepare_compact(void **state)
{
    compact = true;
    named = 0;
    return prepare(state);
}

static int prepare_places(void **state)
{
    compact = false;
    named = 0;
    return prepare(state);
}

int main(void)
{
#define BOTH(name)                                                                                                     \
    cmocka_unit_test_setup_teardown(name, prepare_places, tear_down),                                                  \
        cmocka_unit_test_setup_teardown(name, prepare_compact, tear_down)
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, tear_down)
    const struct CMUnitTest tests[] = {
        BOTH(nobody_gets_themselves_or_their_own_other_clients),
        BOTH(only_the_wished_part_is_given),
        BOTH(who_does_not_listen_is_not_given_out),
        BOTH(of_a_small_swarm_everybody_else_is_given),
        BOTH(each_is_given_at_most_once),
        BOTH(each_has_the_same_chance),
        BOTH(where_a_few_more_are_there_the_askers_own_cost_nobody_a_place),
        TEST(a_compact_answer_has_the_addresses_of_both_families),
        TEST(who_stands_beside_a_silent_peer_has_no_better_chance),
        TEST(as_many_as_are_wanted_are_found_among_few_of_a_family),
        TEST(what_is_hardly_there_is_not_looked_for_without_end),
        TEST(each_of_a_family_has_the_same_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
