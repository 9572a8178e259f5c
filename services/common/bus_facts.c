/* The PUB socket on which feeds tell that something new is there. A message is [feed's name][msgpack [1, seq]]; it only
 * hurries readers, who would ask anyway. */
#include "services/common/bus_private.h"

#include <stdlib.h>

bool bus_facts_open(struct bus *bus, struct fault *why)
{
    if (bus->facts != NULL)
        return true;
    char address[256];
    const char *colon = bus->listen != NULL ? strrchr(bus->listen, ':') : NULL;
    if (colon == NULL)
        return fault_set(why, STATUS_invalid, NULL, "this daemon listens on no bus port");
    unsigned long port = strtoul(colon + 1, NULL, 10);
    snprintf(address, sizeof address, "%.*s:%lu", (int)(colon - bus->listen), bus->listen, port + BUS_FACTS_PORT);
    bus->facts = bus_socket_bind(ZMQ_PUB, bus->cert, address, why);
    return bus->facts != NULL;
}

void bus_facts_publish(struct bus *bus, const char *feed, uint64_t seq)
{
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, 2);
    msgpack_pack_uint64(&packer, ENVELOPE_VERSION);
    msgpack_pack_uint64(&packer, seq);
    void *socket = zsock_resolve(bus->facts);
    if (zmq_send(socket, feed, strlen(feed), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        zmq_send(socket, packed.data, packed.size, ZMQ_DONTWAIT);
    msgpack_sbuffer_destroy(&packed);
}
