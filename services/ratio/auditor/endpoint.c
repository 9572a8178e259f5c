#include "services/ratio/auditor/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct endpoint endpoint_make(struct slice address, uint16_t port)
{
    struct endpoint made = {0};
    if (address.size == 4) {
        made.four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&made.four.sin_addr, address.at, 4);
        made.size = sizeof made.four;
    } else if (address.size == 16) {
        made.six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
        memcpy(&made.six.sin6_addr, address.at, 16);
        made.size = sizeof made.six;
    }
    return made;
}

bool endpoint_read(struct slice text, struct endpoint *into)
{
    char copy[80], *end, bytes[16];
    if (text.size >= sizeof copy)
        return false;
    snprintf(copy, sizeof copy, "%.*s", SLICE_ARGS(text));
    char *colon = strrchr(copy, ':');
    if (colon == NULL || colon[1] < '0' || colon[1] > '9')
        return false;
    unsigned long port = strtoul(colon + 1, &end, 10);
    bool six = copy[0] == '[' && colon > copy + 1 && colon[-1] == ']';
    colon[six ? -1 : 0] = '\0';
    if (*end != '\0' || port == 0 || port > 65535 || inet_pton(six ? AF_INET6 : AF_INET, copy + six, bytes) != 1)
        return false;
    *into = endpoint_make(slice_of(bytes, six ? 16 : 4), (uint16_t)port);
    return true;
}

struct slice endpoint_address(const struct endpoint *endpoint)
{
    if (endpoint->any.sa_family == AF_INET)
        return slice_of(&endpoint->four.sin_addr, 4);
    const uint8_t *bytes = endpoint->six.sin6_addr.s6_addr;
    return IN6_IS_ADDR_V4MAPPED(&endpoint->six.sin6_addr) ? slice_of(bytes + 12, 4) : slice_of(bytes, 16);
}

uint16_t endpoint_port(const struct endpoint *endpoint)
{
    return ntohs(endpoint->any.sa_family == AF_INET ? endpoint->four.sin_port : endpoint->six.sin6_port);
}

bool endpoint_is_six(const struct endpoint *endpoint)
{
    return endpoint_address(endpoint).size == 16;
}

bool endpoint_is_any(const struct endpoint *endpoint)
{
    static const char zeros[16];
    struct slice address = endpoint_address(endpoint);
    return memcmp(address.at, zeros, address.size) == 0;
}

bool endpoint_same_address(const struct endpoint *a, const struct endpoint *b)
{
    return slice_equal(endpoint_address(a), endpoint_address(b));
}

/* A connected UDP socket sends nothing, and knows from where it would. */
bool endpoint_towards(const struct endpoint *peer, struct endpoint *into)
{
    int fd = socket(peer->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    into->size = sizeof into->six;
    bool found = fd >= 0 && connect(fd, &peer->any, peer->size) == 0 && getsockname(fd, &into->any, &into->size) == 0;
    if (fd >= 0)
        close(fd);
    return found;
}
