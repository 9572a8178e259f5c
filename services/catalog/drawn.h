/* Groups as lists show them, kept in memory as they were drawn: packed, by all that they are drawn from, so that what
 * has not changed is drawn once. Bounded: what comes in takes the place of another. */
#ifndef DJEMBE_CATALOG_DRAWN_H
#define DJEMBE_CATALOG_DRAWN_H

#include "proto/slice.h"

/* Empty: it was not drawn from this, or not lately. Borrowed until the next drawn_keep(). */
struct slice drawn_find(struct slice from);
void drawn_keep(struct slice from, struct slice drawn);

#endif
