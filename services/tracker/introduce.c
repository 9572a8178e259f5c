#include "services/tracker/introduce.h"

#include "services/common/clock.h"
#include "services/common/encode.h"

static bool read_peer(const struct tracker_peer_introduce *ask, struct announce_peer *peer, struct fault *why)
{
    *peer = (struct announce_peer){0};
    random_bytes(peer->peer_id, sizeof peer->peer_id);
    if (ask->ipv4.size == sizeof peer->v4) {
        memcpy(peer->v4, ask->ipv4.at, sizeof peer->v4);
        peer->port4 = (uint16_t)ask->port4;
    }
    if (ask->ipv6.size == sizeof peer->v6) {
        memcpy(peer->v6, ask->ipv6.at, sizeof peer->v6);
        peer->port6 = (uint16_t)ask->port6;
    }
    return peer->port4 != 0 || peer->port6 != 0 ||
           fault_set(why, STATUS_invalid, "ipv4", "A peer needs an address and a port.");
}

static bool introduce(struct tracker *tracker, const struct tracker_peer_introduce *ask,
                      const struct announce_peer *peer)
{
    int64_t now = clock_now();
    lock_take(&tracker->lock);
    const struct member *member = registry_member_by_user(tracker->registry, ask->user);
    const struct torrent *torrent = registry_torrent_by_id(tracker->registry, ask->torrent);
    bool taken = member != NULL && torrent != NULL &&
                 introductions_add(&tracker->introductions,
                                   &(struct introduction){.member = member->handle,
                                                          .torrent = torrent->handle,
                                                          .until = now + (int64_t)ask->seconds * 1000,
                                                          .peer = *peer},
                                   now);
    lock_give(&tracker->lock);
    return taken;
}

static void on_introduce(struct bus_request *request, const void *message, void *arg)
{
    const struct tracker_peer_introduce *ask = message;
    struct announce_peer peer;
    struct fault why = {0};
    if (bus_actor(request) != 0)
        fault_set(&why, STATUS_forbidden, NULL, "Only the auditor may introduce a peer.");
    else if (read_peer(ask, &peer, &why)) {
        bus_reply(request, &(struct tracker_peer_introduce_reply){.taken = introduce(arg, ask, &peer)});
        return;
    }
    bus_fail(request, &why);
}

void introduce_serve(struct bus *bus, struct tracker *tracker)
{
    bus_serve(bus, NULL, &tracker_peer_introduce_message, on_introduce, tracker);
}
