/* One replica: a DEALER socket connected to one address, watched by a monitor that tells when the connection comes and
 * goes, and pinged so that one that hangs is noticed too. */
#include "services/common/bus_private.h"
#include "services/common/clock.h"
#include "services/common/log.h"

#include <stdlib.h>

#define REPLIES_A_ROUND 256

/* ---- what it says ---- */

static void set_up(struct bus_peer *peer, bool up)
{
    if (peer->up == up)
        return;
    peer->up = up;
    log_info(up ? "a replica answers" : "a replica no longer answers", "of=%s address=%s", peer->target->service,
             peer->address);
    bus_target_settle(peer->target);
}

/* A service that asks its own replicas finds itself among them. */
static bool is_own(const struct bus_peer *peer, struct slice body)
{
    struct fault why;
    msgpack_zone zone;
    msgpack_object object;
    struct bus_ping_reply pong;
    if (strcmp(peer->target->service, peer->bus->service) != 0)
        return false;
    msgpack_zone_init(&zone, 1024);
    bool own = object_read(body, ENVELOPE_HEADER_MAX, &zone, &object, &why) &&
               fields_read(bus_ping_message.reply, sizeof pong, &pong, &object, &why) &&
               slice_is(pong.replica, peer->bus->replica);
    msgpack_zone_destroy(&zone);
    return own;
}

static void take_pong(struct bus_peer *peer, enum status status, struct slice body)
{
    peer->ping_id = 0;
    peer->leaving = status != STATUS_ok;
    peer->own |= status == STATUS_ok && is_own(peer, body);
    if (!peer->own)
        set_up(peer, true);
}

/* `frames` are header and body. */
static void take_reply(struct bus_peer *peer, zmq_msg_t frames[2])
{
    struct envelope_reply header;
    if (!envelope_reply_read(bus_frame(&frames[0]), &header)) {
        peer->bus->counters.malformed++;
        return;
    }
    peer->heard_at = clock_ticks();
    if (header.id == 0)
        peer->leaving = true; /* it stops: see say_goodbye in bus_serve.c */
    else if (header.id == peer->ping_id)
        take_pong(peer, header.status, bus_frame(&frames[1]));
    else
        bus_pending_answer(peer->bus, &header, bus_frame(&frames[1]));
}

/* False: nothing waits any more. */
static bool take_one(struct bus_peer *peer)
{
    zmq_msg_t frames[2];
    size_t count = bus_receive(peer->dealer, frames, 2);
    if (count == 2)
        take_reply(peer, frames);
    else if (count > 0)
        peer->bus->counters.malformed++;
    for (size_t i = 0; i < count && i < 2; i++)
        zmq_msg_close(&frames[i]);
    return count > 0;
}

static void on_dealer(void *arg, int events)
{
    (void)events;
    struct bus_peer *peer = arg;
    for (unsigned i = 0; i < REPLIES_A_ROUND && take_one(peer); i++)
        ;
    bus_target_settle(peer->target);
}

/* ---- pings ---- */

static void send_ping(struct bus_peer *peer)
{
    struct envelope_request header = {
        .id = peer->bus->next_id++,
        .method = slice_text(bus_ping_message.name),
        .deadline_ms = BUS_PING_MS * 2,
        .trace = slice_text("0000000000000000"),
    };
    if (!bus_peer_send(peer, &header, slice_of("\x80", 1)))
        return;
    peer->ping_id = header.id;
    peer->ping_at = clock_ticks();
}

/* ---- the connection ---- */

static void on_connected(struct bus_peer *peer)
{
    peer->connected = true;
    peer->leaving = peer->own = false;
    send_ping(peer);
}

static void on_disconnected(struct bus_peer *peer)
{
    while (take_one(peer)) /* what it said before it went still counts */
        ;
    peer->connected = false;
    peer->leaving = false;
    peer->ping_id = 0;
    set_up(peer, false);
    bus_target_lost(peer);
}

static void on_refused(struct bus_peer *peer)
{
    if (!peer->refused)
        log_warning("a replica refuses us or is not who it should be: are our keys in its folder?", "of=%s address=%s",
                    peer->target->service, peer->address);
    peer->refused = true;
}

