/* Follows a feed of facts: what is learnt and how far the feed has been read are stored in one transaction, so that
 * each fact is applied once however many replicas follow. */
#ifndef DJEMBE_RATIO_POSITION_H
#define DJEMBE_RATIO_POSITION_H

#include "services/common/feed.h"

struct position;

/* Asks in `tx` for what the facts change; the last ask must be given `done` and `arg`. */
typedef void position_store_fn(struct db_tx *tx, const struct feed_batch *facts, db_done_fn *done, void *arg);

/* Finds where the feed was left and reads on. `stored` (may be NULL) is called after each commit. */
struct position *position_follow(struct loop *loop, struct bus *bus, struct db *db, const char *feed,
                                 position_store_fn *store, void (*stored)(void));
/* Also in the middle of a transaction, whose end is then heard by nobody. */
void position_destroy(struct position **position);
bool position_ready(const struct position *position);

#endif
