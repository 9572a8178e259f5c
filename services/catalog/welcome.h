/* What ratio would refuse of an upload afterwards (RULES 2.6) is refused before anything is stored: by ratio, which
 * alone knows what a member may want. Only for plugins whose torrents are versions in its books. */
#ifndef DJEMBE_CATALOG_WELCOME_H
#define DJEMBE_CATALOG_WELCOME_H

#include "services/catalog/adding.h"

/* Asks for a submission that is checked; `done` is told why it is not welcome, NULL: it is, or ratio has no say. */
typedef void welcome_fn(void *arg, const struct fault *why);
void welcome_ask(const struct adding *adding, const char *trace, welcome_fn *done, void *arg);

extern const struct statement *const welcome_statements[];
extern const size_t welcome_statements_count;

#endif
