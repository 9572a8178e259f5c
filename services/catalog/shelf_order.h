/* In which order a page shows what stands in a group. Pure. */
#ifndef DJEMBE_CATALOG_SHELF_ORDER_H
#define DJEMBE_CATALOG_SHELF_ORDER_H

#include "services/catalog/shelf.h"

/* Editions: those with the plain title first, then by what the plugin orders them by. Units likewise, then as they were
 * added. A plugin with a header has its units put together under that instead; the new headings live in the arena. */
void shelf_order(struct shelf_group *group, struct arena *arena);

/* Groups by year, newest first; those of one year as they were added, newest first. */
void shelf_order_groups(const struct shelf_group **groups, size_t count);

#endif
