/* Sessions in a slab, found through the index. A session that does not fit its record has its totals beside it, whole,
 * until it fits again. */
#include "services/tracker/session_memory.h"

#include "services/common/arena.h"
#include "services/tracker/index.h"
#include "services/tracker/registry.h"
#include "services/tracker/session_record.h"
#include "services/tracker/side.h"

#include <assert.h>
#include <stdlib.h>

struct sessions {
    struct slab slab;
    struct index index;
    struct side wide;
    struct prefixes prefixes;
    struct hash_key key;
    struct registry *registry;
};

static struct session_record *record_at(const struct sessions *sessions, uint32_t session)
{
    return slab_at(&sessions->slab, session);
}

static uint64_t hash(const struct sessions *sessions, uint32_t member, uint32_t torrent, const uint8_t *peer_id)
{
    struct {
        uint32_t member, torrent;
        uint8_t peer_id[24];
    } identity = {.member = member, .torrent = torrent};
    memcpy(identity.peer_id, peer_id, PEER_ID_SIZE);
    return hash_of(&sessions->key, &identity, sizeof identity);
}

static uint64_t hash_at(const void *arg, uint32_t session)
{
    const struct session_record *record = record_at(arg, session);
    uint8_t peer_id[PEER_ID_SIZE];
    sessions_peer_id(arg, session, peer_id);
    struct session_where where = session_record_where(record);
    return hash(arg, where.member, where.torrent, peer_id);
}

struct sessions *sessions_new(const struct hash_key *key, struct registry *registry)
{
    struct sessions *sessions = mem_zero(1, sizeof *sessions);
    slab_init(&sessions->slab, sizeof(struct session_record));
    index_init(&sessions->index, hash_at, sessions);
    side_init(&sessions->wide, sizeof(struct session_wide));
    prefixes_init(&sessions->prefixes, key);
    sessions->key = *key;
    sessions->registry = registry;
    return sessions;
}

void sessions_destroy(struct sessions **sessions)
{
    if (*sessions == NULL)
        return;
    slab_clear(&(*sessions)->slab);
    index_clear(&(*sessions)->index);
    side_clear(&(*sessions)->wide);
    prefixes_clear(&(*sessions)->prefixes);
    free(*sessions);
    *sessions = NULL;
}

/* ---- finding and making ---- */

static bool has_peer_id(const struct sessions *sessions, uint32_t session, const uint8_t *peer_id)
{
    const struct session_record *record = record_at(sessions, session);
    if (memcmp(record->tail, peer_id + PREFIX_SIZE, RECORD_TAIL) != 0)
        return false;
    uint8_t whole[PEER_ID_SIZE];
    sessions_peer_id(sessions, session, whole);
    return memcmp(whole, peer_id, PREFIX_SIZE) == 0;
}

uint64_t sessions_name(const struct sessions *sessions, uint32_t member, uint32_t torrent,
                       const uint8_t peer_id[PEER_ID_SIZE])
{
    uint64_t name = hash(sessions, member, torrent, peer_id);
    index_prefetch(&sessions->index, name);
    return name;
}

void sessions_prefetch_named(const struct sessions *sessions, uint64_t name)
{
    uint32_t place = 0, at = index_next(&sessions->index, name, &place);
    if (at != SLAB_NONE)
        sessions_prefetch(sessions, at);
}

uint32_t sessions_find_named(const struct sessions *sessions, uint64_t name, uint32_t member, uint32_t torrent,
                             const uint8_t peer_id[PEER_ID_SIZE])
{
    uint32_t at;
    for (uint32_t place = 0; (at = index_next(&sessions->index, name, &place)) != SLAB_NONE;) {
        const struct session_record *record = record_at(sessions, at);
        struct session_where where = session_record_where(record);
        if (where.member == member && where.torrent == torrent && has_peer_id(sessions, at, peer_id))
            return at;
    }
    return SLAB_NONE;
}

