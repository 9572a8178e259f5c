/* See page.h. One writer for lists and pages: a page is a list's group and more. */
#include "services/catalog/page.h"

#include "services/catalog/drawn.h"
#include "services/catalog/text.h"
#include "services/common/encode.h"

#include <stdio.h>
#include <stdlib.h>

#define PLACES_MAX 200 /* a menu of more is no help */

/* A group, and who looks at it. */
struct view {
    const struct shelf_group *group;
    bool whole;  /* for its own page */
    bool own;    /* by its owner */
    bool closed; /* to somebody for whom it is sealed */
};

static struct view view_of(const struct shelf_group *group, uint64_t actor, bool whole)
{
    bool own = group->plugin->owned && actor != 0 && group->owner == actor;
    return (struct view){.group = group, .whole = whole, .own = own, .closed = group->plugin->sealed && !own};
}

/* ---- parts ---- */

/* The value of an attribute that may be none; empty when it is not for these eyes. */
static struct slice told(const struct view *view, const struct values *values, const char *name)
{
    const struct plugin *plugin = view->group->plugin;
    int place = plugin_attribute(plugin, name);
    bool hidden = place < 0 || (view->closed && plugin->attributes[place].secret);
    return hidden ? (struct slice){0} : values->of[place];
}

/* How many of a unit's files end so: each disc has a log of its own. */
static size_t files_ending(const struct shelf_unit *unit, const char *ending)
{
    size_t count = 0, size = strlen(ending);
    msgpack_unpacked files;
    msgpack_unpacked_init(&files);
    if (unit->files.size > 0 && msgpack_unpack_next(&files, unit->files.at, unit->files.size, NULL) >= 0)
        for (uint32_t i = 0; files.data.type == MSGPACK_OBJECT_ARRAY && i < files.data.via.array.size; i++) {
            const msgpack_object *path = map_find(&files.data.via.array.ptr[i], "path");
            if (path == NULL || path->type != MSGPACK_OBJECT_STR || path->via.str.size <= size)
                continue;
            const char *at = path->via.str.ptr + path->via.str.size - size;
            count += text_same(slice_of(at, size), slice_text(ending));
        }
    msgpack_unpacked_destroy(&files);
    return count;
}

static void flag_write(struct tree_writer *tree, const struct attribute *attribute, const struct shelf_unit *unit)
{
    char text[40] = "Yes";
    size_t count = unit != NULL && attribute->found_in != NULL ? files_ending(unit, attribute->found_in) : 0;
    if (count > 1)
        snprintf(text, sizeof text, "Yes, %zu files", count);
    tree_text(tree, "value", slice_text(text));
}

/* `unit`: whose they are, NULL when it is none. */
static void facts_write(struct tree_writer *tree, const struct view *view, enum level_kind kind,
                        const struct values *values, const struct shelf_unit *unit)
{
    const struct plugin *plugin = view->group->plugin;
    for (size_t i = 0; plugin->attributes[i].name != NULL; i++) {
        const struct attribute *attribute = &plugin->attributes[i];
        if (attribute->level != kind || attribute->type == ATTR_long || told(view, values, attribute->name).size == 0)
            continue;
        tree_map(tree, NULL);
        tree_text(tree, "name", slice_text(attribute->name));
        tree_text(tree, "label", slice_text(attribute->label));
        if (attribute->type == ATTR_flag)
            flag_write(tree, attribute, unit);
        else
            tree_text(tree, "value", values->of[i]);
        tree_end(tree);
    }
}

/* Long texts beside the description. */
static void texts_write(struct tree_writer *tree, const struct view *view, enum level_kind kind,
                        const struct values *values)
{
    const struct plugin *plugin = view->group->plugin;
    tree_array(tree, "texts");
    for (size_t i = 0; plugin->attributes[i].name != NULL; i++) {
        const struct attribute *attribute = &plugin->attributes[i];
        bool other = (int)i != plugin_attribute(plugin, plugin->description) &&
                     (int)i != plugin_attribute(plugin, plugin->unit_description);
        if (attribute->level != kind || attribute->type != ATTR_long || !other ||
            told(view, values, attribute->name).size == 0)
            continue;
        tree_map(tree, NULL);
        tree_text(tree, "label", slice_text(attribute->label));
        tree_text(tree, "value", values->of[i]);
        tree_end(tree);
    }
    tree_end(tree);
}

