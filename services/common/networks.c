/* IPv4 is read and compared as IPv6, so that a socket for both families needs no second way. */
#include "services/common/networks.h"

#include <arpa/inet.h>
#include <string.h>

#define V4_BITS 96 /* before an IPv4 address */

static const uint8_t v4_prefix[12] = {[10] = 0xff, [11] = 0xff};

bool ip_read(struct slice text, uint8_t into[IP_SIZE])
{
    char copy[INET6_ADDRSTRLEN];
    if (text.size == 0 || text.size >= sizeof copy)
        return false;
    memcpy(copy, text.at, text.size);
    copy[text.size] = '\0';
    memcpy(into, v4_prefix, sizeof v4_prefix);
    return inet_pton(AF_INET, copy, into + sizeof v4_prefix) == 1 || inet_pton(AF_INET6, copy, into) == 1;
}

void ip_write(const uint8_t address[IP_SIZE], char into[INET6_ADDRSTRLEN])
{
    if (ip_is_v4(address))
        inet_ntop(AF_INET, address + sizeof v4_prefix, into, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, address, into, INET6_ADDRSTRLEN);
}

void ip_of(const struct sockaddr *from, uint8_t into[IP_SIZE])
{
    memset(into, 0, IP_SIZE);
    if (from->sa_family == AF_INET6) {
        memcpy(into, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, IP_SIZE);
    } else if (from->sa_family == AF_INET) {
        memcpy(into, v4_prefix, sizeof v4_prefix);
        memcpy(into + sizeof v4_prefix, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    }
}

bool ip_is_v4(const uint8_t address[IP_SIZE])
{
    return memcmp(address, v4_prefix, sizeof v4_prefix) == 0;
}

static bool read_bits(struct slice text, unsigned most, unsigned *bits)
{
    *bits = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] < '0' || text.at[i] > '9' || *bits > most)
            return false;
        *bits = *bits * 10 + (unsigned)(text.at[i] - '0');
    }
    return text.size > 0 && *bits <= most;
}

static bool read_network(struct slice word, struct network *into)
{
    const char *slash = memchr(word.at, '/', word.size);
    size_t size = slash != NULL ? (size_t)(slash - word.at) : word.size;
    if (!ip_read(slice_of(word.at, size), into->address))
        return false;
    /* ::ffff:0:0/96 and its like are IPv6 as written */
    bool four = memchr(word.at, ':', size) == NULL;
    into->bits = four ? 32 : 128;
    if (slash != NULL && !read_bits(slice_of(slash + 1, word.size - size - 1), into->bits, &into->bits))
        return false;
    into->bits += four ? V4_BITS : 0;
    return true;
}

static bool is_gap(char c)
{
    return c == ',' || c == ' ' || c == '\t';
}

bool networks_read(struct slice text, struct networks *into)
{
    into->count = 0;
    for (size_t at = 0, end; at < text.size; at = end) {
        while (at < text.size && is_gap(text.at[at]))
            at++;
        for (end = at; end < text.size && !is_gap(text.at[end]);)
            end++;
        if (end == at)
            break;
        if (into->count == NETWORKS_MAX || !read_network(slice_of(text.at + at, end - at), &into->at[into->count]))
            return false;
        into->count++;
    }
    return true;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    return memcmp(a, b, whole) == 0 && (rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

bool networks_hold(const struct networks *networks, const uint8_t address[IP_SIZE])
{
    for (size_t i = 0; i < networks->count; i++)
        if (same_bits(networks->at[i].address, address, networks->at[i].bits))
            return true;
    return false;
}
