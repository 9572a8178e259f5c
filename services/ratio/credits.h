/* Stores what a batch has gained, in its transaction. */
#ifndef DJEMBE_RATIO_CREDITS_H
#define DJEMBE_RATIO_CREDITS_H

#include "services/common/db.h"
#include "services/ratio/batch.h"

/* Raw and counted figures of each member and torrent, the ledger's entries, seed time, and who is to be looked at. */
void credits_add(struct db_tx *tx, struct arena *arena, const struct batch *batch);

#endif
