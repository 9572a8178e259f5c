/* catalog.person.form, catalog.person.edit, catalog.alias.add, catalog.alias.remove: what a person is called, and what
 * is said of them. Not of owned groups' people: those are members. */
#ifndef DJEMBE_CATALOG_PEOPLE_H
#define DJEMBE_CATALOG_PEOPLE_H

#include "services/catalog/catalog.h"

void people_start(void);

extern const struct statement *const people_statements[];
extern const size_t people_statements_count;

#endif
