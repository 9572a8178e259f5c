/* The daemon's modules: each registers what it serves or reads. Their statements are all listed in statements.c. */
#ifndef DJEMBE_RATIO_RATIO_H
#define DJEMBE_RATIO_RATIO_H

#include "services/common/bencode.h"
#include "services/common/bus.h"
#include "services/common/db.h"

/* sessions.c: credits what trackers report. */
void sessions_serve(struct bus *bus, struct db *db);
/* Rows reported, and those that told something new. */
void sessions_metrics(struct buffer *into);

/* figures.c: answers what members and torrents have moved. */
void figures_serve(struct bus *bus, struct db *db);

/* profile.c: a member's ratio and what is required of it. ledger.c: the entries behind it. */
void profile_serve(struct bus *bus, struct db *db);
void ledger_serve(struct bus *bus, struct db *db);
void snatches_serve(struct bus *bus, struct db *db);

/* opening.c: what members and torrents bring along from another site. */
void opening_serve(struct bus *bus);

/* factors.c, tokens.c: what staff set, and members use. tokens_span: how long a token holds, ms. */
void factors_serve(struct bus *bus, struct db *db);
void tokens_serve(struct bus *bus, struct db *db);
extern int64_t tokens_span;

/* standing.c: the tick that looks at members who are due. */
void standing_start(struct loop *loop, struct db *db); /* when the database is ready */
void standing_stop(void);
void standing_metrics(struct buffer *into);

/* evidence_store.c: lists what does not look right. */
void evidence_serve(struct bus *bus, struct db *db);

/* members.c: keeps up with web.members and publishes ratio.permits. torrents.c: keeps up with catalog.torrents. */
void members_publish(struct bus *bus, struct db *db);                 /* before the database is ready */
void members_read(struct loop *loop, struct bus *bus, struct db *db); /* when it is */
void torrents_read(struct loop *loop, struct bus *bus, struct db *db);
void members_published(void); /* permits were changed, and are committed */
void members_stop(void);
void torrents_stop(void);
/* Has the feed been read to its head? */
bool members_ready(void);
bool torrents_ready(void);

extern const struct statement *const ratio_statements[];
extern const size_t ratio_statements_count;

#endif
