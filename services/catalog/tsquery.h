/* A query as PostgreSQL writes it (its type tsquery), taken apart. Pure. */
#ifndef DJEMBE_CATALOG_TSQUERY_H
#define DJEMBE_CATALOG_TSQUERY_H

#include "services/common/arena.h"

#include <stdbool.h>

enum tsquery_kind { TSQUERY_word, TSQUERY_not, TSQUERY_and, TSQUERY_or, TSQUERY_phrase };

struct tsquery {
    enum tsquery_kind kind;
    struct slice word;                  /* of TSQUERY_word: NUL-terminated */
    bool begins;                        /* only its beginning */
    const struct tsquery *left, *right; /* of TSQUERY_not the left one alone */
};

/* `text` is NUL-terminated and comes from PostgreSQL. NULL: it is empty. */
const struct tsquery *tsquery_read(struct slice text, struct arena *arena);

#endif
