/* catalog.torrent.same: what an upload would meet, before it is sent. */
#ifndef DJEMBE_CATALOG_SAME_H
#define DJEMBE_CATALOG_SAME_H

#include "services/catalog/catalog.h"

void same_start(void);

extern const struct statement *const same_statements[];
extern const size_t same_statements_count;

#endif
