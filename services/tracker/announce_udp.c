/* Packets have fixed places, all numbers in network order; only the options of BEP 41 behind an announce vary. Strict
 * and forgiving about the same things as announce_query.c. The packet's own IP field is never trusted. */
#include "services/tracker/announce_udp.h"

#include "services/tracker/query.h"

#include <assert.h>
#include <endian.h>

enum {
    HEAD_SIZE = 16,
    ANNOUNCE_SIZE = 98,
    ANNOUNCE_REPLY_SIZE = 20, /* before the peers */
    SCRAPE_REPLY_SIZE = 8,    /* before the counts */
    SCRAPE_ENTRY = 12,
    URL_MAX = 256,
};

enum option { OPTION_end, OPTION_nothing, OPTION_url };

/* ---- reading ---- */

static uint32_t get32(struct slice packet, size_t at)
{
    uint32_t value;
    memcpy(&value, packet.at + at, sizeof value);
    return be32toh(value);
}

static uint64_t get64(struct slice packet, size_t at)
{
    uint64_t value;
    memcpy(&value, packet.at + at, sizeof value);
    return be64toh(value);
}

bool udp_head_read(struct slice packet, struct udp_head *into)
{
    if (packet.size < HEAD_SIZE || packet.size > UDP_REQUEST_MAX)
        return false;
    *into = (struct udp_head){get64(packet, 0), get32(packet, 8), get32(packet, 12)};
    return true;
}

/* A URL longer than 255 bytes comes in several options, in their order. Options that we do not know have a length; one
 * that is cut ends them. Returns the URL's size, at most URL_MAX. */
static size_t join_url(struct slice options, char into[URL_MAX])
{
    size_t size = 0, at = 0;
    while (at < options.size && options.at[at] != OPTION_end) {
        uint8_t kind = (uint8_t)options.at[at++];
        if (kind == OPTION_nothing)
            continue;
        size_t length = at < options.size ? (uint8_t)options.at[at++] : 1;
        if (length > options.size - at)
            break;
        if (kind == OPTION_url) {
            size_t taken = length < URL_MAX - size ? length : URL_MAX - size;
            memcpy(into + size, options.at + at, taken);
            size += taken;
        }
        at += length;
    }
    return size;
}

/* "/PASSKEY/announce?query", or less of it. */
static bool passkey_of(struct slice url, char into[PASSKEY_SIZE])
{
    const char *mark = url.size > 0 ? memchr(url.at, '?', url.size) : NULL;
    if (mark != NULL)
        url.size = (size_t)(mark - url.at);
    struct slice passkey;
    if (query_path(url, &passkey) != PATH_announce) {
        while (url.size > 0 && url.at[0] == '/')
            url = slice_of(url.at + 1, url.size - 1);
        while (url.size > 0 && url.at[url.size - 1] == '/')
            url.size--;
        passkey = url;
    }
    if (passkey.size != PASSKEY_SIZE)
        return false;
    memcpy(into, passkey.at, PASSKEY_SIZE);
    return true;
}

static enum announce_event event_of(uint32_t number)
{
    static const enum announce_event events[] = {EVENT_none, EVENT_completed, EVENT_started, EVENT_stopped,
                                                 /* BEP 21 has no number; libtorrent's is */ EVENT_paused};
    return number < sizeof events / sizeof *events ? events[number] : EVENT_none;
}

static unsigned most_peers(enum address_family family)
{
    size_t each = family == FAMILY_v6 ? sizeof(struct compact_v6) : sizeof(struct compact_v4);
    return (unsigned)((UDP_REPLY_MAX - ANNOUNCE_REPLY_SIZE) / each);
}

/* -1 and its like mean that the tracker may choose. */
static unsigned numwant_of(uint32_t wanted, enum address_family family)
{
    unsigned most = most_peers(family) < PEERS_MAX ? most_peers(family) : PEERS_MAX;
    if (wanted > INT32_MAX)
        wanted = PEERS_STANDARD;
    return wanted < most ? wanted : most;
}

