/* See plugin.h. plugins.inc holds one PLUGIN(name) line for each file in plugins/, written by CMake. */
#include "services/catalog/plugin.h"

#include "services/catalog/text.h"

#define PLUGIN(name) extern const struct plugin plugin_##name;
#include "services/catalog/plugins.inc"
#undef PLUGIN

const struct plugin *const plugins[] = {
#define PLUGIN(name) &plugin_##name,
#include "services/catalog/plugins.inc"
#undef PLUGIN
};
const size_t plugins_count = sizeof plugins / sizeof *plugins;

const struct plugin *plugin_find(struct slice name)
{
    for (size_t i = 0; i < plugins_count; i++)
        if (slice_is(name, plugins[i]->name))
            return plugins[i];
    return NULL;
}

int plugin_attribute(const struct plugin *plugin, const char *name)
{
    for (int i = 0; name != NULL && plugin->attributes[i].name != NULL; i++)
        if (*plugin->attributes[i].name == *name && strcmp(plugin->attributes[i].name, name) == 0)
            return i;
    return -1;
}

struct slice plugin_value(const struct plugin *plugin, const struct values *values, const char *name)
{
    int place = plugin_attribute(plugin, name);
    return place < 0 ? (struct slice){0} : values->of[place];
}

void plugin_set(const struct plugin *plugin, struct values *values, const char *name, const char *value)
{
    int place = plugin_attribute(plugin, name);
    if (place >= 0)
        values->of[place] = slice_text(value);
}

static const struct role *role_find(const struct role *roles, struct slice name)
{
    for (const struct role *role = roles; role != NULL && role->name != NULL; role++)
        if (slice_is(name, role->name))
            return role;
    return NULL;
}

const struct role *plugin_role(const struct plugin *plugin, const struct attribute *attribute, struct slice name)
{
    if (attribute != NULL)
        return name.size == 0 ? attribute->roles : role_find(attribute->roles, name);
    for (const struct attribute *any = plugin->attributes; any->name != NULL; any++) {
        const struct role *role = role_find(any->roles, name);
        if (role != NULL)
            return role;
    }
    return NULL;
}

const struct attribute *plugin_owner(const struct plugin *plugin)
{
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++)
        if (attribute->by_owner)
            return attribute;
    return NULL;
}

bool plugin_talks(const struct plugin *plugin)
{
    return !plugin->sealed;
}

int plugin_counted(const struct plugin *plugin)
{
    for (int i = 0; plugin->attributes[i].name != NULL; i++)
        if (plugin->attributes[i].counted)
            return i;
    return -1;
}

int plugin_depends(const struct plugin *plugin)
{
    for (int i = 0; plugin->attributes[i].name != NULL; i++)
        if (plugin->attributes[i].depends)
            return i;
    return -1;
}

bool plugin_asks(const struct attribute *attribute)
{
    return attribute->found_in == NULL && !attribute->by_owner && !attribute->derived;
}

const struct role *plugin_leading_role(const struct plugin *plugin)
{
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++)
        if (attribute->type == ATTR_credit)
            return attribute->roles;
    return NULL;
}

enum level_kind plugin_level(const struct plugin *plugin, struct slice name)
{
    for (enum level_kind kind = 0; kind < LEVEL_COUNT; kind++)
        if (plugin->levels[kind].name != NULL && slice_is(name, plugin->levels[kind].name))
            return kind;
    return LEVEL_COUNT;
}

enum level_kind plugin_parent(const struct plugin *plugin, enum level_kind kind)
{
    if (kind == LEVEL_edition)
        return LEVEL_group;
    if (kind == LEVEL_unit)
        return plugin->levels[LEVEL_edition].name != NULL ? LEVEL_edition : LEVEL_group;
    return LEVEL_COUNT;
}

void plugin_line(const struct plugin *plugin, const struct credit *credits, size_t count, struct credit_line *into)
{
    const struct role *leading = plugin_leading_role(plugin);
    size_t room = sizeof into->names / sizeof *into->names;
    into->count = 0;
    if (plugin->line != NULL) {
        plugin->line(credits, count, into);
        return;
    }
    for (size_t i = 0; i < count && into->count < room; i++) {
        if (credits[i].role != leading)
            continue;
        if (into->count > 0)
            into->names[into->count - 1].joiner = " & ";
        into->names[into->count++] = (struct line_name){.credit = &credits[i], .joiner = ""};
    }
}

