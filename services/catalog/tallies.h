/* Asks how many seed, leech and have completed each torrent, and keeps that, so that lists can be in order of it: a
 * round over all torrents after the other. The numbers that pages show are asked when they are shown. */
#ifndef DJEMBE_CATALOG_TALLIES_H
#define DJEMBE_CATALOG_TALLIES_H

#include "services/common/db.h"

/* Once the database is there. */
void tallies_start(void);
void tallies_stop(void);

extern const struct statement *const tallies_statements[];
extern const size_t tallies_statements_count;

#endif
