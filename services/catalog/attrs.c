/* See attrs.h. Numbers are JSON numbers and flags are true, so that SQL can compare them. */
#include "services/catalog/attrs.h"

#include "services/common/bencode.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

static json_t *value_json(const struct attribute *attribute, struct slice value)
{
    if (attribute->type == ATTR_flag)
        return json_true();
    if (attribute->type == ATTR_number)
        return json_integer(strtoll(value.at, NULL, 10)); /* checked numbers are NUL-terminated */
    return json_stringn(value.at, value.size);
}

struct slice attrs_write(const struct plugin *plugin, enum level_kind kind, const struct values *values,
                         struct arena *arena)
{
    json_t *object = json_object();
    for (size_t i = 0; plugin->attributes[i].name != NULL; i++)
        if (plugin->attributes[i].level == kind && values->of[i].size > 0)
            json_object_set_new(object, plugin->attributes[i].name, value_json(&plugin->attributes[i], values->of[i]));
    char *text = json_dumps(object, JSON_COMPACT);
    assert(text != NULL);
    struct slice written = arena_copy(arena, slice_text(text));
    free(text);
    json_decref(object);
    return written;
}

void attrs_read(const struct plugin *plugin, struct slice json, struct arena *arena, struct values *into)
{
    json_t *object = json_loadb(json.at, json.size, JSON_ALLOW_NUL, NULL);
    for (size_t i = 0; object != NULL && plugin->attributes[i].name != NULL; i++) {
        const json_t *value = json_object_get(object, plugin->attributes[i].name);
        if (json_is_string(value))
            into->of[i] = arena_copy(arena, slice_of(json_string_value(value), json_string_length(value)));
        else if (json_is_integer(value))
            into->of[i] = slice_text(arena_print(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
        else if (json_is_true(value))
            into->of[i] = slice_text("1");
    }
    json_decref(object);
}

size_t attrs_same(const struct plugin *plugin, enum level_kind kind, const struct values *values, struct slice *into)
{
    size_t count = 0;
    for (const char *const *name = plugin->levels[kind].same; name != NULL && *name != NULL; name++) {
        bool late = **name == '?';
        struct slice value = plugin_value(plugin, values, *name + late);
        if (!late || value.size > 0)
            into[count++] = value;
    }
    return count;
}
