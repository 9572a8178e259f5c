/* Peers live in one slab (48 bytes each); a swarm is an array of their handles, parted into seeders and leechers, so
 * that adding, removing and choosing touch only the peers concerned. */
#include "services/tracker/swarm.h"

#include "services/common/arena.h"
#include "services/common/slab.h"
#include "services/tracker/hash.h"

#include <assert.h>
#include <stdlib.h>

struct peers {
    struct slab slab;
    uint64_t random;
    uint32_t swept;
};

struct peers *peers_new(uint64_t random_seed)
{
    struct peers *peers = mem_zero(1, sizeof *peers);
    slab_init(&peers->slab, sizeof(struct peer));
    peers->random = random_seed | 1;
    return peers;
}

void peers_destroy(struct peers **peers)
{
    if (*peers == NULL)
        return;
    slab_clear(&(*peers)->slab);
    free(*peers);
    *peers = NULL;
}

struct peer *peers_at(const struct peers *peers, uint32_t peer)
{
    return slab_at(&peers->slab, peer);
}

static void put(struct peers *peers, struct swarm *swarm, uint32_t place, uint32_t peer)
{
    swarm->peers[place] = peer;
    peers_at(peers, peer)->place = place;
}

/* Grows by a quarter: the arrays of large swarms carry little slack. */
static void make_room(struct swarm *swarm)
{
    if (swarm->count < swarm->room)
        return;
    swarm->room = swarm->room < 4 ? swarm->room + 2 : swarm->room + swarm->room / 4 + 1;
    swarm->peers = mem_grow(swarm->peers, swarm->room * sizeof *swarm->peers);
}

uint32_t swarm_add(struct peers *peers, struct swarm *swarm, uint64_t user, uint32_t session, bool seeder)
{
    make_room(swarm);
    uint32_t handle = slab_take(&peers->slab);
    struct peer *peer = peers_at(peers, handle);
    peer->user = user;
    peer->session = session;
    put(peers, swarm, swarm->count++, handle);
    if (seeder)
        swarm_set_seeder(peers, swarm, handle, true);
    return handle;
}

static void swap(struct peers *peers, struct swarm *swarm, uint32_t a, uint32_t b)
{
    uint32_t was = swarm->peers[a];
    put(peers, swarm, a, swarm->peers[b]);
    put(peers, swarm, b, was);
}

bool swarm_is_seeder(const struct peers *peers, const struct swarm *swarm, uint32_t peer)
{
    return peers_at(peers, peer)->place < swarm->seeders;
}

void swarm_set_seeder(struct peers *peers, struct swarm *swarm, uint32_t peer, bool seeder)
{
    if (swarm_is_seeder(peers, swarm, peer) == seeder)
        return;
    if (seeder)
        swap(peers, swarm, peers_at(peers, peer)->place, swarm->seeders++);
    else
        swap(peers, swarm, peers_at(peers, peer)->place, --swarm->seeders);
}

void swarm_remove(struct peers *peers, struct swarm *swarm, uint32_t peer)
{
    swarm_set_seeder(peers, swarm, peer, false);
    swap(peers, swarm, peers_at(peers, peer)->place, swarm->count - 1);
    swarm->count--;
    slab_give(&peers->slab, peer);
    if (swarm->count == 0)
        swarm_clear(swarm);
}

void swarm_clear(struct swarm *swarm)
{
    assert(swarm->count == 0);
    free(swarm->peers);
    *swarm = (struct swarm){0};
}

void peer_seen(struct peer *peer, const struct address *address, uint16_t port, uint32_t now, uint32_t ttl)
{
    if (address->family == FAMILY_v4) {
        memcpy(peer->v4, address->bytes, sizeof peer->v4);
        peer->port4 = port;
        peer->seen4 = now;
    } else if (address->family == FAMILY_v6) {
        memcpy(peer->v6, address->bytes, sizeof peer->v6);
        peer->port6 = port;
        peer->seen6 = now;
    }
    if ((uint64_t)peer->seen4 + ttl < now)
        peer->port4 = 0;
    if ((uint64_t)peer->seen6 + ttl < now)
        peer->port6 = 0;
}

void peer_contact(const struct peer *peer, struct contact *into)
{
    memcpy(into->v4, peer->v4, sizeof into->v4);
    memcpy(into->v6, peer->v6, sizeof into->v6);
    into->port4 = peer->port4;
    into->port6 = peer->port6;
    into->seen4 = peer->seen4;
    into->seen6 = peer->seen6;
}

void peer_set_contact(struct peer *peer, const struct contact *contact)
{
    memcpy(peer->v4, contact->v4, sizeof peer->v4);
    memcpy(peer->v6, contact->v6, sizeof peer->v6);
    peer->port4 = contact->port4;
    peer->port6 = contact->port6;
    peer->seen4 = contact->seen4;
    peer->seen6 = contact->seen6;
}

uint32_t peer_last_seen(const struct peer *peer)
{
    return peer->seen4 > peer->seen6 ? peer->seen4 : peer->seen6;
}

/* ---- choosing: a shuffle that is begun but not finished, and moves nothing ---- */

/* Most places looked at for one answer: those who are left out are the asker's own, and those who do not listen. */
#define DRAWS_MAX (2 * PEERS_MAX + 16)
#define SHUFFLE_SLOTS 1024 /* a power of two, above twice DRAWS_MAX */
#define DRAWS_AHEAD 16     /* records drawn together, so that they come from memory at the same time */

