/* Merkle roots, beside those that libtorrent makes of the same content (merkle_roots.py) and those of the definition.
 */
#include "services/common/arena.h"
#include "services/common/encode.h"
#include "services/common/merkle.h"
#include "tests/unit/common/unit.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

static char content[3 * 128 * 1024];

static void roots_are_those_of_libtorrent(void **state)
{
    (void)state;
    FILE *told = popen(MERKLE_ROOTS, "r");
    assert_non_null(told);
    size_t begin, size;
    uint64_t leaves;
    char expected[65];
    unsigned count = 0;
    for (; fscanf(told, "%zu %zu %" SCNu64 " %64s", &begin, &size, &leaves, expected) == 4; count++) {
        uint8_t root[MERKLE_SIZE];
        char text[65];
        assert_true(begin + size <= sizeof content);
        merkle_root(slice_of(content + begin, size), leaves, root);
        hex_write(slice_of(root, sizeof root), text);
        assert_string_equal(text, expected);
    }
    assert_int_equal(count, 17);
    assert_int_equal(pclose(told), 0);
}

/* What stands at `index` of the row that is `width` wide. */
static void by_definition(const uint8_t *row, size_t count, size_t width, size_t index, const uint8_t *pad,
                          uint8_t *into)
{
    uint8_t pair[2 * MERKLE_SIZE];
    if (width == 1) {
        memcpy(into, index < count ? row + index * MERKLE_SIZE : pad, MERKLE_SIZE);
        return;
    }
    by_definition(row, count, width / 2, index, pad, pair);
    by_definition(row, count, width / 2, index + width / 2, pad, pair + MERKLE_SIZE);
    assert_int_equal(EVP_Digest(pair, sizeof pair, into, NULL, EVP_sha256(), NULL), 1);
}

static void rows_of_any_length_are_filled_up(void **state)
{
    (void)state;
    const uint8_t *pad = (const uint8_t *)content + 50000;
    for (size_t width = 1; width <= 64; width *= 2)
        for (size_t count = 1; count <= width; count++) {
            uint8_t *row = mem_take((count + 1) * MERKLE_SIZE), root[MERKLE_SIZE];
            memcpy(row, content, count * MERKLE_SIZE);
            by_definition(row, count, width, 0, pad, root);
            merkle_fold(row, count, width, pad);
            assert_memory_equal(row, root, MERKLE_SIZE);
            free(row);
        }
}

static void a_width_is_the_next_power_of_two(void **state)
{
    (void)state;
    static const uint64_t widths[][2] = {{1, 1}, {2, 2}, {3, 4}, {4, 4}, {5, 8}, {4096, 4096}, {4097, 8192}};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        assert_int_equal(merkle_width(widths[i][0]), widths[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_libtorrent),
        cmocka_unit_test(rows_of_any_length_are_filled_up),
        cmocka_unit_test(a_width_is_the_next_power_of_two),
    };
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)(i * 31 + i / 251);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
