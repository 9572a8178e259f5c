/* One request: read, put to the tracker under its lock, answered out of memory that is used again and again. Whatever
 * is wrong with an announce is answered with HTTP 200 and a failure reason, for clients show nothing of other answers.
 */
#include "services/tracker/announce_http_private.h"

#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/common/http_client.h"
#include "services/tracker/address.h"
#include "services/tracker/announce_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define RETRY_MALFORMED 1800

/* ---- memory ---- */

struct http_ask *http_ask_begin(struct announce_http *wire, struct slice target)
{
    struct http_ask *ask = wire->asks;
    struct slice path, query, passkey;
    if (ask != NULL)
        wire->asks = ask->next;
    else
        ask = mem_take(sizeof *ask);
    wire->asks_count++;
    ask->begun = false;
    ask->body = 0;
    query_target(target, &path, &query);
    ask->path = query_path(path, &passkey);
    if (ask->path == PATH_announce) {
        ask->wrong = announce_query_read(passkey, query, &ask->announce);
    } else if (ask->path == PATH_scrape) {
        ask->wrong = scrape_query_read(query, &ask->scrape);
        ask->passkey_known = passkey.size == PASSKEY_SIZE;
        if (ask->passkey_known)
            memcpy(ask->passkey, passkey.at, PASSKEY_SIZE);
    }
    return ask;
}

void http_ask_end(struct announce_http *wire, struct http_ask *ask)
{
    wire->asks_count--;
    ask->next = wire->asks;
    wire->asks = ask;
}

static struct http_answer *answer_take(struct announce_http *wire)
{
    struct http_answer *answer = wire->answers;
    if (answer != NULL)
        wire->answers = answer->next;
    else
        answer = mem_take(sizeof *answer);
    answer->wire = wire;
    return answer;
}

static void answer_give(void *arg)
{
    struct http_answer *answer = arg;
    answer->next = answer->wire->answers;
    answer->wire->answers = answer;
}

void http_asks_free(struct announce_http *wire)
{
    for (struct http_ask *ask; (ask = wire->asks) != NULL;) {
        wire->asks = ask->next;
        free(ask);
    }
    for (struct http_answer *answer; (answer = wire->answers) != NULL;) {
        wire->answers = answer->next;
        free(answer);
    }
}

/* ---- whose it is ---- */

static struct address client_of(const struct announce_http *wire, struct MHD_Connection *connection)
{
    uint8_t ip[IP_SIZE];
    http_client_read(connection, wire->settings.proxies, ip);
    return address_from_ip(ip);
}

/* ---- the answer ---- */

static void answer_announce(struct announce_http *wire, struct http_ask *ask, struct reply_text *into)
{
    int64_t now = clock_now();
    lock_take(&wire->tracker->lock);
    if (ask->wrong != NULL)
        tracker_malformed(wire->tracker, &ask->announce, ask->wrong, &wire->reply);
    else
        tracker_announce(wire->tracker, &ask->announce, now, &wire->reply);
    lock_give(&wire->tracker->lock);
    announce_reply_write(&ask->announce, &wire->reply, into);
}

static void answer_scrape(struct announce_http *wire, struct http_ask *ask, struct reply_text *into)
{
    struct scrape_counts counts[SCRAPE_MAX];
    const char *wrong = ask->wrong;
    if (wrong == NULL) {
        struct slice passkey = slice_of(ask->passkey, ask->passkey_known ? PASSKEY_SIZE : 0);
        lock_take(&wire->tracker->lock);
        wrong = tracker_scrape(wire->tracker, passkey, &ask->scrape, counts);
        lock_give(&wire->tracker->lock);
    }
    if (wrong != NULL)
        failure_write(wrong, RETRY_MALFORMED, into);
    else
        scrape_reply_write(&ask->scrape, counts, (uint32_t)wire->tracker->settings.min_interval, into);
}

/* Whether the client has said that it asks no more on this connection, as nearly all do. */
static bool is_last(struct MHD_Connection *connection)
{
    const char *wish = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONNECTION);
    return wish != NULL && strcasecmp(wish, "close") == 0;
}

/* The answer and the end of the connection in one segment (MSG_MORE: it waits for the library to close), a system call
 * and a packet less than the library needs. False: nothing was sent. */
static bool send_last(struct MHD_Connection *connection, struct reply_text *text)
{
    char head[96];
    int size =
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", text->size);
    struct iovec parts[] = {{head, (size_t)size}, {text->at, text->size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    return sendmsg(fd, &message, MSG_MORE | MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
}

enum MHD_Result http_ask_answer(struct announce_http *wire, struct http_ask *ask, struct MHD_Connection *connection)
{
    struct http_answer *answer = answer_take(wire);
    if (ask->path == PATH_announce) {
        ask->announce.address = client_of(wire, connection);
        answer_announce(wire, ask, &answer->text);
    } else {
        answer_scrape(wire, ask, &answer->text);
    }
    if (is_last(connection) && send_last(connection, &answer->text)) {
        answer_give(answer);
        wire->closes = true;
        return MHD_NO; /* which closes it */
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback_cls(answer->text.size, answer->text.at, answer_give, answer);
    if (response == NULL) {
        answer_give(answer);
        return MHD_NO;
    }
    enum MHD_Result queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}
