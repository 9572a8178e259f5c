/* catalog.entity.move: a unit into another edition, an edition into another group: one that is here, or one that is
 * named. */
#ifndef DJEMBE_CATALOG_MOVE_H
#define DJEMBE_CATALOG_MOVE_H

#include "services/catalog/catalog.h"

void move_start(void);

extern const struct statement *const move_statements[];
extern const size_t move_statements_count;

#endif
