/* What a result can be narrowed by: values of the plugin's facets with the number of groups that have each. Pure. */
#ifndef DJEMBE_CATALOG_FACETS_H
#define DJEMBE_CATALOG_FACETS_H

#include "services/catalog/lexemes.h"
#include "services/catalog/plugin.h"
#include "services/catalog/tree.h"

struct facet_row {
    const struct attribute *attribute;
    struct slice value; /* a value of it; NUL-terminated */
    uint64_t groups;
    size_t last; /* the group that was counted last */
};

struct facets {
    struct facet_row *rows; /* those of an attribute one after the other */
    size_t count;
};

/* Counts what groups are, and their torrents that fit `below` (lexemes.h). `vectors`: what each is found by. */
struct facets facets_count(const struct plugin *plugin, const struct slice *vectors, size_t count, struct slice below,
                           struct arena *arena);

/* The tags that are told, which are as searches have them, folded: their names are to be put in their place. Of the
 * others nothing is left. NULL: the plugin has none. */
const struct attribute *facets_tags(const struct plugin *plugin, struct facets *facets, struct facet_row **tags,
                                    size_t *count);

/* Writes the tree of README.md. `sampled` groups were counted of `total`: more than that are told as a share of all. */
void facets_write(struct tree_writer *tree, const struct plugin *plugin, const struct facets *facets, uint64_t sampled,
                  uint64_t total);

#endif
