/* catalog.browse: groups or torrents that match, in some order, page by page. */
#ifndef DJEMBE_CATALOG_BROWSE_H
#define DJEMBE_CATALOG_BROWSE_H

#include "services/catalog/catalog.h"
#include "services/catalog/query.h"

void browse_start(void);

/* The four parameters of catalog.query(): those terms that have that bit (QUERY_files, QUERY_texts); 0: neither. */
struct db_args *browse_query_args(struct db_args *args, const struct query *query, unsigned bit, struct arena *arena);

extern const struct statement *const browse_statements[];
extern const size_t browse_statements_count;

#endif
