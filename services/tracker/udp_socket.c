/* recvmmsg and sendmmsg over memory that is laid out once. A socket for all addresses of the machine is told with each
 * packet which one was asked, and answers from that: clients and routers drop what comes from another. Answers of one
 * size to one client, which asks about many torrents at a time, go through the system as one (UDP_SEGMENT, udp(7)). */
#include "services/tracker/udp_socket.h"

#include "services/common/arena.h"
#include "services/common/listen.h"
#include "services/tracker/address.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE_BYTES (4 << 20) /* asked of the system, which gives what it allows */
#define GROUP_BYTES 60000     /* the system takes less than 64 KiB, and UDP_BATCH segments, at a time */

struct control {
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo)) +
                                       CMSG_SPACE(sizeof(uint16_t))];
};

struct udp_socket {
    int fd;
    bool told;     /* of the address that was asked */
    bool segments; /* the system cuts what is sent as one */
    unsigned count;
    struct mmsghdr in[UDP_BATCH], out[UDP_BATCH];
    struct iovec in_at[UDP_BATCH], out_at[UDP_BATCH];
    struct sockaddr_in6 from[UDP_BATCH]; /* holds an IPv4 one, too */
    struct control control[UDP_BATCH];
    struct udp_reply replies[UDP_BATCH];
    char packets[UDP_BATCH][UDP_REQUEST_MAX];
};

static bool is_wildcard(int fd)
{
    struct sockaddr_in6 six = {0};
    socklen_t size = sizeof six;
    if (getsockname(fd, (struct sockaddr *)&six, &size) != 0)
        return false;
    if (six.sin6_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&six.sin6_addr);
    struct sockaddr_in four;
    memcpy(&four, &six, sizeof four);
    return four.sin_addr.s_addr == INADDR_ANY;
}

/* On a socket for both families IPv4 addresses come and go as ::ffff:a.b.c.d. */
static bool ask_to_be_told(int fd)
{
    int yes = 1, family = AF_INET;
    socklen_t size = sizeof family;
    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
    return family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof yes) == 0
                              : setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes) == 0;
}

/* An answer fits every path, so none is ever cut on its way: the system need not number them, and nobody can slip a
 * piece of his own into one (RFC 9000, 14.1 has the same size). */
static void forbid_fragments(int fd)
{
    int probe = IP_PMTUDISC_PROBE, probe6 = IPV6_PMTUDISC_PROBE;
    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof probe);
    setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe6, sizeof probe6);
}

static bool knows_segments(int fd)
{
    int whole = 0;
    return setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &whole, sizeof whole) == 0;
}

static void lay_out(struct udp_socket *socket)
{
    for (unsigned i = 0; i < UDP_BATCH; i++) {
        socket->in_at[i] = (struct iovec){.iov_base = socket->packets[i], .iov_len = UDP_REQUEST_MAX};
        socket->in[i].msg_hdr =
            (struct msghdr){.msg_name = &socket->from[i], .msg_iov = &socket->in_at[i], .msg_iovlen = 1};
    }
}

struct udp_socket *udp_socket_new(const char *listen, bool shared, struct fault *why)
{
    int fd = listen_socket(listen, SOCK_DGRAM, shared, why);
    if (fd < 0)
        return NULL;
    struct udp_socket *socket = mem_zero(1, sizeof *socket);
    int bytes = QUEUE_BYTES;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    forbid_fragments(fd);
    fcntl(fd, F_SETFL, 0); /* whoever receives waits */
    socket->fd = fd;
    socket->told = is_wildcard(fd) && ask_to_be_told(fd);
    socket->segments = knows_segments(fd);
    lay_out(socket);
    return socket;
}

void udp_socket_destroy(struct udp_socket **socket)
{
    if (*socket == NULL)
        return;
    close((*socket)->fd);
    free(*socket);
    *socket = NULL;
}

/* Not connected, so that the system says no; but it wakes its readers first. */
void udp_socket_shut(struct udp_socket *socket)
{
    shutdown(socket->fd, SHUT_RD);
}

/* A socket that was shut gives empty packets of nobody. */
static bool came_from_somebody(const struct udp_socket *socket)
{
    return socket->in[0].msg_hdr.msg_namelen > 0;
}

unsigned udp_socket_receive(struct udp_socket *socket)
{
    for (unsigned i = 0; i < UDP_BATCH; i++) {
        struct msghdr *in = &socket->in[i].msg_hdr;
        in->msg_namelen = sizeof socket->from[i];
        in->msg_control = socket->told ? &socket->control[i] : NULL;
        in->msg_controllen = socket->told ? sizeof socket->control[i] : 0;
    }
    int count = recvmmsg(socket->fd, socket->in, UDP_BATCH, MSG_WAITFORONE, NULL);
    socket->count = count > 0 && came_from_somebody(socket) ? (unsigned)count : 0;
    for (unsigned i = 0; i < socket->count; i++)
        socket->replies[i].size = 0;
    return socket->count;
}

