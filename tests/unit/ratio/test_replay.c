/* djembe-ratio --replay: input, time and settings (Q1-Q7), and answers (Q30-Q32), as text goes in and comes out. */
#include "services/ratio/replay/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *out, *err;
static int status;

/* Replays lines, each without its end, under settings apart by spaces. */
static void replay(const char *sets, const char *text)
{
    struct rules_settings settings = rules_settings_standard();
    struct fault why;
    size_t size;
    free(out);
    free(err);
    char *copy = strdup(sets), *rest = copy;
    for (char *pair; (pair = strsep(&rest, " ")) != NULL;)
        if (*pair != '\0')
            assert_true(rules_settings_set(&settings, pair, &why));
    free(copy);
    FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    FILE *answers = open_memstream(&out, &size), *errors = open_memstream(&err, &size);
    status = replay_run(&settings, in, answers, errors);
    fclose(in);
    fclose(answers);
    fclose(errors);
}

#define MEMBER "{\"at\":5,\"event\":\"member\",\"user\":1}\n"
#define MEMBERS MEMBER "{\"at\":5,\"event\":\"member\",\"user\":2}\n{\"at\":5,\"event\":\"member\",\"user\":3}\n"
#define WORLD                                                                                                          \
    MEMBERS "{\"at\":5,\"event\":\"backup\",\"backup\":1,\"owner\":1,\"redundancy\":2}\n"                              \
            "{\"at\":5,\"event\":\"version\",\"version\":1,\"backup\":1,\"size\":1000}\n"                              \
            "{\"at\":5,\"event\":\"announce\",\"user\":1,\"version\":1,\"left\":0}\n"
#define ASK_VERSION(at) "{\"at\":" #at ",\"ask\":\"version\",\"version\":1}\n"

static void answers(const char *wanted)
{
    assert_string_equal(err, "");
    assert_string_equal(out, wanted);
    assert_int_equal(status, 0);
}

static void malformed(const char *line, const char *why)
{
    char text[4096];
    snprintf(text, sizeof text, MEMBER "%s\n" MEMBER, line);
    replay("", text);
    assert_int_equal(status, 2);
    assert_non_null(strstr(err, "line 2: "));
    assert_non_null(strstr(err, why));
    assert_string_equal(out, "");
}

static void q1_what_is_no_line_of_ours_stops_with_its_number(void **unused)
{
    (void)unused;
    replay("", MEMBER "{\"at\":5,\"event\":\"tick\",\"unknown\":[null]}\n{\"at\":6,\"event\":\"tick\"}");
    answers("");
    malformed("[]", "no JSON object");
    malformed("", "");
    malformed("{\"at\":5,\"event\":\"tick\"", "");
    malformed("{\"at\":5}", "exactly one");
    malformed("{\"at\":5,\"event\":\"tick\",\"ask\":\"check\"}", "exactly one");
    malformed("{\"at\":5,\"event\":\"tock\"}", "no such event");
    malformed("{\"at\":5,\"ask\":\"why\"}", "no such ask");
    malformed("{\"at\":5,\"event\":1}", "no such event");
    malformed("{\"at\":5,\"event\":\"member\"}", "\"user\" is missing");
    malformed("{\"at\":5,\"event\":\"member\",\"user\":\"1\"}", "\"user\" is no number");
    malformed("{\"at\":5,\"event\":\"member\",\"user\":null}", "\"user\" is no number");
    malformed("{\"at\":5,\"event\":\"tracker\",\"up\":1}", "up");
    malformed("{\"at\":5,\"event\":\"audit\",\"user\":1,\"version\":1,\"result\":\"maybe\"}", "result");
    malformed("{\"at\":5,\"event\":\"assign\",\"user\":1,\"backup\":1,\"points\":1,\"expected_assigned\":\"\"}",
              "no number");
    malformed("{\"at\":4,\"event\":\"tick\"}", "before");
    malformed("{\"at\":5.5,\"event\":\"tick\"}", "at");
    malformed("{\"at\":-1,\"event\":\"tick\"}", "at");
    malformed("{\"at\":253402300800000,\"event\":\"tick\"}", "at");
    malformed("{\"at\":99999999999999999999,\"event\":\"tick\"}", "at");
    malformed("{\"event\":\"tick\"}", "at"); /* Q32 */
}

