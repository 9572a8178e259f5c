#include "services/common/arena.h"
#include "tests/unit/common/unit.h"

#include <stdalign.h>
#include <stdlib.h>

static void what_is_taken_is_zeroed_and_aligned(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 300; size++) {
            unsigned char *at = arena_take(arena, size);
            assert_int_equal((uintptr_t)at % alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(at[i], 0);
            memset(at, 0xff, size);
        }
        arena_reset(arena);
    }
    arena_destroy(&arena);
    assert_null(arena);
}

static void what_is_larger_than_a_block_fits_too(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    char *small = arena_take(arena, 10);
    memset(small, 'a', 10);
    char *large = arena_take(arena, 1 << 20);
    memset(large, 'b', 1 << 20);
    memset(arena_take(arena, 100), 'c', 100);
    for (int i = 0; i < 10; i++)
        assert_int_equal(small[i], 'a');
    for (int i = 0; i < 1 << 20; i++)
        assert_int_equal(large[i], 'b');
    arena_destroy(&arena);
}

static void a_copy_ends_in_nul_and_is_its_own(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    char text[] = "with\0nul";
    struct slice copy = arena_copy(arena, slice_of(text, 8));
    memset(text, 'x', 8);
    assert_slice(copy, "with\0nul");
    assert_int_equal(copy.at[8], 0);
    assert_int_equal(arena_copy(arena, (struct slice){0}).size, 0);
    assert_string_equal(arena_print(arena, "%d %s", 7, "days"), "7 days");
    arena_destroy(&arena);
}

static void memory_of_no_bytes_is_not_null(void **state)
{
    (void)state;
    void *none = mem_take(0), *zero = mem_zero(0, 8);
    assert_non_null(none);
    assert_non_null(zero);
    none = mem_grow(none, 100);
    char *text = mem_text(S("text"));
    assert_string_equal(text, "text");
    free(text);
    free(none);
    free(zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_is_zeroed_and_aligned),
        cmocka_unit_test(what_is_larger_than_a_block_fits_too),
        cmocka_unit_test(a_copy_ends_in_nul_and_is_its_own),
        cmocka_unit_test(memory_of_no_bytes_is_not_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
