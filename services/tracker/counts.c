/* How many seed and leech each torrent, and who, out of the swarms in memory. */
#include "services/tracker/counts.h"

#include "services/common/arena.h"

#include <stdlib.h>

#define COUNTS_MAX 500
#define PEERS_SHOWN 1000
#define CLIENT_SIZE 8          /* of the peer_id: which client, and its version */
#define PEERS_LOOKED_AT 100000 /* of a member's torrents: bounds the time that an answer takes */
#define LOOKED_AT_ONCE 1000    /* then announces that wait go first */

/* Rows first into an array, for the packed array begins with how many there are. */
static size_t find_counts(struct tracker *tracker, const msgpack_object *ids, struct swarm_count into[COUNTS_MAX])
{
    size_t found = 0;
    lock_take(&tracker->lock);
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
    lock_give(&tracker->lock);
    return found;
}

static void refuse_ids(struct bus_request *request)
{
    struct fault why = {0};
    fault_set(&why, STATUS_invalid, "torrents", "`torrents` must be an array of torrent ids.");
    bus_fail(request, &why);
}

static void on_counts(struct bus_request *request, const void *decoded, void *arg)
{
    const struct tracker_swarm_counts *ask = decoded;
    struct swarm_count counts[COUNTS_MAX];
    if (ask->torrents.object == NULL || ask->torrents.object->type != MSGPACK_OBJECT_ARRAY) {
        refuse_ids(request);
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

/* ---- who ---- */

struct shown {
    struct tracker *tracker;
    uint32_t member; /* only this member's; 0: all */
    size_t count, most, looked_at;
    struct {
        struct swarm_peer row; /* packed without the lock: what it points to is here */
        struct contact contact;
        uint8_t client[CLIENT_SIZE];
    } peers[PEERS_SHOWN];
};

static void show_peer(struct shown *shown, const struct torrent *torrent, uint32_t session)
{
    struct session_totals totals;
    struct contact *contact = &shown->peers[shown->count].contact;
    uint8_t *client = shown->peers[shown->count].client;
    sessions_get(shown->tracker->sessions, session, &totals);
    swarm_contact(shown->tracker->peers, &torrent->swarm, session, contact);
    memcpy(client, totals.peer_id, CLIENT_SIZE);
    shown->peers[shown->count++].row = (struct swarm_peer){
        .user = totals.user,
        .torrent = torrent->id,
        .client = slice_of(client, CLIENT_SIZE),
        .up = totals.up - totals.base_up,
        .down = totals.down - totals.base_down,
        .left = totals.left,
        .seen_at = totals.seen_at,
        .ipv4 = slice_of(contact->v4, contact->port4 != 0 ? sizeof contact->v4 : 0),
        .ipv6 = slice_of(contact->v6, contact->port6 != 0 ? sizeof contact->v6 : 0),
        .port = contact->port4 != 0 ? contact->port4 : contact->port6,
        .port6 = contact->port6,
    };
}

static void show_swarm(struct shown *shown, const struct torrent *torrent)
{
    const struct swarm *swarm = &torrent->swarm;
    for (uint32_t i = 0; i < swarm->count && shown->count < shown->most && shown->looked_at < PEERS_LOOKED_AT; i++) {
        shown->looked_at++;
        if (shown->member == 0 || swarm_is_of(shown->tracker->peers, swarm, i, shown->member))
            show_peer(shown, torrent, swarm_session(swarm, i));
        if (shown->looked_at % LOOKED_AT_ONCE == 0)
            lock_breathe(&shown->tracker->lock);
    }
}

/* NULL with the request refused when `torrents` is no array. */
static struct shown *find_peers(struct bus_request *request, struct tracker *tracker, struct tree torrents,
                                uint32_t member, size_t most)
{
    if (torrents.object == NULL || torrents.object->type != MSGPACK_OBJECT_ARRAY) {
        refuse_ids(request);
        return NULL;
    }
    struct shown *shown = mem_zero(1, sizeof *shown);
    shown->tracker = tracker;
    shown->member = member;
    shown->most = most < PEERS_SHOWN ? most : PEERS_SHOWN;
    lock_take(&tracker->lock);
    for (uint32_t i = 0; i < torrents.object->via.array.size && i < COUNTS_MAX; i++) {
        const msgpack_object *id = &torrents.object->via.array.ptr[i];
        const struct torrent *torrent =
            id->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? registry_torrent_by_id(tracker->registry, id->via.u64) : NULL;
        if (torrent != NULL)
            show_swarm(shown, torrent);
    }
    lock_give(&tracker->lock);
    return shown;
}

static void pack_peers(const struct shown *shown, msgpack_sbuffer *packed)
{
    msgpack_packer packer;
    msgpack_sbuffer_init(packed);
    msgpack_packer_init(&packer, packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, shown->count);
    for (size_t i = 0; i < shown->count; i++)
        row_pack(&swarm_peer_row, &shown->peers[i].row, &packer);
}

static void on_swarm_peers(struct bus_request *request, const void *decoded, void *arg)
{
    const struct tracker_swarm_peers *ask = decoded;
    struct shown *shown = find_peers(request, arg, ask->torrents, 0, ask->limit);
    if (shown == NULL)
        return;
    msgpack_sbuffer packed;
    pack_peers(shown, &packed);
    bus_reply(request, &(struct tracker_swarm_peers_reply){.peers.packed = slice_of(packed.data, packed.size)});
    msgpack_sbuffer_destroy(&packed);
    free(shown);
}

static void on_member_peers(struct bus_request *request, const void *decoded, void *arg)
{
    const struct tracker_member_peers *ask = decoded;
    struct tracker *tracker = arg;
    lock_take(&tracker->lock);
    const struct member *member = registry_member_by_user(tracker->registry, ask->user);
    uint32_t handle = member != NULL ? member->handle : 0;
    lock_give(&tracker->lock);
    struct shown *shown = find_peers(request, tracker, ask->torrents, handle, handle != 0 ? PEERS_SHOWN : 0);
    if (shown == NULL)
        return;
    msgpack_sbuffer packed;
    pack_peers(shown, &packed);
    bus_reply(request, &(struct tracker_member_peers_reply){.peers.packed = slice_of(packed.data, packed.size)});
    msgpack_sbuffer_destroy(&packed);
    free(shown);
}

void counts_serve(struct bus *bus, struct tracker *tracker)
{
    bus_serve(bus, NULL, &tracker_swarm_counts_message, on_counts, tracker);
    bus_serve(bus, NULL, &tracker_swarm_peers_message, on_swarm_peers, tracker);
    bus_serve(bus, NULL, &tracker_member_peers_message, on_member_peers, tracker);
}