static void q1_a_line_has_a_limit(void **unused)
{
    (void)unused;
    char *text = malloc(2 * REPLAY_LINE_MAX);
    memset(text, ' ', 2 * REPLAY_LINE_MAX);
    memcpy(text, "{\"at\":5,\"event\":\"tick\"}", 23);
    text[REPLAY_LINE_MAX] = '\n';
    text[REPLAY_LINE_MAX + 1] = '\0';
    replay("", text);
    assert_int_equal(status, 0);
    text[REPLAY_LINE_MAX] = ' ';
    strcpy(text + REPLAY_LINE_MAX + 1, "\n");
    replay("", text);
    assert_int_equal(status, 2);
    assert_non_null(strstr(err, "longer than"));
    free(text);
}

static void refused(const char *line, const char *event, const char *why)
{
    char text[4096], begin[128];
    snprintf(text, sizeof text, "%s%s\n", WORLD, line);
    snprintf(begin, sizeof begin, "{\"refused\":\"%s\",\"line\":7,\"at\":5,\"reason\":\"", event);
    replay("", text);
    assert_int_equal(status, 0);
    assert_memory_equal(out, begin, strlen(begin));
    assert_non_null(strstr(out, why));
}

static void q1_a_number_that_is_no_integer_is_refused(void **unused)
{
    (void)unused;
    refused("{\"at\":5,\"event\":\"member\",\"user\":1.5}", "member", "whole number");
    refused("{\"at\":5,\"event\":\"member\",\"user\":1180591620717411303424}", "member", "whole number");
    refused("{\"at\":5,\"event\":\"member\",\"user\":1e999}", "member", "whole number");
    refused("{\"at\":5,\"ask\":\"profile\",\"user\":1.5}", "profile", "whole number");
    replay("", "{\"at\":5,\"event\":\"member\",\"user\":7,\"other\":1180591620717411303424,\"more\":-1e999}\n"
               "{\"at\":5,\"event\":\"burn\",\"user\":7,\"points\":100}");
    answers("");
}

static void q3_what_is_unknown_used_or_out_of_range_is_refused(void **unused)
{
    (void)unused;
    refused("{\"at\":5,\"event\":\"member\",\"user\":0}", "member", "at least 1");
    refused("{\"at\":5,\"event\":\"member\",\"user\":1}", "member", "before");
    refused("{\"at\":5,\"event\":\"backup\",\"backup\":2,\"owner\":9,\"redundancy\":1}", "backup", "no member 9");
    refused("{\"at\":5,\"event\":\"backup\",\"backup\":2,\"owner\":1,\"redundancy\":0}", "backup", "Between 1 and 20");
    refused("{\"at\":5,\"event\":\"backup\",\"backup\":2,\"owner\":1,\"redundancy\":21}", "backup", "Between 1 and 20");
    refused("{\"at\":5,\"event\":\"version\",\"version\":2,\"backup\":9,\"size\":1}", "version", "no backup 9");
    refused("{\"at\":5,\"event\":\"version\",\"version\":2,\"backup\":1,\"size\":0}", "version", "1 byte");
    refused("{\"at\":5,\"event\":\"version\",\"version\":2,\"backup\":1,\"size\":4398046511105}", "version", "4 TiB");
    refused("{\"at\":5,\"event\":\"announce\",\"user\":2,\"version\":1,\"left\":-1}", "announce", "less than nothing");
    refused("{\"at\":5,\"event\":\"announce\",\"user\":2,\"version\":9,\"left\":1}", "announce", "no version 9");
    refused("{\"at\":5,\"event\":\"free_space\",\"user\":2,\"bytes\":-1}", "free_space", "less than nothing");
    refused("{\"at\":5,\"event\":\"audit\",\"user\":2,\"version\":1,\"result\":\"pass\"}", "audit", "no copy");
    refused("{\"at\":5,\"event\":\"dropped\",\"user\":2,\"version\":1}", "dropped", "no copy");
    refused("{\"at\":5,\"ask\":\"version\",\"version\":9}", "version", "no version 9");
    refused("{\"at\":5,\"ask\":\"offers\",\"user\":9}", "offers", "no member 9");
    refused("{\"at\":5,\"ask\":\"verdict\",\"user\":2,\"version\":9}", "verdict", "no version 9");
}

