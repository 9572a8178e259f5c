/* Puts written pages on disk without holding up the loop: a thread that calls fdatasync on what it is given. */
#ifndef DJEMBE_TRACKER_JOURNAL_SYNC_H
#define DJEMBE_TRACKER_JOURNAL_SYNC_H

struct journal_sync;

struct journal_sync *journal_sync_new(void);
/* Waits for what it was given. */
void journal_sync_destroy(struct journal_sync **sync);

/* Syncs the file soon, through a descriptor of its own. When the thread is far behind the request is dropped: the next
 * second's comes anyway. */
void journal_sync_ask(struct journal_sync *sync, int fd);

#endif
