/* Counts begin when a swarm becomes large and end when it is clearly small again, so that a swarm at the border does
 * not have them made and dropped by turns. */
#include "services/tracker/crowd.h"

static uint64_t key_of(const struct crowd *crowd, const struct torrent *torrent, uint32_t member)
{
    return pairs_key(&crowd->key, member, torrent->handle);
}

static uint64_t key_at(const struct crowd *crowd, const struct torrent *torrent, uint32_t place)
{
    return key_of(crowd, torrent, sessions_member(crowd->sessions, swarm_session(&torrent->swarm, place)));
}

unsigned crowd_count(const struct crowd *crowd, const struct torrent *torrent, uint32_t member)
{
    if (torrent->swarm.counted)
        return pairs_get(&crowd->pairs, key_of(crowd, torrent, member));
    unsigned count = 0;
    for (uint32_t place = 0; place < torrent->swarm.count; place++)
        count += swarm_is_of(crowd->peers, &torrent->swarm, place, member);
    return count;
}

void crowd_joined(struct crowd *crowd, struct torrent *torrent, uint32_t member)
{
    struct swarm *swarm = &torrent->swarm;
    if (swarm->counted) {
        pairs_add(&crowd->pairs, key_of(crowd, torrent, member));
    } else if (swarm->count > CROWD_COUNTED) {
        for (uint32_t place = 0; place < swarm->count; place++)
            pairs_add(&crowd->pairs, key_at(crowd, torrent, place));
        swarm->counted = true;
    }
}

void crowd_left(struct crowd *crowd, struct torrent *torrent, uint32_t member)
{
    struct swarm *swarm = &torrent->swarm;
    if (!swarm->counted)
        return;
    pairs_remove(&crowd->pairs, key_of(crowd, torrent, member));
    if (swarm->count >= CROWD_UNCOUNTED)
        return;
    for (uint32_t place = 0; place < swarm->count; place++)
        pairs_remove(&crowd->pairs, key_at(crowd, torrent, place));
    swarm->counted = false;
}
