/* An entity that is to be edited, as it is now: read in a transaction, for catalog.entity.form and catalog.entity.edit.
 */
#ifndef DJEMBE_CATALOG_EDIT_READ_H
#define DJEMBE_CATALOG_EDIT_READ_H

#include "services/catalog/adding.h"
#include "services/common/bus.h"

struct editing {
    struct bus_request *request;
    const void *ask; /* its message */
    struct arena *arena;
    struct db_tx *tx;
    uint64_t entity;
    struct slice key; /* empty: only looked at */
    bool staff;

    const struct plugin *plugin;
    enum level_kind kind;
    uint64_t group, parent, owner, uploader, revision;
    struct slice group_name;
    struct submission now; /* its values and those of the levels above; of a group its credits and tags */
    struct slice fields;   /* the same as JSON, of its own level (fields.h) */
    struct slice stored;   /* of a unit: its .torrent */
    struct slice kept;     /* the reply to an earlier try with the key */

    struct adding adding; /* of what is to be: the steps of an edit */
    struct slice after, reply;
    void (*done)(struct editing *editing, const struct fault *why);
};

/* Then `done`, once; `why` too when the actor may not edit it. */
void editing_read(struct editing *editing);

extern const struct statement *const edit_read_statements[];
extern const size_t edit_read_statements_count;

#endif
