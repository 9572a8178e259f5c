/* The bus from inside: what its files share. Outside of bus_*.c and feed*.c nobody includes this. */
#ifndef DJEMBE_COMMON_BUS_PRIVATE_H
#define DJEMBE_COMMON_BUS_PRIVATE_H

#include "services/common/bus.h"
#include "services/common/bus_envelope.h"
#include "services/common/bus_socket.h"
#include "services/common/resolve.h"

#include <sys/queue.h>

#define BUS_PING_MS 2000
#define BUS_DEADLINE_MS 5000
#define BUS_FACTS_PORT 10 /* facts are published this far above the bus port */

enum {
    BUS_CALLS_MAX = 4096,    /* waiting for one service; more fail at once */
    BUS_REQUESTS_MAX = 4096, /* being served; more are refused */
    BUS_METHODS_MAX = 128,
    BUS_CALLERS_MAX = 256, /* connections that are told when we stop */
    BUS_BUCKETS = 1024,
};
#define BUS_BYTES_MAX ((size_t)256 * 1024 * 1024) /* bodies held on either side */

/* ---- serving (bus_serve.c) ---- */

struct bus_method {
    char *name;
    const struct message *message;
    bus_handler_fn *handler;
    void *arg;
};

TAILQ_HEAD(bus_requests, bus_request);

struct bus_caller {
    char identity[16];
    size_t size;
    int64_t seen; /* ticks */
};

struct bus_server {
    zsock_t *router; /* NULL: this daemon only asks */
    struct loop_watch *watch;
    struct bus_method methods[BUS_METHODS_MAX];
    size_t methods_count;
    struct bus_requests requests; /* not yet answered */
    size_t requests_count, requests_bytes;
    struct bus_caller callers[BUS_CALLERS_MAX]; /* who pings us */
    size_t callers_count;
    int64_t heard; /* the last request, in ticks */
    bool draining;
    int64_t drain_until;
    struct loop_timer *drain_timer;
    void (*drained)(void *arg);
    void *drained_arg;
};

bool bus_server_open(struct bus *bus, const char *listen, struct fault *why);
void bus_server_close(struct bus *bus);

/* ---- asking (bus_ask.c) ---- */

/* One question on its way. It is in its target's list until it is answered or failed, then in the bus' finished list
 * until its asker has been told. */
struct bus_pending {
    TAILQ_ENTRY(bus_pending) link;
    LIST_ENTRY(bus_pending) by_id;
    struct bus *bus;
    struct bus_target *target;
    struct bus_peer *peer; /* who has it; NULL: waits for a replica */
    uint64_t id, actor;
    char *method;
    char trace[ENVELOPE_TRACE_SIZE + 1];
    const struct message *message; /* NULL: the reply is not decoded */
    char *body;
    size_t size;
    bool repeatable;  /* may be asked twice */
    int64_t deadline; /* ticks */
    struct loop_timer *timer;
    struct fault why; /* once finished without an answer */
    bus_done_fn *done;
    void *arg;
};

TAILQ_HEAD(bus_pendings, bus_pending);
LIST_HEAD(bus_bucket, bus_pending);

/* Gives the question to the least busy replica that answers; without one it goes on waiting. */
void bus_pending_send(struct bus_pending *pending);
/* Gives up: the asker is told in the loop's next round. */
void bus_pending_fail(struct bus_pending *pending, const struct fault *why);
/* A reply has come, from whichever replica. `body` may be unreadable. False: nobody waits for it any more. */
bool bus_pending_answer(struct bus *bus, const struct envelope_reply *reply, struct slice body);
void bus_asks_close(struct bus *bus);

/* ---- replicas (bus_peer.c, bus_target.c) ---- */

/* One address of a service, and the connection to it. */
struct bus_peer {
    TAILQ_ENTRY(bus_peer) link;
    struct bus *bus;
    struct bus_target *target;
    size_t place; /* in the target's places: whose host gave this address */
    char address[RESOLVE_TEXT];
    zsock_t *dealer, *monitor; /* NULL: cannot be opened yet */
    struct loop_watch *watch, *monitor_watch;
    bool listed;    /* the name still resolves to it */
    bool connected; /* the handshake is done */
    bool own;       /* it is this process */
    bool up;        /* it answers, and is another process */
    bool leaving;   /* it said that it stops: nothing new is asked */
    bool refused;   /* the handshake failed: ZeroMQ would not try again */
    unsigned busy;  /* questions that it has */
    uint64_t picked;
    uint64_t ping_id; /* 0: answered */
    int64_t ping_at, heard_at;
};

TAILQ_HEAD(bus_peers, bus_peer);

struct bus_peer *bus_peer_new(struct bus_target *target, size_t place, const char *address);
void bus_peer_destroy(struct bus_peer **peer);
/* Every BUS_PING_MS: asks whether it answers, opens what could not be opened. */
void bus_peer_tick(struct bus_peer *peer);
/* False: it takes nothing just now. */
bool bus_peer_send(struct bus_peer *peer, const struct envelope_request *header, struct slice body);

/* One host and port of a service's setting; a setting may list several, separated by commas. */
struct bus_place {
    char *host;
    unsigned port;
    struct resolving *resolving;
    bool failed; /* told once */
};

typedef void bus_replica_fn(void *arg, const char *address, unsigned port, bool here);

/* A service that we ask. */
struct bus_target {
    struct bus *bus;
    char *service;
    struct bus_place *places;
    size_t places_count;
    struct bus_peers peers;
    struct bus_pendings pendings; /* oldest first */
    size_t pendings_count, pendings_bytes;
    uint64_t turn;
    struct bus_replicas_watch *watches;
};

bool bus_target_open(struct bus_target *target, struct bus *bus, const struct bus_endpoint *endpoint,
                     struct fault *why);
void bus_target_close(struct bus_target *target);
void bus_target_tick(struct bus_target *target);
/* Takes up look-ups that are done; false: some are not. */
bool bus_target_resolve(struct bus_target *target);
/* Can it be asked something new? */
bool bus_peer_answers(const struct bus_peer *peer);
/* The least busy replica that answers; NULL: none does. */
struct bus_peer *bus_target_pick(struct bus_target *target);
/* Who can be asked has changed: sends what waits, and asks again what lies with a silent replica. */
void bus_target_settle(struct bus_target *target);
/* This replica has lost its questions. */
void bus_target_lost(struct bus_peer *peer);

struct bus_target *bus_target_of(struct bus *bus, struct slice service);
/* Calls `changed` for each replica's address, now and whenever one appears or goes. */
struct bus_replicas_watch *bus_replicas_watch(struct bus *bus, const char *service, bus_replica_fn *changed, void *arg);
void bus_replicas_unwatch(struct bus_replicas_watch **watch);

/* ---- facts (bus_facts.c) ---- */

/* So that readers find it before the first fact. */
bool bus_facts_open(struct bus *bus, struct fault *why);
void bus_facts_publish(struct bus *bus, const char *feed, uint64_t seq);

/* ---- all together ---- */

struct bus {
    struct loop *loop;
    char *service, *keys, *version, *listen;
    char replica[17]; /* random name of this process */
    zcert_t *cert;
    bool guarded;
    struct bus_server server;
    zsock_t *facts; /* NULL until the first feed publishes */
    struct bus_target *targets;
    size_t targets_count;
    struct loop_timer *ping_timer, *resolve_timer;
    uint64_t next_id;
    struct bus_bucket buckets[BUS_BUCKETS];
    struct bus_pendings finished;
    struct loop_timer *finished_timer;
    struct bus_counters counters;
};

#endif
