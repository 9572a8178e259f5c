/* Bodies that are too large, alone or all together, and who tells their clients. */
#include "tests/unit/common/http_world.h"

#define GET(target) S("GET " target " HTTP/1.1\r\nHost: h\r\n\r\n")

static void a_body_that_is_too_large_is_refused_with_a_sentence(void **state)
{
    (void)state;
    static char body[20001];
    memset(body, 'b', sizeof body);
    struct client client;
    client_open(&client);
    client_send(&client, S("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\n"));
    client_send(&client, slice_of(body, 10000));
    client_expect(&client, " 10000:bbb", 1);
    client_send(&client, S("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 10001\r\n\r\n"));
    client_send(&client, slice_of(body, 10001));
    client_expect(&client, "HTTP/1.1 413 ", 1);
    client_expect(&client, "That is too large: at most 10000 bytes can be sent here.\n", 1);
    client_send(&client, GET("/next"));
    client_expect(&client, "<GET /next", 1);
    client_send(&client, S("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4e21\r\n"));
    client_send(&client, slice_of(body, 0x4e21));
    client_send(&client, S("\r\n0\r\n\r\n"));
    client_expect(&client, "HTTP/1.1 413 ", 2);
    assert_int_equal(http_count(world.http).refused, 2);
    client_close(&client);
}

static void large_bodies_are_limited_in_sum(void **state)
{
    (void)state;
    static const struct http_limits some = {
        .body = 200000, .connections = 8, .idle_seconds = 30, .header_memory = 8192, .bodies = 250000};
    static char body[200000];
    memset(body, 'b', sizeof body);
    struct client first, second;
    world_listen("127.0.0.1:0", &some);
    client_open(&first);
    client_open(&second);
    client_send(&first, S("POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n"));
    client_send(&first, slice_of(body, 200000));
    expect_held(1);
    client_send(&second, S("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n\r\n"));
    client_send(&second, slice_of(body, 70000));
    client_expect(&second, "HTTP/1.1 503 ", 1);
    client_expect(&second, "Too much is being sent here at this moment: try again in a minute.\n", 1);
    client_send(&second, S("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n"));
    client_send(&second, slice_of(body, 60000));
    client_expect(&second, " 60000:bbb", 1); /* small ones always pass */
    http_reply(world.held[0], 200, "text/plain", S("held"));
    client_expect(&first, "held", 1);
    client_send(&second, S("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n"));
    client_send(&second, slice_of(body, 200000));
    client_expect(&second, " 200000:bbb", 1);
    client_close(&first);
    client_close(&second);
}

static void a_refused_body_may_be_told_by_the_handler(void **state)
{
    (void)state;
    static const struct http_limits told = {
        .body = 10, .connections = 8, .idle_seconds = 30, .header_memory = 8192, .tells_refused = true};
    struct client client;
    world_listen("127.0.0.1:0", &told);
    client_open(&client);
    client_send(&client, S("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n01234567890"));
    client_expect(&client, "HTTP/1.1 413 ", 1);
    client_expect(&client, "told by the handler", 1);
    client_send(&client, GET("/next"));
    client_expect(&client, "<GET /next", 1);
    client_close(&client);
}

static void a_client_that_asks_first_need_not_send_what_is_too_large(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    client_send(&client, S("POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 20000\r\n\r\n"));
    client_expect(&client, "HTTP/1.1 413 ", 1);
    client_expect_end(&client);
    assert_int_equal(client_count(&client, "HTTP/1.1 100 "), 0);
    client_close(&client);
    client_open(&client);
    client_send(&client, S("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n"));
    client_expect(&client, "HTTP/1.1 413 ", 1);
    client_expect_end(&client);
    client_close(&client);
    client_open(&client);
    client_send(&client, S("POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
    client_expect(&client, "HTTP/1.1 100 ", 1);
    client_send(&client, S("ok"));
    client_expect(&client, " 2:ok>", 1);
    client_close(&client);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_start, world_end)
    const struct CMUnitTest tests[] = {
        TEST(a_body_that_is_too_large_is_refused_with_a_sentence),
        TEST(large_bodies_are_limited_in_sum),
        TEST(a_refused_body_may_be_told_by_the_handler),
        TEST(a_client_that_asks_first_need_not_send_what_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
