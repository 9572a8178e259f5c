/* catalog.search.add, .edit, .delete, .list: searches that members keep, and of whose new finds they are told (news.h).
 */
#ifndef DJEMBE_CATALOG_SEARCHES_H
#define DJEMBE_CATALOG_SEARCHES_H

#include "services/catalog/catalog.h"

void searches_start(void);

extern const struct statement *const searches_statements[];
extern const size_t searches_statements_count;

#endif
