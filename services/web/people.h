/* Members' names, for pages that list their ids. */
#ifndef DJEMBE_WEB_PEOPLE_H
#define DJEMBE_WEB_PEOPLE_H

#include "services/web/gather.h"

struct people;

/* Asks the accounts; ids may repeat, and 0 is nobody. What cannot be read is noted with visit_missing. */
struct people *people_ask(struct gather *gather, struct visit *visit, const uint64_t *users, size_t count);

/* Those of some members whose names begin so, at most. */
struct people *people_begin(struct gather *gather, struct visit *visit, struct slice name, size_t most);
size_t people_count(const struct people *people);
struct slice people_nth(const struct people *people, size_t i);

/* Empty: not known. */
struct slice people_name(const struct people *people, uint64_t user);

/* Writes the name, nil when it is not known. */
void people_write(struct tree_writer *out, const char *key, const struct people *people, uint64_t user);

#endif
