/* catalog.entity.unmerge: a merge is undone. What goes back and what stays stands in one place, catalog.unmerge of
 * migrations/0041_unmerge.sql. */
#ifndef DJEMBE_CATALOG_UNMERGE_H
#define DJEMBE_CATALOG_UNMERGE_H

#include "services/catalog/catalog.h"

void unmerge_start(void);

extern const struct statement *const unmerge_statements[];
extern const size_t unmerge_statements_count;

#endif
