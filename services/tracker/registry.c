/* Members and torrents in slabs, found through tables by id, passkey and info-hash. A hybrid torrent stands under both
 * its hashes, so that what its clients report under either is one session. A record is never dropped: sessions and
 * swarms may refer to it. */
#include "services/tracker/registry.h"

#include "services/common/arena.h"
#include "services/common/slab.h"
#include "services/common/table.h"

#include <stdlib.h>

struct registry {
    struct hash_key key;
    struct slab members, torrents;
    struct table by_user, by_passkey, by_torrent, by_hash;
};

struct registry *registry_new(const struct hash_key *key)
{
    struct registry *registry = mem_zero(1, sizeof *registry);
    registry->key = *key;
    slab_init(&registry->members, sizeof(struct member));
    slab_init(&registry->torrents, sizeof(struct torrent));
    return registry;
}

void registry_destroy(struct registry **registry)
{
    struct registry *r = *registry;
    if (r == NULL)
        return;
    for (uint32_t i = 1; i < r->members.top; i++)
        free(((struct member *)slab_at(&r->members, i))->reason);
    for (uint32_t i = 1; i < r->torrents.top; i++)
        swarm_clear(&((struct torrent *)slab_at(&r->torrents, i))->swarm);
    slab_clear(&r->members);
    slab_clear(&r->torrents);
    table_clear(&r->by_user);
    table_clear(&r->by_passkey);
    table_clear(&r->by_torrent);
    table_clear(&r->by_hash);
    free(r);
    *registry = NULL;
}

static uint64_t hash(const struct registry *registry, const void *bytes, size_t size)
{
    return hash_of(&registry->key, bytes, size);
}

/* ---- members ---- */

struct member *registry_member_at(const struct registry *registry, uint32_t handle)
{
    return slab_at(&registry->members, handle);
}

static uint32_t find_user(const struct registry *registry, uint64_t user)
{
    uint32_t at;
    uint64_t hashed = hash(registry, &user, sizeof user);
    for (uint32_t place = 0; (at = table_next(&registry->by_user, hashed, &place)) != 0;)
        if (registry_member_at(registry, at)->user == user)
            return at;
    return SLAB_NONE;
}

static uint32_t make_user(struct registry *registry, uint64_t user)
{
    uint32_t at = find_user(registry, user);
    if (at != SLAB_NONE)
        return at;
    at = slab_take(&registry->members);
    registry_member_at(registry, at)->user = user;
    registry_member_at(registry, at)->handle = at;
    table_add(&registry->by_user, hash(registry, &user, sizeof user), at);
    return at;
}

static struct member *find_member(const struct registry *registry, uint64_t hashed, const char *passkey)
{
    uint32_t at;
    for (uint32_t place = 0; (at = table_next(&registry->by_passkey, hashed, &place)) != 0;)
        if (memcmp(registry_member_at(registry, at)->passkey, passkey, PASSKEY_SIZE) == 0)
            return registry_member_at(registry, at);
    return NULL;
}

struct member *registry_member(const struct registry *registry, const char passkey[PASSKEY_SIZE])
{
    return find_member(registry, hash(registry, passkey, PASSKEY_SIZE), passkey);
}

struct member *registry_member_by_user(const struct registry *registry, uint64_t user)
{
    uint32_t at = find_user(registry, user);
    return at != SLAB_NONE ? registry_member_at(registry, at) : NULL;
}

struct member *registry_member_make(struct registry *registry, uint64_t user)
{
    return registry_member_at(registry, make_user(registry, user));
}

void registry_apply_member(struct registry *registry, const struct member_fact *fact)
{
    if (fact->passkey.size != PASSKEY_SIZE)
        return;
    uint32_t at = make_user(registry, fact->user);
    struct member *member = registry_member_at(registry, at);
    if (member->known)
        table_remove(&registry->by_passkey, hash(registry, member->passkey, PASSKEY_SIZE), at);
    memcpy(member->passkey, fact->passkey.at, PASSKEY_SIZE);
    table_add(&registry->by_passkey, hash(registry, member->passkey, PASSKEY_SIZE), at);
    member->known = true;
    member->active = slice_is(fact->standing, "active");
    member->restore_until = fact->restore_until;
}

void registry_apply_permit(struct registry *registry, const struct permit_fact *fact)
{
    struct member *member = registry_member_at(registry, make_user(registry, fact->user));
    member->has_permit = true;
    member->may_leech = fact->may_leech;
    free(member->reason);
    member->reason = fact->reason.size > 0 ? mem_text(fact->reason) : NULL;
}

/* ---- torrents ---- */

struct torrent *registry_torrent_at(const struct registry *registry, uint32_t handle)
{
    return slab_at(&registry->torrents, handle);
}

static uint32_t find_torrent(const struct registry *registry, uint64_t id)
{
    uint32_t at;
    uint64_t hashed = hash(registry, &id, sizeof id);
    for (uint32_t place = 0; (at = table_next(&registry->by_torrent, hashed, &place)) != 0;)
        if (registry_torrent_at(registry, at)->id == id)
            return at;
    return SLAB_NONE;
}

