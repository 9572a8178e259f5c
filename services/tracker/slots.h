/* Who may download which Backup, as the feed ratio.slots tells, and catalog.torrents of owners. A member and a torrent
 * are named by the registry's handles. Eight bytes a fact, and its place in the index. Pure. */
#ifndef DJEMBE_TRACKER_SLOTS_H
#define DJEMBE_TRACKER_SLOTS_H

#include "proto/slice.h"
#include "services/tracker/announce.h"
#include "services/tracker/hash.h"

struct slots;

enum slot_verdict {
    SLOT_owner, /* its own content, which it may always fetch (RULES 2.5) */
    SLOT_slot,
    SLOT_spare, /* it has a copy that does not count */
    SLOT_deny,
    SLOT_none, /* nothing is known */
};

/* As the feed calls them, in that order. */
extern const char *const slot_verdict_names[SLOT_none];

struct slots *slots_new(const struct hash_key *key);
void slots_destroy(struct slots **slots);

/* Replaces what was known of the two; SLOT_none forgets it. `reason` is for SLOT_deny: what the client is told, below
 * FAILURE_MAX bytes; of a few dozen different ones each is kept once, and further ones are not. */
void slots_set(struct slots *slots, uint32_t member, uint32_t torrent, enum slot_verdict verdict, struct slice reason);

/* `reason` (may be NULL) of SLOT_deny: "" when none is known. It lives as long as the slots. */
enum slot_verdict slots_get(const struct slots *slots, uint32_t member, uint32_t torrent, const char **reason);

struct slot {
    uint32_t member, torrent;
    enum slot_verdict verdict;
    const char *reason;
};

void slots_each(const struct slots *slots, void (*visit)(void *arg, const struct slot *slot), void *arg);

uint32_t slots_count(const struct slots *slots);
size_t slots_bytes(const struct slots *slots);

#endif
