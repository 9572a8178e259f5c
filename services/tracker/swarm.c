/* A swarm is an array parted into seeders and leechers, so that adding, removing and choosing touch only the peers
 * concerned; each session knows its place. An IPv6 address, and when each of two addresses was used, stand beside: few
 * peers have them. */
#include "services/tracker/swarm.h"

#include "services/common/arena.h"
#include "services/tracker/swarm_peers.h"

#include <stdlib.h>

#define ROOM_KEPT 64 /* places that are not given back while somebody is there */

_Static_assert(sizeof(struct swarm_entry) == 10, "a place takes ten bytes");

struct six {
    uint32_t owner; /* the session */
    uint8_t v6[16];
    uint16_t port6;
    uint32_t seen4, seen6;
};

struct peers *peers_new(struct sessions *sessions, uint64_t random_seed)
{
    struct peers *peers = mem_zero(1, sizeof *peers);
    peers->sessions = sessions;
    peers->random = random_seed;
    side_init(&peers->sixes, sizeof(struct six));
    return peers;
}

void peers_destroy(struct peers **peers)
{
    if (*peers == NULL)
        return;
    side_clear(&(*peers)->sixes);
    free(*peers);
    *peers = NULL;
}

/* ---- who stands where ---- */

static void put(struct peers *peers, struct swarm *swarm, uint32_t place, struct swarm_entry entry)
{
    swarm->entries[place] = entry;
    sessions_set_place(peers->sessions, entry_session(&entry), place);
}

/* A block of malloc holds 8 bytes more than a multiple of 16: what it has is used. */
static void set_room(struct peers *peers, struct swarm *swarm, uint32_t places)
{
    size_t bytes = (places * sizeof *swarm->entries + 7) / 16 * 16 + 8;
    peers->bytes -= swarm->room * sizeof *swarm->entries;
    swarm->room = (uint32_t)(bytes / sizeof *swarm->entries) & INT32_MAX;
    peers->bytes += swarm->room * sizeof *swarm->entries;
    swarm->entries = mem_grow(swarm->entries, bytes);
}

/* Grows by an eighth: the arrays of large swarms are to carry little slack. */
static void make_room(struct peers *peers, struct swarm *swarm)
{
    if (swarm->count == swarm->room)
        set_room(peers, swarm, swarm->room + swarm->room / 8 + 1);
}

static void give_room(struct peers *peers, struct swarm *swarm)
{
    if (swarm->count == 0) {
        peers->bytes -= swarm->room * sizeof *swarm->entries;
        swarm_clear(swarm);
    } else if (swarm->room > ROOM_KEPT && swarm->count < swarm->room / 2) {
        set_room(peers, swarm, swarm->count + swarm->count / 8);
    }
}

static void swap(struct peers *peers, struct swarm *swarm, uint32_t a, uint32_t b)
{
    struct swarm_entry was = swarm->entries[a];
    put(peers, swarm, a, swarm->entries[b]);
    put(peers, swarm, b, was);
}

void swarm_join(struct peers *peers, struct swarm *swarm, uint32_t session, bool seeder)
{
    make_room(peers, swarm);
    struct swarm_entry entry = {0};
    entry_name(&entry, session | tag_of(sessions_member(peers->sessions, session)));
    put(peers, swarm, swarm->count++, entry);
    swarm->mute++;
    peers->count++;
    if (seeder)
        swarm_set_seeder(peers, swarm, session, true);
}

void swarm_set_seeder(struct peers *peers, struct swarm *swarm, uint32_t session, bool seeder)
{
    uint32_t place = sessions_place(peers->sessions, session);
    if ((place < swarm->seeders) == seeder)
        return;
    swap(peers, swarm, place, seeder ? swarm->seeders++ : --swarm->seeders);
}

void swarm_leave(struct peers *peers, struct swarm *swarm, uint32_t session)
{
    swarm_set_seeder(peers, swarm, session, false);
    uint32_t place = sessions_place(peers->sessions, session);
    if (entry_has_six(&swarm->entries[place]))
        side_drop(&peers->sixes, session);
    swarm->mute -= !entry_has_v4(&swarm->entries[place]);
    put(peers, swarm, place, swarm->entries[--swarm->count]);
    sessions_set_place(peers->sessions, session, PLACE_NONE);
    peers->count--;
    give_room(peers, swarm);
}

void swarm_clear(struct swarm *swarm)
{
    free(swarm->entries);
    *swarm = (struct swarm){0};
}

uint32_t swarm_session(const struct swarm *swarm, uint32_t place)
{
    return entry_session(&swarm->entries[place]);
}

bool swarm_is_of(const struct peers *peers, const struct swarm *swarm, uint32_t place, uint32_t member)
{
    return entry_is_of(peers, &swarm->entries[place], member);
}

/* ---- where they are reached ---- */

static struct swarm_entry *entry_of(const struct peers *peers, const struct swarm *swarm, uint32_t session)
{
    return &swarm->entries[sessions_place(peers->sessions, session)];
}

/* What stays as it is is not written: the lines of a swarm are read by all workers. */
static void set_v4(struct swarm *swarm, struct swarm_entry *entry, const uint8_t ip[4], uint16_t port)
{
    if (port_get(entry->v4.port) == port && memcmp(entry->v4.ip, ip, sizeof entry->v4.ip) == 0)
        return;
    memmove(entry->v4.ip, ip, sizeof entry->v4.ip);
    swarm->mute += (uint32_t)(port == 0) - (uint32_t)!entry_has_v4(entry);
    port_put(entry->v4.port, port);
}

