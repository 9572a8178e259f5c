/* catalog.entity.form and catalog.entity.edit: what an entity says of itself, and what it shall say. */
#ifndef DJEMBE_CATALOG_EDIT_H
#define DJEMBE_CATALOG_EDIT_H

#include "services/catalog/catalog.h"

void edit_start(void);

extern const struct statement *const edit_statements[];
extern const size_t edit_statements_count;

#endif
