/* catalog.comment.add, .get, .edit, .delete: what members write below a group or a person. */
#ifndef DJEMBE_CATALOG_COMMENTS_H
#define DJEMBE_CATALOG_COMMENTS_H

#include "services/catalog/catalog.h"

void comments_start(void);

extern const struct statement *const comments_statements[];
extern const size_t comments_statements_count;

#endif
