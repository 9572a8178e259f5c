/* What an entity says of itself, as the form that edits it has it: its level's attributes, and of a group the credits
 * with roles and notes. As JSON where it is kept (the site's log), as a tree where it is sent. Pure. */
#ifndef DJEMBE_CATALOG_FIELDS_H
#define DJEMBE_CATALOG_FIELDS_H

#include "services/catalog/plugin.h"
#include "services/catalog/tree.h"

/* Only what a form may change. In the arena. */
struct slice fields_write(const struct plugin *plugin, enum level_kind kind, const struct submission *from,
                          struct arena *arena);

/* May an edit change it? What the catalog counts and the ratio service keeps stays as it was made, and tags
 * are voted on (tags.h). */
bool fields_changes(const struct plugin *plugin, const struct attribute *attribute);

/* The same of a single attribute. */
struct slice fields_of_text(const char *attribute, struct slice text, struct arena *arena);

/* The map that catalog.entity.edit takes. */
void fields_tree(struct tree_writer *tree, const char *key, struct slice json);

/* What is different, by attribute: an array of {label, before, after}, texts. */
void fields_differences(struct tree_writer *tree, const char *key, const struct plugin *plugin, struct slice before,
                        struct slice after);

#endif