static bool ends_as(struct slice path, const char *const *endings)
{
    for (; *endings != NULL; endings++) {
        size_t size = strlen(*endings);
        if (path.size > size && text_same(slice_of(path.at + path.size - size, size), slice_text(*endings)))
            return true;
    }
    return false;
}

/* What of these the text holds, in any case; NULL: nothing. */
static const char *held(struct slice text, const char *const *words)
{
    for (; words != NULL && *words != NULL; words++) {
        size_t size = strlen(*words);
        for (size_t i = 0; i + size <= text.size; i++)
            if (text_same(slice_of(text.at + i, size), slice_text(*words)))
                return *words;
    }
    return NULL;
}

static bool name_admitted(const struct plugin *plugin, struct slice name, struct fault *why)
{
    const char *word = held(name, plugin->refused);
    return word == NULL ||
           fault_set(why, STATUS_invalid, "metainfo",
                     "\"%.*s\" has \"%s\" in its name, which does not belong into %s: rename it or leave "
                     "it out, and make the torrent again.",
                     SLICE_ARGS(text_cut(name, 100)), word, plugin->title);
}

static bool path_admitted(const struct plugin *plugin, const struct metainfo *metainfo, struct slice path,
                          struct fault *why)
{
    static const char refused[] = ":?<>\\*|\"";
    struct slice shown = text_cut(path, 100);
    if (plugin->endings != NULL && !ends_as(path, plugin->endings))
        return fault_set(why, STATUS_invalid, "metainfo",
                         "\"%.*s\" does not belong into %s: leave it out and make the torrent again.",
                         SLICE_ARGS(shown), plugin->title);
    if (plugin->path_max == 0)
        return true;
    if (text_letters(metainfo->name) + 1 + text_letters(path) > plugin->path_max)
        return fault_set(
            why, STATUS_invalid, "metainfo",
            "The path of \"%.*s\" is longer than %u letters with its folder: shorten the names and make the "
            "torrent again.",
            SLICE_ARGS(shown), plugin->path_max);
    for (size_t i = 0; i < path.size; i++)
        if (strchr(refused, path.at[i]) != NULL)
            return fault_set(why, STATUS_invalid, "metainfo",
                             "Not every system can write \"%.*s\": name it without %s and make the torrent again.",
                             SLICE_ARGS(shown), refused);
    return true;
}

bool plugin_admits(const struct plugin *plugin, const struct metainfo *metainfo, struct arena *arena, struct fault *why)
{
    if (!name_admitted(plugin, metainfo->name, why))
        return false;
    for (size_t i = 0; i < metainfo->files_count; i++)
        if (!name_admitted(plugin, metainfo->files[i].path, why) ||
            !path_admitted(plugin, metainfo, metainfo->files[i].path, why))
            return false;
    return plugin->admit == NULL || plugin->admit(metainfo, arena, why);
}

/* Does a line that everybody reads hold the attribute? */
static bool line_tells(const char *pattern, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = pattern; at != NULL && (at = strchr(at, '{')) != NULL; at++)
        if (strncmp(at + 1, name, size) == 0 && at[1 + size] == '}')
            return true;
    return false;
}

static bool lines_tell(const struct plugin *plugin, const char *name)
{
    bool told = line_tells(plugin->group_title, name) || line_tells(plugin->unit_title, name) ||
                line_tells(plugin->file_name, name) || line_tells(plugin->release_name, name);
    for (const char *const *title = plugin->edition_titles; title != NULL && *title != NULL; title++)
        told |= line_tells(*title, name);
    return told;
}

