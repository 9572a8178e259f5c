/* Opens a listening socket from an address as written in a setting. Resolves no names but "localhost". */
#include "services/common/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 4096

static bool read_address(const char *address, struct sockaddr_storage *into, socklen_t *size)
{
    char host[80];
    const char *colon = strrchr(address, ':');
    if (colon == NULL || (size_t)(colon - address) >= sizeof host)
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    char *end;
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0' || port > 65535)
        return false;
    memset(into, 0, sizeof *into);
    struct sockaddr_in *four = (struct sockaddr_in *)into;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)into;
    size_t length = strlen(host);
    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = '\0';
        *six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
        *size = sizeof *six;
        return inet_pton(AF_INET6, host + 1, &six->sin6_addr) == 1;
    }
    *four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    *size = sizeof *four;
    return inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &four->sin_addr) == 1;
}

static bool refused(struct fault *why, const char *address)
{
    const char *advice = errno == EADDRINUSE      ? "another program uses it: stop that one, or choose another port"
                         : errno == EACCES        ? "ports below 1024 need more rights: choose a higher one"
                         : errno == EADDRNOTAVAIL ? "this machine has no such address: choose one that it has"
                                                  : strerror(errno);
    return fault_set(why, STATUS_unavailable, address, "Cannot listen on %s: %s.", address, advice);
}

static bool set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* A restarted daemon must get its port although TCP connections of the old one linger; [::] takes IPv4 as well. */
static bool prepare(int fd, int family, int type, bool shared)
{
    return (type != SOCK_STREAM || set(fd, SOL_SOCKET, SO_REUSEADDR, 1)) &&
           (!shared || set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
           (family != AF_INET6 || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0));
}

int listen_socket(const char *address, int type, bool shared, struct fault *why)
{
    struct sockaddr_storage at;
    socklen_t size;
    if (!read_address(address, &at, &size)) {
        fault_set(why, STATUS_invalid, address, "Cannot listen on %s: write it as IPv4:PORT or [IPv6]:PORT.", address);
        return -1;
    }
    int fd = socket(at.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && prepare(fd, at.ss_family, type, shared) && bind(fd, (struct sockaddr *)&at, size) == 0 &&
        (type != SOCK_STREAM || listen(fd, BACKLOG) == 0))
        return fd;
    refused(why, address);
    if (fd >= 0)
        close(fd);
    return -1;
}
