/* The listener itself: addresses, limits, slow readers, stopping, and what it costs to stand idle. */
#include "services/common/clock.h"
#include "tests/unit/common/http_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define GET(target) S("GET " target " HTTP/1.1\r\nHost: h\r\n\r\n")

static const struct http_limits usual = {.body = 10000, .connections = 8, .idle_seconds = 30, .header_memory = 8192};

static void nobody(struct http_request *request, void *arg)
{
    (void)arg;
    http_reply(request, 404, NULL, S(""));
}

static void a_taken_port_is_told(void **state)
{
    (void)state;
    char address[32];
    struct fault why = {0};
    snprintf(address, sizeof address, "127.0.0.1:%u", http_port(world.http));
    assert_null(http_listen(world.loop, address, &usual, nobody, NULL, &why));
    assert_string_equal(why.field, address);
    assert_non_null(strstr(why.text, address));
    assert_non_null(strstr(why.text, "another program uses it"));
    static const char *const bad[] = {"nowhere",      "host.example:80", "127.0.0.1:", "127.0.0.1:70000",
                                      "127.0.0.1:8x", "[::1:80",         "192.0.2.1:0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(http_listen(world.loop, bad[i], &usual, nobody, NULL, &why));
        assert_non_null(strstr(why.text, bad[i]));
    }
}

static void a_port_is_free_again_at_once(void **state)
{
    (void)state;
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%u", http_port(world.http));
    struct client client;
    client_open(&client);
    client_send(&client, GET("/x"));
    client_expect(&client, "<GET /x", 1);
    world_listen(address, &usual); /* closes the old one with its connection */
    client_expect_end(&client);
    client_close(&client);
    client_open(&client);
    client_send(&client, GET("/x"));
    client_expect(&client, "<GET /x", 1);
    client_close(&client);
}

static void ipv4_clients_of_an_ipv6_listener_have_ipv4_addresses(void **state)
{
    (void)state;
    world_listen("[::]:0", &usual);
    struct client client;
    client_open(&client);
    client_send(&client, GET("/x"));
    client_expect(&client, "<GET /x", 1);
    assert_string_equal(world.client, "127.0.0.1");
    client_close(&client);
}

static void a_client_beyond_the_limit_waits_its_turn(void **state)
{
    (void)state;
    static const struct http_limits two = {.body = 100, .connections = 2, .idle_seconds = 30, .header_memory = 8192};
    world_listen("127.0.0.1:0", &two);
    struct client clients[3];
    for (int i = 0; i < 3; i++) {
        client_open(&clients[i]);
        client_send(&clients[i], GET("/x"));
    }
    client_expect(&clients[0], "<GET /x", 1);
    client_expect(&clients[1], "<GET /x", 1);
    world_run(20);
    assert_int_equal(client_count(&clients[2], "<GET /x"), 0);
    assert_int_equal(http_count(world.http).connections, 2);
    client_close(&clients[0]);
    client_expect(&clients[2], "<GET /x", 1);
    client_close(&clients[1]);
    client_close(&clients[2]);
}

static void silent_clients_are_cut_off_but_waiting_ones_are_not(void **state)
{
    (void)state;
    static const struct http_limits hasty = {.body = 100, .connections = 8, .idle_seconds = 1, .header_memory = 8192};
    world_listen("127.0.0.1:0", &hasty);
    struct client silent, cut, waiting;
    client_open(&silent);
    client_open(&cut);
    client_open(&waiting);
    client_send(&cut, S("GET / HT"));
    client_send(&waiting, GET("/hold"));
    int64_t before = clock_ticks();
    client_expect_end(&silent);
    client_expect_end(&cut);
    assert_true(clock_ticks() - before < 25000);
    assert_int_equal(client_count(&waiting, "HTTP"), 0);
    http_reply(world.held[0], 200, "text/plain", S("at last"));
    client_expect(&waiting, "at last", 1);
    client_close(&silent);
    client_close(&cut);
    client_close(&waiting);
}

static int64_t cpu_ms(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000 + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000;
}

