/* Units that are here since before a plugin tells them apart by more, or reads more from their reports, are told apart
 * and read so, too: else a second one of the same would not be seen as such. Behind everything else. */
#ifndef DJEMBE_CATALOG_ALIKE_H
#define DJEMBE_CATALOG_ALIKE_H

#include "services/common/service.h"

void alike_start(void);
void alike_stop(void);

extern const struct statement *const alike_statements[];
extern const size_t alike_statements_count;

#endif
