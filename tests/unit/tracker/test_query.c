#include "services/tracker/query.h"
#include "tests/unit/tracker/check.h"

static struct slice path, query;

static void cut(const char *target)
{
    query_target(slice_text(target), &path, &query);
}

static void a_target_is_cut_at_its_first_question_mark(void **state)
{
    (void)state;
    cut("/key/announce?a=1?b=2");
    assert_true(slice_is(path, "/key/announce") && slice_is(query, "a=1?b=2"));
    cut("/key/announce");
    assert_true(slice_is(path, "/key/announce") && query.size == 0);
    cut("");
    assert_true(path.size == 0 && query.size == 0);
}

static void the_absolute_form_means_the_same(void **state)
{
    (void)state;
    cut("http://tracker.example:6969/key/announce?a=1");
    assert_true(slice_is(path, "/key/announce") && slice_is(query, "a=1"));
    cut("http://tracker.example");
    assert_true(path.size == 0 && query.size == 0);
    cut("/key/announce?url=http://x/"); /* not in a query */
    assert_true(slice_is(path, "/key/announce") && slice_is(query, "url=http://x/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_cut_at_its_first_question_mark),
        cmocka_unit_test(the_absolute_form_means_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
