/* A service that we ask: where its name leads to, which of its replicas gets a question, and what happens to questions
 * when a replica goes. */
#include "services/common/bus_private.h"
#include "services/common/clock.h"
#include "services/common/log.h"

#include <stdlib.h>

struct bus_replicas_watch {
    struct bus_replicas_watch *next;
    struct bus_target *target;
    bus_replica_fn *changed;
    void *arg;
};

/* ---- its setting ---- */

/* "tcp://host:port" or "host:port", IPv6 addresses in brackets. */
static bool place_read(struct slice text, struct bus_place *place)
{
    if (text.size > 6 && memcmp(text.at, "tcp://", 6) == 0)
        text = slice_of(text.at + 6, text.size - 6);
    const char *colon = text.size > 0 ? memrchr(text.at, ':', text.size) : NULL;
    if (colon == NULL || colon == text.at)
        return false;
    struct slice host = slice_of(text.at, (size_t)(colon - text.at));
    if (host.at[0] == '[' && host.size > 2 && host.at[host.size - 1] == ']')
        host = slice_of(host.at + 1, host.size - 2);
    char digits[6] = "", *end;
    size_t size = text.size - (size_t)(colon + 1 - text.at);
    if (size == 0 || size >= sizeof digits)
        return false;
    memcpy(digits, colon + 1, size);
    unsigned long port = strtoul(digits, &end, 10);
    if (*end != '\0' || port == 0 || port + BUS_FACTS_PORT > 65535)
        return false;
    *place = (struct bus_place){.host = mem_text(host), .port = (unsigned)port};
    return true;
}

static bool places_read(struct bus_target *target, const char *address)
{
    for (const char *at = address; at != NULL && *at != '\0';) {
        size_t size = strcspn(at, ",");
        target->places = mem_grow(target->places, (target->places_count + 1) * sizeof *target->places);
        if (!place_read(slice_of(at, size), &target->places[target->places_count]))
            return false;
        target->places_count++;
        at += size + (at[size] == ',');
    }
    return target->places_count > 0;
}

bool bus_target_open(struct bus_target *target, struct bus *bus, const struct bus_endpoint *endpoint, struct fault *why)
{
    target->bus = bus;
    target->service = mem_text(slice_text(endpoint->service));
    TAILQ_INIT(&target->peers);
    TAILQ_INIT(&target->pendings);
    return places_read(target, endpoint->address) ||
           fault_set(why, STATUS_invalid, NULL, "%s cannot be reached at \"%s\": write tcp://HOST:PORT",
                     endpoint->service, endpoint->address != NULL ? endpoint->address : "");
}

void bus_target_close(struct bus_target *target)
{
    struct bus_peer *peer;
    while ((peer = TAILQ_FIRST(&target->peers)) != NULL)
        bus_peer_destroy(&peer);
    for (size_t i = 0; i < target->places_count; i++) {
        free(target->places[i].host);
        resolve_destroy(&target->places[i].resolving);
    }
    for (struct bus_replicas_watch *watch = target->watches; watch != NULL; watch = watch->next)
        watch->target = NULL; /* whoever watches frees it */
    free(target->places);
    free(target->service);
}

struct bus_target *bus_target_of(struct bus *bus, struct slice service)
{
    for (size_t i = 0; i < bus->targets_count; i++)
        if (slice_is(service, bus->targets[i].service))
            return &bus->targets[i];
    return NULL;
}

unsigned bus_replicas(const struct bus *bus, const char *service)
{
    unsigned count = 0;
    struct bus_peer *peer;
    struct bus_target *target = bus_target_of((struct bus *)bus, slice_text(service));
    if (target != NULL)
        TAILQ_FOREACH(peer, &target->peers, link)
    count += peer->up && !peer->leaving;
    return count;
}

/* ---- which replica gets a question ---- */

bool bus_peer_answers(const struct bus_peer *peer)
{
    return peer->up && !peer->leaving && peer->listed;
}

struct bus_peer *bus_target_pick(struct bus_target *target)
{
    struct bus_peer *best = NULL, *peer;
    TAILQ_FOREACH(peer, &target->peers, link)
    {
        if (!bus_peer_answers(peer))
            continue;
        if (best == NULL || peer->busy < best->busy || (peer->busy == best->busy && peer->picked < best->picked))
            best = peer;
    }
    if (best != NULL)
        best->picked = ++target->turn;
    return best;
}

/* Is there a question that no replica has, or only one that hangs? */
static bool is_settled(const struct bus_target *target)
{
    size_t busy = 0;
    struct bus_peer *peer;
    TAILQ_FOREACH(peer, &target->peers, link)
    {
        if (!peer->up && peer->busy > 0)
            return false;
        busy += peer->busy;
    }
    return busy == target->pendings_count;
}

