/* The bencoded answer (BEP 3, 7, 23, 24, 31), written into a buffer that its largest form fits: nothing is allocated.
 */
#include "services/tracker/announce_reply.h"

#include <arpa/inet.h>
#include <assert.h>

void reply_add(struct reply_text *into, const void *bytes, size_t size)
{
    assert(size <= sizeof into->at - into->size);
    memcpy(into->at + into->size, bytes, size);
    into->size += size;
}

void reply_text(struct reply_text *into, const char *text)
{
    reply_add(into, text, strlen(text));
}

static void add_number(struct reply_text *into, uint64_t value, char end)
{
    char digits[24], *at = digits + sizeof digits;
    *--at = end;
    do {
        *--at = (char)('0' + value % 10);
    } while ((value /= 10) != 0);
    reply_add(into, at, (size_t)(digits + sizeof digits - at));
}

void reply_bytes(struct reply_text *into, const void *bytes, size_t size)
{
    add_number(into, size, ':');
    reply_add(into, bytes, size);
}

static void add_key(struct reply_text *into, const char *key)
{
    reply_bytes(into, key, strlen(key));
}

void reply_key_number(struct reply_text *into, const char *key, uint64_t value)
{
    add_key(into, key);
    reply_text(into, "i");
    add_number(into, value, 'e');
}

/* `interval` is what libtorrent obeys in a failure, `retry in` (minutes) what BEP 31 says. */
void failure_write(const char *failure, uint32_t retry, struct reply_text *into)
{
    into->size = 0;
    reply_text(into, "d");
    add_key(into, "failure reason");
    reply_bytes(into, failure, strlen(failure));
    reply_key_number(into, "interval", retry == RETRY_NEVER ? 86400 : retry);
    if (retry == RETRY_NEVER) {
        add_key(into, "retry in");
        reply_bytes(into, "never", 5);
    } else {
        reply_key_number(into, "retry in", (retry + 59) / 60);
    }
    reply_text(into, "e");
}

/* Left out when empty: clients that know only `peers` stay unbothered. */
static void add_compact(struct reply_text *into, const struct announce_reply *reply)
{
    add_key(into, "peers");
    reply_bytes(into, reply->v4, reply->v4_count * sizeof *reply->v4);
    if (reply->v6_count == 0)
        return;
    add_key(into, "peers6");
    reply_bytes(into, reply->v6, reply->v6_count * sizeof *reply->v6);
}

static void add_peer(struct reply_text *into, const struct announce *ask, const struct announce_peer *peer, int family)
{
    char ip[INET6_ADDRSTRLEN];
    bool four = family == AF_INET;
    inet_ntop(family, four ? (const void *)peer->v4 : (const void *)peer->v6, ip, sizeof ip);
    reply_text(into, "d");
    add_key(into, "ip");
    reply_bytes(into, ip, strlen(ip));
    if (!ask->no_peer_id) {
        add_key(into, "peer id");
        reply_bytes(into, peer->peer_id, PEER_ID_SIZE);
    }
    reply_key_number(into, "port", four ? peer->port4 : peer->port6);
    reply_text(into, "e");
}

/* One dictionary an address: the long form knows a single list for both families (BEP 3). */
static void add_long(struct reply_text *into, const struct announce *ask, const struct announce_reply *reply)
{
    add_key(into, "peers");
    reply_text(into, "l");
    for (unsigned i = 0; i < reply->peers_count; i++) {
        if (reply->peers[i].port4 != 0)
            add_peer(into, ask, &reply->peers[i], AF_INET);
        if (reply->peers[i].port6 != 0)
            add_peer(into, ask, &reply->peers[i], AF_INET6);
    }
    reply_text(into, "e");
}

void announce_reply_write(const struct announce *ask, const struct announce_reply *reply, struct reply_text *into)
{
    if (reply->failure != NULL) {
        failure_write(reply->failure, reply->retry, into);
        return;
    }
    into->size = 0;
    reply_text(into, "d");
    reply_key_number(into, "complete", reply->complete);
    if (reply->external.family != FAMILY_none) {
        add_key(into, "external ip");
        reply_bytes(into, reply->external.bytes, reply->external.family == FAMILY_v4 ? 4 : 16);
    }
    reply_key_number(into, "incomplete", reply->incomplete);
    reply_key_number(into, "interval", reply->interval);
    reply_key_number(into, "min interval", reply->min_interval);
    if (ask->compact)
        add_compact(into, reply);
    else
        add_long(into, ask, reply);
    reply_text(into, "e");
}
