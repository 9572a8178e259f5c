/* What the kernel alone costs: answers every HTTP request and every UDP announce with the same bytes, knowing nothing.
 *
 *   floor PORT [THREADS]
 *
 * Level-triggered epoll; packets are taken and answered many at a time, as the tracker does. Threads share the port and
 * nothing else. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
#define BODY "d8:completei1e10:incompletei0e8:intervali1800e12:min intervali300e5:peers0:e"
#define HEADERS "HTTP/1.1 200 OK\r\nContent-Length: 76\r\nContent-Type: text/plain\r\n"

_Static_assert(sizeof BODY == 77, "the length that is told");

static const char close_reply[] = HEADERS "Connection: close\r\n\r\n" BODY, keep_reply[] = HEADERS "\r\n" BODY;

static int listen_on(int port, int type)
{
    int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0), yes = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
    if (type == SOCK_STREAM)
        setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || (type == SOCK_STREAM && listen(fd, 1024) != 0))
        exit(1);
    return fd;
}

static void watch(int epoll, int fd)
{
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
}

/* False when the connection is over. */
static bool serve_http(int fd)
{
    char request[4096];
    ssize_t size = recv(fd, request, sizeof request, 0);
    if (size <= 0)
        return false;
    bool last = memmem(request, (size_t)size, "onnection: close", 16) != NULL;
    const char *reply = last ? close_reply : keep_reply;
    return send(fd, reply, strlen(reply), MSG_NOSIGNAL) > 0 && !last;
}

static size_t udp_reply(char *packet)
{
    static const char id[8] = "floor id";
    bool connect = packet[11] == 0;
    memmove(packet, packet + 8, 8); /* action and transaction */
    memcpy(packet + 8, connect ? id : "\0\0\7\x08\0\0\0", 8);
    memset(packet + 16, 0, 4);
    return connect ? 16 : 20;
}

static void serve_udp(int fd)
{
    static _Thread_local char packets[BATCH][2048];
    static _Thread_local struct sockaddr_in from[BATCH];
    static _Thread_local struct iovec at[BATCH];
    static _Thread_local struct mmsghdr messages[BATCH];
    for (int i = 0; i < BATCH; i++) {
        at[i] = (struct iovec){packets[i], sizeof packets[i]};
        messages[i].msg_hdr = (struct msghdr){&from[i], sizeof from[i], &at[i], 1, NULL, 0, 0};
    }
    int count = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++)
        at[i].iov_len = udp_reply(packets[i]);
    if (count > 0)
        sendmmsg(fd, messages, (unsigned)count, 0);
}

static void *serve(void *arg)
{
    int port = *(int *)arg, epoll = epoll_create1(0);
    int tcp = listen_on(port, SOCK_STREAM), udp = listen_on(port, SOCK_DGRAM);
    watch(epoll, tcp);
    watch(epoll, udp);
    for (;;) {
        struct epoll_event events[BATCH];
        int count = epoll_wait(epoll, events, BATCH, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == udp)
                serve_udp(udp);
            else if (fd != tcp && !serve_http(fd))
                close(fd);
            else if (fd == tcp)
                for (int fresh; (fresh = accept4(tcp, NULL, NULL, SOCK_NONBLOCK)) >= 0;)
                    watch(epoll, fresh);
        }
    }
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 0, threads = argc > 2 ? atoi(argv[2]) : 1;
    pthread_t thread;
    for (int i = 1; i < threads; i++)
        if (pthread_create(&thread, NULL, serve, &port) != 0)
            exit(1);
    serve(&port);
}
