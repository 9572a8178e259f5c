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

/* What is no attribute of a plugin, and yet changes: no attribute's name begins so. */
#define FIELD_NAME ".name"   /* of a person */
#define FIELD_TEXT ".text"   /* of a person */
#define FIELD_ALIAS ".alias" /* of a person: another spelling */
#define FIELD_PLACE ".place" /* of what moves, and of what becomes part of another */
#define FIELD_UNDER ".under" /* the entity below which it was; told to nobody */

/* The same of texts by name: */
struct field_text {
    const char *name;
    struct slice text;
};
struct slice fields_of_texts(const struct field_text *texts, size_t count, struct arena *arena);

/* The map that catalog.entity.edit takes. */
void fields_tree(struct tree_writer *tree, const char *key, struct slice json);

/* What is different, by attribute: an array of {label, before, after}, texts. */
void fields_differences(struct tree_writer *tree, const char *key, const struct plugin *plugin, struct slice before,
                        struct slice after);

#endif
