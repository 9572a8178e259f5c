/* A header is looked at (MSG_PEEK) until it is whole and then taken off, so that not one byte of what follows is.
 * Readiness is told by edge: half a header does not wake anybody again. */
#include "services/tracker/proxied.h"

#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/common/log.h"
#include "services/tracker/proxy_header.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    EVENTS_AT_ONCE = 64,
    ACCEPTS_AT_ONCE = 64,
    HEADER_MS = 3000, /* a proxy sends its header before anything else */
    PENDING_MOST = 1000,
    COMPLAINT_MS = 10000, /* at most one line in so long */
};

struct pending {
    struct pending *next, *before; /* oldest first */
    int fd;
    int64_t until; /* ticks */
    struct sockaddr_storage from;
    socklen_t size;
};

struct proxied {
    int epoll, listening, also;
    const struct networks *proxies;
    proxied_ready_fn *ready;
    void *arg;
    struct pending *first, *last;
    unsigned count;
    atomic_uint_least64_t refused;
    uint64_t told; /* refused when a line was last logged */
    int64_t quiet_until;
};

static void watch(struct proxied *proxied, int fd, uint32_t events, void *data)
{
    struct epoll_event event = {.events = events, .data.ptr = data};
    if (epoll_ctl(proxied->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        log_error("a connection cannot be watched", "errno=%d", errno);
}

struct proxied *proxied_new(int listening, int also, const struct networks *proxies, proxied_ready_fn *ready, void *arg)
{
    struct proxied *proxied = mem_zero(1, sizeof *proxied);
    proxied->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (proxied->epoll < 0)
        fatal("Cannot wait for connections: raise the limit of open files.");
    proxied->listening = listening;
    proxied->also = also;
    proxied->proxies = proxies;
    proxied->ready = ready;
    proxied->arg = arg;
    watch(proxied, listening, EPOLLIN, &proxied->listening);
    watch(proxied, also, EPOLLIN, &proxied->also);
    return proxied;
}

/* ---- pending ---- */

/* Its descriptor is not closed. */
static void forget(struct proxied *proxied, struct pending *pending)
{
    *(pending->before != NULL ? &pending->before->next : &proxied->first) = pending->next;
    *(pending->next != NULL ? &pending->next->before : &proxied->last) = pending->before;
    proxied->count--;
    free(pending);
}

static void complain(struct proxied *proxied, const struct pending *pending, const char *what)
{
    uint64_t refused = atomic_fetch_add_explicit(&proxied->refused, 1, memory_order_relaxed) + 1;
    if (clock_ticks() < proxied->quiet_until)
        return;
    uint8_t ip[IP_SIZE];
    char text[INET6_ADDRSTRLEN];
    ip_of((const struct sockaddr *)&pending->from, ip);
    ip_write(ip, text);
    log_warning("a proxy did not say for whom it speaks", "proxy=%s what=\"%s\" connections=%" PRIu64, text, what,
                refused - proxied->told);
    proxied->told = refused;
    proxied->quiet_until = clock_ticks() + COMPLAINT_MS;
}

static void refuse(struct proxied *proxied, struct pending *pending, const char *what)
{
    complain(proxied, pending, what);
    close(pending->fd);
    forget(proxied, pending);
}

static void give_on(struct proxied *proxied, struct pending *pending, const struct proxy_header *header)
{
    if (header->address.family == FAMILY_v4) {
        struct sockaddr_in *four = (struct sockaddr_in *)&pending->from;
        *four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(header->port)};
        memcpy(&four->sin_addr, header->address.bytes, 4);
        pending->size = sizeof *four;
    } else if (header->address.family == FAMILY_v6) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)&pending->from;
        *six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(header->port)};
        memcpy(&six->sin6_addr, header->address.bytes, IP_SIZE);
        pending->size = sizeof *six;
    }
    epoll_ctl(proxied->epoll, EPOLL_CTL_DEL, pending->fd, NULL);
    proxied->ready(proxied->arg, pending->fd, (const struct sockaddr *)&pending->from, pending->size);
    forget(proxied, pending);
}

static void look(struct proxied *proxied, struct pending *pending)
{
    char bytes[PROXY_HEADER_MAX];
    struct proxy_header header;
    ssize_t size = recv(pending->fd, bytes, sizeof bytes, MSG_PEEK);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        refuse(proxied, pending, "closed before its header was whole");
        return;
    }
    enum proxy_verdict verdict = proxy_header_read(slice_of(bytes, (size_t)size), &header);
    if (verdict == PROXY_more)
        return;
    if (verdict == PROXY_wrong || recv(pending->fd, bytes, header.size, 0) != (ssize_t)header.size)
        refuse(proxied, pending, "no PROXY header");
    else
        give_on(proxied, pending, &header);
}

static void expect_header(struct proxied *proxied, int fd, const struct sockaddr_storage *from, socklen_t size)
{
    struct pending *pending = mem_zero(1, sizeof *pending);
    pending->fd = fd;
    pending->until = clock_ticks() + HEADER_MS;
    pending->from = *from;
    pending->size = size;
    pending->before = proxied->last;
    *(proxied->last != NULL ? &proxied->last->next : &proxied->first) = pending;
    proxied->last = pending;
    proxied->count++;
    watch(proxied, fd, EPOLLIN | EPOLLRDHUP | EPOLLET, pending);
    look(proxied, pending);
}

/* ---- turns ---- */

/* False when nothing waits. */
static bool take_connection(struct proxied *proxied)
{
    struct sockaddr_storage from = {0};
    socklen_t size = sizeof from;
    uint8_t ip[IP_SIZE];
    int fd = accept4(proxied->listening, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return false;
    ip_of((const struct sockaddr *)&from, ip);
    if (networks_hold(proxied->proxies, ip))
        expect_header(proxied, fd, &from, size);
    else
        proxied->ready(proxied->arg, fd, (const struct sockaddr *)&from, size);
    return true;
}

static void drop_old(struct proxied *proxied)
{
    while (proxied->count > PENDING_MOST || (proxied->first != NULL && proxied->first->until <= clock_ticks()))
        refuse(proxied, proxied->first, "its header did not come in time");
}

void proxied_run(struct proxied *proxied, int ms)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(proxied->epoll, events, EVENTS_AT_ONCE, ms);
    bool fresh = false;
    for (int i = 0; i < count; i++) {
        void *what = events[i].data.ptr;
        if (what == &proxied->listening)
            fresh = true;
        else if (what != &proxied->also)
            look(proxied, what);
    }
    for (int i = 0; i < ACCEPTS_AT_ONCE && fresh && take_connection(proxied); i++)
        ;
    drop_old(proxied);
}

void proxied_close(struct proxied *proxied)
{
    while (take_connection(proxied))
        ;
    epoll_ctl(proxied->epoll, EPOLL_CTL_DEL, proxied->listening, NULL);
}

void proxied_destroy(struct proxied **handle)
{
    struct proxied *proxied = *handle;
    if (proxied == NULL)
        return;
    for (struct pending *pending = proxied->first, *next; pending != NULL; pending = next) {
        next = pending->next;
        close(pending->fd);
        free(pending);
    }
    close(proxied->epoll);
    free(proxied);
    *handle = NULL;
}

uint64_t proxied_refused(const struct proxied *proxied)
{
    return atomic_load_explicit(&proxied->refused, memory_order_relaxed);
}
