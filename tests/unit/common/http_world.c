#include "tests/unit/common/http_world.h"
#include "services/common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEADLINE_MS 60000

struct world world;

static void count_done(void *arg)
{
    (void)arg;
    world.done_count++;
}

static void echo(struct http_request *request)
{
    if (http_refused(request) != 0) {
        http_reply(request, http_refused(request), "text/plain", slice_text("told by the handler"));
        return;
    }
    struct slice method = http_method(request), path = http_path(request), query = http_query(request);
    struct slice host = http_header(request, "hOSt"), body = http_body(request);
    struct arena *arena = http_arena(request);
    const char *text = arena_print(arena, "<%.*s %.*s ?%.*s host=%.*s %zu:%.*s>", SLICE_ARGS(method), SLICE_ARGS(path),
                                   SLICE_ARGS(query), SLICE_ARGS(host), body.size, SLICE_ARGS(body));
    http_set(request, "X-One", "1");
    http_set(request, "X-Two", "2");
    if (slice_is(path, "/forged"))
        http_set(request, "X-Forged", "a\r\nSet-Cookie: b");
    http_reply(request, 200, "text/plain", slice_text(text));
}

static void large(struct http_request *request)
{
    size_t size = strtoul(http_query(request).at, NULL, 10);
    char *body = arena_take(http_arena(request), size + 1);
    memset(body, 'L', size);
    http_reply(request, 200, "application/octet-stream", slice_of(body, size));
}

static void on_request(struct http_request *request, void *arg)
{
    assert_ptr_equal(arg, &world);
    http_on_done(request, count_done, NULL);
    uint8_t ip[IP_SIZE];
    http_client(request, &world.proxies, ip);
    ip_write(ip, world.client);
    if (slice_is(http_path(request), "/hold"))
        world.held[world.held_count++ % HELD_MAX] = request;
    else if (slice_is(http_path(request), "/large"))
        large(request);
    else
        echo(request);
}

void world_listen(const char *address, const struct http_limits *limits)
{
    struct fault why = {0};
    http_destroy(&world.http);
    world.http = http_listen(world.loop, address, limits, on_request, &world, &why);
    if (world.http == NULL)
        fail_msg("%s", why.text);
}

int world_start(void **state)
{
    (void)state;
    static const struct http_limits limits = {
        .body = 10000, .connections = 8, .idle_seconds = 30, .header_memory = 8192};
    world = (struct world){.loop = loop_new()};
    world_listen("127.0.0.1:0", &limits);
    return 0;
}

int world_end(void **state)
{
    (void)state;
    http_destroy(&world.http);
    loop_destroy(&world.loop);
    return 0;
}

static void on_readable(void *arg, int events)
{
    (void)events;
    struct client *client = arg;
    char bytes[65536];
    ssize_t got = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got > 0) {
        buffer_add(&client->got, bytes, (size_t)got);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        client->closed = true;
        loop_unwatch(&client->watch);
    }
    loop_stop(world.loop);
}

void client_open(struct client *client)
{
    *client = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .reading = true};
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)http_port(world.http)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(client->fd, (struct sockaddr *)&at, sizeof at), 0);
    client->watch = loop_watch_fd(world.loop, client->fd, LOOP_READ, on_readable, client);
}

void client_close(struct client *client)
{
    loop_unwatch(&client->watch);
    close(client->fd);
    buffer_free(&client->got);
}

/* What the kernel does not take yet waits until the server has read. */
void client_send(struct client *client, struct slice bytes)
{
    while (bytes.size > 0) {
        ssize_t sent = send(client->fd, bytes.at, bytes.size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return; /* the server has closed: the test looks at what it said */
        if (sent > 0)
            bytes = slice_of(bytes.at + sent, bytes.size - (size_t)sent);
        else
            world_run(1);
    }
}

size_t client_count(const struct client *client, const char *text)
{
    size_t count = 0, length = strlen(text);
    if (client->got.size == 0)
        return 0;
    const char *at = client->got.at, *end = at + client->got.size;
    while ((at = memmem(at, (size_t)(end - at), text, length)) != NULL) {
        count++;
        at += length;
    }
    return count;
}

static void on_deadline(void *arg)
{
    *(bool *)arg = true;
    loop_stop(world.loop);
}

static void on_look(void *arg)
{
    (void)arg;
    loop_stop(world.loop);
}

/* One condition of all the waits below; unused parts are NULL or 0. */
struct wish {
    struct client *client;
    const char *text;
    size_t times, size, held, done;
    bool end;
};

static bool granted(const struct wish *wish)
{
    if (wish->text != NULL && client_count(wish->client, wish->text) < wish->times)
        return false;
    if (wish->size > 0 && wish->client->got.size < wish->size)
        return false;
    if (wish->end && !wish->client->closed)
        return false;
    return world.held_count >= wish->held && world.done_count >= wish->done;
}

static void wait_for(const struct wish *wish)
{
    bool late = false;
    struct loop_timer *deadline = loop_timer_new(world.loop, DEADLINE_MS, DEADLINE_MS, on_deadline, &late);
    struct loop_timer *look = loop_timer_new(world.loop, 1, 1, on_look, NULL);
    while (!late && !granted(wish))
        loop_run(world.loop);
    loop_timer_cancel(&deadline);
    loop_timer_cancel(&look);
    if (late && wish->client != NULL)
        fail_msg("it did not happen: %s; got \"%.*s\"", wish->text != NULL ? wish->text : "",
                 SLICE_ARGS(buffer_slice(&wish->client->got)));
    assert_false(late);
}

void client_expect(struct client *client, const char *text, size_t times)
{
    wait_for(&(struct wish){.client = client, .text = text, .times = times});
}

void client_expect_size(struct client *client, size_t size)
{
    wait_for(&(struct wish){.client = client, .size = size});
}

void client_expect_end(struct client *client)
{
    wait_for(&(struct wish){.client = client, .end = true});
}

void client_read(struct client *client, bool reading)
{
    loop_watch_change(client->watch, reading ? LOOP_READ : 0);
}

void expect_held(size_t count)
{
    wait_for(&(struct wish){.held = count});
}

void expect_done(size_t count)
{
    wait_for(&(struct wish){.done = count});
}

void world_run(uint32_t ms)
{
    bool over = false;
    struct loop_timer *timer = loop_timer_new(world.loop, ms, ms > 0 ? ms : 1, on_deadline, &over);
    while (!over)
        loop_run(world.loop);
    loop_timer_cancel(&timer);
}
