/* What people type into a search: words, "phrases", beginnings*, -not, field:value and year:1990..1999, taken apart.
 * Knows a plugin's fields, not SQL: texts are folded, and looked up, by catalog.query() in PostgreSQL. Pure. */
#ifndef DJEMBE_CATALOG_QUERY_H
#define DJEMBE_CATALOG_QUERY_H

#include "services/catalog/plugin.h"

#define QUERY_TERMS_MAX 512

enum query_kind {
    QUERY_words = 0,  /* the text's words, one after the other */
    QUERY_whole = 1,  /* the text as it is */
    QUERY_folded = 2, /* the text as it is, folded */
    QUERY_begins = 4, /* beside one of these: only the beginning of the last */
    QUERY_below = 8,  /* beside one of these: what torrents are, not groups */
    QUERY_files = 16, /* beside words: of the names of a torrent's files, which are kept apart, */
    QUERY_texts = 32, /* or of a group's texts, likewise (written.h) */
};

struct query_term {
    int64_t clause; /* all clauses must hold, each by one of its terms; negative: must not */
    unsigned kind;
    struct slice tag; /* "label=", or empty: anywhere */
    struct slice text;
};

struct query {
    struct query_term terms[QUERY_TERMS_MAX];
    size_t count;
};

/* `plugin` NULL: of all plugins, so there are no fields. The fault's field is `query`, its sentence for people. */
bool query_read(struct slice text, const struct plugin *plugin, struct arena *arena, struct query *into,
                struct fault *why);

/* How a number stands in what is searched (catalog.padded): as long as any other, so that a range is a few beginnings.
 */
const char *query_number(int64_t number, struct arena *arena);
int64_t query_number_read(struct slice text); /* NUL-terminated */

/* Can it be searched by its name? */
bool query_knows(const struct attribute *attribute);

/* Is it found by text:? */
bool query_is_text(const struct plugin *plugin, const struct attribute *attribute);

/* QUERY_files for "file", QUERY_texts for "text" where the plugin has such; else 0. */
unsigned query_written(const struct plugin *plugin, struct slice name);

#endif
