/* Counts of peers by member and torrent, against a plain array. */
#include "tests/unit/tracker/check.h"

#include "services/tracker/pairs.h"

#define MEMBERS 40
#define TORRENTS 25

static void counts_are_those_of_a_plain_array(void **state)
{
    (void)state;
    static unsigned expected[MEMBERS][TORRENTS];
    struct pairs pairs = {0};
    const struct hash_key key = {1, 2};
    uint64_t random = 88;
    for (unsigned step = 0; step < 50000; step++) {
        uint64_t drawn = hash_random(&random);
        unsigned member = drawn % MEMBERS, torrent = drawn / MEMBERS % TORRENTS;
        uint64_t pair = pairs_key(&key, member, torrent);
        assert_int_equal(pairs_get(&pairs, pair), expected[member][torrent]);
        if (expected[member][torrent] > 0 && (drawn >> 40) % 100 < 55) {
            pairs_remove(&pairs, pair);
            expected[member][torrent]--;
        } else {
            pairs_add(&pairs, pair);
            expected[member][torrent]++;
        }
    }
    for (unsigned member = 0; member < MEMBERS; member++)
        for (unsigned torrent = 0; torrent < TORRENTS; torrent++)
            for (; expected[member][torrent] > 0; expected[member][torrent]--)
                pairs_remove(&pairs, pairs_key(&key, member, torrent));
    assert_int_equal(pairs.count, 0);
    pairs_clear(&pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_are_those_of_a_plain_array)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
