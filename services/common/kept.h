/* Kept replies: what makes a WRITE with an idempotency key happen once. The reply is stored in the transaction of the
 * change; a retry is answered with it. Replies are kept for a day.
 *
 *   on_add(): kept_find(db, key, found, request)   -> found: bus_reply_packed, done
 *             else db_begin … kept_add(tx, key, bus_pack(request, &reply)) … db_commit
 *   A commit that fails with STATUS_conflict on the key, or whose answer was lost, is resolved by kept_find again. */
#ifndef DJEMBE_COMMON_KEPT_H
#define DJEMBE_COMMON_KEPT_H

#include "services/common/db.h"

/* Registers the two statements for a schema; before the database is ready. */
struct kept;
struct kept *kept_new(struct db *db, const char *schema);
void kept_destroy(struct kept **kept);

/* `reply` is empty when nothing is kept under that key; lives until the callback returns. */
typedef void kept_found_fn(void *arg, struct slice reply, const struct fault *why);
void kept_find(struct kept *kept, struct slice key, kept_found_fn *found, void *arg);

void kept_add(struct kept *kept, struct db_tx *tx, struct slice key, struct slice reply);

#endif
