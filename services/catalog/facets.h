/* What a result can be narrowed by: values of the plugin's facets with the number of groups that have each. Pure. */
#ifndef DJEMBE_CATALOG_FACETS_H
#define DJEMBE_CATALOG_FACETS_H

#include "services/catalog/shelf.h"
#include "services/catalog/tree.h"

struct facet_row {
    struct slice field, value; /* an attribute's name, and a value of it */
    uint64_t groups;
    uint64_t last; /* the group that was counted last */
};

/* Counts what the groups of a shelf are, and their torrents that are on it. Lives in the shelf's arena. */
size_t facets_count(const struct plugin *plugin, const struct shelf *shelf, const struct facet_row **into);

/* Writes the tree of README.md. `sampled` groups were counted of `total`: more than that are told as a share of all. */
void facets_write(struct tree_writer *tree, const struct plugin *plugin, const struct facet_row *rows, size_t count,
                  uint64_t sampled, uint64_t total);

#endif
