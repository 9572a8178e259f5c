/* catalog.request.add, .edit, .get, .list, .vote, .fill, .unfill, .delete: what members miss. */
#ifndef DJEMBE_CATALOG_REQUESTS_H
#define DJEMBE_CATALOG_REQUESTS_H

#include "services/catalog/catalog.h"

void requests_start(void);
void requests_read_start(void); /* the reading ones: requests_read.c */

extern const struct statement *const requests_statements[];
extern const size_t requests_statements_count;
extern const struct statement *const requests_read_statements[];
extern const size_t requests_read_statements_count;

#endif
