/* A real listener and raw TCP clients in one loop, for test_http*.c. Waits have a deadline and fail the test. */
#ifndef DJEMBE_TESTS_HTTP_WORLD_H
#define DJEMBE_TESTS_HTTP_WORLD_H

#include "services/common/bencode.h"
#include "services/common/http.h"
#include "tests/unit/common/unit.h"

#define HELD_MAX 64

struct world {
    struct loop *loop;
    struct http *http;
    struct http_request *held[HELD_MAX]; /* requests of /hold, in the order they came */
    size_t held_count, done_count;
    char client[INET6_ADDRSTRLEN];
    struct networks proxies;
};
extern struct world world;

/* For cmocka's setup and teardown. The listener's limits: 10000 bytes of body, 8 connections, 8192 bytes of header. */
int world_start(void **state);
int world_end(void **state);
/* Starts it again elsewhere or with other limits. */
void world_listen(const char *address, const struct http_limits *limits);

struct client {
    int fd;
    struct loop_watch *watch;
    struct buffer got;
    bool closed, reading;
};

void client_open(struct client *client);
void client_close(struct client *client);
void client_send(struct client *client, struct slice bytes);
/* How often `text` stands in what has come. */
size_t client_count(const struct client *client, const char *text);
/* Runs the loop until `text` has come `times` times. */
void client_expect(struct client *client, const char *text, size_t times);
void client_expect_size(struct client *client, size_t size);
void client_expect_end(struct client *client);
/* Stops taking from the socket, or starts again. */
void client_read(struct client *client, bool reading);

/* Runs the loop until so many requests are held. */
void expect_held(size_t count);
void expect_done(size_t count);
/* Runs the loop for so long. */
void world_run(uint32_t ms);

#endif
