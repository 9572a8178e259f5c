/* What is long and searched by file: and text: (query.h): the names of torrents' files, and texts of groups. Kept apart
 * from what else is searched, behind the changes (migrations/0046_written.sql). */
#ifndef DJEMBE_CATALOG_WRITTEN_H
#define DJEMBE_CATALOG_WRITTEN_H

#include "services/common/service.h"

void written_start(void);
void written_stop(void);

extern const struct statement *const written_statements[];
extern const size_t written_statements_count;

#endif
