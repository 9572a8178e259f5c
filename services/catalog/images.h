/* catalog.image.*: what groups and persons look like. */
#ifndef DJEMBE_CATALOG_IMAGES_H
#define DJEMBE_CATALOG_IMAGES_H

#include "services/catalog/catalog.h"

void images_start(void);

extern const struct statement *const images_statements[];
extern const size_t images_statements_count;

#endif
