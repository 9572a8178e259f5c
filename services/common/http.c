/* The listener: libmicrohttpd's daemon in our loop. MHD keeps the connections and their timeouts and parses; it is run
 * when its epoll descriptor is ready, when its own timeout is over, and soon after a sleeping connection was woken.
 * Pipelined requests wait in MHD's buffer, which no descriptor tells of: MHD_get_timeout does, so it is asked after
 * every run. */
#include "services/common/http.h"
#include "services/common/clock.h"
#include "services/common/http_private.h"
#include "services/common/listen.h"
#include "services/common/log.h"
#include "services/common/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RUNS_AT_ONCE 8  /* then others of the loop have their turn */
#define RUNS_AT_STOP 64 /* enough to write every small answer into its socket */

static struct http *listeners;

struct arena *http_take_arena(struct http *http)
{
    return http->spare_count > 0 ? http->spare[--http->spare_count] : arena_new();
}

void http_keep_arena(struct http *http, struct arena *arena)
{
    arena_reset(arena);
    if (http->spare_count < SPARE_ARENAS)
        http->spare[http->spare_count++] = arena;
    else
        arena_destroy(&arena);
}

/* ---- MHD in the loop ---- */

static void run(struct http *http);

static void on_wake(void *arg)
{
    struct http *http = arg;
    http->wake = NULL;
    run(http);
}

/* Wakes at the latest in `ms`. An earlier moment that is set already stays: it costs one idle run. */
static void wake_in(struct http *http, uint64_t ms)
{
    int64_t at = clock_ticks() + (int64_t)(ms < 3600000 ? ms : 3600000);
    if (http->wake != NULL && http->wake_at <= at)
        return;
    loop_timer_cancel(&http->wake);
    http->wake_at = at;
    http->wake =
        loop_timer_new(http->loop, (uint32_t)(at - clock_ticks() > 0 ? at - clock_ticks() : 0), 0, on_wake, http);
}

static bool is_full(const struct http *http)
{
    return http_count(http).connections >= http->limits.connections;
}

/* MHD stops listening while it is full and listens again at its first run after that, which nothing else calls for. */
static void run(struct http *http)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    bool timed = true;
    http->running = true;
    for (int i = 0; i < RUNS_AT_ONCE && timed && ms == 0; i++) {
        MHD_run(http->daemon);
        timed = MHD_get_timeout(http->daemon, &ms) == MHD_YES;
        bool was_full = http->full;
        http->full = is_full(http);
        if (was_full && !http->full) {
            timed = true;
            ms = 0;
        }
    }
    http->running = false;
    if (timed)
        wake_in(http, ms);
}

static void on_ready(void *arg, int events)
{
    (void)events;
    run(arg);
}

void http_wake(struct http *http, struct http_request *request)
{
    MHD_resume_connection(request->connection);
    if (!http->running)
        wake_in(http, 0);
}

/* ---- life of the listener ---- */

static unsigned bound_port(int fd)
{
    struct sockaddr_in6 at = {0}; /* the port stands at the same place in IPv4 */
    socklen_t size = sizeof at;
    return getsockname(fd, (struct sockaddr *)&at, &size) == 0 ? ntohs(at.sin6_port) : 0;
}

struct http *http_listen(struct loop *loop, const char *address, const struct http_limits *limits,
                         http_handler_fn *handler, void *arg, struct fault *why)
{
    int fd = listen_socket(address, SOCK_STREAM, false, why);
    if (fd < 0)
        return NULL;
    struct http *http = mem_zero(1, sizeof *http);
    *http = (struct http){.loop = loop, .limits = *limits, .handler = handler, .arg = arg, .port = bound_port(fd)};
    snprintf(http->address, sizeof http->address, "%s", address);
    http->daemon = http_daemon_start(http, fd);
    if (http->daemon == NULL) {
        fault_set(why, STATUS_internal, NULL, "The HTTP library cannot start a server on %s.", address);
        close(fd);
        free(http);
        return NULL;
    }
    int epoll = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    http->watch = loop_watch_fd(loop, epoll, LOOP_READ, on_ready, http);
    http->next = listeners;
    listeners = http;
    run(http);
    return http;
}

void http_quiesce(struct http *http)
{
    if (http->stopping)
        return;
    http->stopping = true;
    MHD_socket fd = MHD_quiesce_daemon(http->daemon);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
}

/* No connection may sleep when MHD stops. */
static void answer_all(struct http *http)
{
    for (struct http_request *request = http->requests; request != NULL; request = request->next) {
        if (request->state != REQUEST_WAITING)
            continue;
        request_answer_closing(request);
        MHD_resume_connection(request->connection);
    }
}

static void unlist(struct http *http)
{
    struct http **link = &listeners;
    while (*link != http)
        link = &(*link)->next;
    *link = http->next;
}

void http_destroy(struct http **handle)
{
    assert(handle != NULL);
    struct http *http = *handle;
    *handle = NULL;
    if (http == NULL)
        return;
    assert(!http->running);
    http_quiesce(http);
    http->closing = true;
    answer_all(http);
    MHD_UNSIGNED_LONG_LONG ms = 0;
    for (int i = 0; i < RUNS_AT_STOP && http->requests != NULL && (i < 2 || ms == 0); i++) {
        MHD_run(http->daemon);
        if (MHD_get_timeout(http->daemon, &ms) != MHD_YES)
            ms = 1;
    }
    loop_timer_cancel(&http->wake);
    loop_unwatch(&http->watch);
    MHD_stop_daemon(http->daemon);
    assert(http->requests == NULL);
    unlist(http);
    while (http->spare_count > 0)
        arena_destroy(&http->spare[--http->spare_count]);
    free(http);
}

void http_quiesce_all(const struct http *except)
{
    for (struct http *http = listeners; http != NULL; http = http->next)
        if (http != except)
            http_quiesce(http);
}

bool http_all_answered(void)
{
    for (const struct http *http = listeners; http != NULL; http = http->next)
        for (const struct http_request *request = http->requests; request != NULL; request = request->next)
            if (request->state == REQUEST_WAITING)
                return false;
    return true;
}

unsigned http_port(const struct http *http)
{
    return http->port;
}

struct http_counters http_count(const struct http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return (struct http_counters){
        .requests = http->handled, .refused = http->refused, .connections = info != NULL ? info->num_connections : 0};
}

void http_metrics(struct buffer *into)
{
    static const char *const helps[] = {"HTTP requests handled.", "HTTP requests refused as too large.",
                                        "HTTP connections open now."};
    static const char *const names[] = {"http_requests_total", "http_refused_total", "http_connections"};
    for (size_t i = 0; i < 3; i++) {
        const char *help = helps[i];
        for (const struct http *http = listeners; http != NULL; http = http->next, help = NULL) {
            struct http_counters counters = http_count(http);
            char labels[96];
            snprintf(labels, sizeof labels, "listen=\"%s\"", http->address);
            if (i == 2)
                metric_gauge(into, names[i], labels, counters.connections, help);
            else
                metric_counter(into, names[i], labels, i == 0 ? counters.requests : counters.refused, help);
        }
    }
}
