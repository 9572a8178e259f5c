/* One request: what its handler sees of it, and its answer. It may outlive its client and its listener: then it sees an
 * empty request and its answer is dropped. */
#include "services/common/http_client.h"
#include "services/common/http_private.h"
#include "services/common/log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct http_header_set {
    struct http_header_set *next;
    const char *name, *value;
};

/* Answered by nobody when their listener went: reachable until http_reply comes. */
static struct http_request *orphans;

static size_t held_bytes; /* of the large bodies of all listeners */

void http_link(struct http_request **list, struct http_request *request)
{
    request->before = NULL;
    request->next = *list;
    if (*list != NULL)
        (*list)->before = request;
    *list = request;
}

void http_unlink(struct http_request **list, struct http_request *request)
{
    if (request->before != NULL)
        request->before->next = request->next;
    else
        *list = request->next;
    if (request->next != NULL)
        request->next->before = request->before;
}

/* `target` is /path?query, or the absolute form that proxies send. */
static void split_target(struct http_request *request, struct slice target)
{
    const char *scheme = target.size > 0 && target.at[0] != '/' ? strstr(target.at, "://") : NULL;
    const char *slash = scheme != NULL ? strchr(scheme + 3, '/') : NULL;
    if (slash != NULL)
        target = slice_text(slash);
    const char *mark = memchr(target.at, '?', target.size);
    size_t path = mark != NULL ? (size_t)(mark - target.at) : target.size;
    request->path = slice_of(target.at, path);
    if (mark != NULL)
        request->query = slice_of(mark + 1, target.size - path - 1);
}

struct http_request *request_new(struct http *http, const char *target)
{
    struct arena *arena = http_take_arena(http);
    struct http_request *request = arena_take(arena, sizeof *request);
    request->arena = arena;
    request->http = http;
    split_target(request, arena_copy(arena, slice_text(target)));
    http_link(&http->requests, request);
    return request;
}

bool request_hold(struct http_request *request, size_t size, size_t limit)
{
    size_t more = size - request->held;
    if (limit > 0 && (held_bytes > limit || more > limit - held_bytes))
        return false;
    held_bytes += more;
    request->held = size;
    return true;
}

void request_drop_body(struct http_request *request)
{
    buffer_free(&request->body);
    held_bytes -= request->held;
    request->held = 0;
}

void request_free(struct http_request *request)
{
    if (request->done != NULL)
        request->done(request->done_arg);
    http_unlink(request->http != NULL ? &request->http->requests : &orphans, request);
    if (request->response != NULL)
        MHD_destroy_response(request->response);
    request_drop_body(request);
    struct arena *arena = request->arena;
    if (request->http != NULL)
        http_keep_arena(request->http, arena);
    else
        arena_destroy(&arena);
}

void request_settle(struct http_request *request)
{
    if (!request->finished)
        return;
    /* Nobody outside knows of a request that was never handed to the handler. */
    bool known = request->state >= REQUEST_HANDLING;
    if (request->replied || !known) {
        request_free(request);
        return;
    }
    request->connection = NULL;
    if (request->http != NULL)
        http_unlink(&request->http->requests, request);
    request->http = NULL;
    http_link(&orphans, request);
}

struct slice http_method(const struct http_request *request)
{
    return request->method;
}

struct slice http_path(const struct http_request *request)
{
    return request->path;
}

struct slice http_query(const struct http_request *request)
{
    return request->query;
}

struct slice http_header(const struct http_request *request, const char *name)
{
    const char *value = NULL;
    size_t size = 0;
    if (request->connection != NULL)
        MHD_lookup_connection_value_n(request->connection, MHD_HEADER_KIND, name, strlen(name), &value, &size);
    return slice_of(value, value != NULL ? size : 0);
}

struct slice http_body(const struct http_request *request)
{
    return buffer_slice(&request->body);
}

unsigned http_refused(const struct http_request *request)
{
    return request->refused;
}

void http_client(const struct http_request *request, const struct networks *proxies, uint8_t ip[IP_SIZE])
{
    memset(ip, 0, IP_SIZE);
    if (request->connection != NULL)
        http_client_read(request->connection, proxies, ip);
}

struct arena *http_arena(struct http_request *request)
{
    return request->arena;
}

void http_on_done(struct http_request *request, void (*done)(void *arg), void *arg)
{
    assert(request->done == NULL || done == NULL);
    request->done = done;
    request->done_arg = arg;
}

/* A sleeping connection is not watched, so its socket is asked. An end of file does not count: a client may close its
 * sending half and wait for the answer. */
bool http_alive(const struct http_request *request)
{
    if (request->connection == NULL)
        return false;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte;
    return recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno == EAGAIN || errno == EINTR;
}

void http_set(struct http_request *request, const char *name, const char *value)
{
    struct http_header_set *header = arena_take(request->arena, sizeof *header);
    header->name = arena_copy(request->arena, slice_text(name)).at;
    header->value = arena_copy(request->arena, slice_text(value)).at;
    struct http_header_set **last = &request->headers;
    while (*last != NULL)
        last = &(*last)->next;
    *last = header;
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    char quoted[200];
    if (MHD_add_response_header(response, name, value) != MHD_YES)
        log_warning("a header was left out of an answer", "name=%s value=%s", name,
                    log_quote(slice_text(value), quoted, sizeof quoted));
}

void request_answer(struct http_request *request, unsigned status, const char *type, struct slice body)
{
    assert(request->response == NULL);
    request->response = MHD_create_response_from_buffer(body.size, (void *)body.at, MHD_RESPMEM_MUST_COPY);
    if (request->response == NULL)
        fatal("out of memory: an answer of %zu bytes could not be made", body.size);
    request->status = status;
    if (type != NULL && *type != '\0')
        add_header(request->response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    for (struct http_header_set *header = request->headers; header != NULL; header = header->next)
        add_header(request->response, header->name, header->value);
    if (request->http->stopping)
        add_header(request->response, MHD_HTTP_HEADER_CONNECTION, "close");
}

void http_reply(struct http_request *request, unsigned status, const char *type, struct slice body)
{
    assert(!request->replied);
    request->replied = true;
    if (request->finished) {
        request_free(request);
        return;
    }
    if (request->state != REQUEST_HANDLING && request->state != REQUEST_WAITING)
        return; /* its listener stops and has answered for us; MHD lets go of it soon */
    bool asleep = request->state == REQUEST_WAITING;
    request_answer(request, status, type, body);
    request->state = REQUEST_ANSWERED;
    if (asleep)
        http_wake(request->http, request);
}
