#include "services/ratio/auditor/link.h"

#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/common/encode.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_SIZE = 65536, READS_A_TURN = 8, GREETING_MS = 10000 };

struct link {
    struct loop *loop;
    struct loop_watch *watch;
    int fd;
    bool connected, dials, encrypts;
    bool seen; /* who dialled us has begun, and it is known how */
    struct endpoint peer;
    struct wire_goal goal;
    struct wire *wire; /* NULL until it is known which torrent it is about */
    struct mse *mse;   /* NULL: plain */
    bool mse_open;
    struct buffer out, plain; /* to be sent; received, and not yet told to the wire */
    int64_t ends;             /* of connecting, or until the torrent is known */
    const struct link_host *host;
    link_done_fn *done;
    void *arg;
};

static struct link *link_new(struct loop *loop, int fd, const struct endpoint *peer, int64_t ends)
{
    struct link *link = mem_zero(1, sizeof *link);
    link->loop = loop;
    link->fd = fd;
    link->peer = *peer;
    link->ends = ends;
    return link;
}

void link_destroy(struct link **link)
{
    if (*link == NULL)
        return;
    loop_unwatch(&(*link)->watch);
    if ((*link)->fd >= 0)
        close((*link)->fd);
    wire_destroy(&(*link)->wire);
    mse_destroy(&(*link)->mse);
    buffer_free(&(*link)->out);
    buffer_free(&(*link)->plain);
    free(*link);
    *link = NULL;
}

const struct endpoint *link_peer(const struct link *link)
{
    return &link->peer;
}

void link_claim(struct link *link, link_done_fn *done, void *arg)
{
    link->done = done;
    link->arg = arg;
}

/* Nothing is done with the link after this. */
static void end(struct link *link, enum wire_result result)
{
    const struct link_end ended = {.result = result,
                                   .connected = link->connected,
                                   .encrypted = link->mse_open && mse_is_encrypted(link->mse),
                                   .received = link->wire != NULL ? wire_received(link->wire) : 0};
    loop_unwatch(&link->watch);
    link->done(link->arg, link, &ended);
}

static struct mse_random draw(void)
{
    struct mse_random random;
    random_bytes(&random, sizeof random);
    random.pad_size %= MSE_PAD_MAX + 1;
    return random;
}

/* ---- sending ---- */

