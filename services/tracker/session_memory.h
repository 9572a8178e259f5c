/* Where sessions lie: what session.c needs of it, and nobody else. */
#ifndef DJEMBE_TRACKER_SESSION_MEMORY_H
#define DJEMBE_TRACKER_SESSION_MEMORY_H

#include "services/tracker/session.h"

/* A session with nothing but its identity: it must be put before it is got whole. */
uint32_t sessions_make(struct sessions *sessions, uint32_t member, uint32_t torrent,
                       const uint8_t peer_id[PEER_ID_SIZE]);
/* By the ids in `totals`; a member or torrent that is not known is made, too. */
uint32_t sessions_find_or_make(struct sessions *sessions, const struct session_totals *totals, bool *made);
/* All but the identity. */
void sessions_put(struct sessions *sessions, uint32_t session, const struct session_totals *totals);

#endif
