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

struct admission admission_of(const struct tracker *tracker, const struct announce *ask);

#endif