static void person_write(struct tree_writer *tree, const struct plugin *plugin, const struct credit *credit)
{
    char href[128];
    snprintf(href, sizeof href, "/%.40s/%.40s/%llu", plugin->name, plugin->levels[LEVEL_person].name,
             (unsigned long long)credit->entity);
    tree_count(tree, "entity", credit->entity);
    tree_text(tree, "href", slice_text(href));
    tree_text(tree, "name", credit->name);
    tree_text_if(tree, "note", credit->note);
}

static void artists_write(struct tree_writer *tree, const struct shelf_group *group)
{
    struct credit_line line;
    plugin_line(group->plugin, group->credits, group->credits_count, &line);
    tree_array(tree, "artists");
    for (size_t i = 0; i < line.count; i++) {
        const struct line_name *name = &line.names[i];
        tree_map(tree, NULL);
        if (name->credit != NULL) {
            person_write(tree, group->plugin, name->credit);
            tree_text(tree, "role", slice_text(name->credit->role->name));
        } else {
            tree_text(tree, "name", slice_text(name->text));
        }
        tree_text(tree, "joiner", slice_text(name->joiner));
        tree_end(tree);
    }
    tree_end(tree);
}

static void role_write(struct tree_writer *tree, const struct shelf_group *group, const struct role *role)
{
    bool begun = false;
    for (size_t i = 0; i < group->credits_count; i++) {
        if (group->credits[i].role != role)
            continue;
        if (!begun) {
            tree_map(tree, NULL);
            tree_text(tree, "role", slice_text(role->name));
            tree_text(tree, "title", slice_text(role->heading));
            tree_array(tree, "people");
            begun = true;
        }
        tree_map(tree, NULL);
        person_write(tree, group->plugin, &group->credits[i]);
        tree_end(tree);
    }
    if (begun) {
        tree_end(tree);
        tree_end(tree);
    }
}

static void credits_write(struct tree_writer *tree, const struct shelf_group *group)
{
    tree_array(tree, "credits");
    for (const struct attribute *attribute = group->plugin->attributes; attribute->name != NULL; attribute++)
        for (const struct role *role = attribute->roles; role != NULL && role->name != NULL; role++)
            role_write(tree, group, role);
    tree_end(tree);
}

static void hash_write(struct tree_writer *tree, const char *key, struct slice hash)
{
    char text[65];
    if (hash.size == 0 || hash.size > 32)
        return;
    hex_write(hash, text);
    tree_text(tree, key, slice_text(text));
}

/* ---- groups ---- */

static void unit_more_write(struct tree_writer *tree, const struct view *view, const struct shelf_unit *unit)
{
    const struct plugin *plugin = view->group->plugin;
    tree_count(tree, "uploader", unit->uploader);
    tree_text_if(tree, "description", told(view, &unit->values, plugin->unit_description));
    if (plugin->header != NULL && unit->edition != 0)
        tree_count(tree, "edition", unit->edition);
    tree_array(tree, "facts");
    if (plugin->header != NULL)
        facts_write(tree, view, LEVEL_edition, &unit->values, NULL);
    facts_write(tree, view, LEVEL_unit, &unit->values, view->closed ? NULL : unit);
    tree_end(tree);
    texts_write(tree, view, LEVEL_unit, &unit->values);
    if (view->closed)
        return;
    hash_write(tree, "info_hash", unit->info_hash);
    hash_write(tree, "info_hash_v2", unit->info_hash_v2);
    if (view->own)
        tree_text_if(tree, "warning", unit->warning);
    tree_packed(tree, "files", unit->files);
    if (unit->files_count > PAGE_FILES_MAX)
        tree_count(tree, "files_more", unit->files_count - PAGE_FILES_MAX);
}

