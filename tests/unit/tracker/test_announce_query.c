/* Query strings as clients send them (TRACKERS 6), and as they should not. */
#include "tests/unit/tracker/check.h"

#include "services/tracker/announce_query.h"
#include "services/tracker/query.h"

#include <stdio.h>

#define KEY "abcdefghijklmnopqrstuvwxyz234567"
#define HASH "info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%ab%cd%ef%124Vx%9a"
#define PEER "peer_id=-qB4240-KB72l4CJR7~P"

static struct announce ask;

static const char *read_query(const char *query)
{
    return announce_query_read(slice_text(KEY), slice_text(query), &ask);
}

/* A sound announce with one more parameter. */
static const char *read_with(const char *name, const char *value)
{
    char query[256];
    snprintf(query, sizeof query, "%s&%s=%s", HASH "&" PEER "&port=1", name, value);
    return read_query(query);
}

static void what_libtorrent_sends_is_read(void **state)
{
    (void)state;
    static const uint8_t hash[] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf1, 0x23, 0x45,
                                   0x67, 0x89, 0xab, 0xcd, 0xef, 0x12, 0x34, 0x56, 0x78, 0x9a};
    assert_null(read_query(HASH "&" PEER "&port=6881&uploaded=1&downloaded=2&left=3&corrupt=0&key=0A1B2C3D"
                                "&event=started&numwant=200&compact=1&no_peer_id=1&supportcrypto=1&redundant=0"
                                "&ipv6=2001%3Adb8%3A%3A1&ipv6=fe80%3A%3A1&ipv4=10.0.0.1&ip=1.2.3.4"));
    assert_memory_equal(ask.info_hash, hash, sizeof hash);
    assert_memory_equal(ask.peer_id, "-qB4240-KB72l4CJR7~P", 20);
    assert_memory_equal(ask.passkey, KEY, 32);
    assert_int_equal(ask.port, 6881);
    assert_true(ask.up_known && ask.down_known && ask.left_known);
    assert_int_equal(ask.up, 1);
    assert_int_equal(ask.down, 2);
    assert_int_equal(ask.left, 3);
    assert_int_equal(ask.numwant, 200);
    assert_int_equal(ask.event, EVENT_started);
    assert_true(ask.compact && ask.no_peer_id);
    assert_int_equal(ask.address.family, FAMILY_none);
}

static void a_plus_stands_for_itself_and_unreserved_bytes_may_be_raw(void **state)
{
    (void)state;
    assert_null(read_query(HASH "&port=1&peer_id=-XX0000-+.!~*()_-%6F,;"));
    assert_memory_equal(ask.peer_id, "-XX0000-+.!~*()_-o,;", 20);
}

static void stray_separators_and_bare_parameters_do_no_harm(void **state)
{
    (void)state;
    assert_null(read_query("&&left&a&" HASH "&b=&" PEER "&&port=1?uploaded=7&"));
    assert_int_equal(ask.up, 7);
    assert_false(ask.left_known);
    assert_false(ask.down_known);
}

static void parameter_names_are_compared_decoded(void **state)
{
    (void)state;
    assert_null(read_query(HASH "&" PEER "&p%6Frt=77"));
    assert_int_equal(ask.port, 77);
}

static void events_that_are_none_are_none(void **state)
{
    (void)state;
    static const char *const none[] = {"", "none", "empty", "update", "STARTED"};
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_null(read_with("event", none[i]));
        assert_int_equal(ask.event, EVENT_none);
    }
    assert_null(read_query(HASH "&" PEER "&port=1&event=paused"));
    assert_int_equal(ask.event, EVENT_paused);
}

static void left_may_be_huge_or_unknown_but_never_zero_by_mistake(void **state)
{
    (void)state;
    assert_null(read_query(HASH "&" PEER "&port=1&left=9223372036854775807"));
    assert_true(ask.left_known && ask.left == INT64_MAX);
    static const char *const unknown[] = {"", "-1", "18446744073709551615", "abc"};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        assert_null(read_with("left", unknown[i]));
        assert_false(ask.left_known);
    }
}

static void numwant_is_capped_and_has_a_default(void **state)
{
    (void)state;
    static const struct {
        const char *said;
        unsigned means;
    } cases[] = {{"0", 0}, {"-1", 50}, {"", 50}, {"80", 80}, {"200", 200}, {"4294967295", 200}, {"many", 50}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_null(read_with("numwant", cases[i].said));
        assert_int_equal(ask.numwant, cases[i].means);
    }
}