static void on_monitor(void *arg, int events)
{
    (void)events;
    struct bus_peer *peer = arg;
    zmq_msg_t frames[2];
    size_t count;
    while ((count = bus_receive(peer->monitor, frames, 2)) > 0) {
        uint16_t event = 0;
        if (zmq_msg_size(&frames[0]) >= sizeof event)
            memcpy(&event, zmq_msg_data(&frames[0]), sizeof event);
        for (size_t i = 0; i < count && i < 2; i++)
            zmq_msg_close(&frames[i]);
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
            on_connected(peer);
        else if (event == ZMQ_EVENT_DISCONNECTED)
            on_disconnected(peer);
        else
            on_refused(peer);
    }
}

/* Numbered, not named after the socket: libzmq lets go of a closed socket's name later than malloc of its address. */
static void monitor_open(struct bus_peer *peer)
{
    static uint64_t number;
    char name[64];
    snprintf(name, sizeof name, "inproc://djembe-peer-%llu", (unsigned long long)++number);
    int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    if (zmq_socket_monitor(zsock_resolve(peer->dealer), name, events) != 0)
        fatal("a connection cannot be watched: %s", zmq_strerror(zmq_errno()));
    peer->monitor = zsock_new(ZMQ_PAIR);
    if (peer->monitor == NULL || zsock_connect(peer->monitor, "%s", name) != 0)
        fatal("a connection cannot be watched: %s", zmq_strerror(zmq_errno()));
    peer->monitor_watch = loop_watch_zmq(peer->bus->loop, zsock_resolve(peer->monitor), on_monitor, peer);
}

static void peer_open(struct bus_peer *peer)
{
    struct fault why;
    struct bus *bus = peer->bus;
    peer->dealer = bus_socket_client(ZMQ_DEALER, bus->cert, bus->keys, peer->target->service, &why);
    if (peer->dealer == NULL) {
        if (!peer->refused)
            log_warning("a service cannot be asked", "of=%s reason=\"%s\"", peer->target->service, why.text);
        peer->refused = true;
        return;
    }
    monitor_open(peer);
    peer->watch = loop_watch_zmq(bus->loop, zsock_resolve(peer->dealer), on_dealer, peer);
    bool v6 = strchr(peer->address, ':') != NULL;
    zsock_connect(peer->dealer, v6 ? "tcp://[%s]:%u" : "tcp://%s:%u", peer->address,
                  peer->target->places[peer->place].port);
}

static void peer_close(struct bus_peer *peer)
{
    if (peer->dealer == NULL)
        return;
    loop_unwatch(&peer->watch);
    loop_unwatch(&peer->monitor_watch);
    zmq_socket_monitor(zsock_resolve(peer->dealer), NULL, 0);
    zsock_destroy(&peer->monitor);
    zsock_destroy(&peer->dealer);
}

void bus_peer_tick(struct bus_peer *peer)
{
    if (peer->dealer == NULL || peer->refused) {
        bool told = peer->refused;
        peer_close(peer);
        peer->refused = false;
        peer_open(peer);
        peer->refused |= told && peer->dealer == NULL;
        return;
    }
    if (!peer->connected)
        return;
    if (peer->ping_id != 0 && peer->heard_at < peer->ping_at)
        set_up(peer, false);
    send_ping(peer);
}

bool bus_peer_send(struct bus_peer *peer, const struct envelope_request *header, struct slice body)
{
    char packed[ENVELOPE_HEADER_MAX];
    size_t size = envelope_request_pack(header, packed);
    void *dealer = zsock_resolve(peer->dealer);
    return zmq_send(dealer, packed, size, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
           zmq_send(dealer, body.at, body.size, ZMQ_DONTWAIT) >= 0;
}

struct bus_peer *bus_peer_new(struct bus_target *target, size_t place, const char *address)
{
    struct bus_peer *peer = mem_zero(1, sizeof *peer);
    peer->bus = target->bus;
    peer->target = target;
    peer->place = place;
    peer->listed = true;
    snprintf(peer->address, sizeof peer->address, "%s", address);
    TAILQ_INSERT_TAIL(&target->peers, peer, link);
    peer_open(peer);
    return peer;
}

void bus_peer_destroy(struct bus_peer **handle)
{
    struct bus_peer *peer = *handle;
    *handle = NULL;
    TAILQ_REMOVE(&peer->target->peers, peer, link);
    peer->up = false;
    bus_target_lost(peer);
    peer_close(peer);
    free(peer);
}