static void unit_write(struct tree_writer *tree, const struct view *view, const struct shelf_unit *unit)
{
    tree_map(tree, NULL);
    tree_count(tree, "entity", unit->entity);
    tree_count(tree, "torrent", unit->torrent);
    tree_text(tree, "title", unit->title);
    tree_count(tree, "size", unit->size);
    if (!view->closed)
        tree_count(tree, "files_count", unit->files_count);
    tree_number(tree, "added_at", unit->added_at);
    tree_text_if(tree, "release", unit->release);
    tree_text(tree, "href", unit->href);
    if (view->whole)
        unit_more_write(tree, view, unit);
    tree_end(tree);
}

static void editions_write(struct tree_writer *tree, const struct view *view)
{
    const struct shelf_group *group = view->group;
    tree_array(tree, "editions");
    for (size_t e = 0; e < group->editions_count; e++) {
        const struct shelf_edition *edition = &group->editions[e];
        tree_map(tree, NULL);
        if (edition->entity != 0)
            tree_count(tree, "entity", edition->entity);
        tree_text(tree, "title", edition->title);
        if (view->whole && edition->entity != 0) {
            tree_array(tree, "facts");
            facts_write(tree, view, LEVEL_edition, &edition->units[0].values, NULL);
            tree_end(tree);
        }
        tree_array(tree, "formats");
        for (size_t u = 0; u < edition->units_count; u++)
            unit_write(tree, view, &edition->units[u]);
        tree_end(tree);
        tree_end(tree);
    }
    tree_end(tree);
}

static bool is_placed(const uint64_t *placed, size_t count, uint64_t edition)
{
    for (size_t i = 0; i < count; i++)
        if (placed[i] == edition)
            return true;
    return false;
}

/* The editions by themselves, also where headers stand in their place. */
static void places_write(struct tree_writer *tree, const struct shelf_group *group)
{
    uint64_t placed[PLACES_MAX];
    size_t count = 0;
    struct buffer title = {0};
    tree_array(tree, "places");
    for (size_t e = 0; e < group->editions_count; e++)
        for (size_t u = 0; u < group->editions[e].units_count && count < PLACES_MAX; u++) {
            const struct shelf_unit *unit = &group->editions[e].units[u];
            struct line_source source = shelf_source(group, &unit->values);
            if (unit->edition == 0 || is_placed(placed, count, unit->edition))
                continue;
            placed[count++] = unit->edition;
            title.size = 0;
            line_write_edition(&source, &title);
            tree_map(tree, NULL);
            tree_count(tree, "entity", unit->edition);
            tree_text(tree, "title", buffer_slice(&title));
            tree_end(tree);
        }
    tree_end(tree);
    buffer_free(&title);
}

static void totals_write(struct tree_writer *tree, const struct shelf_group *group)
{
    uint64_t size = 0, largest = 0, count = 0;
    int64_t newest = 0;
    for (size_t e = 0; e < group->editions_count; e++)
        for (size_t u = 0; u < group->editions[e].units_count; u++) {
            const struct shelf_unit *unit = &group->editions[e].units[u];
            size += unit->size;
            largest = unit->size > largest ? unit->size : largest;
            newest = unit->added_at > newest ? unit->added_at : newest;
            count++;
        }
    tree_number(tree, "added_at", newest);
    tree_count(tree, "size", size);
    tree_count(tree, "size_max", largest);
    tree_count(tree, "torrents_count", count);
}

static void tags_write(struct tree_writer *tree, const struct shelf_group *group)
{
    tree_array(tree, "tags");
    for (size_t i = 0; i < group->tags_count; i++) {
        tree_map(tree, NULL);
        tree_text(tree, "name", group->tags[i]);
        tree_end(tree);
    }
    tree_end(tree);
}

static void cover_write(struct tree_writer *tree, const struct shelf_group *group)
{
    if (group->cover.size == 0)
        return;
    tree_map(tree, "cover");
    hash_write(tree, "hash", group->cover);
    tree_text(tree, "called", slice_text(group->plugin->levels[LEVEL_group].image));
    tree_count(tree, "width", group->cover_width);
    tree_count(tree, "height", group->cover_height);
    tree_end(tree);
}

