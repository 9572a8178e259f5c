/* catalog.comment.add, .get, .edit, .delete: what members write below a group or a person. */
#ifndef DJEMBE_CATALOG_COMMENTS_H
#define DJEMBE_CATALOG_COMMENTS_H

#include "services/catalog/catalog.h"
#include "services/catalog/plugin.h"

void comments_start(void);

/* The page on which a comment stands, from that comment on. */
struct slice comment_href(const struct plugin *plugin, enum level_kind kind, uint64_t entity, uint64_t comment,
                          struct arena *arena);

extern const struct statement *const comments_statements[];
extern const size_t comments_statements_count;

#endif
