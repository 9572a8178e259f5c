#include "services/common/slab.h"
#include "tests/unit/common/unit.h"

#include <string.h>

enum { RECORD = 56, MANY = 200000 }; /* 11 MB */

static void fill(struct slab *slab, uint32_t handle)
{
    memset(slab_at(slab, handle), (int)(handle % 251 + 1), RECORD);
}

static bool is_filled(const struct slab *slab, uint32_t handle)
{
    const uint8_t *at = slab_at(slab, handle);
    return at[0] == handle % 251 + 1 && memcmp(at, at + 1, RECORD - 1) == 0;
}

static void records_stay_where_and_what_they_are(void **state)
{
    (void)state;
    struct slab slab;
    slab_init(&slab, RECORD);
    uint32_t first = slab_take(&slab);
    const void *place = slab_at(&slab, first);
    fill(&slab, first);
    for (uint32_t i = 1; i < MANY; i++)
        fill(&slab, slab_take(&slab));
    assert_ptr_equal(slab_at(&slab, first), place);
    for (uint32_t handle = 1; handle <= MANY; handle++)
        assert_true(is_filled(&slab, handle));
    assert_int_equal(slab.live, MANY);
    assert_in_range(slab_bytes(&slab), MANY * RECORD, MANY * RECORD + 100);
    slab_clear(&slab);
    assert_int_equal(slab.live, 0);
    slab_clear(&slab);
}

static void what_is_given_back_is_zero_and_taken_again(void **state)
{
    (void)state;
    static const uint8_t zero[RECORD];
    struct slab slab;
    slab_init(&slab, RECORD);
    for (unsigned i = 0; i < 1000; i++)
        fill(&slab, slab_take(&slab));
    slab_give(&slab, 7);
    slab_give(&slab, 990);
    assert_memory_equal(slab_at(&slab, 7), zero, RECORD);
    assert_int_equal(slab.live, 998);
    assert_int_equal(slab_take(&slab), 990);
    assert_int_equal(slab_take(&slab), 7);
    assert_memory_equal(slab_at(&slab, 990), zero, RECORD);
    assert_int_equal(slab_take(&slab), 1001);
    slab_clear(&slab);
}

static void room_may_be_made_for_all_at_once(void **state)
{
    (void)state;
    struct slab slab;
    slab_init(&slab, RECORD);
    slab_make_room(&slab, MANY + 1);
    slab.top = MANY + 1;
    slab.live = MANY;
    for (uint32_t handle = 1; handle <= MANY; handle++)
        fill(&slab, handle);
    uint32_t next = slab_take(&slab);
    assert_int_equal(next, MANY + 1);
    assert_true(is_filled(&slab, MANY) && is_filled(&slab, 1));
    slab_clear(&slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_stay_where_and_what_they_are),
        cmocka_unit_test(what_is_given_back_is_zero_and_taken_again),
        cmocka_unit_test(room_may_be_made_for_all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
