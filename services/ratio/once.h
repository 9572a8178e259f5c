/* A change that is made once however often it is asked for: its reply is kept under the request's key in the
 * transaction of the change, and a retry is answered with it (services/common/kept.h). */
#ifndef DJEMBE_RATIO_ONCE_H
#define DJEMBE_RATIO_ONCE_H

#include "services/common/bus.h"
#include "services/common/db.h"

struct once;
typedef void once_run_fn(struct once *once);

struct once {
    struct bus_request *request;
    struct db_tx *tx;
    const void *ask;         /* the decoded message */
    void (*committed)(void); /* may be NULL: called after a commit that changed something */
    struct slice key;
    once_run_fn *run;
    struct slice reply;
    struct fault refused; /* why it is not done; STATUS_ok: it may be */
    bool for_staff, again;
};

/* Before the database is ready. */
void once_start(struct db *db);

/* Calls `run` with a transaction begun, unless a reply is kept. For staff: members of a staff class, and the operator
 * (actor 0). Everything about it lives in the request's arena. */
void once_begin(struct bus_request *request, struct slice key, bool for_staff, once_run_fn *run, const void *ask,
                void (*committed)(void));

/* Exactly one of these ends it. A fault of the transaction itself is told by the commit. */
void once_reply(struct once *once, const void *reply);
void once_fail(struct once *once, const struct fault *why);

#endif
