/* Which clients may take part: prefixes, versions, lists that allow and lists that deny. */
#include "tests/unit/tracker/check.h"

#include "services/tracker/clients.h"

static struct clients clients;

static int tear_down(void **state)
{
    (void)state;
    clients_clear(&clients);
    return 0;
}

static void rule(uint64_t id, const char *prefix, const char *low, const char *high, bool allowed, const char *reason)
{
    clients_apply(&clients, &(struct client_fact){.rule = id,
                                                  .prefix = slice_text(prefix),
                                                  .low = slice_text(low),
                                                  .high = slice_text(high),
                                                  .allowed = allowed,
                                                  .reason = slice_text(reason),
                                                  .active = true});
}

static const char *ask(const char *peer_id)
{
    return clients_refusal(&clients, (const uint8_t *)peer_id);
}

#define QB(version) "-qB" version "-aaaaaaaaaaaa"
#define TR(version) "-TR" version "-aaaaaaaaaaaa"

static void without_rules_everybody_may(void **state)
{
    (void)state;
    assert_null(ask(QB("4500")));
    assert_null(ask("\xff\x00\x01 binary peer id   "));
}

static void a_denied_client_is_told_what_to_do_and_the_others_may(void **state)
{
    (void)state;
    rule(1, "-XL", "", "", false, "Xunlei is not allowed: use qBittorrent");
    rule(2, "-SP", "", "", false, "");
    assert_string_equal(ask("-XL0012-aaaaaaaaaaaa"), "Xunlei is not allowed: use qBittorrent");
    assert_true(strlen(ask("-SP0012-aaaaaaaaaaaa")) < FAILURE_MAX);
    assert_null(ask(QB("4500")));
}

static void once_one_is_allowed_the_rest_is_not(void **state)
{
    (void)state;
    rule(1, "-qB", "", "", true, "");
    assert_null(ask(QB("4500")));
    assert_non_null(ask(TR("4000")));
    rule(2, "-TR", "", "", true, "");
    assert_null(ask(TR("4000")));
}

static void versions_are_ranges_with_both_ends(void **state)
{
    (void)state;
    rule(1, "-qB", "", "", true, "");
    rule(2, "-qB", "", "43", false, "qBittorrent is too old: update it to 4.4");
    rule(3, "-TR", "3000", "4050", true, "");
    assert_non_null(ask(QB("4290")));
    assert_non_null(ask(QB("4399")));
    assert_null(ask(QB("4400")));
    assert_null(ask(QB("4A00")));
    assert_non_null(ask(TR("2940")));
    assert_null(ask(TR("3000")));
    assert_null(ask(TR("4050")));
    assert_non_null(ask(TR("4051")));
}

static void the_longest_prefix_decides(void **state)
{
    (void)state;
    rule(1, "-qB", "", "", true, "");
    rule(2, "-qB4500", "", "", false, "4.5.0 reports wrongly: update");
    assert_non_null(ask(QB("4500")));
    assert_null(ask(QB("4501")));
}

static void a_rule_taken_back_is_gone(void **state)
{
    (void)state;
    rule(1, "-qB", "", "", true, "");
    rule(1, "-TR", "", "", true, "");
    assert_non_null(ask(QB("4500")));
    clients_apply(&clients, &(struct client_fact){.rule = 1, .prefix = slice_text("-TR"), .active = false});
    assert_null(ask(QB("4500")));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(without_rules_everybody_may),         TEST(a_denied_client_is_told_what_to_do_and_the_others_may),
        TEST(once_one_is_allowed_the_rest_is_not), TEST(versions_are_ranges_with_both_ends),
        TEST(the_longest_prefix_decides),          TEST(a_rule_taken_back_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