uint32_t sessions_find(const struct sessions *sessions, uint32_t member, uint32_t torrent,
                       const uint8_t peer_id[PEER_ID_SIZE])
{
    return sessions_find_named(sessions, hash(sessions, member, torrent, peer_id), member, torrent, peer_id);
}

uint32_t sessions_find_by_id(const struct sessions *sessions, uint64_t user, uint64_t torrent,
                             const uint8_t peer_id[PEER_ID_SIZE])
{
    const struct member *member = registry_member_by_user(sessions->registry, user);
    const struct torrent *about = registry_torrent_by_id(sessions->registry, torrent);
    if (member == NULL || about == NULL)
        return SLAB_NONE;
    return sessions_find(sessions, member->handle, about->handle, peer_id);
}

uint32_t sessions_make(struct sessions *sessions, uint32_t member, uint32_t torrent,
                       const uint8_t peer_id[PEER_ID_SIZE])
{
    uint32_t at = slab_take(&sessions->slab);
    struct session_record *record = record_at(sessions, at);
    uint16_t prefix = prefixes_take(&sessions->prefixes, peer_id);
    session_record_place(record, &(struct session_where){.member = member, .torrent = torrent});
    record->prefix[0] = (uint8_t)prefix;
    record->prefix[1] = (uint8_t)(prefix >> 8);
    memcpy(record->tail, peer_id + PREFIX_SIZE, RECORD_TAIL);
    if (prefix == PREFIX_NONE) {
        struct session_wide *wide = side_make(&sessions->wide, at);
        memcpy(wide->totals.peer_id, peer_id, PEER_ID_SIZE);
        record->bits |= RECORD_WIDE;
    }
    index_add(&sessions->index, hash(sessions, member, torrent, peer_id), at);
    return at;
}

uint32_t sessions_find_or_make(struct sessions *sessions, const struct session_totals *totals, bool *made)
{
    uint32_t member = registry_member_make(sessions->registry, totals->user)->handle;
    uint32_t torrent = registry_torrent_make(sessions->registry, totals->torrent)->handle;
    uint32_t at = sessions_find(sessions, member, torrent, totals->peer_id);
    *made = at == SLAB_NONE;
    return *made ? sessions_make(sessions, member, torrent, totals->peer_id) : at;
}

/* ---- what a session is ---- */

static const struct session_totals *wide_totals(const struct sessions *sessions, uint32_t session)
{
    const struct session_wide *wide = side_find(&sessions->wide, session);
    return &wide->totals;
}

void sessions_peer_id(const struct sessions *sessions, uint32_t session, uint8_t into[PEER_ID_SIZE])
{
    const struct session_record *record = record_at(sessions, session);
    uint16_t number = session_record_prefix(record);
    const uint8_t *prefix =
        number != PREFIX_NONE ? prefixes_at(&sessions->prefixes, number) : wide_totals(sessions, session)->peer_id;
    memcpy(into, prefix, PREFIX_SIZE);
    memcpy(into + PREFIX_SIZE, record->tail, RECORD_TAIL);
}

void sessions_get(const struct sessions *sessions, uint32_t session, struct session_totals *into)
{
    const struct session_record *record = record_at(sessions, session);
    if (record->bits & RECORD_WIDE)
        *into = *wide_totals(sessions, session);
    else
        session_record_get(record, into);
    struct session_where where = session_record_where(record);
    into->user = registry_member_at(sessions->registry, where.member)->user;
    into->torrent = registry_torrent_at(sessions->registry, where.torrent)->id;
    sessions_peer_id(sessions, session, into->peer_id);
}

/* The wide form has the peer_id already when the record has not, and gets it again. */
static void put_wide(struct sessions *sessions, uint32_t session, const struct session_totals *totals)
{
    struct session_record *record = record_at(sessions, session);
    uint8_t peer_id[PEER_ID_SIZE];
    sessions_peer_id(sessions, session, peer_id);
    struct session_wide *wide = side_make(&sessions->wide, session);
    wide->totals = *totals;
    memcpy(wide->totals.peer_id, peer_id, PEER_ID_SIZE);
    record->bits = (uint8_t)((record->bits & ~RECORD_FLAGS) | RECORD_WIDE | (totals->flags & RECORD_FLAGS));
}

