/* Queries as PostgreSQL writes them, and how much they are expected to find. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/likely.h"
#include "services/catalog/memo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct likely_word words[] = {
    {{"album=war", 9}, 0.01}, {{"format=FLAC", 11}, 0.9}, {{"format=MP3", 10}, 0.5}, {{"war", 3}, 0.02}};
static const struct likely likely = {.of = words, .count = sizeof words / sizeof *words};

static int start(void **state)
{
    *state = arena_new();
    return 0;
}

static int end(void **state)
{
    struct arena *arena = *state;
    arena_destroy(&arena);
    return 0;
}

/* Brackets around each that has others in it. */
static const char *shown(const struct tsquery *query, struct arena *arena)
{
    static const char *const signs[] = {[TSQUERY_and] = "&", [TSQUERY_or] = "|", [TSQUERY_phrase] = "-"};
    if (query->kind == TSQUERY_word)
        return arena_print(arena, "%s%s", query->word.at, query->begins ? "*" : "");
    if (query->kind == TSQUERY_not)
        return arena_print(arena, "!%s", shown(query->left, arena));
    return arena_print(arena, "(%s%s%s)", shown(query->left, arena), signs[query->kind], shown(query->right, arena));
}

static void queries_are_read_as_postgresql_writes_them(void **state)
{
    struct arena *arena = *state;
    static const char *const read[][2] = {
        {"'war'", "war"},
        {"'a' & 'b' | 'c'", "((a&b)|c)"},
        {"'a' & ( 'b' | 'c' )", "(a&(b|c))"},
        {"!'a' & 'b':*", "(!a&b*)"},
        {"!( 'a' & 'b' )", "!(a&b)"},
        {"'a' <-> 'b' <2> 'c' & 'd'", "(((a-b)-c)&d)"},
        {"'=' <0> !'it''s \\\\ so':*", "(=-!it's \\ so*)"},
    };
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        assert_string_equal(shown(tsquery_read(slice_text(read[i][0]), arena), arena), read[i][1]);
    assert_null(tsquery_read((struct slice){0}, arena));
}

static void what_is_expected_follows_from_each_word(void **state)
{
    struct arena *arena = *state;
    const struct {
        const char *query;
        double share, read;
    } asked[] = {
        {"'war'", 0.02, 0.02},
        {"!'war'", 0.98, 1},
        {"'war' & 'format=FLAC'", 0.018, 0.02},
        {"'format=FLAC' <0> 'format=MP3'", 0.45, 0.5},
        {"'war' | 'format=MP3'", 0.51, 0.52},
        {"'format=FLAC' | 'format=MP3'", 0.95, 1},
        {"'seldom'", 0.01 / 16, 0.01 / 16},
        {"'nothing':*", 0.001, 0.001},
        {"'war':*", 0.02 + 0.99 * 0.1 * 0.5 * 0.98 / 4, 0.02 + 0.99 * 0.1 * 0.5 * 0.98 / 4},
    };
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const struct tsquery *query = tsquery_read(slice_text(asked[i].query), arena);
        assert_true(fabs(likely_share(&likely, query) - asked[i].share) < 1e-9);
        assert_true(fabs(likely_read(&likely, query) - asked[i].read) < 1e-9);
    }
    const struct likely nothing = {0};
    assert_true(likely_share(&nothing, tsquery_read(slice_text("'war'"), arena)) <= 0.001);
    assert_true(likely_share(&nothing, tsquery_read(slice_text("'war':*"), arena)) <= 0.001);
}

static void answers_are_kept_by_what_was_asked(void **state)
{
    struct arena *arena = *state;
    static struct memo memo;
    char large[MEMO_BYTES_MOST] = {0};
    memo_keep(&memo, slice_text("one"), slice_text("1"));
    assert_true(slice_is(memo_find(&memo, slice_text("one")), "1"));
    memo_keep(&memo, slice_text("one"), slice_text("first"));
    assert_true(slice_is(memo_find(&memo, slice_text("one")), "first"));
    assert_int_equal(memo_find(&memo, slice_text("two")).size, 0);
    memo_keep(&memo, slice_text("two"), slice_of(large, sizeof large));
    assert_int_equal(memo_find(&memo, slice_text("two")).size, 0);
    size_t kept = 0;
    for (int i = 0; i < 4 * MEMO_PLACES; i++)
        memo_keep(&memo, slice_text(arena_print(arena, "%d", i)), slice_text(arena_print(arena, "%d", -i)));
    for (int i = 0; i < 4 * MEMO_PLACES; i++) {
        struct slice told = memo_find(&memo, slice_text(arena_print(arena, "%d", i)));
        assert_true(told.size == 0 || slice_is(told, arena_print(arena, "%d", -i)));
        kept += told.size > 0;
    }
    assert_in_range(kept, 1, MEMO_PLACES);
    for (size_t i = 0; i < MEMO_PLACES; i++)
        free(memo.places[i].at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(queries_are_read_as_postgresql_writes_them, start, end),
        cmocka_unit_test_setup_teardown(what_is_expected_follows_from_each_word, start, end),
        cmocka_unit_test_setup_teardown(answers_are_kept_by_what_was_asked, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
