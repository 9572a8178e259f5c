/* catalog.entity.merge: two groups, or two people, that turn out to be one. What follows where stands in one place,
 * catalog.merge of migrations/0016_places.sql. */
#ifndef DJEMBE_CATALOG_MERGE_H
#define DJEMBE_CATALOG_MERGE_H

#include "services/catalog/catalog.h"

void merge_start(void);

extern const struct statement *const merge_statements[];
extern const size_t merge_statements_count;

#endif