static uint32_t make_torrent(struct registry *registry, uint64_t id)
{
    uint32_t at = find_torrent(registry, id);
    if (at != SLAB_NONE)
        return at;
    at = slab_take(&registry->torrents);
    registry_torrent_at(registry, at)->id = id;
    registry_torrent_at(registry, at)->handle = at;
    table_add(&registry->by_torrent, hash(registry, &id, sizeof id), at);
    return at;
}

struct torrent *registry_torrent_by_id(const struct registry *registry, uint64_t id)
{
    uint32_t at = find_torrent(registry, id);
    return at != SLAB_NONE ? registry_torrent_at(registry, at) : NULL;
}

struct torrent *registry_torrent_make(struct registry *registry, uint64_t id)
{
    return registry_torrent_at(registry, make_torrent(registry, id));
}

static bool has_hash(const struct torrent *torrent, const uint8_t *info_hash)
{
    return memcmp(torrent->info_hash, info_hash, HASH_SIZE) == 0 ||
           memcmp(torrent->info_hash_v2, info_hash, HASH_SIZE) == 0;
}

static struct torrent *find_by_hash(const struct registry *registry, uint64_t hashed, const uint8_t *info_hash)
{
    struct torrent *found = NULL;
    uint32_t at;
    for (uint32_t place = 0; (at = table_next(&registry->by_hash, hashed, &place)) != 0;) {
        struct torrent *torrent = registry_torrent_at(registry, at);
        if (!has_hash(torrent, info_hash))
            continue;
        if (torrent->active)
            return torrent;
        found = torrent;
    }
    return found;
}

struct torrent *registry_torrent(const struct registry *registry, const uint8_t info_hash[HASH_SIZE])
{
    return find_by_hash(registry, hash(registry, info_hash, HASH_SIZE), info_hash);
}

/* The table's entries of a torrent: one a hash. */
static void list_hashes(struct registry *registry, uint32_t at,
                        void (*list)(struct table *table, uint64_t hash, uint32_t handle))
{
    const struct torrent *torrent = registry_torrent_at(registry, at);
    list(&registry->by_hash, hash(registry, torrent->info_hash, HASH_SIZE), at);
    if (memcmp(torrent->info_hash, torrent->info_hash_v2, HASH_SIZE) != 0)
        list(&registry->by_hash, hash(registry, torrent->info_hash_v2, HASH_SIZE), at);
}

void registry_apply_torrent(struct registry *registry, const struct torrent_fact *fact)
{
    if (fact->info_hash.size != HASH_SIZE)
        return;
    uint32_t at = make_torrent(registry, fact->torrent);
    struct torrent *torrent = registry_torrent_at(registry, at);
    if (torrent->known)
        list_hashes(registry, at, table_remove);
    bool has_v2 = fact->info_hash_v2.size >= HASH_SIZE;
    memcpy(torrent->info_hash, fact->info_hash.at, HASH_SIZE);
    memcpy(torrent->info_hash_v2, has_v2 ? fact->info_hash_v2.at : fact->info_hash.at, HASH_SIZE);
    torrent->known = true;
    torrent->active = fact->active;
    torrent->redundancy = slice_is(fact->accounting, "redundancy");
    torrent->restore_until = torrent->redundancy ? fact->restore_until : 0;
    list_hashes(registry, at, table_add);
}

/* ---- several at once ---- */

struct registry_names registry_names(const struct registry *registry, const char passkey[PASSKEY_SIZE],
                                     const uint8_t info_hash[HASH_SIZE])
{
    const struct registry_names names = {.passkey = hash(registry, passkey, PASSKEY_SIZE),
                                         .info_hash = hash(registry, info_hash, HASH_SIZE)};
    table_prefetch(&registry->by_passkey, names.passkey);
    table_prefetch(&registry->by_hash, names.info_hash);
    return names;
}

/* The first that may be meant: nearly always it is. */
void registry_prefetch(const struct registry *registry, const struct registry_names *names)
{
    uint32_t place = 0, member = table_next(&registry->by_passkey, names->passkey, &place);
    place = 0;
    uint32_t torrent = table_next(&registry->by_hash, names->info_hash, &place);
    if (member != SLAB_NONE)
        __builtin_prefetch(registry_member_at(registry, member));
    if (torrent != SLAB_NONE)
        __builtin_prefetch(registry_torrent_at(registry, torrent));
}

struct member *registry_member_named(const struct registry *registry, const struct registry_names *names,
                                     const char passkey[PASSKEY_SIZE])
{
    return find_member(registry, names->passkey, passkey);
}

struct torrent *registry_torrent_named(const struct registry *registry, const struct registry_names *names,
                                       const uint8_t info_hash[HASH_SIZE])
{
    return find_by_hash(registry, names->info_hash, info_hash);
}

/* ---- all of them ---- */

void registry_each_member(const struct registry *registry, void (*visit)(void *arg, const struct member *member),
                          void *arg)
{
    for (uint32_t i = 1; i < registry->members.top; i++)
        visit(arg, registry_member_at(registry, i));
}

void registry_each_torrent(const struct registry *registry, void (*visit)(void *arg, const struct torrent *torrent),
                           void *arg)
{
    for (uint32_t i = 1; i < registry->torrents.top; i++)
        visit(arg, registry_torrent_at(registry, i));
}

uint32_t registry_members_count(const struct registry *registry)
{
    return registry->by_passkey.count;
}

uint32_t registry_torrents_count(const struct registry *registry)
{
    return registry->torrents.live;
}
