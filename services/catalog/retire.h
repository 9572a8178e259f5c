/* Takes away the versions of backups that ratio tells of (feed ratio.retired): their retention does not keep them. */
#ifndef DJEMBE_CATALOG_RETIRE_H
#define DJEMBE_CATALOG_RETIRE_H

#include "services/catalog/catalog.h"

void retire_start(void); /* when the database is ready */
void retire_stop(void);

extern const struct statement *const retire_statements[];
extern const size_t retire_statements_count;

#endif
