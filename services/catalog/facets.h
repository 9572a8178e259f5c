/* What a result can be narrowed by: values of the plugin's facets with the number of groups that have each. Pure. */
#ifndef DJEMBE_CATALOG_FACETS_H
#define DJEMBE_CATALOG_FACETS_H

#include "services/catalog/plugin.h"
#include "services/catalog/tree.h"

/* As catalog.facets() in PostgreSQL tells it. */
struct facet_row {
    struct slice field, value;
    uint64_t groups;
};

/* The names to ask for; at most ATTRIBUTES_MAX. Returns how many. */
size_t facets_fields(const struct plugin *plugin, struct slice *into);

/* Writes the tree of README.md. `sampled` groups were counted of `total`: more than that are told as a share of all. */
void facets_write(struct tree_writer *tree, const struct plugin *plugin, const struct facet_row *rows, size_t count,
                  uint64_t sampled, uint64_t total);

#endif
