/* What members are told: facts of the feed ratio.notices, for web's inbox. */
#ifndef DJEMBE_RATIO_NOTICES_H
#define DJEMBE_RATIO_NOTICES_H

#include "proto/notice.h"
#include "services/common/bus.h"
#include "services/common/db.h"

void notices_start(struct bus *bus, struct db *db); /* before the database is ready */

/* Some notices on their way into a transaction. */
struct notices {
    struct arena *arena;
    size_t count;
    int64_t *ids;
    struct slice *facts;
};

struct notices notices_take(struct arena *arena, size_t most);
void notices_put(struct notices *notices, uint64_t user, enum notice_kind kind, const char *title, const char *text,
                 int64_t at);
/* Asks for them to be told with the transaction; call it last, but for the permits. */
void notices_add(struct db_tx *tx, const struct notices *notices);
/* The transaction has committed. */
void notices_published(void);
/* Of long ago: who has not heard of them has missed them. Now and then. */
void notices_forget(struct db *db);

#endif
