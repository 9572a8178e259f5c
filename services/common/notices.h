/* What a service tells members, by its feed of notices: each is told with the transaction of what it is about. */
#ifndef DJEMBE_COMMON_NOTICES_H
#define DJEMBE_COMMON_NOTICES_H

#include "proto/notice.h"
#include "proto/proto.h"
#include "services/common/bus.h"
#include "services/common/db.h"

/* The feed is <service>.notices; before the database is ready. */
void notices_start(struct bus *bus, struct db *db, const char *service);

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
/* The same with where it leads and what it is one of several of; the id is given here, and what is too long is cut. */
void notices_put_fact(struct notices *notices, const struct notice_fact *fact);
/* Asks for them to be told with the transaction; call it last, but for the permits. */
void notices_add(struct db_tx *tx, const struct notices *notices);
/* The transaction has committed. */
void notices_published(void);
/* Of long ago: who has not heard of them has missed them. Now and then. */
void notices_forget(struct db *db);

#endif
