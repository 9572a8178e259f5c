/* The index of sessions against a plain array. */
#include "tests/unit/tracker/check.h"

#include "services/tracker/hash.h"
#include "services/tracker/index.h"

#include <string.h>

#define HANDLES 60000u

static unsigned hashed; /* how often a hash was asked for */

/* Few parts, so that they are large; and hashes that come twice. */
static uint64_t hash_at(const void *arg, uint32_t handle)
{
    uint64_t state = handle / 2 + 1;
    const uint64_t *parts = arg;
    hashed++;
    return hash_random(&state) & (UINT64_MAX >> *parts);
}

static bool has(const struct index *finder, uint64_t hash, uint32_t handle)
{
    unsigned times = 0;
    uint32_t at;
    for (uint32_t place = 0; (at = index_next(finder, hash, &place)) != 0;)
        times += at == handle;
    assert_true(times <= 1);
    return times == 1;
}

static void what_was_added_and_not_removed_is_found(void **state)
{
    (void)state;
    const uint64_t parts = 9;
    static bool in[HANDLES + 1];
    struct index finder;
    uint64_t random = 99;
    index_init(&finder, hash_at, &parts);
    for (unsigned step = 0; step < 300000; step++) {
        uint32_t handle = 1 + (uint32_t)(hash_random(&random) % HANDLES);
        if (in[handle])
            index_remove(&finder, hash_at(&parts, handle), handle);
        else
            index_add(&finder, hash_at(&parts, handle), handle);
        in[handle] = !in[handle];
        handle = 1 + (uint32_t)(hash_random(&random) % HANDLES);
        assert_int_equal(has(&finder, hash_at(&parts, handle), handle), in[handle]);
    }
    for (uint32_t handle = 1; handle <= HANDLES; handle++)
        assert_int_equal(has(&finder, hash_at(&parts, handle), handle), in[handle]);
    index_clear(&finder);
}

/* What an announce may have to wait for: the records of one part are read again. */
static void no_step_takes_long(void **state)
{
    (void)state;
    const uint64_t parts = 0;
    struct index finder;
    unsigned most = 0;
    index_init(&finder, hash_at, &parts);
    for (uint32_t handle = 1; handle <= 500000; handle++) {
        hashed = 0;
        uint64_t hash = hash_at(&parts, handle);
        index_add(&finder, hash, handle);
        most = hashed > most ? hashed : most;
    }
    assert_true(most < 1000);
    double each = (double)index_bytes(&finder) / 500000;
    print_message("a place in the index costs %.2f bytes\n", each);
    assert_true(each < 6);
    index_clear(&finder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_and_not_removed_is_found),
        cmocka_unit_test(no_step_takes_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