static bool source_check(const struct plugin *plugin, const struct attribute *attribute, struct fault *why)
{
    if (attribute->secret && (!plugin->sealed || attribute->searched || lines_tell(plugin, attribute->name)))
        return fault_set(why, STATUS_internal, attribute->name,
                         "A secret needs a sealed plugin, and stands in no search and no line.");
    if (attribute->suggested && (attribute->type != ATTR_text || attribute->secret))
        return fault_set(why, STATUS_internal, attribute->name, "Only texts that all may see are suggested.");
    if (attribute->known != NULL && attribute->type != ATTR_text)
        return fault_set(why, STATUS_internal, attribute->name, "Only texts have values that are offered.");
    if (attribute->faceted && attribute->type != ATTR_choice && attribute->type != ATTR_number &&
        attribute->type != ATTR_flag && attribute->type != ATTR_date)
        return fault_set(why, STATUS_internal, attribute->name, "Only choices, numbers, flags and dates are counted.");
    if (attribute->by_owner && (!plugin->owned || attribute->type != ATTR_credit))
        return fault_set(why, STATUS_internal, attribute->name, "Only an owned group credits its owner.");
    if (attribute->media != MEDIA_none && (plugin->mediainfo == NULL || attribute->choices == NULL))
        return fault_set(why, STATUS_internal, attribute->name,
                         "Only choices are read from a MediaInfo or BDInfo text.");
    if (attribute->counted && (attribute->type != ATTR_number || attribute->level != LEVEL_unit))
        return fault_set(why, STATUS_internal, attribute->name, "Only units are counted, by a number.");
    if (attribute->depends &&
        (attribute->type != ATTR_number || attribute->level != LEVEL_unit || plugin_counted(plugin) < 0))
        return fault_set(why, STATUS_internal, attribute->name, "Only units that are counted depend on another.");
    return true;
}

static bool attribute_check(const struct plugin *plugin, const struct attribute *attribute, struct fault *why)
{
    bool sized = attribute->type == ATTR_text || attribute->type == ATTR_long || attribute->type == ATTR_number ||
                 attribute->type == ATTR_tags;
    if (plugin_attribute(plugin, attribute->name) != (int)(attribute - plugin->attributes))
        return fault_set(why, STATUS_internal, attribute->name, "The name stands for two attributes.");
    if (plugin->levels[attribute->level].name == NULL || attribute->level == LEVEL_person)
        return fault_set(why, STATUS_internal, attribute->name, "The attribute is of a level that nobody fills in.");
    if ((attribute->type == ATTR_choice) != (attribute->choices != NULL) ||
        (attribute->type == ATTR_credit) != (attribute->roles != NULL))
        return fault_set(why, STATUS_internal, attribute->name, "Choices belong to a choice, roles to a credit.");
    if ((attribute->type == ATTR_credit || attribute->type == ATTR_tags) && attribute->level != LEVEL_group)
        return fault_set(why, STATUS_internal, attribute->name, "Credits and tags are the group's.");
    if (sized && attribute->low > attribute->high)
        return fault_set(why, STATUS_internal, attribute->name, "Low is above high.");
    if (attribute->type == ATTR_number && (attribute->low < -NUMBER_MOST || attribute->high > NUMBER_MOST))
        return fault_set(why, STATUS_internal, attribute->name, "A number has ten digits at most.");
    for (const struct role *role = attribute->roles; role != NULL && role->name != NULL; role++)
        if (plugin_attribute(plugin, role->name) >= 0 && strcmp(role->name, attribute->name) != 0)
            return fault_set(why, STATUS_internal, role->name, "The name stands for a role and for another attribute.");
    if (attribute->label == NULL || attribute->help == NULL)
        return fault_set(why, STATUS_internal, attribute->name, "The attribute says nothing to people.");
    return source_check(plugin, attribute, why);
}

static bool is_of_level(const struct plugin *plugin, enum level_kind kind, const char *name)
{
    int place = plugin_attribute(plugin, name);
    return place >= 0 && plugin->attributes[place].level == kind;
}

/* With a value: is that one of the choices? */
static bool is_choice_of_unit(const struct plugin *plugin, const char *name, const char *value)
{
    int place = is_of_level(plugin, LEVEL_unit, name) ? plugin_attribute(plugin, name) : -1;
    const char *const *choice = place >= 0 ? plugin->attributes[place].choices : NULL;
    while (choice != NULL && *choice != NULL && value != NULL && strcmp(*choice, value) != 0)
        choice++;
    return choice != NULL && *choice != NULL;
}

