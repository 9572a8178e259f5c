/* catalog.torrent.add: what was sent is checked before anything is written, then written in one transaction with the
 * kept reply and the fact for the tracker. */
#ifndef DJEMBE_CATALOG_ADD_H
#define DJEMBE_CATALOG_ADD_H

#include "services/catalog/catalog.h"

void add_start(void);

extern const struct statement *const add_statements[];
extern const size_t add_statements_count;

#endif
