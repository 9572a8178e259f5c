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

/* The group that an upload joins, `g` of catalog.entity; takes what adding_group_args() begins with: plugin, level,
 * what it is told apart by, attributes, actor, name, the known ones of the leading persons, their role, is it owned,
 * what it joins by. */
#define ADDING_JOINED                                                                                                  \
    " FROM catalog.entity g WHERE g.plugin = $1 AND g.kind = 1"                                                        \
    " AND g.deleted_at IS NULL AND (NOT $9::boolean OR g.added_by = $5) AND (g.joins = nullif($10, '')"                \
    "  OR (g.same = catalog.same($3::text[]) AND (g.joins IS NULL OR $10 = '')"                                        \
    "   AND (cardinality($7::bigint[]) = 0 OR EXISTS (SELECT FROM catalog.credit c"                                    \
    "    WHERE c.grp = g.id AND c.role = $8 AND c.person = ANY($7::bigint[])))))"                                      \
    " ORDER BY (g.joins = nullif($10, '')) DESC NULLS LAST, g.id LIMIT 1"
struct db_args *adding_group_args(const struct adding *adding, const int64_t *persons, size_t count);

extern const struct statement *const adding_statements[];
extern const size_t adding_statements_count;

#endif
