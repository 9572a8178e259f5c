/* Peers and sessions in the `tracker` schema: stored in batches every few seconds, loaded at start. */
#ifndef DJEMBE_TRACKER_STORE_H
#define DJEMBE_TRACKER_STORE_H

#include "services/common/db.h"
#include "services/tracker/tracker.h"

struct store;

/* The statements of store.c and store_load.c, for the service's table. */
extern const struct statement *const store_statements[];
extern const size_t store_statements_count;

struct store *store_new(struct loop *loop, struct db *db, struct tracker *tracker);
void store_destroy(struct store **store);

/* The database has come: load what it has. */
void store_load(struct store *store);
bool store_is_loaded(const struct store *store);

/* Sends what waits now: for the daemon's end. */
void store_flush(struct store *store);

uint64_t store_rows(const struct store *store);

#endif