static void q3_a_deleted_id_is_used_for_ever(void **unused)
{
    (void)unused;
    replay("", WORLD "{\"at\":6,\"event\":\"delete_backup\",\"backup\":1}\n"
                     "{\"at\":7,\"event\":\"delete_backup\",\"backup\":1}\n"
                     "{\"at\":7,\"event\":\"delete_version\",\"version\":1}\n"
                     "{\"at\":7,\"event\":\"backup\",\"backup\":1,\"owner\":1,\"redundancy\":2}\n"
                     "{\"at\":7,\"event\":\"assign\",\"user\":1,\"backup\":1,\"points\":0}\n"
                     "{\"at\":7,\"event\":\"redundancy\",\"backup\":1,\"redundancy\":3}\n");
    assert_string_equal(
        out, "{\"refused\":\"delete_backup\",\"line\":8,\"at\":7,\"reason\":\"The backup 1 was deleted.\"}\n"
             "{\"refused\":\"delete_version\",\"line\":9,\"at\":7,\"reason\":\"The version 1 was deleted before.\"}\n"
             "{\"refused\":\"backup\",\"line\":10,\"at\":7,\"reason\":\"The backup 1 was created before.\"}\n"
             "{\"refused\":\"assign\",\"line\":11,\"at\":7,\"reason\":\"The backup 1 was deleted.\"}\n"
             "{\"refused\":\"redundancy\",\"line\":12,\"at\":7,\"reason\":\"The backup 1 was deleted.\"}\n");
}

static void q4_settings_are_those_of_the_rules(void **unused)
{
    (void)unused;
    struct rules_settings settings = rules_settings_standard();
    struct fault why;
    assert_true(settings.loan == INT64_C(10) << 30 && settings.clock_release == 44 * 86400);
    assert_true(!settings.auditor && settings.bounty);
    assert_true(rules_settings_set(&settings, "proof_ttl=7", &why));
    assert_int_equal(settings.proof_ttl, 7);
    assert_true(rules_settings_set(&settings, "auditor=on", &why));
    assert_false(rules_settings_set(&settings, "auditor=yes", &why));
    assert_false(rules_settings_set(&settings, "proof=7", &why));
    assert_false(rules_settings_set(&settings, "proof_ttl", &why));
    assert_false(rules_settings_set(&settings, "proof_ttl=", &why));
    assert_false(rules_settings_set(&settings, "proof_ttl=-1", &why));
    assert_false(rules_settings_set(&settings, "proof_ttl=1x", &why));
    assert_false(rules_settings_set(&settings, "proof_ttl=99999999999999999999", &why));
    assert_int_equal(settings.proof_ttl, 7);
}

#define HELD WORLD "{\"at\":5,\"event\":\"announce\",\"user\":2,\"version\":1,\"left\":0}\n"

static void q5_safe_mode_stops_all_ages(void **unused)
{
    (void)unused;
    replay("", HELD "{\"at\":5,\"event\":\"tracker\",\"up\":false}\n" /* for ten days */
                    "{\"at\":864000005,\"event\":\"tracker\",\"up\":true}\n"
                    "{\"at\":868200004,\"ask\":\"version\",\"version\":1}\n"
                    "{\"at\":954600004,\"ask\":\"version\",\"version\":1}\n"
                    "{\"at\":954600005,\"ask\":\"version\",\"version\":1}\n");
    assert_string_equal(out, "{\"version\":1,\"size\":1000,\"redundancy\":2,\"counted\":[2],\"spare\":[],\"fetching\":["
                             "],\"points\":0,\"tier\":1,\"score\":121,\"state\":\"queued\"}\n"
                             "{\"version\":1,\"size\":1000,\"redundancy\":2,\"counted\":[2],\"spare\":[],\"fetching\":["
                             "],\"points\":0,\"tier\":null,\"score\":null,\"state\":\"waiting\"}\n"
                             "{\"version\":1,\"size\":1000,\"redundancy\":2,\"counted\":[],\"spare\":[],\"fetching\":[]"
                             ",\"points\":0,\"tier\":null,\"score\":null,\"state\":\"waiting\"}\n");
}

static void q6_what_is_due_happens_before_the_line(void **unused)
{
    (void)unused;
    replay("grace_min=0",
           HELD "{\"at\":4200005,\"event\":\"dropped\",\"user\":2,\"version\":1}\n"); /* lost in that very ms */
    assert_non_null(strstr(out, "\"refused\":\"dropped\",\"line\":8"));
    replay("grace_min=0", HELD "{\"at\":4200004,\"event\":\"dropped\",\"user\":2,\"version\":1}\n");
    answers("");
}

