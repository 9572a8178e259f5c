/* Follows a feed of facts: what is learnt and how far the feed has been read are stored in one transaction, so that
 * each fact is applied once however many replicas follow. */
#ifndef DJEMBE_COMMON_POSITION_H
#define DJEMBE_COMMON_POSITION_H

#include "services/common/feed.h"

struct position;

/* Asks in `tx` for what the facts change; the last ask must be given `done` and `arg`. */
typedef void position_store_fn(struct db_tx *tx, const struct feed_batch *facts, db_done_fn *done, void *arg);

/* The table feed_position (feed, seq) of the reader's schema, and its two statements. */
#define POSITION_FIND(schema) "SELECT seq FROM " schema ".feed_position WHERE feed = $1"
/* Also when the number stays, in a snapshot: the row is then locked and seen to be what we think. */
#define POSITION_MOVE(schema) "UPDATE " schema ".feed_position SET seq = $3 WHERE feed = $1 AND seq = $2"
struct position_table {
    const struct statement *find, *move;
};

/* Finds where the feed was left and reads on. `stored` (may be NULL) is called after each commit. */
struct position *position_follow(struct loop *loop, struct bus *bus, struct db *db, const struct position_table *table,
                                 const char *feed, position_store_fn *store, void (*stored)(void));
/* Also in the middle of a transaction, whose end is then heard by nobody. */
void position_destroy(struct position **position);
bool position_ready(const struct position *position);

#endif
