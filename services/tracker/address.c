/* An IPv4 client on a socket for both families shows as ::ffff:a.b.c.d: it is IPv4 to everybody else. Pure. */
#include "services/tracker/address.h"

struct address address_of(const struct sockaddr *from)
{
    struct address address = {.family = FAMILY_none};
    if (from->sa_family == AF_INET) {
        address.family = FAMILY_v4;
        memcpy(address.bytes, &((const struct sockaddr_in *)from)->sin_addr, 4);
    } else if (from->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)from)->sin6_addr;
        bool mapped = IN6_IS_ADDR_V4MAPPED(six);
        address.family = mapped ? FAMILY_v4 : FAMILY_v6;
        memcpy(address.bytes, six->s6_addr + (mapped ? 12 : 0), mapped ? 4 : 16);
    }
    return address;
}