static void who_stops_wants_nobody_and_needs_no_port(void **state)
{
    (void)state;
    assert_null(read_query(HASH "&" PEER "&event=stopped&port=0&numwant=50"));
    assert_int_equal(ask.numwant, 0);
    assert_int_equal(ask.port, 0);
    assert_null(read_query(HASH "&" PEER "&event=stopped"));
    assert_null(read_query(HASH "&" PEER "&port=&event=stopped")); /* or its last bytes would be lost */
    assert_null(read_query(HASH "&" PEER "&event=stopped&port=70000"));
    assert_non_null(read_query(HASH "&" PEER "&event=started&port="));
    assert_non_null(read_query(HASH "&port=1&peer_id=short&event=stopped"));
    assert_int_equal(ask.event, EVENT_stopped);
    assert_non_null(read_query(HASH "&" PEER));
    assert_null(read_query(HASH "&" PEER "&port=-1"));
    assert_int_equal(ask.port, 0);
}

static void each_thing_that_is_wrong_is_said_in_below_64_bytes(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        PEER "&port=1",                   /* no hash */
        HASH "&port=1",                   /* no peer_id */
        HASH "&" HASH "&" PEER "&port=1", /* two hashes */
        "info_hash=short&" PEER "&port=1",
        "info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%ab%cd%ef%124Vx%9a%00&" PEER "&port=1", /* 21 bytes */
        "info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%ab%cd%ef%124Vx%9&" PEER "&port=1",     /* a cut escape */
        "info_hash=%g24Vx%9A%BC%DE%F1%23Eg%89%ab%cd%ef%124Vx%9a&" PEER "&port=1",    /* not hex */
        HASH "&peer_id=-qB4240-KB72l4CJR7~PX&port=1",
        HASH "&" PEER "&port=65536",
        HASH "&" PEER "&port=http",
        HASH "&" PEER "&port=1&uploaded=-1",
        HASH "&" PEER "&port=1&uploaded=9223372036854775808",
        HASH "&" PEER "&port=1&downloaded=1e3",
    };
    assert_null(read_query(HASH "&" PEER "&port=1"));
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const char *said = read_query(wrong[i]);
        assert_non_null(said);
        assert_true(strlen(said) < 64);
    }
}

static void a_query_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    static char query[QUERY_MAX + 2];
    memset(query, '&', sizeof query - 1);
    memcpy(query, HASH "&" PEER "&port=1", strlen(HASH "&" PEER "&port=1"));
    query[QUERY_MAX] = '\0';
    assert_null(read_query(query));
    query[QUERY_MAX] = '&';
    assert_non_null(read_query(query));
}

static void a_passkey_has_32_letters(void **state)
{
    (void)state;
    const char *query = HASH "&" PEER "&port=1";
    assert_null(announce_query_read(slice_text(KEY), slice_text(query), &ask));
    assert_non_null(announce_query_read(slice_text(KEY "x"), slice_text(query), &ask));
    assert_non_null(announce_query_read(slice_text(""), slice_text(query), &ask));
}

static void paths_are_found_with_doubled_slashes_and_spaces(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum query_path what;
        const char *passkey;
    } cases[] = {
        {"/" KEY "/announce", PATH_announce, KEY},
        {"//" KEY "//announce", PATH_announce, KEY},
        {"/" KEY "/announce ", PATH_announce, KEY},
        {"/" KEY "/announce%20", PATH_announce, KEY},
        {"/" KEY "/announce/", PATH_announce, KEY},
        {"/" KEY "/scrape", PATH_scrape, KEY},
        {"/announce", PATH_announce, ""},
        {"/scrape", PATH_scrape, ""},
        {"/", PATH_other, ""},
        {"", PATH_other, ""},
        {"/" KEY, PATH_other, ""},
        {"/" KEY "/announce/more", PATH_other, NULL},
        {"/" KEY "/announces", PATH_other, NULL},
        {"*", PATH_other, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice passkey;
        assert_int_equal(query_path(slice_text(cases[i].path), &passkey), cases[i].what);
        if (cases[i].passkey != NULL)
            assert_true(slice_is(passkey, cases[i].passkey));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_libtorrent_sends_is_read),
        cmocka_unit_test(a_plus_stands_for_itself_and_unreserved_bytes_may_be_raw),
        cmocka_unit_test(stray_separators_and_bare_parameters_do_no_harm),
        cmocka_unit_test(parameter_names_are_compared_decoded),
        cmocka_unit_test(events_that_are_none_are_none),
        cmocka_unit_test(left_may_be_huge_or_unknown_but_never_zero_by_mistake),
        cmocka_unit_test(numwant_is_capped_and_has_a_default),
        cmocka_unit_test(who_stops_wants_nobody_and_needs_no_port),
        cmocka_unit_test(each_thing_that_is_wrong_is_said_in_below_64_bytes),
        cmocka_unit_test(a_query_beyond_the_limit_is_refused),
        cmocka_unit_test(a_passkey_has_32_letters),
        cmocka_unit_test(paths_are_found_with_doubled_slashes_and_spaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