static void a_slow_reader_gets_all_and_costs_nothing_while_it_sleeps(void **state)
{
    (void)state;
    struct client slow, other;
    client_open(&slow);
    client_open(&other);
    client_read(&slow, false);
    client_send(&slow, GET("/large?30000000"));
    client_send(&other, GET("/other"));
    client_expect(&other, "<GET /other", 1);
    world_run(50);
    int64_t before = cpu_ms();
    world_run(400);
    assert_true(cpu_ms() - before < 200);
    client_read(&slow, true);
    client_expect_size(&slow, 30000000);
    client_close(&slow);
    client_close(&other);
}

static void standing_idle_costs_nothing(void **state)
{
    (void)state;
    struct client clients[4];
    for (int i = 0; i < 4; i++)
        client_open(&clients[i]);
    client_send(&clients[0], GET("/keep-alive"));
    client_send(&clients[1], S("GET /half HTT"));
    client_send(&clients[2], GET("/hold"));
    client_send(&clients[3], S("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf"));
    client_expect(&clients[0], "<GET", 1);
    expect_held(1);
    world_run(50);
    int64_t before = cpu_ms();
    world_run(400);
    assert_true(cpu_ms() - before < 100);
    http_reply(world.held[0], 200, NULL, S(""));
    for (int i = 0; i < 4; i++)
        client_close(&clients[i]);
}

static void at_the_stop_who_waits_is_told_and_late_answers_are_dropped(void **state)
{
    (void)state;
    struct client waiting, pipelined, idle;
    client_open(&waiting);
    client_open(&pipelined);
    client_open(&idle);
    client_send(&waiting, GET("/hold"));
    client_send(&pipelined, S("GET /hold HTTP/1.1\r\nHost: h\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n"));
    expect_held(2);
    http_destroy(&world.http);
    client_expect(&waiting, "HTTP/1.1 503 ", 1);
    client_expect(&waiting, "restarting", 1);
    client_expect_end(&waiting);
    client_expect(&pipelined, "HTTP/1.1 503 ", 1);
    client_expect_end(&pipelined);
    client_expect_end(&idle);
    assert_int_equal(world.done_count, 0);
    assert_false(http_alive(world.held[0]));
    assert_int_equal(http_header(world.held[0], "Host").size, 0);
    assert_slice(http_path(world.held[0]), "/hold");
    http_reply(world.held[0], 200, "text/plain", S("too late"));
    http_reply(world.held[1], 200, "text/plain", S("too late"));
    assert_int_equal(world.done_count, 2);
    client_close(&waiting);
    client_close(&pipelined);
    client_close(&idle);
}

static void after_quiescing_open_connections_go_on(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    client_send(&client, GET("/hold"));
    expect_held(1);
    http_quiesce_all(NULL);
    assert_false(http_all_answered());
    http_reply(world.held[0], 200, "text/plain", S("finished"));
    assert_true(http_all_answered());
    client_expect(&client, "finished", 1);
    client_expect(&client, "Connection: close", 1);
    client_expect_end(&client);
    client_close(&client);
}

static void every_listener_is_counted(void **state)
{
    (void)state;
    struct client client;
    client_open(&client);
    client_send(&client, GET("/x"));
    client_expect(&client, "<GET /x", 1);
    struct buffer text = {0};
    http_metrics(&text);
    buffer_add(&text, "", 1);
    assert_non_null(strstr(text.at, "# TYPE djembe_http_requests_total counter\n"
                                    "djembe_http_requests_total{listen=\"127.0.0.1:0\"} 1\n"));
    assert_non_null(strstr(text.at, "djembe_http_connections{listen=\"127.0.0.1:0\"} 1\n"));
    buffer_free(&text);
    client_close(&client);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_start, world_end)
    const struct CMUnitTest tests[] = {
        TEST(a_taken_port_is_told),
        TEST(a_port_is_free_again_at_once),
        TEST(ipv4_clients_of_an_ipv6_listener_have_ipv4_addresses),
        TEST(a_client_beyond_the_limit_waits_its_turn),
        TEST(silent_clients_are_cut_off_but_waiting_ones_are_not),
        TEST(a_slow_reader_gets_all_and_costs_nothing_while_it_sleeps),
        TEST(standing_idle_costs_nothing),
        TEST(at_the_stop_who_waits_is_told_and_late_answers_are_dropped),
        TEST(after_quiescing_open_connections_go_on),
        TEST(every_listener_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
