/* What has happened goes into a queue in its own transaction; members whom it concerns are told of it (notices.h)
 * afterwards, so that nobody who uploads or writes waits for them. */
#ifndef DJEMBE_CATALOG_NEWS_H
#define DJEMBE_CATALOG_NEWS_H

#include "services/catalog/catalog.h"

void news_start(void); /* when the database is ready */
void news_stop(void);

enum news_kind {
    NEWS_torrent, /* for subscribers */
    NEWS_search,  /* the same, for searches that find it */
    NEWS_comment,
    NEWS_entry, /* `of` a collage, to which `entity` was added */
    NEWS_kinds,
};
struct news {
    enum news_kind what;
    uint64_t entity, of; /* on whose page; which one */
    uint64_t actor;      /* is not told */
    struct slice text;   /* what it is, in a line */
};
/* In the transaction of what has happened, whose turn has come (change.h). */
void news_add(struct db_tx *tx, const struct news *news);
/* It has committed. */
void news_published(void);

extern const struct statement *const news_statements[];
extern const size_t news_statements_count;

#endif
