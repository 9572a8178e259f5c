/* The categories of collages as pages offer them. */
#ifndef DJEMBE_WEB_COLLAGE_H
#define DJEMBE_WEB_COLLAGE_H

#include "services/web/visit.h"

/* Writes `categories [{name, title, selected}]`; `staff`: also those that only staff make. */
void collage_categories(struct visit *visit, struct slice chosen, bool staff);

/* How members read one; empty: it is not known. */
const char *collage_category(struct slice name);

#endif