/* What its map holds. */
static void group_write(struct tree_writer *tree, const struct view *view)
{
    const struct shelf_group *group = view->group;
    const struct plugin *plugin = group->plugin;
    struct slice year = plugin_value(plugin, &group->values, plugin->year);
    tree_count(tree, "entity", group->entity);
    tree_text(tree, "plugin", slice_text(plugin->name));
    tree_text(tree, "href", group->href);
    tree_text(tree, "title", group->title);
    tree_text(tree, "name", group->name);
    if (year.size > 0)
        tree_number(tree, "year", strtoll(year.at, NULL, 10));
    tree_text_if(tree, "type", plugin_value(plugin, &group->values, plugin->type));
    tree_text(tree, "line", group->line);
    artists_write(tree, group);
    cover_write(tree, group);
    tags_write(tree, group);
    totals_write(tree, group);
    if (plugin->owned) {
        tree_count(tree, "owner", group->owner);
        tree_flag(tree, "own", view->own);
    }
    if (view->whole) {
        tree_text_if(tree, "description", told(view, &group->values, plugin->description));
        tree_array(tree, "facts");
        facts_write(tree, view, LEVEL_group, &group->values, NULL);
        tree_end(tree);
        credits_write(tree, group);
        page_slots(tree, group);
        places_write(tree, group);
    }
    editions_write(tree, view);
}

void page_group(struct tree_writer *tree, const struct shelf_group *group, uint64_t actor, struct slice note)
{
    struct view view = view_of(group, actor, false);
    if (group->drawn.size > 0) {
        tree_map_from(tree, NULL, group->drawn);
    } else {
        tree_map(tree, NULL);
        group_write(tree, &view);
        if (group->from != NULL && !group->plugin->owned && !group->plugin->sealed) /* alike to everybody */
            drawn_keep(group->from, tree_map_held(tree));
    }
    tree_text_if(tree, "note", note);
    tree_end(tree);
}

/* ---- pages ---- */

void page_head(struct tree_writer *tree, const char *kind, const struct plugin *plugin, uint64_t entity, uint64_t asked,
               struct slice href)
{
    tree_text(tree, "kind", slice_text(kind));
    tree_text(tree, "plugin", slice_text(plugin->name));
    tree_text(tree, "plugin_title", slice_text(plugin->title));
    tree_count(tree, "entity", entity);
    tree_count(tree, "asked", asked);
    tree_text(tree, "href", href);
    tree_map(tree, "levels");
    tree_text_if(tree, "person", slice_text(plugin->levels[LEVEL_person].title));
    tree_text_if(tree, "persons", slice_text(plugin->levels[LEVEL_person].plural));
    tree_text_if(tree, "group", slice_text(plugin->levels[LEVEL_group].title));
    tree_text_if(tree, "edition", slice_text(plugin->levels[LEVEL_edition].title));
    tree_text_if(tree, "unit", slice_text(plugin->levels[LEVEL_unit].title));
    tree_end(tree);
}

static void left_write(struct tree_writer *tree, const struct page_left *left)
{
    tree_map(tree, "left");
    tree_number(tree, "gone_at", left->gone_at);
    tree_text_if(tree, "why", left->why);
    tree_text_if(tree, "name", left->name);
    tree_text_if(tree, "href", left->href);
    tree_end(tree);
}

void page_of_group(struct tree_writer *tree, const struct shelf_group *group, uint64_t asked, uint64_t actor,
                   const struct page_left *left)
{
    struct view view = view_of(group, actor, true);
    tree_map(tree, NULL);
    page_head(tree, "group", group->plugin, group->entity, asked, group->href);
    tree_map(tree, "group");
    group_write(tree, &view);
    tree_end(tree);
    if (left != NULL)
        left_write(tree, left);
    tree_end(tree);
}

struct slice page_files(const struct metainfo *metainfo, struct arena *arena)
{
    struct tree_writer tree;
    tree_start(&tree);
    tree_array(&tree, NULL);
    for (size_t i = 0; i < metainfo->files_count && i < PAGE_FILES_MAX; i++) {
        tree_map(&tree, NULL);
        tree_text(&tree, "path", metainfo->files[i].path);
        tree_count(&tree, "size", metainfo->files[i].size);
        tree_end(&tree);
    }
    tree_end(&tree);
    struct slice packed = arena_copy(arena, tree_done(&tree).packed);
    tree_free(&tree);
    return packed;
}
