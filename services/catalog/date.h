/* Dates as people type them and as the catalog keeps them: a day and a time of day, UTC. Pure. */
#ifndef DJEMBE_CATALOG_DATE_H
#define DJEMBE_CATALOG_DATE_H

#include "services/common/arena.h"

#include <stdint.h>

/* "2026-11-24", "2026-11-24 06:20", with a T between and with seconds as browsers and tools send it, with "Z" or " UTC"
 * at the end or without. False: no such day or time, or one before 1970 or after 2199. */
bool date_read(struct slice text, int64_t *unix_ms);

/* "2026-11-24 06:20 UTC". */
struct slice date_write(int64_t unix_ms, struct arena *arena);

#endif
