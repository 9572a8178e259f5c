/* Keeps evidence and lists it for staff. Nothing is ever done because of it alone. */
#ifndef DJEMBE_RATIO_EVIDENCE_STORE_H
#define DJEMBE_RATIO_EVIDENCE_STORE_H

#include "services/common/db.h"
#include "services/ratio/batch.h"

/* What the daemon's settings make of the rules. */
extern struct evidence_rules evidence_settings;

/* Stores what a batch has found, in its transaction and after its gains. */
void evidence_store(struct db_tx *tx, struct arena *arena, const struct batch *batch);

#endif
