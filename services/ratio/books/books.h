/* The books of backups: who owes, holds and may what. The state is the rules' (services/ratio/rules), in the memory of
 * each replica; the log of events in PostgreSQL says what it must be. README.md, "The books", tells how replicas agree.
 */
#ifndef DJEMBE_RATIO_BOOKS_BOOKS_H
#define DJEMBE_RATIO_BOOKS_BOOKS_H

#include "services/common/bencode.h"
#include "services/common/bus.h"
#include "services/common/db.h"
#include "services/ratio/rules/rules.h"

/* Serves its requests and the feed ratio.slots; before the database is ready. */
void books_serve(struct loop *loop, struct bus *bus, struct db *db, const struct rules_settings *set);
/* Makes the state and begins to keep the books; when the database is ready. */
void books_open(void);
void books_stop(void);

/* Something stands in ratio.book_inbox. */
void books_wake(void);
/* A tracker has reported. */
void books_heard(void);

/* True: the torrent is a version of a backup, for ever. False: the database knows. */
bool books_know(uint64_t torrent);
/* True: it was told less than a day ago that the member is there (RULES 2.6). */
bool books_know_household(uint64_t user, int64_t household);

const char *books_unready(void);
const char *books_unhealthy(void);
void books_metrics(struct buffer *into);

#endif
