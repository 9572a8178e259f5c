/* A registry with sessions and one torrent, for tests about who is in its swarm. */
#ifndef DJEMBE_TESTS_TRACKER_SWARM_WORLD_H
#define DJEMBE_TESTS_TRACKER_SWARM_WORLD_H

#include "tests/unit/tracker/check.h"

#include "services/common/slab.h"
#include "services/tracker/registry.h"
#include "services/tracker/session.h"

#include <string.h>

#define NOW INT64_C(1790000000000) /* ms */
#define SECOND 1790000000u

static struct registry *registry;
static struct sessions *sessions;
static struct peers *peers;
static struct torrent *torrent;
static struct swarm *swarm;
static uint32_t clients; /* how many have been made */

static const struct address v4 = {.family = FAMILY_v4, .bytes = {10, 0, 0, 1}};
static const struct address v6 = {.family = FAMILY_v6, .bytes = {0x20, 1, 0xd, 0xb8, 1}};

static int prepare(void **state)
{
    (void)state;
    registry = registry_new(&(struct hash_key){1, 2});
    sessions = sessions_new(&(struct hash_key){3, 4}, registry);
    peers = peers_new(sessions, 12345);
    torrent = registry_torrent_make(registry, 5);
    swarm = &torrent->swarm;
    clients = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    peers_destroy(&peers);
    sessions_destroy(&sessions);
    registry_destroy(&registry);
    return 0;
}

static uint32_t member_of(uint64_t user)
{
    return registry_member_make(registry, user)->handle;
}

/* A client of that member, not in the swarm yet. */
static uint32_t client_of(uint64_t user, const struct torrent *about)
{
    struct announce told = {.left_known = true};
    struct session_change change;
    clients++;
    memcpy(told.peer_id + 10, &clients, sizeof clients);
    return sessions_announce(sessions, member_of(user), about->handle, SLAB_NONE, &told, NOW, &change);
}

static inline void seen(uint32_t session, const struct address *address, uint16_t port, uint32_t now, uint32_t before)
{
    const struct sighting sighting = {.address = address, .port = port, .now = now, .before = before, .ttl = 100};
    swarm_seen(peers, swarm, session, &sighting);
}

static inline uint32_t join(uint64_t user, bool seeder)
{
    uint32_t session = client_of(user, torrent);
    swarm_join(peers, swarm, session, seeder);
    seen(session, &v4, 6881, SECOND, 0);
    return session;
}

#endif
