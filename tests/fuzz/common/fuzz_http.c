/* Any bytes over a real connection: the listener neither crashes nor leaks, and still answers the next client. Bytes up
 * to the first 0xff are sent at once, then come pieces between the 0xff. */
#include "services/common/http.h"
#include "services/common/log.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop *loop;
static struct http *http;
static size_t started, ended;

static void on_done(void *arg)
{
    (void)arg;
    ended++;
}

static void on_request(struct http_request *request, void *arg)
{
    (void)arg;
    started++;
    http_on_done(request, on_done, NULL);
    struct slice header = http_header(request, "Cookie"), path = http_path(request), query = http_query(request);
    struct slice copy = arena_copy(http_arena(request), header);
    assert(copy.size == header.size && path.size + query.size < 8192);
    http_reply(request, 200, "text/plain", http_body(request));
}

static void on_over(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

/* A few rounds of the loop: enough for what has been sent. */
static void turn(void)
{
    loop_timer_new(loop, 0, 0, on_over, NULL);
    loop_run(loop);
    loop_timer_new(loop, 0, 0, on_over, NULL);
    loop_run(loop);
}

static int connect_to(unsigned port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int failed = connect(fd, (struct sockaddr *)&at, sizeof at);
    assert(!failed);
    /* Closed at once: thousands of connections a second would use up the ports otherwise. */
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct http_limits limits = {
        .body = 4096, .connections = 16, .idle_seconds = 5, .header_memory = 8192};
    struct fault why;
    if (loop == NULL) {
        loop = loop_new();
        http = http_listen(loop, "127.0.0.1:0", &limits, on_request, NULL, &why);
        assert(http != NULL);
    }
    int fd = connect_to(http_port(http));
    turn();
    while (size > 0) {
        const uint8_t *cut = memchr(data, 0xff, size);
        size_t piece = cut != NULL ? (size_t)(cut - data) : size;
        send(fd, data, piece, MSG_DONTWAIT | MSG_NOSIGNAL);
        turn();
        data += piece + (cut != NULL);
        size -= piece + (cut != NULL);
    }
    close(fd);
    while (http_count(http).connections > 0)
        turn();
    assert(started == ended);
    return 0;
}
