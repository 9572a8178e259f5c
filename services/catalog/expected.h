/* What a search is expected to find: likely.h with the frequencies that PostgreSQL keeps of what is listed, which are
 * read again when it has looked anew (ANALYZE). */
#ifndef DJEMBE_CATALOG_EXPECTED_H
#define DJEMBE_CATALOG_EXPECTED_H

#include "services/catalog/tsquery.h"
#include "services/common/db.h"

#include <stdint.h>

enum expected_of { EXPECTED_groups, EXPECTED_torrents };

void expected_start(void);
void expected_stop(void);

/* Of `all` groups or torrents; at least one. NULL: all. */
uint64_t expected(enum expected_of of, const struct tsquery *query, uint64_t all);

/* So many of all groups an index of words is read for. */
double expected_read(const struct tsquery *query, uint64_t all);

extern const struct statement *const expected_statements[];
extern const size_t expected_statements_count;

#endif
