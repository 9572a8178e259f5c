/* What members are told: notices and the state of ratio watch, as the feeds of ratio and the catalog tell them. */
#ifndef DJEMBE_WEB_INBOX_H
#define DJEMBE_WEB_INBOX_H

#include "services/common/bus.h"
#include "services/common/db.h"

void inbox_read(struct loop *loop, struct bus *bus, struct db *db); /* when the database is ready */
void inbox_stop(void);

#define INBOX_TITLE_MAX 64

/* What the header and the banner of every page tell a member. */
struct inbox_state {
    uint64_t unread;
    bool on_watch, stopped;
    int64_t watch_ends_at;
    char reason[INBOX_TITLE_MAX];
};

/* The columns that inbox_state_read reads, for a query with a table of members called m; the table w of watches is
 * joined by INBOX_JOIN. */
#define INBOX_COLUMNS                                                                                                  \
    "(SELECT count(*) FROM web.notice n WHERE n.member = m.id AND n.read_at IS NULL), coalesce(w.state, ''),"          \
    " coalesce(w.ends_at, to_timestamp(0)), coalesce(w.reason, '')"
#define INBOX_JOIN " LEFT JOIN web.watch w ON w.member = m.id"

void inbox_state_read(const struct db_rows *rows, size_t row, int column, struct inbox_state *into);

#endif
