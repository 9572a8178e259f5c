/* The file feeds.state in the daemon's state folder: a feeds image, replaced as a whole by a thread of its own. */
#ifndef DJEMBE_TRACKER_FEEDS_FILE_H
#define DJEMBE_TRACKER_FEEDS_FILE_H

#include "services/tracker/feeds_image.h"

struct feeds_file;

/* `folder` is borrowed. */
struct feeds_file *feeds_file_new(const char *folder);
/* Waits for a write under way. */
void feeds_file_destroy(struct feeds_file **file);

/* Takes what the file has into the tracker. Without a file, or with a damaged one (which is logged), *places is all
 * zero: the feeds are read from their owners' snapshots. */
void feeds_file_read(struct feeds_file *file, struct tracker *tracker, struct feed_place places[FEED_count]);

/* Writes, unless a write is under way: then false. The image is taken over, and empty afterwards. */
bool feeds_file_write(struct feeds_file *file, struct buffer *image);
bool feeds_file_is_busy(struct feeds_file *file);
void feeds_file_wait(struct feeds_file *file);

#endif