static struct six *six_of(const struct peers *peers, const struct swarm_entry *entry)
{
    return entry_has_six(entry) ? side_find(&peers->sixes, entry_session(entry)) : NULL;
}

static struct six *make_six(struct peers *peers, struct swarm_entry *entry, uint32_t seen4)
{
    struct six *six = six_of(peers, entry);
    if (six != NULL)
        return six;
    entry_name(entry, entry_named(entry) | ENTRY_SIX);
    six = side_make(&peers->sixes, entry_session(entry));
    six->seen4 = seen4;
    return six;
}

static void drop_six(struct peers *peers, struct swarm_entry *entry)
{
    side_drop(&peers->sixes, entry_session(entry));
    entry_name(entry, entry_named(entry) & ~ENTRY_SIX);
}

static bool is_silent(uint32_t seen, const struct sighting *sighting)
{
    return (uint64_t)seen + sighting->ttl < sighting->now;
}

static void seen_over_v4(struct peers *peers, struct swarm *swarm, struct swarm_entry *entry,
                         const struct sighting *sighting)
{
    struct six *six = six_of(peers, entry);
    set_v4(swarm, entry, sighting->address->bytes, sighting->port);
    if (six == NULL)
        return;
    six->seen4 = sighting->now;
    if (is_silent(six->seen6, sighting))
        drop_six(peers, entry);
}

static void seen_over_v6(struct peers *peers, struct swarm *swarm, struct swarm_entry *entry,
                         const struct sighting *sighting)
{
    if (sighting->port == 0) {
        if (entry_has_six(entry))
            drop_six(peers, entry);
        return;
    }
    struct six *six = make_six(peers, entry, entry_has_v4(entry) ? sighting->before : 0);
    memcpy(six->v6, sighting->address->bytes, sizeof six->v6);
    six->port6 = sighting->port;
    six->seen6 = sighting->now;
    if (is_silent(six->seen4, sighting))
        set_v4(swarm, entry, entry->v4.ip, 0);
}

void swarm_seen(struct peers *peers, struct swarm *swarm, uint32_t session, const struct sighting *sighting)
{
    struct swarm_entry *entry = entry_of(peers, swarm, session);
    if (sighting->address->family == FAMILY_v4)
        seen_over_v4(peers, swarm, entry, sighting);
    else if (sighting->address->family == FAMILY_v6)
        seen_over_v6(peers, swarm, entry, sighting);
}

/* Without a second address the session's last announce tells when the first was used. */
void swarm_contact(const struct peers *peers, const struct swarm *swarm, uint32_t session, struct contact *into)
{
    *into = (struct contact){0};
    if (sessions_place(peers->sessions, session) == PLACE_NONE)
        return;
    const struct swarm_entry *entry = entry_of(peers, swarm, session);
    const struct six *six = six_of(peers, entry);
    memcpy(into->v4, entry->v4.ip, sizeof into->v4);
    into->port4 = port_get(entry->v4.port);
    into->seen4 = six != NULL ? six->seen4 : (uint32_t)(sessions_seen(peers->sessions, session) / 1000);
    if (six == NULL)
        return;
    memcpy(into->v6, six->v6, sizeof into->v6);
    into->port6 = six->port6;
    into->seen6 = six->seen6;
}

enum reach swarm_reach(const struct peers *peers, const struct swarm *swarm, uint32_t session)
{
    const struct swarm_entry *entry = entry_of(peers, swarm, session);
    return (entry_has_v4(entry) ? REACH_v4 : 0) | (entry_has_six(entry) ? REACH_v6 : 0);
}

void swarm_set_contact(struct peers *peers, struct swarm *swarm, uint32_t session, const struct contact *contact)
{
    struct swarm_entry *entry = entry_of(peers, swarm, session);
    set_v4(swarm, entry, contact->v4, contact->port4);
    if (contact->port6 == 0) {
        if (entry_has_six(entry))
            drop_six(peers, entry);
        return;
    }
    struct six *six = make_six(peers, entry, 0);
    memcpy(six->v6, contact->v6, sizeof six->v6);
    six->port6 = contact->port6;
    six->seen4 = contact->seen4;
    six->seen6 = contact->seen6;
}

void swarm_describe(const struct peers *peers, const struct swarm *swarm, uint32_t place, struct announce_peer *into)
{
    const struct swarm_entry *entry = &swarm->entries[place];
    memcpy(into->v4, entry->v4.ip, sizeof into->v4);
    into->port4 = port_get(entry->v4.port);
    into->port6 = 0;
    const struct six *six = six_of(peers, entry);
    if (six == NULL)
        return;
    memcpy(into->v6, six->v6, sizeof into->v6);
    into->port6 = six->port6;
}

void entry_compact_v6(const struct peers *peers, const struct swarm_entry *entry, struct compact_v6 *into)
{
    const struct six *six = six_of(peers, entry);
    memcpy(into->ip, six->v6, sizeof six->v6);
    port_put(into->port, six->port6);
}

void swarm_compact(const struct peers *peers, const struct swarm *swarm, const uint32_t *places, unsigned count,
                   bool with_v6, struct announce_reply *into)
{
    unsigned v4 = 0, v6 = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct swarm_entry *entry = &swarm->entries[places[i]];
        into->v4[v4] = entry->v4;
        v4 += entry_has_v4(entry);
        if (with_v6 && entry_has_six(entry))
            entry_compact_v6(peers, entry, &into->v6[v6++]);
    }
    into->v4_count = v4;
    into->v6_count = v6;
}

uint32_t peers_count(const struct peers *peers)
{
    return peers->count;
}

size_t peers_bytes(const struct peers *peers)
{
    return peers->bytes + side_bytes(&peers->sixes);
}