static void q7_only_a_tick_offers_and_an_ask_changes_nothing(void **unused)
{
    (void)unused;
#define HUNGRY                                                                                                         \
    WORLD "{\"at\":5,\"event\":\"backup\",\"backup\":2,\"owner\":2,\"redundancy\":2}\n"                                \
          "{\"at\":5,\"event\":\"version\",\"version\":2,\"backup\":2,\"size\":1000}\n"                                \
          "{\"at\":5,\"event\":\"free_space\",\"user\":2,\"bytes\":5000}\n"
#define OFFERS "{\"at\":6,\"ask\":\"offers\",\"user\":2}\n"
    replay("", HUNGRY OFFERS "{\"at\":6,\"event\":\"tick\"}\n" OFFERS);
    answers("{\"user\":2,\"offers\":[],\"may_delete\":[]}\n"
            "{\"user\":2,\"offers\":[{\"version\":1,\"tier\":1,\"expires\":43200006}],\"may_delete\":[]}\n");
}

static void verdict_is(const char *events, const char *user, const char *verdict)
{
    char text[4096], wanted[128];
    snprintf(text, sizeof text, WORLD "%s{\"at\":9,\"ask\":\"verdict\",\"version\":1,\"user\":%s}\n", events, user);
    snprintf(wanted, sizeof wanted, "{\"verdict\":\"%s\",\"reason\":\"", verdict);
    replay("", text);
    assert_int_equal(status, 0);
    assert_memory_equal(out, wanted, strlen(wanted));
}

static void q30_a_verdict_says_what_an_announce_would_get(void **unused)
{
    (void)unused;
    verdict_is("", "1", "ALLOW_OWNER");
    verdict_is("", "2", "ALLOW_SLOT");
    verdict_is("{\"at\":6,\"event\":\"announce\",\"user\":2,\"version\":1,\"left\":1}\n", "2", "ALLOW_SLOT");
    verdict_is("{\"at\":6,\"event\":\"delete_version\",\"version\":1}\n", "2", "DENY");
    verdict_is("{\"at\":6,\"event\":\"delete_version\",\"version\":1}\n", "2,\"left\":0", "ALLOW_SPARE");
    verdict_is("{\"at\":6,\"event\":\"delete_version\",\"version\":1}\n", "1", "ALLOW_OWNER");
    verdict_is("{\"at\":6,\"event\":\"announce\",\"user\":2,\"version\":1,\"left\":0}\n"
               "{\"at\":6,\"event\":\"audit\",\"user\":2,\"version\":1,\"result\":\"fail\"}\n",
               "2,\"left\":0", "DENY");
    verdict_is("{\"at\":6,\"event\":\"announce\",\"user\":2,\"version\":1,\"left\":0}\n"
               "{\"at\":6,\"event\":\"redundancy\",\"backup\":1,\"redundancy\":1}\n"
               "{\"at\":7,\"event\":\"announce\",\"user\":3,\"version\":1,\"left\":0}\n",
               "3", "ALLOW_SPARE");
    replay("", WORLD "{\"at\":6,\"event\":\"delete_version\",\"version\":1}\n" /* 30 days ago */
                     "{\"at\":2592000005,\"event\":\"announce\",\"user\":1,\"version\":1,\"left\":1}\n"
                     "{\"at\":2592000006,\"event\":\"announce\",\"user\":1,\"version\":1,\"left\":1}\n"
                     "{\"at\":2592000006,\"ask\":\"verdict\",\"user\":1,\"version\":1}\n");
    assert_memory_equal(out, "{\"refused\":\"announce\",\"line\":9", 30);
    assert_non_null(strstr(out, "\n{\"verdict\":\"DENY\""));
}

static void q31_answers_have_their_fields_in_order(void **unused)
{
    (void)unused;
    replay("", HELD "{\"at\":5,\"event\":\"announce\",\"user\":3,\"version\":1,\"left\":7}\n" ASK_VERSION(
                   5) "{\"at\":5,\"ask\":\"profile\",\"user\":1}\n{\"at\":5,\"ask\":\"queue\"}\n"
                      "{\"at\":5,\"ask\":\"check\"}\n");
    answers("{\"version\":1,\"size\":1000,\"redundancy\":2,\"counted\":[2],\"spare\":[],\"fetching\":[3],\"points\":0,"
            "\"tier\":null,\"score\":null,\"state\":\"in_flight\"}\n"
            "{\"user\":1,\"contribution\":0,\"lent\":1000,\"obligation\":2000,\"debt\":2000,\"surplus\":0,\"clock_"
            "seconds\":0,\"overdue\":false,\"points_total\":100,\"points_assigned\":0,\"points_free\":100}\n"
            "{\"queue\":[]}\n"
            "{\"contribution\":1000,\"lent\":1000,\"missing_bytes\":1000,\"debt_minus_surplus\":1000,\"points_minted\":"
            "300,\"points_burned\":0,\"points_assigned\":0,\"points_free\":300,\"recomputed\":true}\n");
}

