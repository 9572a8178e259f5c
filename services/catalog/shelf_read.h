/* Reads what PostgreSQL keeps of a group for lists and pages (migrations/0015_shelf.sql). Pure. */
#ifndef DJEMBE_CATALOG_SHELF_READ_H
#define DJEMBE_CATALOG_SHELF_READ_H

#include "services/catalog/shelf.h"

/* Borrows from the cells, behind which a NUL must stand. What follows from the rest (titles, addresses, order) is not
 * there yet. `head`: how many bytes come before its editions. False: no plugin of this daemon has it. */
bool shelf_read(uint64_t entity, struct slice cells, struct arena *arena, struct shelf_group *into, size_t *head);
/* Of the head the group itself: how many editions it has, and none of them. */
bool shelf_read_head(uint64_t entity, struct slice head, struct arena *arena, struct shelf_group *into);

#endif
