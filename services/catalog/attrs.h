/* Values as the database keeps them: a JSON object by attributes' names, for the attributes of one level. */
#ifndef DJEMBE_CATALOG_ATTRS_H
#define DJEMBE_CATALOG_ATTRS_H

#include "services/catalog/plugin.h"

/* Empty values are left out. Lives in the arena. */
struct slice attrs_write(const struct plugin *plugin, enum level_kind kind, const struct values *values,
                         struct arena *arena);

/* Adds what the JSON holds to `into`; names that the plugin no longer knows are skipped. */
void attrs_read(const struct plugin *plugin, struct slice json, struct arena *arena, struct values *into);

/* The values of the level's `same` attributes. Returns how many; `into` holds ATTRIBUTES_MAX. */
size_t attrs_same(const struct plugin *plugin, enum level_kind kind, const struct values *values, struct slice *into);

#endif
