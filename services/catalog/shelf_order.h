/* In which order a page shows what stands in a group. Pure. */
#ifndef DJEMBE_CATALOG_SHELF_ORDER_H
#define DJEMBE_CATALOG_SHELF_ORDER_H

#include "services/catalog/shelf.h"

/* Editions: those with the plain title first, then by title (a known year stands in front). Units: by the plugin's
 * lists of choices, best first, then as they were added. */
void shelf_order(struct shelf_group *group);

/* Groups by year, newest first; those of one year as they were added, newest first. */
void shelf_order_groups(const struct shelf_group **groups, size_t count);

#endif
