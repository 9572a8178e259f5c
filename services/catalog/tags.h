/* The tags of groups: catalog.tag.add, .vote, .remove. They stand beside what a form may edit, for their order is the
 * sum of members' votes. */
#ifndef DJEMBE_CATALOG_TAGS_H
#define DJEMBE_CATALOG_TAGS_H

#include "services/catalog/plugin.h"
#include "services/common/db.h"

void tags_start(void);

/* The attribute under which a plugin's groups take tags; NULL: they take none. */
const struct attribute *tags_attribute(const struct plugin *plugin);

/* Gives a group the submission's tags, with the actor's vote for each; the rows are the names of those that it did not
 * have. In the transaction of a change whose turn has come. */
void tags_put(struct db_tx *tx, uint64_t group, const struct submission *submission, uint64_t actor, db_done_fn *done,
              void *arg);

extern const struct statement *const tags_statements[];
extern const size_t tags_statements_count;

#endif
