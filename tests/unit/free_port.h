/* A port of this machine to listen at. */
#ifndef DJEMBE_TESTS_UNIT_FREE_PORT_H
#define DJEMBE_TESTS_UNIT_FREE_PORT_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

static inline bool port_is_free(unsigned port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool free = bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return free;
}

/* Below those that the system gives to connections, or somebody's would take it before it is listened at. Ten above it
 * is free as well: there a bus tells its facts. */
static inline unsigned free_port(void)
{
    for (;;) {
        unsigned drawn = 0;
        if (getrandom(&drawn, sizeof drawn, 0) != sizeof drawn)
            continue;
        unsigned port = 10000 + drawn % 9000;
        if (port_is_free(port) && port_is_free(port + 10))
            return port;
    }
}

#endif
