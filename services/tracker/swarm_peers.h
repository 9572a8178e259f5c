/* What swarm.c and swarm_choose.c share, and nobody else sees. */
#ifndef DJEMBE_TRACKER_SWARM_PEERS_H
#define DJEMBE_TRACKER_SWARM_PEERS_H

#include "services/tracker/index.h"
#include "services/tracker/session.h"
#include "services/tracker/side.h"
#include "services/tracker/swarm.h"

struct peers {
    struct sessions *sessions;
    struct side sixes; /* IPv6 addresses */
    uint64_t random;
    uint32_t count;
    size_t bytes; /* of the swarms' arrays */
};

/* An entry's name is the session's handle, a bit that tells of an IPv6 address, and five bits of its member: who
 * differs in them is another, and the session's record need not be read. */
#define ENTRY_SIX (1u << INDEX_HANDLE_BITS)
#define ENTRY_TAG (~(ENTRY_SIX | INDEX_HANDLE_MAX))

static inline uint32_t entry_named(const struct swarm_entry *entry)
{
    return entry->who[0] | (uint32_t)entry->who[1] << 16;
}

static inline void entry_name(struct swarm_entry *entry, uint32_t name)
{
    entry->who[0] = (uint16_t)name;
    entry->who[1] = (uint16_t)(name >> 16);
}

static inline uint32_t entry_session(const struct swarm_entry *entry)
{
    return entry_named(entry) & INDEX_HANDLE_MAX;
}

static inline bool entry_has_six(const struct swarm_entry *entry)
{
    return (entry_named(entry) & ENTRY_SIX) != 0;
}

/* Whether it has an IPv4 address that listens. */
static inline bool entry_has_v4(const struct swarm_entry *entry)
{
    return (entry->v4.port[0] | entry->v4.port[1]) != 0;
}

static inline uint32_t tag_of(uint32_t member)
{
    return member * UINT32_C(0x9e3779b1) & ENTRY_TAG;
}

static inline bool entry_is_of(const struct peers *peers, const struct swarm_entry *entry, uint32_t member)
{
    return (entry_named(entry) & ENTRY_TAG) == tag_of(member) &&
           sessions_member(peers->sessions, entry_session(entry)) == member;
}

/* The address of one that has an IPv6 address. */
void entry_compact_v6(const struct peers *peers, const struct swarm_entry *entry, struct compact_v6 *into);

#endif
