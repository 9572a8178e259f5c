/* catalog.report.add, .list, .handle: what members tell staff, and what becomes of it. */
#ifndef DJEMBE_CATALOG_REPORTS_H
#define DJEMBE_CATALOG_REPORTS_H

#include "services/catalog/catalog.h"

void reports_start(void);

extern const struct statement *const reports_statements[];
extern const size_t reports_statements_count;

#endif
