/* How requests come in: what MHD calls for each, from its first line to its end. */
#include "services/common/http_private.h"
#include "services/common/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define SMALL_BODY (64U << 10)  /* of as many connections as there are, these are no burden */
#define DROPPED_MAX (64U << 20) /* so much of a body that is too large is read, to let the client see the answer */

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

static enum MHD_Result send_answer(struct http_request *request)
{
    enum MHD_Result queued = MHD_queue_response(request->connection, request->status, request->response);
    MHD_destroy_response(request->response);
    request->response = NULL;
    request->state = REQUEST_SENT;
    return queued;
}

static enum MHD_Result refuse_body(struct http_request *request)
{
    char text[160];
    size_t limit = request->http->limits.body;
    if (request->refused == MHD_HTTP_SERVICE_UNAVAILABLE)
        snprintf(text, sizeof text, "Too much is being sent here at this moment: try again in a minute.\n");
    else if (limit >= 1 << 20)
        snprintf(text, sizeof text, "That is too large: at most %zu MiB can be sent here.\n", limit >> 20);
    else
        snprintf(text, sizeof text, "That is too large: at most %zu bytes can be sent here.\n", limit);
    request_answer(request, request->refused, "text/plain; charset=utf-8", slice_text(text));
    request->replied = true; /* nobody else will */
    return send_answer(request);
}

static void refuse(struct http_request *request, unsigned status)
{
    if (request->refused == 0)
        request->http->refused++;
    request->refused = status;
    request_drop_body(request);
}

/* The headers are there. A body that is announced as too large is refused before it is sent when the client waits for
 * leave to send it; else it is read and dropped, for a client that is still sending would not see the answer. */
static enum MHD_Result begin(struct http_request *request, struct MHD_Connection *connection, const char *method)
{
    request->connection = connection;
    request->state = REQUEST_READING;
    request->method = arena_copy(request->arena, slice_text(method));
    struct slice length = http_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    unsigned long long size = length.size > 0 ? strtoull(length.at, NULL, 10) : 0;
    if (size > request->http->limits.body)
        refuse(request, MHD_HTTP_CONTENT_TOO_LARGE);
    if (request->refused != 0 && (size > DROPPED_MAX || http_header(request, MHD_HTTP_HEADER_EXPECT).size > 0))
        return refuse_body(request);
    return MHD_YES;
}

static enum MHD_Result take_body(struct http_request *request, const char *bytes, size_t size)
{
    const struct http_limits *limits = &request->http->limits;
    size_t whole = request->body.size + size;
    if (whole > limits->body)
        refuse(request, MHD_HTTP_CONTENT_TOO_LARGE);
    else if (request->refused == 0 && whole > SMALL_BODY && !request_hold(request, whole, limits->bodies))
        refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE);
    if (request->refused == 0) {
        buffer_add(&request->body, bytes, size);
        return MHD_YES;
    }
    request->dropped += size;
    return request->dropped <= DROPPED_MAX ? MHD_YES : MHD_NO;
}

void request_answer_closing(struct http_request *request)
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
        request_answer_closing(request);
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
    bool told_here = request->refused != 0 && !request->http->limits.tells_refused;
    return told_here ? refuse_body(request) : handle(request);
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

struct MHD_Daemon *http_daemon_start(struct http *http, int fd)
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
