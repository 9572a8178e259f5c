/* May this announce take part? Pure. */
#ifndef DJEMBE_TRACKER_ADMISSION_H
#define DJEMBE_TRACKER_ADMISSION_H

#include "services/tracker/tracker.h"

struct admission {
    enum outcome outcome;    /* OUTCOME_taken: yes */
    struct member *member;   /* NULL: unknown */
    struct torrent *torrent; /* NULL: unknown */
    const char *failure;     /* what the client shows otherwise, below 64 bytes */
    uint32_t retry;          /* seconds, as in struct announce_reply */
};

/* `admission` has the member and torrent that were found already. */
struct admission admission_of(const struct tracker *tracker, const struct announce *ask, struct admission admission,
                              int64_t now);

/* May a session of that member be made? */
bool admission_has_room(const struct tracker *tracker, const struct member *member);

/* Changes the answer when an admitted member has too many peers or sessions. `session`: the announce's own, or
 * SLAB_NONE. */
void admission_limit(const struct tracker *tracker, const struct announce *ask, uint32_t session,
                     struct admission *admission);

#endif
