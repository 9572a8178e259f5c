/* Groups as lists show them, kept in memory as they were drawn, so that what has not changed is neither read nor drawn
 * again. Bounded: what comes in takes the place of another. */
#ifndef DJEMBE_CATALOG_DRAWN_H
#define DJEMBE_CATALOG_DRAWN_H

#include "proto/slice.h"

/* What a drawing is kept by, and what it was drawn from. */
struct drawn_from {
    uint64_t group, torrent; /* of its torrents that one alone; 0: all */
    struct slice below;      /* that fit this query */
    int64_t version;         /* of its row in catalog.shelf */
    struct slice head;       /* its cells, up to its editions */
};

#define DRAWN_NONE (-1) /* no row has that version */

/* By group, torrent and query: what it was drawn from, and the drawing; empty: there is none. Borrowed until the next
 * drawn_keep(). */
struct slice drawn_find(struct drawn_from *from);
void drawn_keep(const struct drawn_from *from, struct slice drawing);

#endif
