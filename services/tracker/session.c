/* The rules of epochs. A counter that falls began anew: what it shows is the new base and earns nothing, while the
 * other counter goes on from its last value. `started` resets nothing: clients repeat it until it succeeds. */
#include "services/tracker/session.h"

#include "proto/proto.h"
#include "services/common/arena.h"
#include "services/common/slab.h"
#include "services/common/table.h"

#include <stdlib.h>

struct sessions {
    struct slab slab;
    struct table table;
    struct hash_key key;
    uint32_t swept; /* the sweep's place */
};

struct sessions *sessions_new(const struct hash_key *key)
{
    struct sessions *sessions = mem_zero(1, sizeof *sessions);
    slab_init(&sessions->slab, sizeof(struct session));
    sessions->key = *key;
    return sessions;
}

void sessions_destroy(struct sessions **sessions)
{
    if (*sessions == NULL)
        return;
    slab_clear(&(*sessions)->slab);
    table_clear(&(*sessions)->table);
    free(*sessions);
    *sessions = NULL;
}

struct session *sessions_at(const struct sessions *sessions, uint32_t handle)
{
    return slab_at(&sessions->slab, handle);
}

static uint64_t hash(const struct sessions *sessions, uint64_t user, uint64_t torrent, const uint8_t *peer_id)
{
    struct {
        uint64_t user, torrent;
        uint8_t peer_id[24];
    } identity = {.user = user, .torrent = torrent};
    memcpy(identity.peer_id, peer_id, PEER_ID_SIZE);
    return hash_of(&sessions->key, &identity, sizeof identity);
}

static uint32_t find(const struct sessions *sessions, uint64_t hashed, uint64_t user, uint64_t torrent,
                     const uint8_t *peer_id)
{
    uint32_t at;
    for (uint32_t place = 0; (at = table_next(&sessions->table, hashed, &place)) != SLAB_NONE;) {
        const struct session_totals *totals = &sessions_at(sessions, at)->totals;
        if (totals->user == user && totals->torrent == torrent && memcmp(totals->peer_id, peer_id, PEER_ID_SIZE) == 0)
            return at;
    }
    return SLAB_NONE;
}

uint32_t sessions_find(const struct sessions *sessions, uint64_t user, uint64_t torrent,
                       const uint8_t peer_id[PEER_ID_SIZE])
{
    return find(sessions, hash(sessions, user, torrent, peer_id), user, torrent, peer_id);
}

/* Finds the session, or makes it with nothing but its identity (*made). */
static uint32_t find_or_make(struct sessions *sessions, uint64_t user, uint64_t torrent, const uint8_t *peer_id,
                             bool *made)
{
    uint64_t hashed = hash(sessions, user, torrent, peer_id);
    uint32_t at = find(sessions, hashed, user, torrent, peer_id);
    *made = at == SLAB_NONE;
    if (!*made)
        return at;
    at = slab_take(&sessions->slab);
    struct session_totals *totals = &sessions_at(sessions, at)->totals;
    totals->user = user;
    totals->torrent = torrent;
    memcpy(totals->peer_id, peer_id, PEER_ID_SIZE);
    table_add(&sessions->table, hashed, at);
    return at;
}

/* A session met for the first time: whatever it reports was moved before we watched. */
static void begin(struct session_totals *totals, const struct announce *told, int64_t now)
{
    totals->epoch = now;
    totals->base_up = totals->up = told->up_known ? told->up : 0;
    totals->base_down = totals->down = told->down_known ? told->down : 0;
    totals->left = LEFT_UNKNOWN;
}

static bool move_on(struct session_totals *totals, const struct announce *told, int64_t now,
                    struct session_totals *closed)
{
    bool up_fell = told->up_known && told->up < totals->up;
    bool down_fell = told->down_known && told->down < totals->down;
    bool fell = up_fell || down_fell;
    if (fell) {
        *closed = *totals;
        totals->epoch = now > totals->epoch ? now : totals->epoch + 1;
        totals->base_up = up_fell ? told->up : totals->up;
        totals->base_down = down_fell ? told->down : totals->down;
    }
    if (told->up_known)
        totals->up = told->up;
    if (told->down_known)
        totals->down = told->down;
    return fell;
}

