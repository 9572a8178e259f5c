/* The worker: libmicrohttpd's daemon in a thread of its own, one epoll_wait a turn. With the PROXY protocol connections
 * come from proxied.c instead of the library's listening socket. */
#include "services/tracker/announce_http.h"

#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/common/encode.h"
#include "services/common/listen.h"
#include "services/common/log.h"
#include "services/tracker/announce_http_private.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    TURN_MS = 100,        /* a stop is seen this soon */
    DRAIN_MS = 1000,      /* how long a stop waits for requests that have begun */
    DRAIN_TURN_MS = 10,   /* a turn without news: nothing has come any more */
    HEADER_MEMORY = 8192, /* of a connection, zeroed for each request; a request line above QUERY_MAX fits */
    BODY_MOST = 65536,
};

/* ---- what the library tells ---- */

/* Once we have read it the query ends, for the library, where it begins: it would cut it into pairs that nobody wants.
 */
static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    (void)connection;
    struct http_ask *ask = http_ask_begin(cls, slice_text(target));
    char *query = strchr(target, '?'); /* in the connection's own memory */
    if (query != NULL)
        query[1] = '\0';
    return ask;
}

/* We read paths and queries ourselves, as they were sent. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

/* Called when the headers are there, for each piece of a body, and at its end. */
static enum MHD_Result on_access(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *bytes, size_t *size, void **context)
{
    struct announce_http *wire = cls;
    struct http_ask *ask = *context;
    (void)url;
    (void)version;
    (void)bytes;
    if (!ask->begun) {
        ask->begun = true;
        return MHD_YES;
    }
    if (*size > 0) {
        ask->body += *size;
        *size = 0;
        return ask->body <= BODY_MOST ? MHD_YES : MHD_NO;
    }
    atomic_fetch_add_explicit(&wire->requests, 1, memory_order_relaxed);
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (reads && ask->path != PATH_other)
        return http_ask_answer(wire, ask, connection);
    atomic_fetch_add_explicit(&wire->refused, 1, memory_order_relaxed);
    return MHD_queue_response(connection, MHD_HTTP_NOT_FOUND, wire->nothing);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how)
{
    (void)connection;
    (void)how;
    if (*context != NULL)
        http_ask_end(cls, *context);
    *context = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct announce_http *wire = cls;
    (void)connection;
    (void)context;
    atomic_fetch_add_explicit(&wire->connections, what == MHD_CONNECTION_NOTIFY_STARTED ? 1 : -1, memory_order_relaxed);
}

/* What it has to say is about clients that misbehave. */
static void on_message(void *cls, const char *format, va_list args)
{
    struct announce_http *wire = cls;
    if (wire->closes) {
        wire->closes = false;
        return;
    }
    char text[200], quoted[240];
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    log_debug("http", "note=%s", log_quote(slice_text(text), quoted, sizeof quoted));
}

/* ---- the thread ---- */

static int wait_ms(const struct announce_http *wire, int most)
{
    MHD_UNSIGNED_LONG_LONG ms;
    return MHD_get_timeout(wire->daemon, &ms) == MHD_YES && ms < (unsigned)most ? (int)ms : most;
}

static void turn(struct announce_http *wire, int most_ms)
{
    if (wire->proxied == NULL) {
        MHD_run_wait(wire->daemon, most_ms);
        return;
    }
    proxied_run(wire->proxied, wait_ms(wire, most_ms));
    MHD_run(wire->daemon);
}

