/* The listener: libmicrohttpd's daemon in our loop. MHD keeps the connections and their timeouts and parses; it is run
 * when its epoll descriptor is ready, when its own timeout is over, and soon after a sleeping connection was woken.
 * Pipelined requests wait in MHD's buffer, which no descriptor tells of: MHD_get_timeout does, so it is asked after
 * every run. */
#include "services/common/http.h"
#include "services/common/clock.h"
#include "services/common/http_private.h"
#include "services/common/log.h"
#include "services/common/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RUNS_AT_ONCE 8          /* then others of the loop have their turn */
#define RUNS_AT_STOP 64         /* enough to write every small answer into its socket */
#define SPARE_ARENAS 64         /* kept for the next requests */
#define DROPPED_MAX (64U << 20) /* so much of a body that is too large is read, to let the client see the answer */

struct http {
    struct http *next; /* of all listeners */
    struct loop *loop;
    struct MHD_Daemon *daemon;
    struct loop_watch *watch;
    struct loop_timer *wake;
    int64_t wake_at;
    char address[64];
    unsigned port;
    struct http_limits limits;
    http_handler_fn *handler;
    void *arg;
    struct http_request *requests;
    struct arena *spare[SPARE_ARENAS];
    size_t spare_count;
    uint64_t handled, refused;
    bool running, stopping; /* stopping: takes no new connections */
    bool full;              /* has as many connections as it may */
    bool closing;           /* takes no new requests either */
};

static struct http *listeners;

struct http_request **http_requests(struct http *http)
{
    return &http->requests;
}

bool http_is_stopping(const struct http *http)
{
    return http->stopping;
}

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

/* ---- a request comes in ---- */

static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    (void)connection;
    return request_new(cls, target);
}

/* We read paths and queries ourselves, as they were sent. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

/* IPv4 clients of a socket for both come as ::ffff:1.2.3.4: they are IPv4 to everybody else. */
static void read_peer(struct http_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *from = info->client_addr;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)from;
    struct sockaddr_in *four = (struct sockaddr_in *)&request->peer;
    if (from->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        *four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = six->sin6_port};
        memcpy(&four->sin_addr, six->sin6_addr.s6_addr + 12, 4);
    } else {
        memcpy(&request->peer, from, from->sa_family == AF_INET6 ? sizeof *six : sizeof *four);
    }
}

static enum MHD_Result send_answer(struct http_request *request)
{
    enum MHD_Result queued = MHD_queue_response(request->connection, request->status, request->response);
    MHD_destroy_response(request->response);
    request->response = NULL;
    request->state = REQUEST_SENT;
    return queued;
}

static enum MHD_Result refuse_size(struct http_request *request)
{
    char text[160];
    size_t limit = request->http->limits.body;
    int size = limit >= 1 << 20
                   ? snprintf(text, sizeof text, "That is too large: at most %zu MiB can be sent here.\n", limit >> 20)
                   : snprintf(text, sizeof text, "That is too large: at most %zu bytes can be sent here.\n", limit);
    request->http->refused++;
    request_answer(request, MHD_HTTP_CONTENT_TOO_LARGE, "text/plain; charset=utf-8", slice_of(text, (size_t)size));
    return send_answer(request);
}

/* The headers are there. A body that is announced as too large is refused before it is sent when the client waits for
 * leave to send it; else it is read and dropped, for a client that is still sending would not see the answer. */
static enum MHD_Result begin(struct http_request *request, struct MHD_Connection *connection, const char *method)
{
    request->connection = connection;
    request->state = REQUEST_READING;
    request->method = arena_copy(request->arena, slice_text(method));
    read_peer(request);
    struct slice length = http_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    unsigned long long size = length.size > 0 ? strtoull(length.at, NULL, 10) : 0;
    request->too_large = size > request->http->limits.body;
    if (request->too_large && (size > DROPPED_MAX || http_header(request, MHD_HTTP_HEADER_EXPECT).size > 0))
        return refuse_size(request);
    return MHD_YES;
}

