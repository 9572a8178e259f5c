/* How soon a thread gets its core when others want it, too. */
#ifndef DJEMBE_TRACKER_PROMPTLY_H
#define DJEMBE_TRACKER_PROMPTLY_H

/* The calling thread runs in short slices, and soon after it wakes: its share of the core stays the same. Linux since
 * 6.12 does so without any privilege; an older one takes no notice. */
void promptly(void);

#endif