/* Connections that were made but not taken yet would be reset when their listening socket closes. */
static void take_the_queued(struct announce_http *wire)
{
    int fd = wire->proxied != NULL ? wire->listening : MHD_quiesce_daemon(wire->daemon);
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    for (int fresh; wire->proxied == NULL &&
                    (fresh = accept4(fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;
         size = sizeof from)
        MHD_add_connection(wire->daemon, fresh, (struct sockaddr *)&from, size);
    if (wire->proxied != NULL)
        proxied_close(wire->proxied);
    close(fd);
    wire->listening = -1;
}

/* Ends when no request is half here and a turn brought nothing new. */
static void drain(struct announce_http *wire)
{
    int64_t end = clock_ticks() + DRAIN_MS;
    take_the_queued(wire);
    uint64_t before;
    do {
        before = atomic_load(&wire->requests);
        turn(wire, DRAIN_TURN_MS);
    } while (clock_ticks() < end && (wire->asks_count > 0 || atomic_load(&wire->requests) > before));
}

static void *run(void *arg)
{
    struct announce_http *wire = arg;
    while (!atomic_load_explicit(&wire->stopping, memory_order_relaxed))
        turn(wire, TURN_MS);
    drain(wire);
    return NULL;
}

/* ---- life ---- */

static void on_proxied(void *arg, int fd, const struct sockaddr *from, socklen_t size)
{
    struct announce_http *wire = arg;
    MHD_add_connection(wire->daemon, fd, from, size);
}

/* Turbo: a request is read as soon as its connection is taken, and closing is one call instead of three. */
static struct MHD_Daemon *start_daemon(struct announce_http *wire, int fd)
{
    const struct announce_http_settings *settings = &wire->settings;
    unsigned flags = MHD_USE_EPOLL | MHD_USE_TURBO | MHD_USE_SUPPRESS_DATE_NO_CLOCK | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem listening[] = {{MHD_OPTION_LISTEN_SOCKET, fd, NULL}, {MHD_OPTION_END, 0, NULL}};
    if (settings->proxy_protocol) {
        flags |= MHD_USE_NO_LISTEN_SOCKET;
        listening[0].option = MHD_OPTION_END;
    }
    return MHD_start_daemon(flags, 0, NULL, NULL, on_access, wire,
                            /* first, so that it hears all */ MHD_OPTION_EXTERNAL_LOGGER, on_message, wire, /**/
                            MHD_OPTION_ARRAY, listening,                                                    /**/
                            MHD_OPTION_URI_LOG_CALLBACK, on_target, wire,                                   /**/
                            MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,                               /**/
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, wire,                                /**/
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, wire,                              /**/
                            MHD_OPTION_CONNECTION_LIMIT, settings->connections,                             /**/
                            MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->address_connections,              /**/
                            MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds,                          /**/
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_MEMORY, MHD_OPTION_END);
}

static bool open_daemon(struct announce_http *wire, int fd)
{
    static const char text[] = "This is a BitTorrent tracker: nothing to see here.\n";
    wire->daemon = start_daemon(wire, fd);
    wire->nothing = MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
    if (wire->daemon == NULL || wire->nothing == NULL)
        return false;
    MHD_add_response_header(wire->nothing, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
    if (!wire->settings.proxy_protocol)
        return true;
    wire->listening = fd;
    int epoll = MHD_get_daemon_info(wire->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    wire->proxied = proxied_new(fd, epoll, wire->settings.proxies, on_proxied, wire);
    return true;
}

struct announce_http *announce_http_new(struct tracker *tracker, const struct announce_http_settings *settings,
                                        struct fault *why)
{
    int fd = listen_socket(settings->listen, SOCK_STREAM, settings->shared, why), second = 1;
    if (fd < 0)
        return NULL;
    /* A connection whose client has said nothing is left to the kernel for a second or so. */
    setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &second, sizeof second);
    struct announce_http *wire = mem_zero(1, sizeof *wire);
    wire->tracker = tracker;
    wire->settings = *settings;
    wire->listening = -1;
    if (!open_daemon(wire, fd)) {
        if (wire->daemon == NULL)
            close(fd);
        fault_set(why, STATUS_internal, NULL, "The HTTP library cannot start a server on %s.", settings->listen);
        announce_http_destroy(&wire);
    }
    return wire;
}

void announce_http_start(struct announce_http *wire)
{
    if (pthread_create(&wire->thread, NULL, run, wire) != 0)
        fatal("Cannot start a thread for announces: raise the limit of processes of this user.");
    wire->started = true;
}

void announce_http_stop(struct announce_http *wire)
{
    atomic_store(&wire->stopping, true);
}

void announce_http_destroy(struct announce_http **handle)
{
    struct announce_http *wire = *handle;
    if (wire == NULL)
        return;
    announce_http_stop(wire);
    if (wire->started)
        pthread_join(wire->thread, NULL);
    if (wire->daemon != NULL)
        MHD_stop_daemon(wire->daemon);
    if (wire->nothing != NULL)
        MHD_destroy_response(wire->nothing);
    proxied_destroy(&wire->proxied);
    if (wire->listening >= 0)
        close(wire->listening);
    http_asks_free(wire);
    free(wire);
    *handle = NULL;
}

struct announce_http_counters announce_http_count(const struct announce_http *wire)
{
    return (struct announce_http_counters){
        .requests = atomic_load_explicit(&wire->requests, memory_order_relaxed),
        .refused = atomic_load_explicit(&wire->refused, memory_order_relaxed),
        .proxied_refused = wire->proxied != NULL ? proxied_refused(wire->proxied) : 0,
        .connections = atomic_load_explicit(&wire->connections, memory_order_relaxed),
    };
}
