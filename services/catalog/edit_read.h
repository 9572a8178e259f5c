/* An entity that is to be edited, as it is now: read in a transaction, for catalog.entity.form and catalog.entity.edit.
 */
#ifndef DJEMBE_CATALOG_EDIT_READ_H
#define DJEMBE_CATALOG_EDIT_READ_H

#include "services/catalog/adding.h"
#include "services/catalog/change.h"

struct editing {
    struct changing changing; /* when it is only looked at, no more of it than request and transaction */
    const void *ask;          /* its message */
    struct arena *arena;
    uint64_t actor, entity;
    bool staff;

    const struct plugin *plugin;
    enum level_kind kind;
    uint64_t group, parent, owner, uploader, revision;
    struct slice group_name;
    struct submission now; /* its values and those of the levels above; of a group its credits */
    struct slice fields;   /* the same as JSON, of its own level (fields.h) */
    struct slice stored;   /* of a unit: its .torrent */

    struct adding adding; /* of what is to be: the steps of an edit */
    struct slice after;
    void (*done)(struct editing *editing, const struct fault *why);
};

/* Then `done`, once; `why` too when the actor may not edit it. */
void editing_read(struct editing *editing);

extern const struct statement *const edit_read_statements[];
extern const size_t edit_read_statements_count;

#endif
