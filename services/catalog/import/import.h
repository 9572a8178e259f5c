/* What the steps of an import share: the dump, the way to PostgreSQL and to the other daemons, and what is told of it.
 */
#ifndef DJEMBE_CATALOG_IMPORT_IMPORT_H
#define DJEMBE_CATALOG_IMPORT_IMPORT_H

#include "services/catalog/import/gazelle.h"
#include "services/catalog/import/progress.h"
#include "services/common/bus.h"
#include "services/common/db.h"
#include "services/common/service.h"

struct skipped {
    const struct table *table;
    uint64_t line;
    struct slice reason; /* in the arena */
};

struct import {
    struct table tables[GAZELLE_COUNT];
    struct slice dump; /* which files these are */

    struct loop *loop;
    struct db *db;
    struct bus *bus;
    struct progress progress;

    /* Of the batch under way. */
    struct arena *arena;
    struct skipped *skipped;
    size_t skipped_count, skipped_room;
};

/* djembe-catalog import FOLDER: exit status. */
int import_main(int argc, char **argv, const struct service *service);

/* ---- a batch: read, then done in one transaction that moves the step on ---- */

/* Waits for an answer; it is only looked at in `got`. False: `why`, or the program is to end. */
bool import_ask(struct import *import, struct db_tx *tx, const struct statement *statement, struct db_args *args,
                db_done_fn *got, void *arg, struct fault *why);
/* Runs the loop while *pending is not 0. */
void import_wait(struct import *import, const size_t *pending);
/* To be called by what was waited for. */
void import_wake(struct import *import);

/* Asks another daemon, as often as it takes until it answers. */
bool import_tell(struct import *import, const struct message *message, const void *ask, bus_done_fn *got, void *arg,
                 struct fault *why);

/* This row is left out: told when the batch is committed. `reason` is copied. */
void import_skip(struct import *import, const struct table *table, uint64_t line, const char *reason);

/* How far a step is. */
bool import_step_at(struct import *import, const char *step, uint64_t *at, struct fault *why);
/* Ends the transaction: what is skipped is written, the step moves from `from` to `to`. When it was not committed the
 * batch is to be done again, or `why` says why it never will. */
enum import_end { IMPORT_done, IMPORT_again, IMPORT_failed };
enum import_end import_commit(struct import *import, struct db_tx *tx, const char *step, uint64_t from, uint64_t to,
                              struct fault *why);
/* What the batch before had is forgotten. */
void import_afresh(struct import *import);
/* Does the rows behind `from`; *to is where it ended, `from` when there are no more. */
typedef enum import_end import_run_fn(struct import *import, uint64_t from, uint64_t *to, struct fault *why);
/* Runs batches from where the step is to its end, and shows how many keys of the table are done. While PostgreSQL is
 * away it waits. */
bool import_run(struct import *import, const char *step, enum gazelle_table table, import_run_fn *batch,
                struct fault *why);

/* What is in catalog.imported of these. */
struct import_ids {
    int64_t *sources, *ids;
    size_t count;
};
bool import_known(struct import *import, const char *file, const int64_t *sources, size_t count,
                  struct import_ids *into, struct fault *why);
uint64_t import_id(const struct import_ids *known, uint64_t source); /* 0: it is not there */
/* Adds to it. */
void import_note(struct db_tx *tx, const char *file, const int64_t *sources, const int64_t *ids, size_t count);

/* ---- the steps ---- */

bool import_members(struct import *import, struct fault *why);
bool import_albums(struct import *import, struct fault *why);
bool import_snatches(struct import *import, struct fault *why);

extern const struct statement *const import_statements[];
extern const size_t import_statements_count;
extern const struct statement *const import_albums_statements[];
extern const size_t import_albums_statements_count;

#endif
