/* Peers that a member's clients are told of in one swarm, for some time: how the auditor asks a holder to dial in
 * (RULES 2.11). Few at once; pure. */
#ifndef DJEMBE_TRACKER_INTRODUCTIONS_H
#define DJEMBE_TRACKER_INTRODUCTIONS_H

#include "services/tracker/announce.h"

#define INTRODUCTIONS_MAX 512

struct introduction {
    uint32_t member, torrent; /* handles */
    int64_t until;            /* unix ms */
    struct announce_peer peer;
};

struct introductions {
    struct introduction at[INTRODUCTIONS_MAX];
    unsigned count;
};

/* Replaces the one of this member and torrent; those that have ended go. False: there is no room. */
bool introductions_add(struct introductions *introductions, const struct introduction *introduction, int64_t now);
/* NULL: none. */
const struct announce_peer *introductions_find(const struct introductions *introductions, uint32_t member,
                                               uint32_t torrent, int64_t now);

#endif
