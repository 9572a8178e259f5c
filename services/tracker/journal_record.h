/* The journal's bytes: segments of records of one size, each with its own checksum, so that a reader can step over what
 * is damaged. Little-endian whatever the machine. Pure. */
#ifndef DJEMBE_TRACKER_JOURNAL_RECORD_H
#define DJEMBE_TRACKER_JOURNAL_RECORD_H

#include "services/tracker/session.h"

#define JOURNAL_RECORD_SIZE 144 /* the segment's head takes as much as one record */

enum journal_record { RECORD_empty, RECORD_good, RECORD_damaged };

/* `seq` is the record's place in the whole journal, from 1; `contact` is where the client was reached then, without a
 * port when it was not in the swarm. */
void journal_record_write(uint64_t seq, const struct session_totals *totals, const struct contact *contact,
                          uint8_t into[JOURNAL_RECORD_SIZE]);
enum journal_record journal_record_read(const uint8_t from[JOURNAL_RECORD_SIZE], uint64_t *seq,
                                        struct session_totals *totals, struct contact *contact);

/* The head of a segment: what it is, and its number. */
void journal_head_write(uint64_t number, uint8_t into[JOURNAL_RECORD_SIZE]);
bool journal_head_read(const uint8_t from[JOURNAL_RECORD_SIZE], uint64_t *number);

/* What a reader met. */
struct journal_findings {
    uint64_t good, damaged;        /* records */
    uint64_t last_seq;             /* the greatest among the good ones */
    unsigned segments, unreadable; /* files; those whose head makes no sense are read all the same */
};

typedef void journal_found_fn(void *arg, uint64_t seq, const struct session_totals *totals,
                              const struct contact *contact);

/* Reads the bytes of one segment, whatever they are; counts are added to `findings`. */
void journal_segment_read(const uint8_t *at, size_t size, journal_found_fn *found, void *arg,
                          struct journal_findings *findings);

#endif
