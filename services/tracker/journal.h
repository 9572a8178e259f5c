/* The journal: what an announce changed, written before its reply. Segment files in the daemon's state folder, mapped
 * into memory and given their room on disk beforehand, so that an append is a copy and no system call, and a killed
 * process loses nothing. Segments go when all that is in them has been acknowledged and stored. */
#ifndef DJEMBE_TRACKER_JOURNAL_H
#define DJEMBE_TRACKER_JOURNAL_H

#include "proto/fault.h"
#include "services/tracker/journal_record.h"

struct journal;

/* Reads all segments in `folder`, oldest first, into `found`, and begins a new one. NULL with `why` when the folder
 * cannot be used or another process uses it; a damaged or cut segment is no reason. `segment_size` is in bytes. */
struct journal *journal_open(const char *folder, size_t segment_size, journal_found_fn *found, void *arg,
                             struct journal_findings *findings, struct fault *why);
void journal_close(struct journal **journal);

/* Returns the record's seq. *kept: it is on file; false when there is no room (journal_complaint tells). */
uint64_t journal_append(struct journal *journal, const struct session_totals *totals, const struct contact *contact,
                        bool *kept);
/* The seq that the next record will get. */
uint64_t journal_next(const struct journal *journal);

/* Drops the segments in which every record's seq is below `seq`. */
void journal_forget(struct journal *journal, uint64_t seq);

/* About once a second: has what was written put on disk (in a thread of its own), keeps a spare segment ready, and
 * tries again after trouble. Returns true when the journal works again after records were lost to it: append again what
 * is unacknowledged. */
bool journal_tick(struct journal *journal);

/* NULL: all is well; else one sentence. */
const char *journal_complaint(const struct journal *journal);

/* Bytes on disk. */
size_t journal_bytes(const struct journal *journal);

#endif
