/* See shelf_read.h. */
#include "services/catalog/shelf_read.h"

#include <assert.h>
#include <stdlib.h>

struct cells {
    struct slice left;
    size_t count; /* of the array that was begun */
};

static uint32_t number_take(struct cells *cells)
{
    assert(cells->left.size >= 4);
    const unsigned char *at = (const unsigned char *)cells->left.at;
    cells->left = slice_of(cells->left.at + 4, cells->left.size - 4);
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Its head: dimensions, a flag, the type; of the one dimension, unless it is empty, length and lower bound. */
static void array_begin(struct cells *cells)
{
    uint32_t dimensions = number_take(cells);
    number_take(cells);
    number_take(cells);
    cells->count = dimensions > 0 ? number_take(cells) : 0;
    if (dimensions > 0)
        number_take(cells);
}

/* Borrowed from the cells. NUL-terminated, for a zero is the first byte of whatever comes next. */
static struct slice cell_take(struct cells *cells)
{
    uint32_t size = number_take(cells);
    assert(cells->count > 0 && size <= cells->left.size);
    struct slice cell = slice_of(cells->left.at, size);
    cells->left = slice_of(cell.at + size, cells->left.size - size);
    cells->count--;
    return cell;
}

static uint64_t cell_take_number(struct cells *cells)
{
    return strtoull(cell_take(cells).at, NULL, 10);
}

/* What is left of an array, as names and values. */
static void values_take(struct cells *cells, const struct plugin *plugin, struct values *into)
{
    while (cells->count > 0) {
        int place = plugin_attribute(plugin, cell_take(cells).at);
        struct slice value = cell_take(cells);
        if (place >= 0)
            into->of[place] = plugin->attributes[place].type == ATTR_flag ? slice_text("1") : value;
    }
}

static void credits_take(struct cells *cells, size_t count, struct shelf_group *group, struct arena *arena)
{
    struct credit *credits = arena_take(arena, (count + 1) * sizeof *credits);
    group->credits = credits;
    for (size_t i = 0; i < count; i++) {
        array_begin(cells);
        struct credit credit = {.entity = cell_take_number(cells)};
        credit.name = cell_take(cells);
        credit.role = plugin_role(group->plugin, NULL, cell_take(cells));
        credit.note = cell_take(cells);
        if (credit.role != NULL)
            credits[group->credits_count++] = credit;
    }
}

static void tags_take(struct cells *cells, struct shelf_group *group, struct arena *arena)
{
    array_begin(cells);
    struct slice *tags = arena_take(arena, (cells->count + 1) * sizeof *tags);
    group->tags = tags;
    while (cells->count > 0)
        tags[group->tags_count++] = cell_take(cells);
}

/* `units`: where its own are put. */
static void edition_take(struct cells *cells, const struct shelf_group *group, struct shelf_edition *edition,
                         struct shelf_unit *units)
{
    struct values values = group->values;
    array_begin(cells);
    edition->entity = cell_take_number(cells);
    edition->units_count = cell_take_number(cells);
    edition->units = units;
    values_take(cells, group->plugin, &values);
    for (size_t i = 0; i < edition->units_count; i++) {
        struct shelf_unit *unit = &edition->units[i];
        array_begin(cells);
        unit->entity = cell_take_number(cells);
        unit->torrent = cell_take_number(cells);
        unit->uploader = cell_take_number(cells);
        unit->size = cell_take_number(cells);
        unit->files_count = cell_take_number(cells);
        unit->added_at = (int64_t)cell_take_number(cells);
        unit->edition = edition->entity;
        unit->files = slice_of("\x90", 1); /* an empty array */
        unit->values = values;
        values_take(cells, group->plugin, &unit->values);
    }
}

/* Up to its editions; `units`: how many these have. */
static bool head_take(struct cells *cells, uint64_t entity, struct arena *arena, struct shelf_group *into,
                      size_t *units)
{
    array_begin(cells);
    *into = (struct shelf_group){.entity = entity, .plugin = plugin_find(cell_take(cells))};
    if (into->plugin == NULL)
        return false;
    into->name = cell_take(cells);
    into->owner = cell_take_number(cells);
    size_t credits = cell_take_number(cells);
    into->editions_count = cell_take_number(cells);
    *units = cell_take_number(cells);
    values_take(cells, into->plugin, &into->values);
    credits_take(cells, credits, into, arena);
    tags_take(cells, into, arena);
    return true;
}

bool shelf_read_head(uint64_t entity, struct slice bytes, struct arena *arena, struct shelf_group *into)
{
    struct cells cells = {.left = bytes};
    size_t units;
    return head_take(&cells, entity, arena, into, &units);
}

bool shelf_read(uint64_t entity, struct slice bytes, struct arena *arena, struct shelf_group *into, size_t *head)
{
    struct cells cells = {.left = bytes};
    size_t units_count;
    if (!head_take(&cells, entity, arena, into, &units_count))
        return false;
    *head = bytes.size - cells.left.size;
    into->editions = arena_take(arena, (into->editions_count + 1) * sizeof *into->editions);
    struct shelf_unit *units = arena_take(arena, (units_count + 1) * sizeof *units);
    for (size_t i = 0; i < into->editions_count; i++) {
        edition_take(&cells, into, &into->editions[i], units);
        units += into->editions[i].units_count;
    }
    return true;
}
