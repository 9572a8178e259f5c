/* Paths to pages. */
#include "tests/unit/web/cmocka_all.h"

#include "services/web/route.h"

static void page(struct visit *visit)
{
    (void)visit;
}

static const struct route table[] = {
    {"GET", "/", FOR_member, GUARD_none, NO_TOKEN, page},
    {"GET", "/sign-in", FOR_anyone, GUARD_none, NO_TOKEN, page},
    {"POST", "/sign-in", FOR_anyone, GUARD_csrf, NO_TOKEN, page},
    {"GET", "/torrent/:id.torrent", FOR_member, GUARD_none, TOKEN, page},
    {"POST", "/only-post", FOR_member, GUARD_csrf, NO_TOKEN, page},
    {"GET", "/:plugin", FOR_member, GUARD_none, NO_TOKEN, page},
    {"GET", "/:plugin/:level/:id", FOR_member, GUARD_none, NO_TOKEN, page},
};

static struct arena *arena;
static struct slice params[ROUTE_PARAMS_MAX];
static const struct route *route;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(&arena);
    return 0;
}

static enum route_found find(const char *method, const char *path)
{
    return route_find(table, sizeof table / sizeof *table, slice_text(method), slice_text(path), arena, &route, params);
}

static void the_first_that_fits_is_taken(void **state)
{
    (void)state;
    assert_int_equal(find("GET", "/"), ROUTE_found);
    assert_ptr_equal(route, &table[0]);
    assert_int_equal(find("GET", "/sign-in"), ROUTE_found);
    assert_ptr_equal(route, &table[1]);
    assert_int_equal(find("POST", "/sign-in"), ROUTE_found);
    assert_ptr_equal(route, &table[2]);
    assert_int_equal(find("GET", "/music"), ROUTE_found);
    assert_ptr_equal(route, &table[5]);
}

static void parameters_come_decoded_in_order(void **state)
{
    (void)state;
    assert_int_equal(find("GET", "/music/album/12"), ROUTE_found);
    assert_slice(params[0], "music");
    assert_slice(params[1], "album");
    assert_slice(params[2], "12");
    assert_int_equal(find("GET", "/caf%C3%A9"), ROUTE_found);
    assert_slice(params[0], "caf\xc3\xa9");
}

static void a_parameter_may_have_an_end(void **state)
{
    (void)state;
    assert_int_equal(find("GET", "/torrent/34.torrent"), ROUTE_found);
    assert_ptr_equal(route, &table[3]);
    assert_slice(params[0], "34");
    assert_int_equal(find("GET", "/torrent/.torrent"), ROUTE_none);
    assert_int_equal(find("GET", "/torrent/34"), ROUTE_none);
}

static void head_is_answered_as_get(void **state)
{
    (void)state;
    assert_int_equal(find("HEAD", "/sign-in"), ROUTE_found);
    assert_ptr_equal(route, &table[1]);
}

static void another_method_is_told_from_no_page(void **state)
{
    (void)state;
    assert_int_equal(find("POST", "/"), ROUTE_other_method);
    assert_int_equal(find("DELETE", "/sign-in"), ROUTE_other_method);
    assert_int_equal(find("GET", "/a/b"), ROUTE_none);
    assert_int_equal(find("GET", "/music/album/12/13"), ROUTE_none);
    assert_int_equal(find("GET", "//"), ROUTE_none);
    assert_int_equal(find("GET", "/sign-in/"), ROUTE_none);
    assert_int_equal(find("GET", ""), ROUTE_none);
    assert_int_equal(find("GET", "music"), ROUTE_none);
    assert_int_equal(find("OPTIONS", "*"), ROUTE_none);
}

static void a_path_that_is_no_text_is_no_page(void **state)
{
    (void)state;
    assert_int_equal(find("GET", "/%ff"), ROUTE_none);
    assert_int_equal(find("GET", "/%00"), ROUTE_none);
    assert_int_equal(find("GET", "/%4"), ROUTE_none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_fits_is_taken),        cmocka_unit_test(parameters_come_decoded_in_order),
        cmocka_unit_test(a_parameter_may_have_an_end),         cmocka_unit_test(head_is_answered_as_get),
        cmocka_unit_test(another_method_is_told_from_no_page), cmocka_unit_test(a_path_that_is_no_text_is_no_page),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
