/* See fields.h. */
#include "services/catalog/fields.h"

#include "services/common/bencode.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *text_json(struct slice text)
{
    return json_stringn(text.size > 0 ? text.at : "", text.size);
}

bool fields_changes(const struct plugin *plugin, const struct attribute *attribute)
{
    return plugin_asks(attribute) && !attribute->counted && attribute->type != ATTR_tags &&
           (plugin->redundancy == NULL || strcmp(attribute->name, plugin->redundancy) != 0);
}

static const char *beside(const struct attribute *attribute, const char *what, char into[96])
{
    snprintf(into, 96, "%s_%s", attribute->name, what);
    return into;
}

static bool is_of(const struct attribute *attribute, const struct role *role)
{
    const struct role *one = attribute->roles;
    while (one->name != NULL && one != role)
        one++;
    return one->name != NULL;
}

static void credits_write(json_t *object, const struct attribute *attribute, const struct submission *from)
{
    char name[96];
    json_t *names = json_array(), *roles = json_array(), *notes = json_array();
    for (size_t i = 0; i < from->credits_count; i++) {
        const struct credit *credit = &from->credits[i];
        if (!is_of(attribute, credit->role))
            continue;
        json_array_append_new(names, text_json(credit->name));
        json_array_append_new(roles, json_string(credit->role->name));
        json_array_append_new(notes, text_json(credit->note));
    }
    json_object_set_new(object, attribute->name, names);
    json_object_set_new(object, beside(attribute, "role", name), roles);
    if (attribute->note != NULL)
        json_object_set_new(object, beside(attribute, "note", name), notes);
    else
        json_decref(notes);
}

/* Consumes the object. */
static struct slice json_write(json_t *object, struct arena *arena)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    assert(text != NULL);
    struct slice written = arena_copy(arena, slice_text(text));
    free(text);
    json_decref(object);
    return written;
}

struct slice fields_write(const struct plugin *plugin, enum level_kind kind, const struct submission *from,
                          struct arena *arena)
{
    json_t *object = json_object();
    for (size_t i = 0; plugin->attributes[i].name != NULL; i++) {
        const struct attribute *attribute = &plugin->attributes[i];
        if (attribute->level != kind || !fields_changes(plugin, attribute))
            continue;
        if (attribute->type == ATTR_credit)
            credits_write(object, attribute, from);
        else
            json_object_set_new(object, attribute->name, text_json(from->values.of[i]));
    }
    return json_write(object, arena);
}

struct slice fields_of_texts(const struct field_text *texts, size_t count, struct arena *arena)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(object, texts[i].name, text_json(texts[i].text));
    return json_write(object, arena);
}

static struct slice json_text(const json_t *json)
{
    return json_is_string(json) ? slice_of(json_string_value(json), json_string_length(json)) : (struct slice){0};
}

void fields_tree(struct tree_writer *tree, const char *key, struct slice json)
{
    json_t *object = json_loadb(json.at, json.size, JSON_ALLOW_NUL, NULL), *value, *one;
    const char *name;
    size_t i;
    tree_map(tree, key);
    json_object_foreach(object, name, value)
    {
        if (!json_is_array(value)) {
            tree_text(tree, name, json_text(value));
            continue;
        }
        tree_array(tree, name);
        json_array_foreach(value, i, one) tree_text(tree, NULL, json_text(one));
        tree_end(tree);
    }
    tree_end(tree);
    json_decref(object);
}

/* ---- what is different ---- */

/* What the log tells beside attributes: of persons, and of what moves. */
static const struct attribute beside_attributes[] = {
    {.name = FIELD_NAME, .label = "Name"},
    {.name = FIELD_TEXT, .label = "About"},
    {.name = FIELD_ALIAS, .label = "Other spelling"},
    {.name = FIELD_PLACE, .label = "Where"},
    {.name = NULL},
};

/* A value as one text: "Name (Guest, as the cook), Name". */
static void value_text(const struct attribute *attribute, const json_t *object, struct buffer *into)
{
    char name[96];
    const json_t *value = json_object_get(object, attribute->name);
    const json_t *roles = json_object_get(object, beside(attribute, "role", name));
    const json_t *notes = json_object_get(object, beside(attribute, "note", name));
    struct slice text = json_text(value);
    buffer_add(into, text.at, text.size);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const struct role *role = attribute->roles;
        struct slice note = json_text(json_array_get(notes, i)), named = json_text(json_array_get(roles, i));
        while (role->name != NULL && !slice_is(named, role->name))
            role++;
        text = json_text(json_array_get(value, i));
        buffer_print(into, "%s%.*s (%s%s%.*s)", i > 0 ? ", " : "", SLICE_ARGS(text),
                     role->name != NULL ? role->title : "", note.size > 0 ? ", as " : "", SLICE_ARGS(note));
    }
}

static void difference_write(struct tree_writer *tree, const struct attribute *attribute, const json_t *before,
                             const json_t *after)
{
    struct buffer one = {0}, other = {0};
    value_text(attribute, before, &one);
    value_text(attribute, after, &other);
    if (!slice_equal(buffer_slice(&one), buffer_slice(&other))) {
        tree_map(tree, NULL);
        tree_text(tree, "label", slice_text(attribute->label));
        tree_text(tree, "before", buffer_slice(&one));
        tree_text(tree, "after", buffer_slice(&other));
        tree_end(tree);
    }
    buffer_free(&one);
    buffer_free(&other);
}

void fields_differences(struct tree_writer *tree, const char *key, const struct plugin *plugin, struct slice before,
                        struct slice after)
{
    json_t *one = json_loadb(before.at, before.size, JSON_ALLOW_NUL, NULL);
    json_t *other = json_loadb(after.at, after.size, JSON_ALLOW_NUL, NULL);
    const struct attribute *const lists[] = {plugin->attributes, beside_attributes};
    tree_array(tree, key);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const struct attribute *attribute = lists[i]; attribute->name != NULL; attribute++)
            if (json_object_get(one, attribute->name) != NULL || json_object_get(other, attribute->name) != NULL)
                difference_write(tree, attribute, one, other);
    tree_end(tree);
    json_decref(one);
    json_decref(other);
}