/* What the wire wants to say goes out; false: the connection is gone. */
static bool flush(struct link *link)
{
    if (link->wire != NULL && wire_out(link->wire)->size > 0 && (link->mse == NULL || link->mse_open)) {
        struct buffer *said = wire_out(link->wire);
        if (link->mse != NULL)
            mse_send(link->mse, buffer_slice(said), &link->out);
        else
            buffer_add(&link->out, said->at, said->size);
        said->size = 0;
    }
    size_t sent = 0;
    while (sent < link->out.size) {
        ssize_t size = send(link->fd, link->out.at + sent, link->out.size - sent, MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && errno != EAGAIN)
            return false;
        if (size < 0)
            break;
        sent += (size_t)size;
    }
    if (sent > 0)
        memmove(link->out.at, link->out.at + sent, link->out.size - sent);
    link->out.size -= sent;
    loop_watch_change(link->watch, link->out.size > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
    return true;
}

/* ---- receiving ---- */

/* Who dialled us names its torrent in the handshake. */
static enum wire_result greet(struct link *link, int64_t now)
{
    uint8_t info_hash[20];
    if (link->plain.size < GREETING_SIZE)
        return WIRE_GOES_ON;
    if (!greeting_read(link->plain.at, info_hash) || !link->host->claim(link->host->arg, link, info_hash, &link->goal))
        return WIRE_STRANGE;
    link->wire = wire_new(&link->goal, now);
    return WIRE_GOES_ON;
}

static enum wire_result take_plain(struct link *link, int64_t now)
{
    enum wire_result result = WIRE_GOES_ON;
    if (link->wire == NULL)
        result = greet(link, now);
    if (link->wire != NULL && link->plain.size > 0) {
        result = wire_take(link->wire, buffer_slice(&link->plain), now);
        link->plain.size = 0;
    }
    return result;
}

static enum wire_result take_encrypted(struct link *link, struct slice bytes, int64_t now)
{
    enum mse_state state = mse_take(link->mse, bytes, &link->out, &link->plain);
    link->mse_open = state == MSE_OPEN;
    return state == MSE_WRONG ? WIRE_STRANGE : link->mse_open ? take_plain(link, now) : WIRE_GOES_ON;
}

/* The first bytes tell whether they are encrypted. */
static enum wire_result take_first(struct link *link, struct slice bytes, int64_t now)
{
    enum { KNOWN_BY = 20 };
    buffer_add(&link->plain, bytes.at, bytes.size);
    if (greeting_begins(buffer_slice(&link->plain))) {
        link->seen = link->plain.size >= KNOWN_BY;
        return link->seen ? take_plain(link, now) : WIRE_GOES_ON;
    }
    struct mse_random random = draw();
    struct buffer first = link->plain;
    link->plain = (struct buffer){0};
    link->seen = true;
    link->mse = mse_answer(link->host->known, link->host->arg, &random);
    enum wire_result result = take_encrypted(link, buffer_slice(&first), now);
    buffer_free(&first);
    return result;
}

static enum wire_result take(struct link *link, struct slice bytes, int64_t now)
{
    if (!link->dials && !link->seen)
        return take_first(link, bytes, now);
    if (link->mse != NULL)
        return take_encrypted(link, bytes, now);
    buffer_add(&link->plain, bytes.at, bytes.size);
    return take_plain(link, now);
}

static enum wire_result receive(struct link *link)
{
    static char bytes[READ_SIZE];
    enum wire_result result = WIRE_GOES_ON;
    for (int i = 0; i < READS_A_TURN && result == WIRE_GOES_ON; i++) {
        ssize_t size = recv(link->fd, bytes, sizeof bytes, 0);
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            return WIRE_GOES_ON;
        if (size <= 0)
            return link->wire != NULL ? wire_closed(link->wire) : WIRE_STRANGE;
        result = take(link, slice_of(bytes, (size_t)size), clock_ticks());
    }
    return result;
}

/* ---- the socket ---- */

static void begin(struct link *link, int64_t now)
{
    link->wire = wire_new(&link->goal, now);
    if (!link->encrypts)
        return;
    struct buffer *said = wire_out(link->wire);
    struct mse_random random = draw();
    link->mse = mse_dial(link->goal.info_hash, buffer_slice(said), &random, &link->out);
    said->size = 0;
}

static bool is_connected(const struct link *link)
{
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

static void on_ready(void *arg, int events)
{
    struct link *link = arg;
    enum wire_result result = WIRE_GOES_ON;
    if (!link->connected) {
        if (!is_connected(link)) {
            end(link, WIRE_STRANGE);
            return;
        }
        link->connected = true;
        begin(link, clock_ticks());
    } else if ((events & LOOP_READ) != 0) {
        result = receive(link);
    }
    if (result == WIRE_GOES_ON && !flush(link))
        result = link->wire != NULL ? wire_closed(link->wire) : WIRE_STRANGE;
    if (result != WIRE_GOES_ON)
        end(link, result);
}

void link_tick(struct link *link, int64_t now)
{
    enum wire_result result = link->wire != NULL  ? wire_tick(link->wire, now)
                              : now >= link->ends ? WIRE_STRANGE
                                                  : WIRE_GOES_ON;
    if (result != WIRE_GOES_ON)
        end(link, result);
}

static int socket_open(const struct endpoint *to, const struct endpoint *from)
{
    int fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    struct endpoint local = *from;
    if (from->size != 0 && from->any.sa_family == to->any.sa_family) {
        if (local.any.sa_family == AF_INET)
            local.four.sin_port = 0;
        else
            local.six.sin6_port = 0;
        if (bind(fd, &local.any, local.size) != 0) {
            close(fd);
            return -1;
        }
    }
    if (connect(fd, &to->any, to->size) == 0 || errno == EINPROGRESS)
        return fd;
    close(fd);
    return -1;
}

struct link *link_dial(struct loop *loop, const struct endpoint *to, const struct endpoint *from,
                       const struct wire_goal *goal, bool encrypted, int64_t connects_until, link_done_fn *done,
                       void *arg)
{
    struct link *link = link_new(loop, socket_open(to, from), to, connects_until);
    link->dials = true;
    link->encrypts = encrypted;
    link->goal = *goal;
    link_claim(link, done, arg);
    if (link->fd < 0) {
        link->ends = 0; /* the next tick tells */
        return link;
    }
    link->watch = loop_watch_fd(loop, link->fd, LOOP_WRITE, on_ready, link);
    return link;
}

struct link *link_accept(struct loop *loop, int fd, const struct endpoint *peer, const struct link_host *host,
                         int64_t now)
{
    struct link *link = link_new(loop, fd, peer, now + GREETING_MS);
    link->host = host;
    link->connected = true;
    link_claim(link, host->done, host->arg);
    link->watch = loop_watch_fd(loop, fd, LOOP_READ, on_ready, link);
    return link;
}