const char *udp_announce_read(struct slice packet, const struct address *address, struct announce *into)
{
    memset(into, 0, sizeof *into);
    into->address = *address;
    into->compact = into->one_family = true;
    if (packet.size < ANNOUNCE_SIZE)
        return "The announce is too short";
    memcpy(into->info_hash, packet.at + 16, HASH_SIZE);
    memcpy(into->peer_id, packet.at + 36, PEER_ID_SIZE);
    into->down = get64(packet, 56);
    into->left = get64(packet, 64);
    into->up = get64(packet, 72);
    into->up_known = into->down_known = true;
    into->left_known = into->left <= INT64_MAX;
    if (!into->left_known)
        into->left = 0;
    into->event = event_of(get32(packet, 80));
    into->numwant = into->event == EVENT_stopped ? 0 : numwant_of(get32(packet, 92), address->family);
    into->port = (uint16_t)((uint8_t)packet.at[96] << 8 | (uint8_t)packet.at[97]);
    char url[URL_MAX];
    size_t size = join_url(slice_of(packet.at + ANNOUNCE_SIZE, packet.size - ANNOUNCE_SIZE), url);
    if (!passkey_of(slice_of(url, size), into->passkey))
        return "No passkey came along: use the HTTP announce URL";
    if (into->up > INT64_MAX || into->down > INT64_MAX)
        return "A counter is no number below 2^63: update the client";
    return NULL;
}

const char *udp_scrape_read(struct slice packet, struct scrape *into)
{
    into->count = 0;
    size_t hashes = (packet.size - HEAD_SIZE) / HASH_SIZE;
    if (hashes == 0)
        return "Say which torrents";
    into->count = hashes < SCRAPE_MAX ? (unsigned)hashes : SCRAPE_MAX;
    memcpy(into->info_hash, packet.at + HEAD_SIZE, (size_t)into->count * HASH_SIZE);
    return NULL;
}

/* ---- writing ---- */

static void put(struct udp_reply *into, const void *bytes, size_t size)
{
    assert(size <= sizeof into->at - into->size);
    memcpy(into->at + into->size, bytes, size);
    into->size += size;
}

static void put32(struct udp_reply *into, uint32_t value)
{
    value = htobe32(value);
    put(into, &value, sizeof value);
}

static void begin(struct udp_reply *into, enum udp_action action, uint32_t transaction)
{
    into->size = 0;
    put32(into, action);
    put32(into, transaction);
}

void udp_connect_write(uint32_t transaction, uint64_t connection, struct udp_reply *into)
{
    begin(into, UDP_connect, transaction);
    connection = htobe64(connection);
    put(into, &connection, sizeof connection);
}

void udp_announce_write(uint32_t transaction, const struct announce_reply *reply, struct udp_reply *into)
{
    bool six = reply->external.family == FAMILY_v6;
    unsigned count = six ? reply->v6_count : reply->v4_count, most = most_peers(reply->external.family);
    size_t each = six ? sizeof *reply->v6 : sizeof *reply->v4;
    begin(into, UDP_announce, transaction);
    put32(into, reply->interval);
    put32(into, reply->incomplete);
    put32(into, reply->complete);
    put(into, six ? (const void *)reply->v6 : (const void *)reply->v4, (count < most ? count : most) * each);
}

void udp_scrape_write(uint32_t transaction, const struct scrape *scrape, const struct scrape_counts *counts,
                      struct udp_reply *into)
{
    _Static_assert(SCRAPE_REPLY_SIZE + SCRAPE_MAX * SCRAPE_ENTRY <= UDP_REPLY_MAX, "a scrape's answer fits");
    begin(into, UDP_scrape, transaction);
    for (unsigned i = 0; i < scrape->count; i++) {
        put32(into, counts[i].complete);
        put32(into, counts[i].downloaded);
        put32(into, counts[i].incomplete);
    }
}

void udp_error_write(uint32_t transaction, const char *sentence, size_t most, struct udp_reply *into)
{
    begin(into, UDP_error, transaction);
    size_t room = (most < sizeof into->at ? most : sizeof into->at) - into->size, size = strlen(sentence);
    put(into, sentence, size < room ? size : room);
}