static int forget(void **unused)
{
    (void)unused;
    free(out);
    free(err);
    return 0;
}

static void an_event_is_written_as_it_is_read(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"event\":\"member\",\"at\":5,\"user\":7}\n",
        "{\"event\":\"backup\",\"at\":5,\"backup\":1,\"owner\":7,\"redundancy\":2}\n",
        "{\"event\":\"redundancy\",\"at\":5,\"backup\":1,\"redundancy\":3}\n",
        "{\"event\":\"retention\",\"at\":5,\"backup\":1}\n",
        "{\"event\":\"retention\",\"at\":5,\"backup\":1,\"last\":2,\"within\":3600}\n",
        "{\"event\":\"version\",\"at\":5,\"version\":1,\"backup\":1,\"size\":9223372036854775807}\n",
        "{\"event\":\"version\",\"at\":5,\"version\":2,\"backup\":1,\"size\":5,\"depends_on\":1}\n",
        "{\"event\":\"delete_version\",\"at\":5,\"version\":1}\n",
        "{\"event\":\"delete_backup\",\"at\":5,\"backup\":1}\n",
        "{\"event\":\"announce\",\"at\":5,\"user\":7,\"version\":1,\"left\":0}\n",
        "{\"event\":\"dropped\",\"at\":5,\"user\":7,\"version\":1}\n",
        "{\"event\":\"audit\",\"at\":5,\"user\":7,\"version\":1,\"result\":\"suspect\"}\n",
        "{\"event\":\"assign\",\"at\":5,\"user\":7,\"backup\":1,\"points\":5}\n",
        "{\"event\":\"assign\",\"at\":5,\"user\":7,\"backup\":1,\"points\":5,\"expected_assigned\":0}\n",
        "{\"event\":\"move\",\"at\":5,\"user\":7,\"from\":1,\"to\":2,\"points\":5}\n",
        "{\"event\":\"burn\",\"at\":5,\"user\":7,\"points\":5}\n",
        "{\"event\":\"grant\",\"at\":5,\"user\":7,\"points\":-5}\n",
        "{\"event\":\"free_space\",\"at\":5,\"user\":7,\"bytes\":0}\n",
        "{\"event\":\"suspended\",\"at\":5,\"user\":7,\"suspended\":true}\n",
        "{\"event\":\"tracker\",\"at\":5,\"up\":false}\n",
        "{\"event\":\"tick\",\"at\":5}\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char *copy = strdup(lines[i]), *text;
        struct replay_line line;
        struct fault why;
        size_t size;
        assert_int_equal(replay_line_read(copy, strlen(copy), &line, &why), REPLAY_READ);
        FILE *written = open_memstream(&text, &size);
        replay_event_write(&line.event, written);
        fclose(written);
        assert_string_equal(text, lines[i]);
        free(text);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(q1_what_is_no_line_of_ours_stops_with_its_number),
        cmocka_unit_test(q1_a_line_has_a_limit),
        cmocka_unit_test(q1_a_number_that_is_no_integer_is_refused),
        cmocka_unit_test(q3_what_is_unknown_used_or_out_of_range_is_refused),
        cmocka_unit_test(q3_a_deleted_id_is_used_for_ever),
        cmocka_unit_test(q4_settings_are_those_of_the_rules),
        cmocka_unit_test(q5_safe_mode_stops_all_ages),
        cmocka_unit_test(q6_what_is_due_happens_before_the_line),
        cmocka_unit_test(q7_only_a_tick_offers_and_an_ask_changes_nothing),
        cmocka_unit_test(q30_a_verdict_says_what_an_announce_would_get),
        cmocka_unit_test(q31_answers_have_their_fields_in_order),
        cmocka_unit_test(an_event_is_written_as_it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
