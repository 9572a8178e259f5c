/* Read from left to right: a proxy's own address stands only where nobody better does, and what is no address
 * ("unknown", rubbish) makes all before it hearsay. */
#include "services/common/forwarded.h"

#include <string.h>

static bool is_padding(char c)
{
    return c == ' ' || c == '\t' || c == '"';
}

static struct slice trim(struct slice text)
{
    while (text.size > 0 && is_padding(*text.at))
        text = slice_of(text.at + 1, text.size - 1);
    while (text.size > 0 && is_padding(text.at[text.size - 1]))
        text.size--;
    return text;
}

/* "192.0.2.7", "192.0.2.7:4711", "2001:db8::7", "[2001:db8::7]:4711". */
static struct slice without_port(struct slice hop)
{
    if (hop.size > 0 && *hop.at == '[') {
        const char *end = memchr(hop.at, ']', hop.size);
        return end != NULL ? slice_of(hop.at + 1, (size_t)(end - hop.at) - 1) : hop;
    }
    const char *colon = hop.size > 0 ? memchr(hop.at, ':', hop.size) : NULL;
    bool one = colon != NULL && memchr(colon + 1, ':', hop.size - (size_t)(colon + 1 - hop.at)) == NULL;
    return one ? slice_of(hop.at, (size_t)(colon - hop.at)) : hop;
}

static void take_hop(struct slice hop, const struct networks *proxies, struct forwarded *into)
{
    uint8_t ip[IP_SIZE];
    if (!ip_read(without_port(hop), ip)) {
        into->known = false;
    } else if (!into->known || !networks_hold(proxies, ip)) {
        into->known = true;
        memcpy(into->client, ip, IP_SIZE);
    }
}

void forwarded_read(struct slice line, const struct networks *proxies, struct forwarded *into)
{
    while (line.size > 0) {
        const char *comma = memchr(line.at, ',', line.size);
        size_t size = comma != NULL ? (size_t)(comma - line.at) : line.size;
        struct slice hop = trim(slice_of(line.at, size));
        if (hop.size > 0)
            take_hop(hop, proxies, into);
        size += comma != NULL;
        line = slice_of(line.at + size, line.size - size);
    }
}
