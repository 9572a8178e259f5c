/* catalog.talk.get: what members say of a group or a person beside what it says of itself. */
#ifndef DJEMBE_CATALOG_TALK_H
#define DJEMBE_CATALOG_TALK_H

#include "services/catalog/catalog.h"

void talk_start(void);

extern const struct statement *const talk_statements[];
extern const size_t talk_statements_count;

#endif
