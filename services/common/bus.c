/* Puts the bus together: certificates, the serving socket, the services that we ask, and the clockwork of pings and
 * look-ups. */
#include "services/common/bus_private.h"
#include "services/common/encode.h"

#include <assert.h>
#include <stdlib.h>

#define RESOLVE_POLL_MS 50

static void on_resolve(void *arg)
{
    struct bus *bus = arg;
    bool all = true;
    for (size_t i = 0; i < bus->targets_count; i++)
        all &= bus_target_resolve(&bus->targets[i]);
    bus->resolve_timer = all ? NULL : loop_timer_new(bus->loop, RESOLVE_POLL_MS, 0, on_resolve, bus);
}

static void on_tick(void *arg)
{
    struct bus *bus = arg;
    for (size_t i = 0; i < bus->targets_count; i++)
        bus_target_tick(&bus->targets[i]);
    if (bus->resolve_timer == NULL)
        on_resolve(bus); /* addresses are there at once, names a moment later */
}

static bool targets_open(struct bus *bus, const struct bus_settings *settings, struct fault *why)
{
    bus->targets = mem_zero(settings->endpoints_count + 1, sizeof *bus->targets);
    for (size_t i = 0; i < settings->endpoints_count; i++) {
        bus->targets_count++; /* also when it is opened half: it is closed like the others */
        if (!bus_target_open(&bus->targets[i], bus, &settings->endpoints[i], why))
            return false;
    }
    bus->ping_timer = loop_timer_new(bus->loop, BUS_PING_MS, BUS_PING_MS, on_tick, bus);
    on_tick(bus);
    return true;
}

struct bus *bus_new(struct loop *loop, const struct bus_settings *settings, struct fault *why)
{
    struct bus *bus = mem_zero(1, sizeof *bus);
    char random[8];
    random_bytes(random, sizeof random);
    hex_write(slice_of(random, sizeof random), bus->replica);
    bus->loop = loop;
    bus->next_id = 1;
    bus->service = mem_text(slice_text(settings->service));
    bus->keys = mem_text(slice_text(settings->keys));
    bus->version = mem_text(slice_text(settings->version));
    bus->listen = settings->listen != NULL ? mem_text(slice_text(settings->listen)) : NULL;
    TAILQ_INIT(&bus->server.requests);
    TAILQ_INIT(&bus->finished);
    bus->cert = bus_cert_own(bus->keys, bus->service, why);
    if (bus->cert == NULL || (bus->listen != NULL && !bus_server_open(bus, bus->listen, why)) ||
        !targets_open(bus, settings, why))
        bus_destroy(&bus);
    return bus;
}

void bus_destroy(struct bus **handle)
{
    assert(handle != NULL);
    struct bus *bus = *handle; /* stays in the caller's hands for callbacks that ask something more */
    if (bus == NULL)
        return;
    if (bus->ping_timer != NULL)
        loop_timer_cancel(&bus->ping_timer);
    if (bus->resolve_timer != NULL)
        loop_timer_cancel(&bus->resolve_timer);
    bus_asks_close(bus);
    for (size_t i = 0; i < bus->targets_count; i++)
        bus_target_close(&bus->targets[i]);
    zsock_destroy(&bus->facts);
    bus_server_close(bus);
    zcert_destroy(&bus->cert);
    free(bus->targets);
    free(bus->service);
    free(bus->keys);
    free(bus->version);
    free(bus->listen);
    free(bus);
    *handle = NULL;
}

struct bus_counters bus_count(const struct bus *bus)
{
    return bus->counters;
}
