/* The steps of an upload that only some plugins ask for: a limit for each member, the owner's credit, the next number.
 * Each does nothing when the plugin does not. Then `next` is called, or adding->done with the fault. */
#ifndef DJEMBE_CATALOG_ADDING_OWN_H
#define DJEMBE_CATALOG_ADDING_OWN_H

#include "services/catalog/adding.h"

typedef void adding_next_fn(struct adding *adding);

/* Has the member room for one more? */
void adding_limit(struct adding *adding, adding_next_fn *next);

/* Adds the credit of who makes the group to the submission. */
void adding_owner(struct adding *adding, adding_next_fn *next);

/* Finds what the unit says that it depends on. */
void adding_base(struct adding *adding, adding_next_fn *next);

/* Gives the unit its number, when nobody did. */
void adding_number(struct adding *adding, adding_next_fn *next);

extern const struct statement *const adding_own_statements[];
extern const size_t adding_own_statements_count;

#endif
