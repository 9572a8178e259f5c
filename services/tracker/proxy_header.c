/* Version 1 is a line of at most 107 bytes, version 2 begins with twelve bytes that no other protocol does. Which of
 * the two it is, is told by the first byte. */
#include "services/tracker/proxy_header.h"

#include "services/tracker/address.h"

#include <endian.h>

#define LINE_MAX_SIZE 107

enum {
    V2_HEAD = 16,
    V2_VERSION = 2,
    V2_COMMAND_local = 0,
    V2_COMMAND_proxy = 1,
    V2_FAMILY_v4 = 1,
    V2_FAMILY_v6 = 2,
    V2_SIZE_v4 = 12,
    V2_SIZE_v6 = 36,
};

static const char signature[12] = "\r\n\r\n\0\r\nQUIT\n";

/* ---- version 1 ---- */

/* Takes the next word off the front of the line; words are separated by one space. */
static struct slice next_word(struct slice *line)
{
    const char *space = line->size > 0 ? memchr(line->at, ' ', line->size) : NULL;
    size_t size = space != NULL ? (size_t)(space - line->at) : line->size;
    struct slice word = slice_of(line->at, size);
    size += space != NULL;
    *line = slice_of(line->at + size, line->size - size);
    return word;
}

static bool read_port(struct slice word, uint16_t *into)
{
    uint32_t port = 0;
    for (size_t i = 0; i < word.size; i++) {
        if (word.at[i] < '0' || word.at[i] > '9' || i == 5)
            return false;
        port = port * 10 + (uint32_t)(word.at[i] - '0');
    }
    *into = (uint16_t)port;
    return word.size > 0 && port <= UINT16_MAX;
}

static enum proxy_verdict read_line(struct slice line, struct proxy_header *into)
{
    uint8_t ip[IP_SIZE], unused_ip[IP_SIZE];
    uint16_t unused_port;
    if (!slice_is(next_word(&line), "PROXY"))
        return PROXY_wrong;
    struct slice family = next_word(&line);
    if (slice_is(family, "UNKNOWN"))
        return PROXY_own;
    struct slice from = next_word(&line), to = next_word(&line), from_port = next_word(&line);
    if (!ip_read(from, ip) || !ip_read(to, unused_ip) || !read_port(from_port, &into->port) ||
        !read_port(next_word(&line), &unused_port) || line.size > 0)
        return PROXY_wrong;
    into->address = address_from_ip(ip);
    bool four = memchr(from.at, ':', from.size) == NULL;
    return slice_is(family, four ? "TCP4" : "TCP6") ? PROXY_client : PROXY_wrong;
}

static enum proxy_verdict read_v1(struct slice bytes, struct proxy_header *into)
{
    size_t known = bytes.size < 6 ? bytes.size : 6;
    if (memcmp(bytes.at, "PROXY ", known) != 0)
        return PROXY_wrong;
    const char *end = memchr(bytes.at, '\n', bytes.size < LINE_MAX_SIZE ? bytes.size : LINE_MAX_SIZE);
    if (end == NULL)
        return bytes.size < LINE_MAX_SIZE ? PROXY_more : PROXY_wrong;
    into->size = (size_t)(end - bytes.at) + 1;
    if (into->size < 2 || end[-1] != '\r')
        return PROXY_wrong;
    return read_line(slice_of(bytes.at, into->size - 2), into);
}

/* ---- version 2 ---- */

static enum proxy_verdict read_addresses(const uint8_t *head, size_t size, struct proxy_header *into)
{
    const uint8_t *at = head + V2_HEAD;
    unsigned family = head[13] >> 4;
    uint16_t port;
    if (family == V2_FAMILY_v4 && size >= V2_SIZE_v4) {
        into->address = (struct address){.family = FAMILY_v4};
        memcpy(into->address.bytes, at, 4);
        memcpy(&port, at + 8, sizeof port);
    } else if (family == V2_FAMILY_v6 && size >= V2_SIZE_v6) {
        into->address = address_from_ip(at);
        memcpy(&port, at + 32, sizeof port);
    } else {
        return family == V2_FAMILY_v4 || family == V2_FAMILY_v6 ? PROXY_wrong : PROXY_own;
    }
    into->port = be16toh(port);
    return PROXY_client;
}

static enum proxy_verdict read_v2(struct slice bytes, struct proxy_header *into)
{
    size_t known = bytes.size < sizeof signature ? bytes.size : sizeof signature;
    if (memcmp(bytes.at, signature, known) != 0)
        return PROXY_wrong;
    if (bytes.size < V2_HEAD)
        return PROXY_more;
    const uint8_t *head = (const uint8_t *)bytes.at;
    size_t size = (size_t)head[14] << 8 | head[15];
    unsigned command = head[12] & 15;
    if (head[12] >> 4 != V2_VERSION || command > V2_COMMAND_proxy || size > PROXY_HEADER_MAX - V2_HEAD)
        return PROXY_wrong;
    if (bytes.size < V2_HEAD + size)
        return PROXY_more;
    into->size = V2_HEAD + size;
    return command == V2_COMMAND_local ? PROXY_own : read_addresses(head, size, into);
}

enum proxy_verdict proxy_header_read(struct slice bytes, struct proxy_header *into)
{
    *into = (struct proxy_header){0};
    if (bytes.size == 0)
        return PROXY_more;
    return *bytes.at == signature[0] ? read_v2(bytes, into) : read_v1(bytes, into);
}