/* Which place of the range stands where, after the swaps made so far; places not in it stand where they were. */
struct shuffle {
    struct {
        uint32_t place, holds; /* place is 1 more than it is: 0 is empty */
    } slots[SHUFFLE_SLOTS];
    uint32_t mask;
};

static void shuffle_init(struct shuffle *shuffle, uint32_t draws)
{
    uint32_t slots = 16;
    while (slots < draws * 2)
        slots *= 2;
    assert(slots <= SHUFFLE_SLOTS);
    shuffle->mask = slots - 1;
    memset(shuffle->slots, 0, slots * sizeof *shuffle->slots);
}

static uint32_t shuffle_slot(const struct shuffle *shuffle, uint32_t place)
{
    uint32_t i = (uint32_t)((place * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & shuffle->mask;
    while (shuffle->slots[i].place != 0 && shuffle->slots[i].place != place + 1)
        i = (i + 1) & shuffle->mask;
    return i;
}

/* What stands at `place`. */
static uint32_t shuffle_get(const struct shuffle *shuffle, uint32_t place)
{
    uint32_t i = shuffle_slot(shuffle, place);
    return shuffle->slots[i].place != 0 ? shuffle->slots[i].holds : place;
}

static void shuffle_put(struct shuffle *shuffle, uint32_t place, uint32_t holds)
{
    uint32_t i = shuffle_slot(shuffle, place);
    shuffle->slots[i].place = place + 1;
    shuffle->slots[i].holds = holds;
}

/* Draw `drawn` of `count`: swaps a random one of the rest to that place and gives it. */
static uint32_t shuffle_draw(struct shuffle *shuffle, uint64_t *random, uint32_t drawn, uint32_t count)
{
    uint64_t bits = hash_random(random) >> 32;
    uint32_t other = drawn + (uint32_t)((bits * (count - drawn)) >> 32);
    uint32_t chosen = shuffle_get(shuffle, other);
    if (other != drawn)
        shuffle_put(shuffle, other, shuffle_get(shuffle, drawn));
    return chosen;
}

static bool is_for(const struct peer *peer, uint64_t asker)
{
    return peer->user != asker && (peer->port4 != 0 || peer->port6 != 0);
}

/* All of a range that is no larger than what is wanted: nothing needs to be drawn. */
static unsigned take_all(const struct peers *peers, const uint32_t *handles, uint32_t range, uint64_t user,
                         uint32_t into[PEERS_MAX])
{
    unsigned found = 0;
    for (uint32_t i = 0; i < range; i++)
        __builtin_prefetch(peers_at(peers, handles[i]));
    for (uint32_t i = 0; i < range; i++)
        if (is_for(peers_at(peers, handles[i]), user))
            into[found++] = handles[i];
    return found;
}

unsigned swarm_choose(struct peers *peers, const struct swarm *swarm, uint64_t user, bool leechers_only,
                      unsigned wanted, uint32_t into[PEERS_MAX])
{
    assert(wanted <= PEERS_MAX);
    uint32_t first = leechers_only ? swarm->seeders : 0;
    uint32_t range = swarm->count - first;
    if (range > 0 && range <= wanted)
        return take_all(peers, swarm->peers + first, range, user, into);
    uint32_t draws = wanted * 2 + 16 < DRAWS_MAX ? wanted * 2 + 16 : DRAWS_MAX;
    if (draws > range)
        draws = range;
    struct shuffle shuffle;
    shuffle_init(&shuffle, draws);
    unsigned found = 0;
    for (uint32_t drawn = 0; drawn < draws && found < wanted;) {
        uint32_t ahead[DRAWS_AHEAD], count = 0;
        for (; count < DRAWS_AHEAD && drawn < draws; drawn++, count++) {
            ahead[count] = swarm->peers[first + shuffle_draw(&shuffle, &peers->random, drawn, range)];
            __builtin_prefetch(peers_at(peers, ahead[count]));
        }
        for (uint32_t i = 0; i < count && found < wanted; i++) {
            if (is_for(peers_at(peers, ahead[i]), user))
                into[found++] = ahead[i];
        }
    }
    return found;
}

void peers_sweep(struct peers *peers, uint32_t before, unsigned steps, void (*gone)(void *arg, uint32_t peer),
                 void *arg)
{
    for (unsigned i = 0; i < steps && peers->slab.top > 1; i++) {
        peers->swept = peers->swept + 1 < peers->slab.top ? peers->swept + 1 : 1;
        const struct peer *peer = peers_at(peers, peers->swept);
        if (peer->user != 0 && peer_last_seen(peer) < before)
            gone(arg, peers->swept);
    }
}

void peers_visit(struct peers *peers, uint32_t *place, unsigned steps, void (*visit)(void *arg, uint32_t peer),
                 void *arg)
{
    for (unsigned i = 0; i < steps && peers->slab.top > 1; i++) {
        *place = *place + 1 < peers->slab.top ? *place + 1 : 1;
        if (peers_at(peers, *place)->user != 0)
            visit(arg, *place);
    }
}

uint32_t peers_count(const struct peers *peers)
{
    return peers->slab.live;
}

uint32_t peers_round(const struct peers *peers)
{
    return peers->slab.top;
}

size_t peers_bytes(const struct peers *peers)
{
    return slab_bytes(&peers->slab);
}
