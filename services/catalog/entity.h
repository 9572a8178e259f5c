/* catalog.entity.get and catalog.plugin.list: the pages of entities, and what forms ask. */
#ifndef DJEMBE_CATALOG_ENTITY_H
#define DJEMBE_CATALOG_ENTITY_H

#include "services/catalog/catalog.h"

void entity_start(void);

extern const struct statement *const entity_statements[];
extern const size_t entity_statements_count;

#endif
