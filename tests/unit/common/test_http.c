/* What HTTP clients of every kind get: requests as they should be, cut, joined, too large, abandoned. */
#include "tests/unit/common/http_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#define GET(target) S("GET " target " HTTP/1.1\r\nHost: h\r\n\r\n")

static void a_request_is_seen_as_it_was_sent(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    client_send(&client, GET("/a%20b/%00c?info_hash=%ff%2F&x=+&&=?y"));
    client_expect(&client, "<GET /a%20b/%00c ?info_hash=%ff%2F&x=+&&=?y host=h 0:>", 1);
    client_expect(&client, "\r\nX-One: 1\r\n", 1);
    client_expect(&client, "\r\nX-Two: 2\r\n", 1);
    client_expect(&client, "\r\nContent-Type: text/plain\r\n", 1);
    client_send(&client, GET("http://elsewhere:80/path?q"));
    client_expect(&client, "<GET /path ?q host=h 0:>", 1);
    client_send(&client, GET("/?"));
    client_expect(&client, "<GET / ? host=h 0:>", 1);
    assert_string_equal(world.client, "127.0.0.1");
    client_close(&client);
}

static void a_header_cannot_smuggle_in_another(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    client_send(&client, GET("/forged"));
    client_expect(&client, "<GET /forged ", 1);
    client_expect(&client, "\r\nX-Two: 2\r\n", 1);
    assert_int_equal(client_count(&client, "Set-Cookie"), 0);
    client_close(&client);
}

static void a_body_is_whole_when_the_handler_sees_it(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    client_send(&client, S("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe"));
    world_run(5);
    assert_int_equal(world.done_count, 0);
    client_send(&client, S("llo"));
    client_expect(&client, "<POST /p ? host=h 5:hello>", 1);
    client_send(&client, S("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n"));
    client_expect(&client, "7:abcdefg>", 1);
    client_send(&client, S("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"));
    client_expect(&client, " 0:>", 1);
    client_close(&client);
}

static void a_request_may_come_byte_by_byte(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    static const char text[] = "POST /slow?q HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
    for (size_t i = 0; i < sizeof text - 1; i++) {
        client_send(&client, slice_of(text + i, 1));
        world_run(1);
    }
    client_expect(&client, "<POST /slow ?q host=h 3:abc>", 1);
    client_close(&client);
}

static void pipelined_requests_are_all_answered_in_order(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    struct buffer all = {0};
    for (int i = 0; i < 500; i++)
        buffer_print(&all, "GET /%d HTTP/1.1\r\nHost: h\r\n\r\n", i);
    client_send(&client, buffer_slice(&all));
    client_expect(&client, "<GET /", 500);
    const char *at = client.got.at;
    for (int i = 0; i < 500; i++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, "<GET /%d ?", i);
        at = strstr(at, wanted);
        assert_non_null(at);
    }
    buffer_free(&all);
    client_close(&client);
}

static void pipelined_requests_survive_late_answers(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    struct buffer all = {0};
    for (int i = 0; i < 20; i++)
        buffer_print(
            &all, "GET /hold HTTP/1.1\r\nHost: h\r\n\r\nPOST /%d HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
            i);
    client_send(&client, buffer_slice(&all));
    for (size_t i = 0; i < 20; i++) {
        expect_held(i + 1);
        assert_int_equal(client_count(&client, "4:body>"), i);
        http_reply(world.held[i], 200, "text/plain", S("late"));
        client_expect(&client, "4:body>", i + 1);
    }
    assert_int_equal(client_count(&client, "late"), 20);
    buffer_free(&all);
    client_close(&client);
}

static void late_answers_reach_their_own_clients(void **state)
{
    (void)state;
    struct client clients[8];
    for (size_t i = 0; i < 8; i++) {
        client_open(&clients[i]);
        client_send(&clients[i], GET("/hold"));
        expect_held(i + 1);
        assert_true(http_alive(world.held[i]));
    }
    for (size_t i = 8; i-- > 0;) {
        char text[16];
        snprintf(text, sizeof text, "answer %zu", i);
        http_set(world.held[i], "X-Late", text);
        http_reply(world.held[i], 201, "text/plain", slice_text(text));
    }
    for (size_t i = 0; i < 8; i++) {
        char text[32];
        snprintf(text, sizeof text, "X-Late: answer %zu\r\n", i);
        client_expect(&clients[i], text, 1);
        client_expect(&clients[i], "HTTP/1.1 201 ", 1);
        client_close(&clients[i]);
    }
}

