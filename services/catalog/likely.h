/* How much a search finds: worked out nearly as PostgreSQL does when it plans (its tsmatchsel), from the frequencies
 * that it keeps of the most common words. Pure; expected.h reads them. */
#ifndef DJEMBE_CATALOG_LIKELY_H
#define DJEMBE_CATALOG_LIKELY_H

#include "services/catalog/tsquery.h"

struct likely_word {
    struct slice text;
    double share; /* of all rows, 0 to 1 */
};

struct likely {
    const struct likely_word *of; /* in order of their bytes */
    size_t count;
};

/* The share of all rows that it finds. */
double likely_share(const struct likely *likely, const struct tsquery *query);

/* The share of all rows that an index of words has to be read for: of what must be there the rarest. */
double likely_read(const struct likely *likely, const struct tsquery *query);

#endif