void bus_target_settle(struct bus_target *target)
{
    struct bus_pending *pending;
    if (is_settled(target))
        return;
    TAILQ_FOREACH(pending, &target->pendings, link)
    {
        bool waits = pending->peer == NULL;
        bool hangs = !waits && !pending->peer->up && pending->repeatable;
        if (!waits && !hangs)
            continue;
        if (bus_target_pick(target) == NULL)
            return;
        target->bus->counters.repeated += hangs;
        bus_pending_send(pending);
        if (pending->peer == NULL)
            return; /* all are full: the next answer makes room */
    }
}

void bus_target_lost(struct bus_peer *peer)
{
    struct fault why;
    struct bus_target *target = peer->target;
    struct bus_pending *pending, *next;
    fault_set(&why, STATUS_unavailable, NULL,
              "The service %s went away in the middle of this: look whether it was done before trying again.",
              target->service);
    for (pending = TAILQ_FIRST(&target->pendings); pending != NULL; pending = next) {
        next = TAILQ_NEXT(pending, link);
        if (pending->peer != peer)
            continue;
        if (!pending->repeatable) {
            bus_pending_fail(pending, &why);
            continue;
        }
        target->bus->counters.repeated++;
        bus_pending_send(pending);
    }
}

/* ---- where its name leads to ---- */

static void tell_watches(const struct bus_peer *peer, bool here)
{
    struct bus_target *target = peer->target;
    for (struct bus_replicas_watch *watch = target->watches; watch != NULL; watch = watch->next)
        watch->changed(watch->arg, peer->address, target->places[peer->place].port, here);
}

static bool is_listed(const struct resolved *found, const char *address)
{
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->address[i], address) == 0)
            return true;
    return false;
}

static struct bus_peer *peer_at(struct bus_target *target, size_t place, const char *address)
{
    struct bus_peer *peer;
    TAILQ_FOREACH(peer, &target->peers, link)
    {
        if (peer->place == place && strcmp(peer->address, address) == 0)
            return peer;
    }
    return NULL;
}

/* A replica whose name is gone gets no more questions, but may finish those that it has. */
static void take_addresses(struct bus_target *target, size_t place, const struct resolved *found)
{
    struct bus_peer *peer;
    TAILQ_FOREACH(peer, &target->peers, link)
    {
        if (peer->place == place)
            peer->listed = is_listed(found, peer->address);
    }
    for (size_t i = 0; i < found->count; i++)
        if (peer_at(target, place, found->address[i]) == NULL)
            tell_watches(bus_peer_new(target, place, found->address[i]), true);
}

bool bus_target_resolve(struct bus_target *target)
{
    bool all = true;
    for (size_t i = 0; i < target->places_count; i++) {
        struct bus_place *place = &target->places[i];
        struct resolved found;
        struct fault why;
        if (place->resolving == NULL)
            continue;
        if (!resolve_done(place->resolving, &found, &why)) {
            all = false;
            continue;
        }
        resolve_destroy(&place->resolving);
        if (found.count > 0)
            take_addresses(target, i, &found);
        else if (!place->failed) /* what was known is kept: a name server may be away for a moment */
            log_warning("a service is not found", "of=%s reason=\"%s\"", target->service, why.text);
        place->failed = found.count == 0;
    }
    return all;
}

void bus_target_tick(struct bus_target *target)
{
    struct bus_peer *peer, *next;
    for (size_t i = 0; i < target->places_count; i++)
        if (target->places[i].resolving == NULL)
            target->places[i].resolving = resolve_start(target->places[i].host);
    for (peer = TAILQ_FIRST(&target->peers); peer != NULL; peer = next) {
        next = TAILQ_NEXT(peer, link);
        if (peer->listed || (peer->up && peer->busy > 0)) {
            bus_peer_tick(peer);
            continue;
        }
        tell_watches(peer, false);
        bus_peer_destroy(&peer);
    }
    bus_target_settle(target);
}

struct bus_replicas_watch *bus_replicas_watch(struct bus *bus, const char *service, bus_replica_fn *changed, void *arg)
{
    struct bus_target *target = bus_target_of(bus, slice_text(service));
    if (target == NULL)
        return NULL;
    struct bus_replicas_watch *watch = mem_zero(1, sizeof *watch);
    *watch = (struct bus_replicas_watch){target->watches, target, changed, arg};
    target->watches = watch;
    struct bus_peer *peer;
    TAILQ_FOREACH(peer, &target->peers, link)
    {
        changed(arg, peer->address, target->places[peer->place].port, true);
    }
    return watch;
}

void bus_replicas_unwatch(struct bus_replicas_watch **handle)
{
    struct bus_replicas_watch *watch = *handle;
    *handle = NULL;
    if (watch == NULL)
        return;
    for (struct bus_replicas_watch **link = watch->target != NULL ? &watch->target->watches : NULL;
         link != NULL && *link != NULL; link = &(*link)->next) {
        if (*link != watch)
            continue;
        *link = watch->next;
        break;
    }
    free(watch);
}