static enum MHD_Result take_body(struct http_request *request, const char *bytes, size_t size)
{
    if (request->body.size + size > request->http->limits.body)
        request->too_large = true;
    if (!request->too_large) {
        buffer_add(&request->body, bytes, size);
        return MHD_YES;
    }
    buffer_free(&request->body);
    request->dropped += size;
    return request->dropped <= DROPPED_MAX ? MHD_YES : MHD_NO;
}

static void answer_closing(struct http_request *request)
{
    static const char text[] = "This part of the site is restarting: try again in a moment.\n";
    request_answer(request, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", slice_text(text));
    request->state = REQUEST_ANSWERED;
}

static enum MHD_Result handle(struct http_request *request)
{
    request->state = REQUEST_HANDLING;
    request->http->handled++;
    if (request->http->closing) {
        answer_closing(request);
        request->replied = true; /* nobody else will */
    } else {
        request->http->handler(request, request->http->arg);
    }
    if (request->state == REQUEST_ANSWERED)
        return send_answer(request);
    request->state = REQUEST_WAITING;
    MHD_suspend_connection(request->connection);
    return MHD_YES;
}

/* MHD calls it when the headers are there, for each piece of the body, at its end, and when the connection was woken.
 */
static enum MHD_Result on_access(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *bytes, size_t *size, void **context)
{
    (void)cls;
    (void)url;
    (void)version;
    struct http_request *request = *context;
    assert(request != NULL);
    if (request->state == REQUEST_NEW)
        return begin(request, connection, method);
    if (*size > 0) {
        enum MHD_Result taken = take_body(request, bytes, *size);
        *size = 0;
        return taken;
    }
    if (request->state == REQUEST_ANSWERED)
        return send_answer(request);
    if (request->state != REQUEST_READING)
        return MHD_NO;
    return request->too_large ? refuse_size(request) : handle(request);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how)
{
    (void)cls;
    (void)connection;
    (void)how;
    struct http_request *request = *context;
    *context = NULL;
    if (request == NULL)
        return;
    request->connection = NULL;
    request->finished = true;
    request_settle(request);
}

/* What MHD has to say is about clients that misbehave. */
static void on_message(void *cls, const char *format, va_list args)
{
    (void)cls;
    char text[200], quoted[240];
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    log_debug("http", "note=%s", log_quote(slice_text(text), quoted, sizeof quoted));
}

/* ---- life of the listener ---- */

static struct MHD_Daemon *start_daemon(struct http *http, int fd)
{
    const struct http_limits *limits = &http->limits;
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_access,
                            http,
                            /* first, so that it hears all */ MHD_OPTION_EXTERNAL_LOGGER, on_message, NULL, /**/
                            MHD_OPTION_LISTEN_SOCKET, fd,                                                   /**/
                            MHD_OPTION_URI_LOG_CALLBACK, on_target, http,                                   /**/
                            MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,                               /**/
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,                                /**/
                            MHD_OPTION_CONNECTION_LIMIT, limits->connections,                               /**/
                            MHD_OPTION_CONNECTION_TIMEOUT, limits->idle_seconds,                            /**/
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits->header_memory, MHD_OPTION_END);
}

static unsigned bound_port(int fd)
{
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        return 0;
    return ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port
                                          : ((struct sockaddr_in *)&at)->sin_port);
}

struct http *http_listen(struct loop *loop, const char *address, const struct http_limits *limits,
                         http_handler_fn *handler, void *arg, struct fault *why)
{
    int fd = http_socket(address, why);
    if (fd < 0)
        return NULL;
    struct http *http = mem_zero(1, sizeof *http);
    *http = (struct http){.loop = loop, .limits = *limits, .handler = handler, .arg = arg, .port = bound_port(fd)};
    snprintf(http->address, sizeof http->address, "%s", address);
    http->daemon = start_daemon(http, fd);
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
        answer_closing(request);
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
