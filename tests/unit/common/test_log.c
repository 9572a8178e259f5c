#include "services/common/clock.h"
#include "services/common/log.h"
#include "tests/unit/common/unit.h"

#include <stdio.h>
#include <unistd.h>

/* What is written to stderr until captured_end(). */
static int real_stderr, captured_from;

static void capture(void)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    real_stderr = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    captured_from = ends[0];
}

static const char *captured_end(void)
{
    static char text[8192];
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    size_t used = 0;
    for (ssize_t got; (got = read(captured_from, text + used, sizeof text - 1 - used)) > 0;)
        used += (size_t)got;
    text[used] = '\0';
    close(captured_from);
    return text;
}

static void a_line_tells_time_level_service_and_event(void **state)
{
    (void)state;
    log_start("web", LOG_LEVEL_info);
    capture();
    log_info("member added", "user=%d class=%s", 7, "member");
    const char *line = captured_end();
    int year, millisecond;
    assert_int_equal(sscanf(line, "time=%d-%*d-%*dT%*d:%*d:%*d.%dZ ", &year, &millisecond), 2);
    assert_string_equal(strchr(line, ' '), " level=info service=web msg=\"member added\" user=7 class=member\n");
}

static void an_event_may_have_no_fields_and_a_trace(void **state)
{
    (void)state;
    log_start("web", LOG_LEVEL_info);
    log_trace("0123456789abcdefg");
    capture();
    log_warning("alone", "");
    const char *line = captured_end();
    assert_non_null(strstr(line, " level=warning service=web msg=\"alone\" trace=0123456789abcdef\n"));
    log_trace("");
    capture();
    log_warning("alone", "");
    assert_null(strstr(captured_end(), "trace"));
}

static void what_is_below_the_level_is_not_logged(void **state)
{
    (void)state;
    log_start("web", LOG_LEVEL_warning);
    capture();
    log_debug("quiet", "");
    log_info("quiet", "");
    assert_string_equal(captured_end(), "");
}

static void a_line_stays_one_line(void **state)
{
    (void)state;
    log_start("web", LOG_LEVEL_info);
    char large[6000];
    memset(large, 'x', sizeof large);
    capture();
    log_info("forged\nlevel=error", "name=a\nlevel=error %.*s", (int)sizeof large, large);
    const char *line = captured_end();
    assert_int_equal(strcspn(line, "\n") + 1, strlen(line));
    assert_true(strlen(line) <= 4096);
    assert_non_null(strstr(line, "msg=\"forged\\nlevel=error\" name=a?level=error xxx"));
}

static void quoting_keeps_text_readable_and_escapes_the_rest(void **state)
{
    (void)state;
    char into[64];
    assert_string_equal(log_quote(S("plain text"), into, sizeof into), "\"plain text\"");
    assert_string_equal(log_quote(S("a\"b\\c\nd"), into, sizeof into), "\"a\\\"b\\\\c\\nd\"");
    assert_string_equal(log_quote(S("\0\x1b\x7f"), into, sizeof into), "\"\\x00\\x1b\\x7f\"");
    assert_string_equal(log_quote(S("Bj\xc3\xb6rk \xe2\x82\xac"), into, sizeof into), "\"Bj\xc3\xb6rk \xe2\x82\xac\"");
    assert_string_equal(log_quote(S("\xc3(\xff"), into, sizeof into), "\"\\xc3(\\xff\"");
    assert_string_equal(log_quote((struct slice){0}, into, sizeof into), "\"\"");
}

static void quoting_cuts_between_letters(void **state)
{
    (void)state;
    char into[8];
    for (size_t size = 3; size <= sizeof into; size++) {
        memset(into, '#', sizeof into);
        log_quote(S("\xe2\x82\xac\n\n\n\n"), into, size);
        assert_true(strlen(into) < size);
        assert_int_equal(into[0], '"');
        assert_int_equal(into[strlen(into) - 1], '"');
        assert_true(utf8_valid(slice_text(into)));
    }
}

static void the_newest_error_is_remembered(void **state)
{
    (void)state;
    log_start("web", LOG_LEVEL_info);
    int64_t at = -1, before = clock_now();
    assert_string_equal(log_last_error(&at), "");
    assert_int_equal(at, 0);
    capture();
    log_error("first", "");
    log_error("journal is lost", "reason=%s", "disk");
    log_info("later", "");
    captured_end();
    assert_string_equal(log_last_error(&at), "journal is lost reason=disk");
    assert_true(at >= before && at <= clock_now());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_error_is_remembered),
        cmocka_unit_test(a_line_tells_time_level_service_and_event),
        cmocka_unit_test(an_event_may_have_no_fields_and_a_trace),
        cmocka_unit_test(what_is_below_the_level_is_not_logged),
        cmocka_unit_test(a_line_stays_one_line),
        cmocka_unit_test(quoting_keeps_text_readable_and_escapes_the_rest),
        cmocka_unit_test(quoting_cuts_between_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
