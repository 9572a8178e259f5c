/* catalog.plugin.list: what a form needs to know of each plugin. */
#include "services/catalog/page.h"

#include "services/catalog/query.h"

#include <stdlib.h>

static void text(struct tree_writer *tree, const char *key, const char *value)
{
    tree_text_if(tree, key, slice_text(value));
}

static void level_write(struct tree_writer *tree, const struct level *level, enum level_kind kind)
{
    static const char *const kinds[LEVEL_COUNT] = {"person", "group", "edition", "unit"};
    tree_map(tree, NULL);
    text(tree, "name", level->name);
    text(tree, "title", level->title);
    text(tree, "plural", level->plural);
    text(tree, "kind", kinds[kind]);
    text(tree, "image", level->image);
    tree_end(tree);
}

static void roles_write(struct tree_writer *tree, const struct role *roles)
{
    tree_array(tree, "roles");
    for (const struct role *role = roles; role->name != NULL; role++) {
        tree_map(tree, NULL);
        text(tree, "name", role->name);
        text(tree, "title", role->title);
        tree_end(tree);
    }
    tree_end(tree);
}

static bool is_named(const struct attribute *attribute, const char *name)
{
    return name != NULL && strcmp(attribute->name, name) == 0;
}

/* What a name typed here may be among those that are there: the kind of name that catalog.suggest takes. */
static void suggest_write(struct tree_writer *tree, const struct plugin *plugin, const struct attribute *attribute)
{
    if (attribute->type == ATTR_credit)
        text(tree, "suggest", plugin->levels[LEVEL_person].name);
    else if (attribute->suggested || attribute->type == ATTR_tags)
        text(tree, "suggest", attribute->name);
    else if (is_named(attribute, plugin->levels[LEVEL_group].named))
        text(tree, "similar", plugin->levels[LEVEL_group].name);
}

static void texts_write(struct tree_writer *tree, const char *key, const char *const *texts)
{
    if (texts == NULL)
        return;
    tree_array(tree, key);
    for (; *texts != NULL; texts++)
        text(tree, NULL, *texts);
    tree_end(tree);
}

static void field_write(struct tree_writer *tree, const struct plugin *plugin, const struct attribute *attribute)
{
    static const char *const types[] = {"text", "long", "number", "choice", "flag", "text", "credit", "date"};
    tree_map(tree, NULL);
    text(tree, "name", attribute->name);
    text(tree, "label", attribute->label);
    text(tree, "level", plugin->levels[attribute->level].name);
    text(tree, "type", types[attribute->type]);
    tree_flag(tree, "required", attribute->required && attribute->media == MEDIA_none);
    tree_flag(tree, "repeat", attribute->type == ATTR_credit);
    if (attribute->type == ATTR_tags)
        tree_flag(tree, "commas", true);
    text(tree, "help", attribute->help);
    text(tree, "note", attribute->note);
    tree_flag(tree, "wiki", is_named(attribute, plugin->description) || is_named(attribute, plugin->unit_description));
    if (attribute->type != ATTR_date)
        text(tree, "standard", attribute->standard);
    if (attribute->high > 0) {
        tree_number(tree, "low", attribute->low);
        tree_number(tree, "high", attribute->high);
    }
    texts_write(tree, "choices", attribute->choices);
    texts_write(tree, "known", attribute->known);
    if (attribute->roles != NULL)
        roles_write(tree, attribute->roles);
    suggest_write(tree, plugin, attribute);
    tree_end(tree);
}

static void written_write(struct tree_writer *tree, const struct plugin *plugin, const char *name, const char *label)
{
    if (query_written(plugin, slice_text(name)) == 0)
        return;
    tree_map(tree, NULL);
    text(tree, "name", name);
    text(tree, "label", label);
    tree_end(tree);
}

/* What can be searched by its name. */
static void search_write(struct tree_writer *tree, const struct plugin *plugin)
{
    tree_array(tree, "search");
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++) {
        if (!query_knows(attribute))
            continue;
        tree_map(tree, NULL);
        text(tree, "name", attribute->name);
        text(tree, "label", attribute->label);
        tree_end(tree);
        for (const struct role *role = attribute->roles; role != NULL && role->name != NULL; role++) {
            if (strcmp(role->name, attribute->name) == 0)
                continue;
            tree_map(tree, NULL);
            text(tree, "name", role->name);
            text(tree, "label", role->title);
            tree_end(tree);
        }
    }
    written_write(tree, plugin, "file", "Names of files");
    written_write(tree, plugin, "text", "Descriptions");
    tree_end(tree);
}

static void plugin_write(struct tree_writer *tree, const struct plugin *plugin)
{
    tree_map(tree, NULL);
    text(tree, "name", plugin->name);
    text(tree, "title", plugin->title);
    text(tree, "accounting", plugin->accounting);
    tree_flag(tree, "owned", plugin->owned);
    tree_flag(tree, "talks", plugin_talks(plugin));
    tree_flag(tree, "untouched", plugin->untouched);
    tree_array(tree, "levels");
    for (enum level_kind kind = 0; kind < LEVEL_COUNT; kind++)
        if (plugin->levels[kind].name != NULL)
            level_write(tree, &plugin->levels[kind], kind);
    tree_end(tree);
    text(tree, "group_level", plugin->levels[LEVEL_group].name);
    tree_array(tree, "fields");
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++)
        if (plugin_asks(attribute))
            field_write(tree, plugin, attribute);
    tree_end(tree);
    search_write(tree, plugin);
    tree_end(tree);
}

static int by_rank(const void *left, const void *right)
{
    const struct plugin *a = *(const struct plugin *const *)left, *b = *(const struct plugin *const *)right;
    return a->rank != b->rank ? (a->rank > b->rank) - (a->rank < b->rank) : strcmp(a->name, b->name);
}

void page_plugins(struct tree_writer *tree)
{
    const struct plugin **ranked = mem_take(plugins_count * sizeof *ranked);
    memcpy(ranked, plugins, plugins_count * sizeof *ranked);
    qsort(ranked, plugins_count, sizeof *ranked, by_rank);
    tree_array(tree, NULL);
    for (size_t i = 0; i < plugins_count; i++)
        plugin_write(tree, ranked[i]);
    tree_end(tree);
    free(ranked);
}
