/* catalog.torrent.delete and catalog.entity.delete: what its uploader, its owner or staff takes away. Rows stay,
 * marked: who did it and why can be told, and the tracker and the ratio service hear of it as of any change. */
#ifndef DJEMBE_CATALOG_DELETE_H
#define DJEMBE_CATALOG_DELETE_H

#include "services/catalog/catalog.h"

void delete_start(void);

extern const struct statement *const delete_statements[];
extern const size_t delete_statements_count;

#endif
