/* A search: what catalog.query() made of it is looked up, page by page. How, the daemon decides by what is expected to
 * be found (expected.h); PostgreSQL runs statements of which each has one plan, made once (find_statements.h). */
#ifndef DJEMBE_CATALOG_FIND_H
#define DJEMBE_CATALOG_FIND_H

#include "services/catalog/find_statements.h"
#include "services/catalog/query.h"

struct find_ask {
    const struct query *query;
    struct slice plugin; /* empty: of all */
    enum find_order order;
    bool rising, flat; /* flat: torrents */
    int64_t key, id;   /* what the page begins after; in random order from which on */
    size_t most;       /* up to FIND_MOST */
    size_t sampled;    /* so many groups, or less, are told to count facets in; 0: none */
};

struct found {
    int64_t *ids, *groups, *keys; /* groups or torrents, the groups of these, and what they are ordered by */
    size_t count;
    uint64_t total, groups_total; /* of all pages; groups_total only with `sampled` */
    bool about;
    struct slice whole, below, above; /* as PostgreSQL writes them; above: what groups are looked up by, or empty */
    struct slice files;               /* likewise, what is asked of the names of files */
    struct slice sample;              /* groups, as PostgreSQL writes an array; empty: there are too many */
};

void find_start(void);

typedef void find_done_fn(void *arg, const struct found *found, const struct fault *why);
void find(struct arena *arena, const struct find_ask *ask, find_done_fn *done, void *arg);

/* Some of what was found, at random: what each is found by, as tsvectorsend() writes it. */
typedef void find_sample_fn(void *arg, const struct db_rows *rows, const struct fault *why);
void find_sample(struct arena *arena, struct slice plugin, const struct found *found, find_sample_fn *done, void *arg);

/* The four parameters of catalog.query(): those terms that have that bit (QUERY_files, QUERY_texts); 0: neither. */
struct db_args *find_query_args(struct db_args *args, const struct query *query, unsigned bit, struct arena *arena);

extern const struct statement *const find_own_statements[];
extern const size_t find_own_statements_count;

#endif
