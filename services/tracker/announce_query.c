/* From the query string to struct announce. Strict about what would be credited or handed out wrongly (hash, peer_id,
 * counters, port), forgiving about the rest; parameters it does not know, `ip`, `ipv4` and `ipv6` among them, are
 * skipped. */
#include "services/tracker/announce_query.h"

#include "services/tracker/query.h"

/* What has been met so far, and where it goes. */
struct reading {
    struct announce *into;
    unsigned hashes, peer_ids;
    bool port, port_wrong;
};

/* Each gives NULL, or what is wrong. */
typedef const char *read_fn(struct reading *reading, struct slice value);

static const char *read_info_hash(struct reading *reading, struct slice value)
{
    if (reading->hashes++ > 0)
        return "Announce one info_hash at a time";
    return query_bytes(value, reading->into->info_hash, HASH_SIZE) ? NULL : "The info_hash is not 20 bytes";
}

static const char *read_peer_id(struct reading *reading, struct slice value)
{
    reading->peer_ids++;
    return query_bytes(value, reading->into->peer_id, PEER_ID_SIZE) ? NULL : "The peer_id is not 20 bytes";
}

static const char *read_port(struct reading *reading, struct slice value)
{
    int64_t port;
    reading->port = true;
    reading->port_wrong = !query_number(value, &port) || port > UINT16_MAX;
    if (reading->port_wrong)
        return NULL;                                     /* who stops needs none: complete() knows */
    reading->into->port = port > 0 ? (uint16_t)port : 0; /* stopped clients and those that do not listen send 0 or -1 */
    return NULL;
}

/* A counter that is missing or empty is unknown; one that is no number is refused, for it would be credited. */
static const char *read_counter(struct slice value, uint64_t *into, bool *known)
{
    int64_t number;
    if (value.size == 0)
        return NULL;
    if (!query_number(value, &number) || number < 0)
        return "A counter is no number below 2^63: update the client";
    *into = (uint64_t)number;
    *known = true;
    return NULL;
}

static const char *read_uploaded(struct reading *reading, struct slice value)
{
    return read_counter(value, &reading->into->up, &reading->into->up_known);
}

static const char *read_downloaded(struct reading *reading, struct slice value)
{
    return read_counter(value, &reading->into->down, &reading->into->down_known);
}

static const char *read_left(struct reading *reading, struct slice value)
{
    int64_t left;
    reading->into->left_known = query_number(value, &left) && left >= 0;
    reading->into->left = reading->into->left_known ? (uint64_t)left : 0;
    return NULL;
}

static const char *read_numwant(struct reading *reading, struct slice value)
{
    int64_t wanted;
    if (query_number(value, &wanted) && wanted >= 0)
        reading->into->numwant = wanted > PEERS_MAX ? PEERS_MAX : (unsigned)wanted;
    return NULL;
}

static const char *read_event(struct reading *reading, struct slice value)
{
    static const struct {
        const char *name;
        enum announce_event event;
    } events[] = {{"started", EVENT_started},
                  {"stopped", EVENT_stopped},
                  {"completed", EVENT_completed},
                  {"paused", EVENT_paused}};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (query_is(value, events[i].name))
            reading->into->event = events[i].event;
    return NULL;
}

static const char *read_compact(struct reading *reading, struct slice value)
{
    reading->into->compact = !query_is(value, "0");
    return NULL;
}

static const char *read_no_peer_id(struct reading *reading, struct slice value)
{
    reading->into->no_peer_id = query_is(value, "1");
    return NULL;
}

static const struct {
    const char *name;
    read_fn *read;
} parameters[] = {
    {"info_hash", read_info_hash},   {"peer_id", read_peer_id},       {"port", read_port},
    {"uploaded", read_uploaded},     {"downloaded", read_downloaded}, {"left", read_left},
    {"numwant", read_numwant},       {"event", read_event},           {"compact", read_compact},
    {"no_peer_id", read_no_peer_id},
};

static const char *read_parameter(struct reading *reading, struct slice name, struct slice value)
{
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        if (query_is(name, parameters[i].name))
            return parameters[i].read(reading, value);
    return NULL;
}

static const char *complete(const struct reading *reading)
{
    if (reading->hashes == 0)
        return "The announce has no info_hash";
    if (reading->peer_ids == 0)
        return "The announce has no peer_id";
    if (reading->into->event == EVENT_stopped)
        return NULL;
    if (reading->port_wrong)
        return "The port is not a number from 1 to 65535";
    return reading->port ? NULL : "The announce has no port";
}

const char *announce_query_read(struct slice passkey, struct slice query, struct announce *into)
{
    *into = (struct announce){.numwant = PEERS_STANDARD, .compact = true};
    if (query.size > QUERY_MAX)
        return "The announce is too long";
    struct reading reading = {.into = into};
    struct slice name, value;
    const char *wrong = NULL;
    while (query_next(&query, &name, &value)) {
        const char *here = read_parameter(&reading, name, value);
        wrong = wrong != NULL ? wrong : here;
    }
    if (into->event == EVENT_stopped)
        into->numwant = 0;
    if (passkey.size != PASSKEY_SIZE)
        return "No passkey in the URL: download the torrent again";
    memcpy(into->passkey, passkey.at, PASSKEY_SIZE);
    return wrong != NULL ? wrong : complete(&reading);
}