static bool level_check(const struct plugin *plugin, enum level_kind kind, struct fault *why)
{
    const struct level *level = &plugin->levels[kind];
    if (level->name == NULL)
        return kind == LEVEL_person || kind == LEVEL_edition ||
               fault_set(why, STATUS_internal, NULL, "A plugin needs groups and units.");
    if (level->named != NULL && !is_of_level(plugin, kind, level->named))
        return fault_set(why, STATUS_internal, level->named,
                         "The level is named by an attribute that it does not have.");
    if (level->image != NULL && (kind > LEVEL_group || plugin->sealed))
        return fault_set(why, STATUS_internal, level->image, "Only persons and groups that all may see have images.");
    if (kind != LEVEL_person && (level->same == NULL || level->same[0] == NULL || *level->same[0] == '?'))
        return fault_set(why, STATUS_internal, level->name,
                         "The level needs attributes by which its entities are told apart.");
    for (const char *const *name = level->same; name != NULL && *name != NULL; name++)
        if (!is_of_level(plugin, kind, *name + (**name == '?')))
            return fault_set(why, STATUS_internal, *name,
                             "The level is told apart by an attribute that it does not have.");
    for (const char *const *name = level->order; name != NULL && *name != NULL; name++)
        if (!is_of_level(plugin, kind, *name + (**name == '-')))
            return fault_set(why, STATUS_internal, *name,
                             "The level is ordered by an attribute that it does not have.");
    if (level->joins != NULL && (kind != LEVEL_group || !is_of_level(plugin, kind, level->joins)))
        return fault_set(why, STATUS_internal, level->joins, "Only groups join by an attribute, which they must have.");
    return true;
}

/* Each role needs a section that takes any type: else a credit could be on no page. */
static bool sections_check(const struct plugin *plugin, struct fault *why)
{
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++)
        for (const struct role *role = attribute->roles; role != NULL && role->name != NULL; role++) {
            const struct section *section = plugin->sections;
            while (section != NULL && section->title != NULL &&
                   (section->type != NULL || strcmp(section->role, role->name) != 0))
                section++;
            if (section != NULL && section->title == NULL)
                return fault_set(why, STATUS_internal, role->name, "The role has no section of a person's page.");
        }
    return true;
}

static bool slots_check(const struct plugin *plugin, struct fault *why)
{
    for (const struct slot *slot = plugin->slots; slot != NULL && slot->title != NULL; slot++)
        for (size_t i = 0; i < sizeof slot->values / sizeof *slot->values && slot->values[i].attribute != NULL; i++)
            if (!is_choice_of_unit(plugin, slot->values[i].attribute, slot->values[i].value))
                return fault_set(why, STATUS_internal, slot->values[i].attribute,
                                 "A slot asks for what no unit can be.");
    return true;
}

bool plugin_check(const struct plugin *plugin, struct fault *why)
{
    size_t count = 0;
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++, count++)
        if (!attribute_check(plugin, attribute, why))
            return false;
    if (count > ATTRIBUTES_MAX)
        return fault_set(why, STATUS_internal, NULL, "A plugin has at most %d attributes.", ATTRIBUTES_MAX);
    for (enum level_kind kind = 0; kind < LEVEL_COUNT; kind++)
        if (!level_check(plugin, kind, why))
            return false;
    const char *named[] = {plugin->year,       plugin->type,      plugin->description, plugin->unit_description,
                           plugin->redundancy, plugin->mediainfo, plugin->header};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (named[i] != NULL && plugin_attribute(plugin, named[i]) < 0)
            return fault_set(why, STATUS_internal, named[i], "The plugin has no such attribute.");
    for (const char *const *word = plugin->refused; word != NULL && *word != NULL; word++)
        if (**word == '\0')
            return fault_set(why, STATUS_internal, NULL, "An empty word is in every name.");
    if (plugin->sealed && !plugin->owned)
        return fault_set(why, STATUS_internal, NULL, "What is sealed needs an owner.");
    if (plugin->header != NULL && !is_choice_of_unit(plugin, plugin->header, NULL))
        return fault_set(why, STATUS_internal, plugin->header, "What stands above the units is a choice of theirs.");
    if (!sections_check(plugin, why) || !slots_check(plugin, why))
        return false;
    if (plugin->group_title == NULL || plugin->unit_title == NULL || plugin->file_name == NULL ||
        plugin->release_name == NULL)
        return fault_set(why, STATUS_internal, NULL, "A plugin needs its lines.");
    return true;
}
