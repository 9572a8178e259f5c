/* catalog.browse: groups or torrents that match, in some order, page by page. */
#ifndef DJEMBE_CATALOG_BROWSE_H
#define DJEMBE_CATALOG_BROWSE_H

#include "services/catalog/catalog.h"

void browse_start(void);

extern const struct statement *const browse_statements[];
extern const size_t browse_statements_count;

#endif