void sessions_put(struct sessions *sessions, uint32_t session, const struct session_totals *totals)
{
    struct session_record *record = record_at(sessions, session);
    if (session_record_prefix(record) == PREFIX_NONE || !session_record_fits(totals)) {
        put_wide(sessions, session, totals);
        return;
    }
    session_record_put(record, totals);
    if (record->bits & RECORD_WIDE) {
        side_drop(&sessions->wide, session);
        record->bits &= (uint8_t)~RECORD_WIDE;
    }
}

uint32_t sessions_member(const struct sessions *sessions, uint32_t session)
{
    return session_record_where(record_at(sessions, session)).member;
}

uint32_t sessions_torrent(const struct sessions *sessions, uint32_t session)
{
    return session_record_where(record_at(sessions, session)).torrent;
}

int64_t sessions_seen(const struct sessions *sessions, uint32_t session)
{
    const struct session_record *record = record_at(sessions, session);
    return record->bits & RECORD_WIDE ? wide_totals(sessions, session)->seen_at : session_record_seen(record);
}

unsigned sessions_marks(const struct sessions *sessions, uint32_t session)
{
    return record_at(sessions, session)->bits & (MARK_report | MARK_store | MARK_storing | MARK_partial);
}

bool sessions_mark(struct sessions *sessions, uint32_t session, enum session_mark mark)
{
    struct session_record *record = record_at(sessions, session);
    bool had = (record->bits & mark) != 0;
    record->bits |= (uint8_t)mark;
    return !had;
}

void sessions_unmark(struct sessions *sessions, uint32_t session, enum session_mark mark)
{
    record_at(sessions, session)->bits &= (uint8_t)~mark;
}

void sessions_prefetch(const struct sessions *sessions, uint32_t session)
{
    const struct session_record *record = record_at(sessions, session);
    __builtin_prefetch(record);
    __builtin_prefetch(&record->bits);
}

uint32_t sessions_place(const struct sessions *sessions, uint32_t session)
{
    return session_record_where(record_at(sessions, session)).place - 1;
}

void sessions_set_place(struct sessions *sessions, uint32_t session, uint32_t place)
{
    struct session_record *record = record_at(sessions, session);
    struct session_where where = session_record_where(record);
    where.place = place + 1;
    session_record_place(record, &where);
}

/* ---- all of them ---- */

void sessions_visit(struct sessions *sessions, uint32_t *place, uint32_t steps,
                    void (*visit)(void *arg, uint32_t session), void *arg)
{
    for (uint32_t i = 0; i < steps && sessions->slab.top > 1; i++) {
        *place = *place + 1 < sessions->slab.top ? *place + 1 : 1;
        if (session_record_where(record_at(sessions, *place)).member != 0)
            visit(arg, *place);
    }
}

void sessions_forget(struct sessions *sessions, uint32_t session)
{
    struct session_record *record = record_at(sessions, session);
    uint16_t prefix = session_record_prefix(record);
    assert(session_record_where(record).place == 0 && sessions_marks(sessions, session) == 0);
    index_remove(&sessions->index, hash_at(sessions, session), session);
    if (prefix != PREFIX_NONE)
        prefixes_give(&sessions->prefixes, prefix);
    if (record->bits & RECORD_WIDE)
        side_drop(&sessions->wide, session);
    slab_give(&sessions->slab, session);
}

bool sessions_full(const struct sessions *sessions)
{
    return sessions->slab.live >= INDEX_HANDLE_MAX;
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
    return slab_bytes(&sessions->slab) + index_bytes(&sessions->index) + side_bytes(&sessions->wide) +
           prefixes_bytes(&sessions->prefixes);
}
