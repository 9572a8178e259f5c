/* How many peers a member has in a swarm, whether they are counted or counts are kept. */
#include "tests/unit/tracker/swarm_world.h"

#include "services/tracker/crowd.h"

static struct crowd crowd;

static int prepare_crowd(void **state)
{
    prepare(state);
    crowd = (struct crowd){.sessions = sessions, .peers = peers, .key = {5, 6}};
    return 0;
}

static int tear_down_crowd(void **state)
{
    pairs_clear(&crowd.pairs);
    return tear_down(state);
}

static uint32_t enter(uint64_t user)
{
    uint32_t session = join(user, user % 2 == 0);
    crowd_joined(&crowd, torrent, member_of(user));
    return session;
}

static void leave(uint32_t session)
{
    uint32_t member = sessions_member(sessions, session);
    swarm_leave(peers, swarm, session);
    crowd_left(&crowd, torrent, member);
}

static void counts_are_those_of_a_plain_array(void **state)
{
    (void)state;
    enum { USERS = 40, MOST = 1500 };
    static uint32_t in[MOST];
    unsigned expected[USERS] = {0}, count = 0, crossings = 0;
    uint64_t random = 4;
    bool growing = true, counted = false;
    for (unsigned step = 0; step < 20000; step++) {
        growing = count == 0 || (growing ? count < 700 : count < 300);
        bool joins = count == 0 || hash_random(&random) % 10 < (growing ? 8 : 2);
        if (joins) {
            uint64_t user = hash_random(&random) % USERS;
            in[count++] = enter(user + 1);
            expected[user]++;
        } else {
            unsigned i = (unsigned)(hash_random(&random) % count);
            expected[registry_member_at(registry, sessions_member(sessions, in[i]))->user - 1]--;
            leave(in[i]);
            in[i] = in[--count];
        }
        crossings += counted != swarm->counted;
        counted = swarm->counted;
        uint64_t user = hash_random(&random) % USERS;
        assert_int_equal(crowd_count(&crowd, torrent, member_of(user + 1)), expected[user]);
    }
    assert_true(crossings >= 10);
    while (count > 0)
        leave(in[--count]);
    assert_int_equal(crowd.pairs.count, 0);
}

static void small_swarms_keep_no_counts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CROWD_COUNTED; i++)
        enter(i % 100 + 1);
    assert_int_equal(pairs_bytes(&crowd.pairs), 0);
    assert_int_equal(crowd_count(&crowd, torrent, member_of(1)), 6);
    enter(1);
    assert_true(pairs_bytes(&crowd.pairs) > 0);
    assert_int_equal(crowd_count(&crowd, torrent, member_of(1)), 7);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare_crowd, tear_down_crowd)
    const struct CMUnitTest tests[] = {
        TEST(counts_are_those_of_a_plain_array),
        TEST(small_swarms_keep_no_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