/* One that was cut for its length is no request. */
struct slice udp_socket_packet(const struct udp_socket *socket, unsigned at)
{
    bool cut = (socket->in[at].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    return slice_of(socket->packets[at], cut ? 0 : socket->in[at].msg_len);
}

struct address udp_socket_from(const struct udp_socket *socket, unsigned at)
{
    return address_of((const struct sockaddr *)&socket->from[at]);
}

struct udp_reply *udp_socket_reply(struct udp_socket *socket, unsigned at)
{
    return &socket->replies[at];
}

/* The way back is left to the routing table, but for link-local addresses, which mean nothing without their link. */
static void turn_round(struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo *four = (struct in_pktinfo *)CMSG_DATA(part);
            four->ipi_ifindex = 0;
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo *six = (struct in6_pktinfo *)CMSG_DATA(part);
            if (!IN6_IS_ADDR_LINKLOCAL(&six->ipi6_addr))
                six->ipi6_ifindex = 0;
        }
    }
}

/* Differs, nearly always, between answers that differ in size or in where they go; never 0. */
static uint64_t mark_of(const struct udp_socket *socket, unsigned at)
{
    uint64_t way[2] = {0};
    const struct sockaddr_in6 *from = &socket->from[at];
    memcpy(&way[0], from, sizeof way[0]); /* family, port, and an IPv4 address */
    if (from->sin6_family == AF_INET6)
        memcpy(&way[1], from->sin6_addr.s6_addr + 8, sizeof way[1]);
    return (way[0] ^ way[1] * 3) << 11 | socket->replies[at].size;
}

static bool goes_along(const struct udp_socket *socket, unsigned one, unsigned other)
{
    const struct msghdr *a = &socket->in[one].msg_hdr, *b = &socket->in[other].msg_hdr;
    return socket->replies[one].size == socket->replies[other].size && a->msg_namelen == b->msg_namelen &&
           memcmp(a->msg_name, b->msg_name, a->msg_namelen) == 0 && a->msg_controllen == b->msg_controllen &&
           (a->msg_controllen == 0 || memcmp(a->msg_control, b->msg_control, a->msg_controllen) == 0);
}

static void cut_by(struct msghdr *out, struct control *control, uint16_t size)
{
    out->msg_control = control->room;
    struct cmsghdr *part = (struct cmsghdr *)(control->room + out->msg_controllen);
    *part = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof size), .cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT};
    memcpy(CMSG_DATA(part), &size, sizeof size);
    out->msg_controllen += CMSG_SPACE(sizeof size);
}

/* The answer at `first`, and those that go along with it, of which nothing is left to be sent. */
static void fill(struct udp_socket *socket, unsigned first, struct iovec *parts, uint64_t *marks, struct msghdr *out)
{
    size_t size = socket->replies[first].size, most = socket->segments ? GROUP_BYTES / size : 1;
    *out = socket->in[first].msg_hdr;
    out->msg_iov = parts;
    out->msg_iovlen = 0;
    out->msg_flags = 0;
    uint64_t mark = marks[first];
    for (unsigned i = first; i < socket->count && out->msg_iovlen < most; i++) {
        if (marks[i] != mark || !goes_along(socket, first, i))
            continue;
        parts[out->msg_iovlen++] = (struct iovec){.iov_base = socket->replies[i].at, .iov_len = size};
        marks[i] = 0;
    }
    if (socket->told)
        turn_round(out);
    if (out->msg_iovlen > 1)
        cut_by(out, &socket->control[first], (uint16_t)size);
}

static unsigned gather(struct udp_socket *socket)
{
    uint64_t marks[UDP_BATCH];
    unsigned count = 0, parts = 0;
    for (unsigned i = 0; i < socket->count; i++)
        marks[i] = socket->replies[i].size > 0 ? mark_of(socket, i) : 0;
    for (unsigned i = 0; i < socket->count; i++) {
        if (marks[i] == 0)
            continue;
        struct msghdr *out = &socket->out[count++].msg_hdr;
        fill(socket, i, &socket->out_at[parts], marks, out);
        parts += (unsigned)out->msg_iovlen;
    }
    return count;
}

/* Some ways out do not cut (udp(7)): for EIO none is tried again, for EINVAL it may be this client's alone. */
static void send_each(struct udp_socket *socket, const struct msghdr *group, int error)
{
    struct msghdr one = *group;
    one.msg_iovlen = 1;
    one.msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
    for (size_t i = 0; i < group->msg_iovlen; i++) {
        one.msg_iov = &group->msg_iov[i];
        sendmsg(socket->fd, &one, MSG_DONTWAIT);
    }
    if (error == EIO)
        socket->segments = false;
}

/* sendmmsg stops at the first it cannot send; that one is left out, unless nothing goes out any more. */
void udp_socket_send(struct udp_socket *socket)
{
    unsigned count = gather(socket), done = 0;
    while (done < count) {
        int sent = sendmmsg(socket->fd, socket->out + done, count - done, MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN)
            return;
        const struct msghdr *refused = sent > 0 ? NULL : &socket->out[done].msg_hdr;
        if (refused != NULL && refused->msg_iovlen > 1 && (errno == EIO || errno == EINVAL))
            send_each(socket, refused, errno);
        done += sent > 0 ? (unsigned)sent : 1;
    }
}