/* Some clients hold `completed` back for the minimum interval and stop before it is over: the last missing byte that
 * arrives by download tells the same. */
static bool completes(const struct session_totals *totals, const struct announce *told)
{
    bool was_missing = totals->left > 0 && totals->left != LEFT_UNKNOWN;
    bool arrived = told->left_known && told->left == 0 && totals->down > totals->base_down;
    return told->event == EVENT_completed || (was_missing && arrived);
}

uint32_t sessions_announce(struct sessions *sessions, uint64_t user, uint64_t torrent, const struct announce *told,
                           int64_t now, bool *fell, struct session_totals *closed)
{
    bool made;
    uint32_t at = find_or_make(sessions, user, torrent, told->peer_id, &made);
    struct session_totals *totals = &sessions_at(sessions, at)->totals;
    *fell = false;
    if (made)
        begin(totals, told, now);
    else
        *fell = move_on(totals, told, now, closed);
    if (completes(totals, told))
        totals->flags |= SESSION_COMPLETED;
    if (told->left_known)
        totals->left = told->left;
    if (told->event == EVENT_stopped)
        totals->flags |= SESSION_STOPPED;
    else
        totals->flags &= (uint8_t)~SESSION_STOPPED;
    if (told->event == EVENT_paused)
        totals->flags |= SESSION_PAUSED;
    else if (told->event != EVENT_stopped)
        totals->flags &= (uint8_t)~SESSION_PAUSED;
    if (now > totals->seen_at)
        totals->seen_at = now;
    return at;
}

/* Within one millisecond the counters tell: inside an epoch they only rise. */
static bool is_newer(const struct session_totals *a, const struct session_totals *b)
{
    if (a->epoch != b->epoch)
        return a->epoch > b->epoch;
    if (a->seen_at != b->seen_at)
        return a->seen_at > b->seen_at;
    return a->up >= b->up && a->down >= b->down;
}

uint32_t sessions_restore(struct sessions *sessions, const struct session_totals *totals, bool *took, bool *fell,
                          struct session_totals *closed)
{
    bool made;
    uint32_t at = find_or_make(sessions, totals->user, totals->torrent, totals->peer_id, &made);
    struct session_totals *known = &sessions_at(sessions, at)->totals;
    *took = made || is_newer(totals, known);
    *fell = !made && totals->epoch > known->epoch;
    if (*fell)
        *closed = *known;
    if (*took) {
        uint8_t completed = known->flags & SESSION_COMPLETED;
        *known = *totals;
        known->flags |= completed;
    }
    return at;
}

static void forget(struct sessions *sessions, uint32_t at)
{
    const struct session_totals *totals = &sessions_at(sessions, at)->totals;
    table_remove(&sessions->table, hash(sessions, totals->user, totals->torrent, totals->peer_id), at);
    slab_give(&sessions->slab, at);
}

unsigned sessions_sweep(struct sessions *sessions, int64_t before, unsigned steps,
                        void (*gone)(void *arg, uint64_t user), void *arg)
{
    unsigned count = 0;
    for (unsigned i = 0; i < steps && sessions->slab.top > 1; i++) {
        sessions->swept = sessions->swept + 1 < sessions->slab.top ? sessions->swept + 1 : 1;
        const struct session *session = sessions_at(sessions, sessions->swept);
        if (session->totals.user == 0 || session->totals.seen_at >= before || session->peer != SLAB_NONE ||
            session->marks != 0)
            continue;
        if (gone != NULL)
            gone(arg, session->totals.user);
        forget(sessions, sessions->swept);
        count++;
    }
    return count;
}

uint32_t sessions_count(const struct sessions *sessions)
{
    return sessions->slab.live;
}

uint32_t sessions_round(const struct sessions *sessions)
{
    return sessions->slab.top;
}

size_t sessions_bytes(const struct sessions *sessions)
{
    return slab_bytes(&sessions->slab) + table_bytes(&sessions->table);
}
