/* What every change of what exists has in common. */
#ifndef DJEMBE_CATALOG_CHANGE_H
#define DJEMBE_CATALOG_CHANGE_H

#include "services/common/bus.h"
#include "services/common/db.h"

/* One change at a time, over all replicas: the transaction waits here for its turn. Changes are rare, and end in a feed
 * that takes its turn anyway. */
void change_begin(struct db_tx *tx);
/* The same for what is done again when it is lost: the commit does not wait for the disk, so others have their turn
 * sooner. */
void change_begin_behind(struct db_tx *tx);

/* A request that changes something, from its turn to its answer: done once under its key, also when the answer to the
 * commit is lost. Lives in the request's arena. */
struct changing {
    struct bus_request *request;
    struct slice key; /* empty: it may be done twice, nothing is kept */
    void (*run)(
        void *owner); /* in the open transaction: asks, and once that is answered ends in one of the two below */
    void (*made)(void *owner);                          /* committed just now; NULL: nothing is to be done */
    void (*over)(void *owner, const struct fault *why); /* whatever came of it, just before the answer; NULL likewise */
    void *owner;

    struct db_tx *tx;   /* NULL: none is open */
    struct slice reply; /* packed */
};
void changing_start(struct changing *changing);
/* The same, unless `why` tells already that it cannot be. */
void changing_try(struct changing *changing, const struct fault *why);
void changing_fail(struct changing *changing, const struct fault *why);
/* False, and it has failed, when a statement did (`why`) or its answer is not what was wanted (`wrong`: not STATUS_ok).
 */
bool changing_goes_on(struct changing *changing, const struct fault *why, const struct fault *wrong);
void changing_done(struct changing *changing, const void *reply); /* the message's reply struct: kept, and committed */

/* Lists and searches learn what is in a group now: at the end of a transaction that changed it. */
void change_touch(struct db_tx *tx, uint64_t group);
void change_touch_all(struct db_tx *tx, const int64_t *groups, size_t count, db_done_fn *done, void *arg);

/* Connections plan beforehand what an upload has to do: 100 ms that the first one would wait for. */
void change_start(void);

/* One line of the site's log, in the transaction of the change. */
struct change {
    uint64_t entity, group, actor;
    uint64_t request, collage; /* what it is of, when it is of no entity */
    const char *what;          /* "add", "edit", "delete" … */
    struct slice why;
    struct slice before, after; /* the fields of an edit, as JSON (fields.h) */
};
void change_log(struct db_tx *tx, const struct change *change);

extern const struct statement *const change_statements[];
extern const size_t change_statements_count;

#endif
