/* Choosing peers: the part of the swarm is cut into as many strata as are wanted, one place is drawn in each, and all
 * of it is turned by a random angle. So each place has exactly the same chance, none comes twice, and memory is read in
 * order. Where too few of those drawn can be reached by the asker, more are drawn anew. */
#include "services/tracker/hash.h"
#include "services/tracker/swarm_peers.h"

#include <assert.h>

#define SCANNED_BEYOND 64 /* a part that is larger than what is wanted by no more is looked at whole */
#define DRAWS_MAX 2048u   /* places looked at for one answer, however few of them are of use */
#define DRAWS_GROW 4

_Static_assert(PEERS_MAX + PEERS_MAX / 8 + 4 <= DRAWS_MAX && PEERS_MAX + SCANNED_BEYOND <= DRAWS_MAX, "the first time");

static uint32_t below(uint64_t *random, uint32_t range)
{
    return (uint32_t)((hash_random(random) >> 32) * range >> 32);
}

/* Draws `draws` of the places 0 .. range - 1, and one more when that is odd. A stratum ends where the next 32.32
 * multiple of range / draws does: nothing is divided in the loop, and no branch goes now this way, now that. A random
 * number serves two of them. */
static void draw(uint64_t *random, uint32_t range, uint32_t draws, uint32_t *drawn)
{
    uint64_t step = ((uint64_t)range << 32) / draws, border = 0;
    uint32_t turn = below(random, range);
    for (uint32_t i = 0; i < draws; i += 2) {
        uint64_t bits = hash_random(random), first = border >> 32, middle = (border + step) >> 32;
        border += 2 * step;
        uint64_t end = border >> 32;
        uint32_t one = (uint32_t)(first + ((bits >> 32) * (middle - first) >> 32)) + turn;
        uint32_t two = (uint32_t)(middle + ((bits & UINT32_MAX) * (end - middle) >> 32)) + turn;
        drawn[i] = one < range ? one : one - range;
        drawn[i + 1] = two < range ? two : two - range;
    }
}

static bool is_reached(const struct swarm_entry *entry, enum reach reach)
{
    unsigned by = entry_has_v4(entry) + 2u * entry_has_six(entry);
    return (reach >> by & 1) != 0;
}

/* Those who may be the asker's own clients, for their tags are alike: their records are asked of memory when they are
 * met, and read when all have been. */
struct suspects {
    uint32_t at[DRAWS_MAX + 1]; /* in the places found */
    unsigned count;
};

static unsigned drop_own(const struct peers *peers, const struct swarm *swarm, const struct suspects *suspects,
                         uint32_t member, uint32_t *places, unsigned found)
{
    for (unsigned i = suspects->count; i-- > 0;) {
        uint32_t at = suspects->at[i];
        if (sessions_member(peers->sessions, swarm_session(swarm, places[at])) != member)
            continue;
        memmove(places + at, places + at + 1, (found - at - 1) * sizeof *places);
        found--;
    }
    return found;
}

/* Keeps `wanted` of `found` places, each with the same chance. */
static unsigned thin_out(uint64_t *random, uint32_t *places, unsigned found, unsigned wanted)
{
    uint32_t kept[PEERS_MAX + 1];
    if (found <= wanted || wanted == 0)
        return found < wanted ? found : wanted;
    draw(random, found, wanted, kept);
    for (unsigned i = 0; i < wanted; i++)
        kept[i] = places[kept[i]];
    memcpy(places, kept, wanted * sizeof *places);
    return wanted;
}

/* The asker itself is left out before anything is drawn: a place at or behind its own stands for the next. */
struct part {
    uint32_t first, own, range;
};

static struct part part_of(const struct peers *peers, const struct swarm_wish *wish)
{
    struct part part = {.first = wish->first, .own = UINT32_MAX, .range = wish->end - wish->first};
    uint32_t own = sessions_place(peers->sessions, wish->session);
    if (own != PLACE_NONE && own >= wish->first && own < wish->end) {
        part.own = own;
        part.range--;
    }
    return part;
}

/* Who of those in `order`, or of all when that is NULL, is there for the asker. */
static unsigned gather(const struct peers *peers, const struct swarm *swarm, const struct part *part,
                       const struct swarm_wish *wish, const uint32_t *order, uint32_t count, uint32_t *places)
{
    struct suspects suspects;
    uint32_t tag = tag_of(wish->member);
    enum reach reach = wish->reach;
    unsigned found = 0;
    suspects.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = part->first + (order != NULL ? order[i] : i);
        place += place >= part->own;
        const struct swarm_entry *entry = &swarm->entries[place];
        places[found] = place;
        bool reached = is_reached(entry, reach);
        if (__builtin_expect((entry_named(entry) & ENTRY_TAG) == tag && reached, false)) {
            sessions_prefetch(peers->sessions, entry_session(entry));
            suspects.at[suspects.count++] = found;
        }
        found += reached;
    }
    return drop_own(peers, swarm, &suspects, wish->member, places, found);
}

