/* catalog.bookmark.set, .list: what members have marked for themselves. */
#ifndef DJEMBE_CATALOG_BOOKMARKS_H
#define DJEMBE_CATALOG_BOOKMARKS_H

#include "services/catalog/catalog.h"

void bookmarks_start(void);

extern const struct statement *const bookmarks_statements[];
extern const size_t bookmarks_statements_count;

#endif
