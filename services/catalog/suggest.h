/* catalog.suggest: names that go on as was typed. */
#ifndef DJEMBE_CATALOG_SUGGEST_H
#define DJEMBE_CATALOG_SUGGEST_H

#include "services/catalog/catalog.h"

void suggest_start(void);

extern const struct statement *const suggest_statements[];
extern const size_t suggest_statements_count;

#endif
