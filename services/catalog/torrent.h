/* catalog.torrent.get, catalog.torrent.names, catalog.upload.list: torrents one by one, with their titles. */
#ifndef DJEMBE_CATALOG_TORRENT_H
#define DJEMBE_CATALOG_TORRENT_H

#include "services/catalog/catalog.h"

void torrent_start(void);

extern const struct statement *const torrent_statements[];
extern const size_t torrent_statements_count;

#endif
