/* catalog.torrent.delete and catalog.entity.delete: what its uploader, its owner or staff takes away. Rows stay,
 * marked: who did it and why can be told, and the tracker and the ratio service hear of it as of any change. */
#ifndef DJEMBE_CATALOG_DELETE_H
#define DJEMBE_CATALOG_DELETE_H

#include "services/catalog/catalog.h"

void delete_start(void);

/* Who takes something away, and why. */
struct doom {
    uint64_t by; /* 0: nobody but the site */
    struct slice why;
};

/* Marks torrents and their units as deleted in `tx`; their facts and their groups are the caller's to write. */
void delete_mark(struct db_tx *tx, const int64_t *torrents, size_t count, const struct doom *doom);

extern const struct statement *const delete_statements[];
extern const size_t delete_statements_count;

#endif
