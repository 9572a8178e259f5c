/* catalog.collage.add, .edit, .delete, .put, .take, .move, .get, .list: lists that members make of what is here. */
#ifndef DJEMBE_CATALOG_COLLAGES_H
#define DJEMBE_CATALOG_COLLAGES_H

#include "services/catalog/catalog.h"

void collages_start(void);
void collages_read_start(void); /* the reading ones: collages_read.c */

extern const struct statement *const collages_statements[];
extern const size_t collages_statements_count;
extern const struct statement *const collages_read_statements[];
extern const size_t collages_read_statements_count;

#endif
