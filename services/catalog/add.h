/* catalog.torrent.add: what was sent is checked before anything is written, then written in one transaction with the
 * kept reply and the fact for the tracker. */
#ifndef DJEMBE_CATALOG_ADD_H
#define DJEMBE_CATALOG_ADD_H

#include "services/catalog/adding.h"
#include "services/catalog/catalog.h"

void add_start(void);

/* What is to be added below an entity that is here: $1 its id. The row read into `adding`; false: it cannot be. */
extern const struct statement add_parent;
bool add_parent_read(struct adding *adding, const struct db_rows *rows, struct fault *why);

extern const struct statement *const add_statements[];
extern const size_t add_statements_count;

#endif
