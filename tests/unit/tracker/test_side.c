/* Records beside, and the numbered beginnings of peer_ids. */
#include "tests/unit/tracker/check.h"

#include "services/tracker/hash.h"
#include "services/tracker/prefixes.h"
#include "services/tracker/side.h"

#include <string.h>

struct record {
    uint32_t owner;
    uint64_t value;
};

static void each_owner_has_its_own_record_or_none(void **state)
{
    (void)state;
    enum { OWNERS = 3000 };
    static uint64_t expected[OWNERS + 1];
    struct side side;
    uint64_t random = 5;
    side_init(&side, sizeof(struct record));
    for (unsigned step = 1; step < 50000; step++) {
        uint32_t owner = 1 + (uint32_t)(hash_random(&random) % OWNERS);
        struct record *known = side_find(&side, owner);
        assert_int_equal(known != NULL ? known->value : 0, expected[owner]);
        if (step % 3 == 0) {
            side_drop(&side, owner);
            expected[owner] = 0;
        } else {
            struct record *made = side_make(&side, owner);
            assert_int_equal(made->owner, owner);
            assert_int_equal(made->value, expected[owner]);
            made->value = expected[owner] = step;
        }
    }
    side_clear(&side);
}

static void a_prefix_has_one_number_until_nobody_uses_it(void **state)
{
    (void)state;
    struct prefixes prefixes;
    const uint8_t *one = (const uint8_t *)"-qB4650-", *two = (const uint8_t *)"-TR3000-";
    prefixes_init(&prefixes, &(struct hash_key){1, 2});
    uint16_t number = prefixes_take(&prefixes, one);
    assert_int_equal(prefixes_take(&prefixes, one), number);
    uint16_t other = prefixes_take(&prefixes, two);
    assert_int_not_equal(other, number);
    assert_memory_equal(prefixes_at(&prefixes, number), one, PREFIX_SIZE);
    assert_memory_equal(prefixes_at(&prefixes, other), two, PREFIX_SIZE);
    prefixes_give(&prefixes, number);
    assert_int_equal(prefixes_take(&prefixes, one), number);
    prefixes_give(&prefixes, number);
    prefixes_give(&prefixes, number);
    assert_int_equal(prefixes_take(&prefixes, (const uint8_t *)"-DE2110-"), number);
    prefixes_clear(&prefixes);
}

static void there_are_so_many_numbers_and_no_more(void **state)
{
    (void)state;
    struct prefixes prefixes;
    uint8_t bytes[PREFIX_SIZE] = {0};
    prefixes_init(&prefixes, &(struct hash_key){1, 2});
    for (uint32_t i = 1; i <= PREFIXES_MAX; i++) {
        memcpy(bytes, &i, sizeof i);
        assert_int_equal(prefixes_take(&prefixes, bytes), i);
    }
    bytes[7] = 1;
    assert_int_equal(prefixes_take(&prefixes, bytes), PREFIX_NONE);
    prefixes_give(&prefixes, 77);
    assert_int_equal(prefixes_take(&prefixes, bytes), 77);
    assert_true(prefixes_bytes(&prefixes) < 4 << 20);
    prefixes_clear(&prefixes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_owner_has_its_own_record_or_none),
        cmocka_unit_test(a_prefix_has_one_number_until_nobody_uses_it),
        cmocka_unit_test(there_are_so_many_numbers_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
