/* The fact of the feed catalog.torrents: what the tracker and the ratio service know of a torrent. */
#ifndef DJEMBE_CATALOG_FACT_H
#define DJEMBE_CATALOG_FACT_H

#include "proto/proto.h"
#include "services/catalog/plugin.h"
#include "services/common/db.h"

/* Fills what the plugin says of every torrent of a group with these values. */
void fact_of_plugin(struct torrent_fact *fact, const struct plugin *plugin, const struct values *values,
                    uint64_t group);

/* Writes it in the transaction of the change that it tells of. */
void fact_write(struct db_tx *tx, const struct torrent_fact *fact);

extern const struct statement *const fact_statements[];
extern const size_t fact_statements_count;

#endif
