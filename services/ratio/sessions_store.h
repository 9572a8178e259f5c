/* What a batch leaves of its sessions, in its transaction. */
#ifndef DJEMBE_RATIO_SESSIONS_STORE_H
#define DJEMBE_RATIO_SESSIONS_STORE_H

#include "services/common/db.h"
#include "services/common/siphash.h"
#include "services/ratio/batch.h"

/* The new totals, and the sessions that begin. The statement fails with a conflict, and so does the transaction, where
 * what is stored is no longer what the batch was read with. */
void sessions_store(struct db_tx *tx, struct arena *arena, const struct batch *batch);

/* Who completed what. */
void snatches_store(struct db_tx *tx, struct arena *arena, const struct batch *batch);

/* Tells the books what was seen of backups. False: nothing was. */
bool sightings_store(struct db_tx *tx, struct arena *arena, const struct batch *batch);
/* Tells them in which households members were seen. The addresses go no further: a household is a keyed hash. */
bool households_store(struct db_tx *tx, struct arena *arena, const struct batch *batch);
extern uint8_t households_key[SIPHASH_KEY_SIZE]; /* the same for all replicas */

#endif
