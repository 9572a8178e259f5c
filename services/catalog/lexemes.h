/* What a group is found by, as PostgreSQL keeps it: `search` of catalog.listed (migrations/0014_search.sql), where each
 * of its torrents has a place. Pure. */
#ifndef DJEMBE_CATALOG_LEXEMES_H
#define DJEMBE_CATALOG_LEXEMES_H

#include "services/catalog/tsquery.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Places of torrents: 1 to 255. */
struct places {
    uint64_t of[4];
};

struct lexeme {
    struct slice text; /* NUL-terminated; borrowed */
    struct places places;
};

struct lexemes {
    const struct lexeme *of; /* in order of their bytes */
    size_t count;
};

/* `vector`: as tsvectorsend() writes it; borrowed. */
struct lexemes lexemes_read(struct slice vector, struct arena *arena);

/* The first that is not before `text`; count: there is none. */
size_t lexemes_from(const struct lexemes *lexemes, struct slice text);

/* Of which torrents a query holds: of what is asked of torrents (catalog.query's `below`); NULL: of all. */
struct places lexemes_fit(const struct lexemes *lexemes, const struct tsquery *below);

bool places_meet(struct places a, struct places b);

#endif
