/* Tells PostgreSQL what lists and searches are to know of each plugin, and has groups listed again when that is new.
 */
#ifndef DJEMBE_CATALOG_LISTING_H
#define DJEMBE_CATALOG_LISTING_H

#include "services/common/db.h"

/* Once the database is there. */
void listing_start(void);
void listing_stop(void);

extern const struct statement *const listing_statements[];
extern const size_t listing_statements_count;

#endif