static void http_1_0_is_answered_and_closed(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    client_send(&client, S("GET /old HTTP/1.0\r\n\r\n"));
    client_expect(&client, "<GET /old ? host= 0:>", 1);
    client_expect_end(&client);
    client_close(&client);
    client_open(&client);
    client_send(&client, S("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    client_expect(&client, "<GET /old ", 1);
    client_send(&client, S("GET /again HTTP/1.0\r\n\r\n"));
    client_expect(&client, "<GET /again ", 1);
    client_close(&client);
}

static void head_has_no_body(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    client_send(&client, S("HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n"));
    client_expect(&client, "\r\n\r\n", 1);
    client_send(&client, GET("/after"));
    client_expect(&client, "<GET /after", 1);
    assert_int_equal(client_count(&client, "<HEAD"), 0);
    client_close(&client);
}

static void a_proxy_of_ours_is_believed_and_nobody_else(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    struct slice forwarded = S("GET /p HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.1\r\nx-forwarded-FOR: "
                               "203.0.113.9\r\nX-Forwarded: 192.0.2.2\r\n\r\n");
    client_send(&client, forwarded);
    client_expect(&client, "<GET /p", 1);
    assert_string_equal(world.client, "127.0.0.1");
    assert_true(networks_read(S("127.0.0.0/8"), &world.proxies));
    client_send(&client, forwarded);
    client_expect(&client, "<GET /p", 2);
    assert_string_equal(world.client, "203.0.113.9");
    client_send(&client, GET("/q"));
    client_expect(&client, "<GET /q", 1);
    assert_string_equal(world.client, "127.0.0.1");
    client_close(&client);
}

static void headers_have_a_limit(void **state)
{
    (void)state;
    static char name[9000];
    memset(name, 'n', sizeof name);
    struct client client;
    client_open(&client);
    client_send(&client, S("GET /"));
    client_send(&client, slice_of(name, sizeof name));
    client_send(&client, S(" HTTP/1.1\r\nHost: h\r\n\r\n"));
    client_expect(&client, "HTTP/1.1 4", 1);
    client_expect_end(&client);
    client_close(&client);
    client_open(&client);
    client_send(&client, S("GET / HTTP/1.1\r\nX-Long: "));
    client_send(&client, slice_of(name, sizeof name));
    client_send(&client, S("\r\n\r\n"));
    client_expect(&client, "HTTP/1.1 4", 1);
    client_expect_end(&client);
    client_close(&client);
    assert_int_equal(world.done_count, 0);
}

static void noise_is_refused_or_cut_off(void **state)
{
    (void)state;
    static const struct {
        const char *at;
        size_t size;
    } noise[] = {
        {"\r\n\r\n\r\n", 6},
        {"GET\r\n\r\n", 7},
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15},
        {"\0\0\0\0\0\0\0\0\r\n\r\n", 12},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n", 49},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n", 70},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 60},
        {"GET / HTTP/9.9\r\nHost: h\r\n\r\n", 27},
    };
    enum { COUNT = sizeof noise / sizeof *noise };
    static const struct http_limits hasty = {
        .body = 100, .connections = COUNT + 1, .idle_seconds = 1, .header_memory = 8192};
    world_listen("127.0.0.1:0", &hasty);
    struct client clients[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        client_open(&clients[i]);
        client_send(&clients[i], slice_of(noise[i].at, noise[i].size));
        shutdown(clients[i].fd, SHUT_WR);
    }
    for (size_t i = 0; i < COUNT; i++) {
        client_expect_end(&clients[i]);
        assert_int_equal(client_count(&clients[i], "HTTP/1.1 200"), 0);
        client_close(&clients[i]);
    }
    struct client client;
    client_open(&client);
    client_send(&client, GET("/alive"));
    client_expect(&client, "<GET /alive", 1);
    client_close(&client);
}

static void a_client_that_closed_its_sending_half_gets_its_answer(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    client_send(&client, GET("/hold"));
    shutdown(client.fd, SHUT_WR);
    expect_held(1);
    world_run(5);
    assert_true(http_alive(world.held[0]));
    http_reply(world.held[0], 200, "text/plain", S("still here"));
    client_expect(&client, "still here", 1);
    client_expect_end(&client);
    client_close(&client);
}

static void a_late_answer_to_a_client_that_went_is_dropped(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    client_send(&client, GET("/hold"));
    expect_held(1);
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client_close(&client);
    world_run(5);
    assert_false(http_alive(world.held[0]));
    assert_int_equal(world.done_count, 0);
    http_reply(world.held[0], 200, "text/plain", S("nobody hears"));
    expect_done(1);
    client_open(&client);
    client_send(&client, GET("/alive"));
    client_expect(&client, "<GET /alive", 1);
    client_close(&client);
}

static void a_client_that_goes_in_the_middle_costs_nothing(void **state)
{
    (void)state;
    static const char text[] = "POST /p?q HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345";
    for (size_t size = 0; size < sizeof text; size++) {
        struct client client;
        client_open(&client);
        client_send(&client, slice_of(text, size));
        world_run(1);
        client_close(&client);
    }
    struct client client;
    client_open(&client);
    client_send(&client, GET("/alive"));
    client_expect(&client, "<GET /alive", 1);
    assert_int_equal(world.done_count, 1); /* of all those only this reached the handler */
    client_close(&client);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_start, world_end)
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_seen_as_it_was_sent),
        TEST(a_header_cannot_smuggle_in_another),
        TEST(a_body_is_whole_when_the_handler_sees_it),
        TEST(a_request_may_come_byte_by_byte),
        TEST(pipelined_requests_are_all_answered_in_order),
        TEST(pipelined_requests_survive_late_answers),
        TEST(late_answers_reach_their_own_clients),
        TEST(http_1_0_is_answered_and_closed),
        TEST(head_has_no_body),
        TEST(a_proxy_of_ours_is_believed_and_nobody_else),
        TEST(headers_have_a_limit),
        TEST(noise_is_refused_or_cut_off),
        TEST(a_client_that_closed_its_sending_half_gets_its_answer),
        TEST(a_late_answer_to_a_client_that_went_is_dropped),
        TEST(a_client_that_goes_in_the_middle_costs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
