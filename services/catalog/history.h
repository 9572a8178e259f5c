/* catalog.change.list: what was changed by whom and why, of one page or of the whole site. */
#ifndef DJEMBE_CATALOG_HISTORY_H
#define DJEMBE_CATALOG_HISTORY_H

#include "services/catalog/catalog.h"

void history_start(void);

extern const struct statement *const history_statements[];
extern const size_t history_statements_count;

#endif
