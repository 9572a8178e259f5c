/* Who may announce what: members by passkey, torrents by info-hash, permits; as three feeds tell them. Pure. */
#ifndef DJEMBE_TRACKER_REGISTRY_H
#define DJEMBE_TRACKER_REGISTRY_H

#include "proto/proto.h"
#include "services/tracker/hash.h"
#include "services/tracker/swarm.h"

struct registry;

struct member {
    uint64_t user;
    char passkey[PASSKEY_SIZE];
    uint32_t handle; /* its own */
    bool known;      /* web.members told of it; else only its permit or its sessions are known */
    bool active;
    bool has_permit; /* ratio.permits told of it */
    bool may_leech;
    uint32_t sessions;     /* how many are remembered */
    int64_t restore_until; /* disabled: until then it may fetch its own Backups, unix ms */
    char *reason;          /* why it may not, for the client; NULL: nothing was said */
};

/* What an announce reads comes first. */
struct torrent {
    struct swarm swarm;
    uint64_t id;
    uint8_t info_hash[HASH_SIZE];
    uint32_t handle;                 /* its own */
    bool known;                      /* catalog.torrents told of it; else it has sessions from before that fact came */
    bool active;                     /* false: deleted, or not known */
    bool redundancy;                 /* accounted by copies kept, not by ratio: a Backup */
    int64_t restore_until;           /* a deleted Backup: until then its owner may fetch it, unix ms; 0: it may not */
    uint32_t completed;              /* sessions known to have completed it */
    uint32_t completed_least;        /* as many had before the process began, and since */
    uint8_t info_hash_v2[HASH_SIZE]; /* cut to 20 bytes; equals info_hash when there is only one */
};

struct registry *registry_new(const struct hash_key *key);
void registry_destroy(struct registry **registry);

void registry_apply_torrent(struct registry *registry, const struct torrent_fact *fact);
void registry_apply_member(struct registry *registry, const struct member_fact *fact);
void registry_apply_permit(struct registry *registry, const struct permit_fact *fact);

/* NULL: unknown; or known by its permit alone. */
struct member *registry_member_by_user(const struct registry *registry, uint64_t user);
/* The same, made as not known when it is new. */
struct member *registry_member_make(struct registry *registry, uint64_t user);
/* NULL: unknown. */
struct member *registry_member(const struct registry *registry, const char passkey[PASSKEY_SIZE]);
/* The active torrent of that hash, else a deleted one, else NULL. */
struct torrent *registry_torrent(const struct registry *registry, const uint8_t info_hash[HASH_SIZE]);
struct torrent *registry_torrent_by_id(const struct registry *registry, uint64_t id);
/* The same, made as not known when it is new. */
struct torrent *registry_torrent_make(struct registry *registry, uint64_t id);

/* What an announce names, hashed: so that the records of several are asked of memory together and it is waited for
 * once. First the places where they stand, then the records, then they are found. */
struct registry_names {
    uint64_t passkey, info_hash;
};
struct registry_names registry_names(const struct registry *registry, const char passkey[PASSKEY_SIZE],
                                     const uint8_t info_hash[HASH_SIZE]);
void registry_prefetch(const struct registry *registry, const struct registry_names *names);
/* As registry_member and registry_torrent. */
struct member *registry_member_named(const struct registry *registry, const struct registry_names *names,
                                     const char passkey[PASSKEY_SIZE]);
struct torrent *registry_torrent_named(const struct registry *registry, const struct registry_names *names,
                                       const uint8_t info_hash[HASH_SIZE]);

/* By their own handles, which never end. */
struct member *registry_member_at(const struct registry *registry, uint32_t handle);
struct torrent *registry_torrent_at(const struct registry *registry, uint32_t handle);

/* Calls `visit` for each record, known or not. */
void registry_each_member(const struct registry *registry, void (*visit)(void *arg, const struct member *member),
                          void *arg);
void registry_each_torrent(const struct registry *registry, void (*visit)(void *arg, const struct torrent *torrent),
                           void *arg);

uint32_t registry_members_count(const struct registry *registry);
uint32_t registry_torrents_count(const struct registry *registry);

#endif
