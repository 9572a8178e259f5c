/* How a session lies in memory: 49 bytes for all but the odd one. Pure; only session.c sees it. */
#ifndef DJEMBE_TRACKER_SESSION_RECORD_H
#define DJEMBE_TRACKER_SESSION_RECORD_H

#include "proto/proto.h"
#include "services/tracker/prefixes.h"
#include "services/tracker/session.h"

#define RECORD_TAIL (PEER_ID_SIZE - PREFIX_SIZE)

struct session_record {
    uint8_t who[10];   /* what struct session_where tells */
    uint8_t prefix[2]; /* number of the peer_id's beginning; PREFIX_NONE: in the wide form */
    uint8_t tail[RECORD_TAIL];
    uint8_t up[5], down[5], left[5];
    uint8_t epoch[5]; /* ms since 2020 */
    uint8_t seen[4];  /* ms since the epoch */
    uint8_t bits;     /* flags of proto/proto.h, marks, and whether there is a wide form */
};

_Static_assert(sizeof(struct session_record) == 49, "a session takes 49 bytes");

/* Each below 2^26. */
struct session_where {
    uint32_t member, torrent; /* the registry's handles; a member of 0: this record is free */
    uint32_t place;           /* in the swarm, plus 1; 0: not there */
};

enum { RECORD_FLAGS = SESSION_COMPLETED | SESSION_STOPPED | SESSION_PAUSED, RECORD_WIDE = 128 };

/* What does not fit: kept whole, beside. */
struct session_wide {
    uint32_t owner; /* the session's handle */
    struct session_totals totals;
};

struct session_where session_record_where(const struct session_record *record);
void session_record_place(struct session_record *record, const struct session_where *where);
uint16_t session_record_prefix(const struct session_record *record);

/* Whether all but identity and peer_id fit: counters and what is left below 2^40, nothing in the bases, usual times. */
bool session_record_fits(const struct session_totals *totals);

/* Counters, times and flags, when they fit; identity, place and marks are not touched. */
void session_record_put(struct session_record *record, const struct session_totals *totals);
/* The same back, where there is no wide form; identity is not touched. */
void session_record_get(const struct session_record *record, struct session_totals *into);
/* The last announce, unix ms. */
int64_t session_record_seen(const struct session_record *record);

#endif
