/* One upload on its way into the database: the steps of its transaction, in order. Knows SQL, not the bus. */
#ifndef DJEMBE_CATALOG_ADDING_H
#define DJEMBE_CATALOG_ADDING_H

#include "services/catalog/shelf.h"

struct adding {
    struct arena *arena;
    struct db_tx *tx;

    /* What is to be added. */
    const struct plugin *plugin;
    struct metainfo metainfo;
    struct submission submission;
    enum level_kind from; /* the highest level that this upload makes or joins */
    enum level_kind to;   /* the lowest: that of the unit, but when something that is here is moved (move.c) */
    uint64_t actor;
    int64_t added_at;     /* unix ms; 0: now */
    struct slice member;  /* the actor's name; empty: not known */
    struct slice warning; /* what the actor is told of the torrent */

    /* What came of it. */
    struct slice group_name, group_line;
    uint64_t group, edition, unit, torrent;
    uint64_t base; /* the torrent that this one depends on; 0: none */
    bool joined;   /* the group was there already */
    struct fault why;

    void (*next)(struct adding *adding); /* adding_own.h: what follows the step under way */
    void (*last)(
        struct adding *adding); /* the last step is asked for: what needs no more than the group; NULL: nothing */
    void (*done)(struct adding *adding); /* once: all steps done (torrent != 0), or `why`; the transaction is open */
    void *owner;
};

/* Runs the steps in adding->tx, whose turn has come. */
void adding_run(struct adding *adding);

/* The same for what has a torrent already: finds or makes the group and edition, as far as `to`. */
void adding_place(struct adding *adding);

/* Steps that an edit takes, too: finds or makes the persons of the credits, then `next` (each is then called by the
 * name that leads); writes the credits of adding->group beside those it has. */
void adding_persons(struct adding *adding, void (*next)(struct adding *adding));
void adding_credits(struct adding *adding);

extern const struct statement *const adding_statements[];
extern const size_t adding_statements_count;

#endif
