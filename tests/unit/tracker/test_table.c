/* The table of handles against a plain array, the slab and the ring. */
#include "tests/unit/tracker/check.h"

#include "services/common/slab.h"
#include "services/common/table.h"
#include "services/tracker/hash.h"
#include "services/tracker/ring.h"

#include <string.h>

static bool table_has(const struct table *table, uint64_t hash, uint32_t handle)
{
    uint32_t at;
    for (uint32_t place = 0; (at = table_next(table, hash, &place)) != 0;)
        if (at == handle)
            return true;
    return false;
}

/* Few different hashes, so that runs are long and holes fall inside them. */
static void a_table_finds_what_was_added_and_not_removed(void **state)
{
    (void)state;
    enum { HANDLES = 500 };
    struct table table = {0};
    bool in[HANDLES + 1] = {false};
    uint64_t random = 99;
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t handle = 1 + (uint32_t)(hash_random(&random) % HANDLES);
        uint64_t hash = handle % 37 * 3;
        if (in[handle])
            table_remove(&table, hash, handle);
        else
            table_add(&table, hash, handle);
        in[handle] = !in[handle];
        handle = 1 + (uint32_t)(hash_random(&random) % HANDLES);
        assert_int_equal(table_has(&table, handle % 37 * 3, handle), in[handle]);
    }
    for (uint32_t handle = 1; handle <= HANDLES; handle++)
        assert_int_equal(table_has(&table, handle % 37 * 3, handle), in[handle]);
    table_clear(&table);
}

static void a_handle_may_stand_under_two_hashes(void **state)
{
    (void)state;
    struct table table = {0};
    table_add(&table, 5, 1);
    table_add(&table, 4, 2);
    table_add(&table, 4, 1);
    table_remove(&table, 4, 1);
    assert_true(table_has(&table, 5, 1));
    assert_false(table_has(&table, 4, 1));
    table_remove(&table, 5, 1);
    assert_true(table_has(&table, 4, 2));
    table_clear(&table);
}

static void records_stay_where_they_are_and_come_back_zeroed(void **state)
{
    (void)state;
    struct slab slab;
    slab_init(&slab, sizeof(uint64_t));
    uint32_t first = slab_take(&slab);
    uint64_t *at = slab_at(&slab, first);
    *at = 77;
    for (unsigned i = 0; i < 10000; i++)
        assert_int_not_equal(slab_take(&slab), first);
    assert_ptr_equal(slab_at(&slab, first), at);
    assert_int_equal(*at, 77);
    slab_give(&slab, first);
    assert_int_equal(slab_take(&slab), first);
    assert_int_equal(*at, 0);
    assert_int_equal(slab.live, 10001);
    slab_clear(&slab);
}

static void a_ring_gives_in_the_order_it_got(void **state)
{
    (void)state;
    struct ring ring;
    ring_init(&ring, sizeof(unsigned));
    unsigned in = 0, out = 0;
    uint64_t random = 5;
    for (unsigned step = 0; step < 5000; step++) {
        for (unsigned count = (unsigned)(hash_random(&random) % 50); count > 0; count--, in++)
            ring_push(&ring, &in);
        size_t drop = hash_random(&random) % (ring.count + 1);
        for (size_t i = 0; i < drop; i++, out++)
            assert_int_equal(*(unsigned *)ring_at(&ring, i), out);
        ring_drop(&ring, drop);
    }
    ring_drop(&ring, ring.count);
    ring_clear(&ring);
}

static void hashes_depend_on_key_bytes_and_size(void **state)
{
    (void)state;
    struct hash_key one = {1, 2}, two = {1, 3};
    char zeros[32] = {0};
    uint64_t hash = hash_of(&one, zeros, 20);
    assert_true(hash == hash_of(&one, zeros, 20));
    assert_true(hash != hash_of(&two, zeros, 20));
    assert_true(hash != hash_of(&one, zeros, 21));
    zeros[19] = 1;
    assert_true(hash != hash_of(&one, zeros, 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_finds_what_was_added_and_not_removed),
        cmocka_unit_test(a_handle_may_stand_under_two_hashes),
        cmocka_unit_test(records_stay_where_they_are_and_come_back_zeroed),
        cmocka_unit_test(a_ring_gives_in_the_order_it_got),
        cmocka_unit_test(hashes_depend_on_key_bytes_and_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