/* All at once, before the first is looked at. */
static void prefetch(const struct swarm *swarm, const struct part *part, const uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        __builtin_prefetch(&swarm->entries[part->first + order[i]]);
}

static uint32_t at_most(uint32_t draws, uint32_t range)
{
    return draws < range ? draws : range;
}

static bool all_are_reached(const struct swarm *swarm, enum reach reach)
{
    return swarm->mute == 0 && (reach & REACH_v4) == REACH_v4;
}

/* Where some may be left out more are drawn than are wanted. */
static uint32_t draws_at_first(uint32_t range, unsigned wanted, bool all)
{
    if (range <= wanted + SCANNED_BEYOND)
        return range;
    return all ? wanted : wanted + wanted / 8 + 4;
}

unsigned swarm_choose(struct peers *peers, const struct swarm *swarm, const struct swarm_wish *wish, uint32_t *into)
{
    assert(wish->wanted <= PEERS_MAX && wish->first <= wish->end && wish->end <= swarm->count);
    struct part part = part_of(peers, wish);
    uint32_t places[DRAWS_MAX + 1], order[DRAWS_MAX + 1];
    unsigned found = 0;
    if (wish->wanted == 0)
        return 0;
    bool all = all_are_reached(swarm, wish->reach);
    uint32_t draws = draws_at_first(part.range, wish->wanted, all);
    for (;;) {
        bool whole = draws == part.range;
        if (!whole) {
            draw(&peers->random, part.range, draws, order);
            prefetch(swarm, &part, order, draws);
        }
        found = gather(peers, swarm, &part, wish, whole ? NULL : order, draws, places);
        if (found >= wish->wanted || whole || all || draws == DRAWS_MAX)
            break;
        draws = at_most(at_most(draws * DRAWS_GROW, DRAWS_MAX), part.range);
    }
    found = thin_out(&peers->random, places, found, wish->wanted);
    memcpy(into, places, found * sizeof *into);
    return found;
}

/* Those of an answer that are looked at again: for the asker's own clients, and for IPv6 addresses. */
struct marked {
    uint32_t at[PEERS_MAX], place[PEERS_MAX];
    unsigned count;
};

/* The addresses of `count` places, as in gather. */
static void take(const struct peers *peers, const struct swarm *swarm, const struct part *part, uint32_t tag,
                 const uint32_t *order, uint32_t count, struct compact_v4 *into, struct marked *marked)
{
    marked->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = part->first + (order != NULL ? order[i] : i);
        place += place >= part->own;
        const struct swarm_entry *entry = &swarm->entries[place];
        uint32_t named = entry_named(entry);
        into[i] = entry->v4;
        bool suspect = (named & ENTRY_TAG) == tag;
        if (__builtin_expect(suspect || (named & ENTRY_SIX) != 0, false)) {
            if (suspect)
                sessions_prefetch(peers->sessions, entry_session(entry));
            marked->at[marked->count] = i;
            marked->place[marked->count++] = place;
        }
    }
}

bool swarm_choose_compact(struct peers *peers, const struct swarm *swarm, const struct swarm_wish *wish, bool with_v6,
                          struct announce_reply *into)
{
    assert(wish->wanted <= PEERS_MAX && wish->first <= wish->end && wish->end <= swarm->count);
    if (!all_are_reached(swarm, wish->reach))
        return false;
    struct part part = part_of(peers, wish);
    uint32_t order[PEERS_MAX + 1], count = at_most(wish->wanted, part.range);
    bool whole = count == part.range;
    if (!whole && count > 0)
        draw(&peers->random, part.range, count, order);
    struct marked marked;
    take(peers, swarm, &part, tag_of(wish->member), whole ? NULL : order, count, into->v4, &marked);
    bool few = !whole && part.range <= wish->wanted + SCANNED_BEYOND;
    unsigned v6 = 0;
    for (unsigned i = marked.count; i-- > 0;) {
        const struct swarm_entry *entry = &swarm->entries[marked.place[i]];
        if (entry_is_of(peers, entry, wish->member)) {
            if (few)
                return false;
            memmove(into->v4 + marked.at[i], into->v4 + marked.at[i] + 1, (--count - marked.at[i]) * sizeof *into->v4);
        } else if (with_v6 && entry_has_six(entry))
            entry_compact_v6(peers, entry, &into->v6[v6++]);
    }
    into->peers_count = into->v4_count = count;
    into->v6_count = v6;
    return true;
}
