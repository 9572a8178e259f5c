/* The statements of find.h: for each way to a page, and each order, one. What they are asked with stands in them as
 * (SELECT $1): PostgreSQL then cannot plan for one value, so that after five times it keeps the plan. What is not to be
 * looked up in an index is asked by a function or in an expression.
 *
 *   order    along an index of the order, each row looked at
 *   walk     the same, but only those are looked at that have the marks (migrations/0039_marks.sql)
 *   lookup   by the words, then put in order
 *   few      the same, counted on the way
 *   recent   by the words among the newest groups, from the newest (migrations/0028_recent.sql, 0055_newest.sql)
 *   sample   some in random order, by the words within a part of that order (migrations/0036_facets.sql) */
#ifndef DJEMBE_CATALOG_FIND_STATEMENTS_H
#define DJEMBE_CATALOG_FIND_STATEMENTS_H

#include "services/common/db.h"

#include <stdbool.h>
#include <stddef.h>

#define FIND_MOST 101      /* rows of a page, and one more */
#define FIND_COUNTED 20000 /* of few no more are counted */
#define FIND_SAMPLED 64    /* groups of a sample */

enum find_order {
    FIND_added,
    FIND_year,
    FIND_size,
    FIND_shuffle,
    FIND_snatches,
    FIND_seeders,
    FIND_leechers,
    FIND_orders
};
enum find_tier { FIND_newest, FIND_recent, FIND_tiers }; /* catalog.newest, catalog.recent */
enum find_rows { FIND_groups, FIND_torrents, FIND_kinds };

const char *find_column(enum find_order order);
bool find_is_tallied(enum find_order order);

/* In parameters $1 to $4 all of them but sample have the plugin, key, id and how many; then
 *   order    [whole, below]            (asked)
 *   walk     whole, below, marks       (never of all plugins, nor in a tallied order)
 *   lookup   whole, above, below, the order's column, whether it rises; key and id negative where it does
 *   few      the same, and how many are to be sampled
 *   recent   whole, above
 * and sample plugin, whole, above. Each of these queries may be NULL where nothing of that is asked. They tell id,
 * group, key; few also count, groups, sample; order, where nothing is asked, also how many there are. */
const struct statement *find_order_statement(enum find_order order, enum find_rows rows, bool rising, bool every_plugin,
                                             bool asked);
const struct statement *find_walk_statement(enum find_order order, enum find_rows rows, bool rising);
const struct statement *find_lookup_statement(enum find_rows rows);
const struct statement *find_few_statement(enum find_rows rows);
const struct statement *find_recent_statement(enum find_tier tier);

/* Of one of 2^bits of all; `bits`: 0, 4, 6, 8, 10, 12. */
const struct statement *find_sample_statement(unsigned bits);
/* Where nothing is asked, of a plugin, which is its parameter. */
const struct statement *find_sample_all_statement(void);

/* A query as a parameter: as PostgreSQL writes it; NULL when it is empty. */
struct db_args *find_query_arg(struct db_args *args, struct slice query);

/* Before the connections are ready. */
void find_statements_start(struct db *db);

#endif
