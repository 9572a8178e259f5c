/* How many seed and leech each torrent, out of the swarms in memory. */
#include "services/tracker/counts.h"

#define COUNTS_MAX 500

/* Rows first into an array, for the packed array begins with how many there are. */
static size_t find_counts(const struct tracker *tracker, const msgpack_object *ids, struct swarm_count into[COUNTS_MAX])
{
    size_t found = 0;
    for (uint32_t i = 0; i < ids->via.array.size && found < COUNTS_MAX; i++) {
        const msgpack_object *id = &ids->via.array.ptr[i];
        if (id->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
            continue;
        const struct torrent *torrent = registry_torrent_by_id(tracker->registry, id->via.u64);
        if (torrent == NULL || torrent->swarm.count == 0)
            continue;
        into[found++] = (struct swarm_count){
            .torrent = torrent->id, .seeders = torrent_seeders(torrent), .leechers = torrent_leechers(torrent)};
    }
    return found;
}

static void on_counts(struct bus_request *request, const void *decoded, void *arg)
{
    const struct tracker_swarm_counts *ask = decoded;
    struct swarm_count counts[COUNTS_MAX];
    if (ask->torrents.object == NULL || ask->torrents.object->type != MSGPACK_OBJECT_ARRAY) {
        struct fault why = {0};
        fault_set(&why, STATUS_invalid, "torrents", "`torrents` must be an array of torrent ids.");
        bus_fail(request, &why);
        return;
    }
    size_t count = find_counts(arg, ask->torrents.object, counts);
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, count);
    for (size_t i = 0; i < count; i++)
        row_pack(&swarm_count_row, &counts[i], &packer);
    bus_reply(request, &(struct tracker_swarm_counts_reply){.torrents.packed = slice_of(packed.data, packed.size)});
    msgpack_sbuffer_destroy(&packed);
}

void counts_serve(struct bus *bus, struct tracker *tracker)
{
    bus_serve(bus, NULL, &tracker_swarm_counts_message, on_counts, tracker);
}
