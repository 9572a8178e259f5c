/* An IPv4 client on a socket for both families shows as ::ffff:a.b.c.d: it is IPv4 to everybody else. Pure. */
#include "services/tracker/address.h"

#define V4_AT 12 /* where an IPv4 address stands in an IPv6 one */

struct address address_from_ip(const uint8_t ip[IP_SIZE])
{
    bool four = ip_is_v4(ip);
    struct address address = {.family = four ? FAMILY_v4 : FAMILY_v6};
    memcpy(address.bytes, ip + (four ? V4_AT : 0), four ? 4 : IP_SIZE);
    return address;
}

struct address address_of(const struct sockaddr *from)
{
    uint8_t ip[IP_SIZE];
    if (from->sa_family != AF_INET && from->sa_family != AF_INET6)
        return (struct address){.family = FAMILY_none};
    ip_of(from, ip);
    return address_from_ip(ip);
}

void address_to_ip(const struct address *address, uint8_t ip[IP_SIZE])
{
    static const uint8_t four[V4_AT] = {[10] = 0xff, [11] = 0xff};
    memset(ip, 0, IP_SIZE);
    if (address->family == FAMILY_v4)
        memcpy(ip, four, sizeof four);
    if (address->family != FAMILY_none)
        memcpy(ip + (address->family == FAMILY_v4 ? V4_AT : 0), address->bytes,
               address->family == FAMILY_v4 ? 4 : IP_SIZE);
}

bool address_is(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == FAMILY_v6 ? 16 : 4) == 0;
}
