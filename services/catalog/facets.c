/* See facets.h. Numbers are told by tens. */
#include "services/catalog/facets.h"

#include "services/catalog/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define VALUES_MAX 12

struct facet_value {
    const struct attribute *attribute;
    struct slice value;
    int64_t ten; /* of numbers */
    uint64_t groups;
};

static bool is_facet(const struct attribute *attribute)
{
    return query_knows(attribute) && (attribute->faceted || attribute->type == ATTR_tags);
}

/* ---- counting ---- */

struct counting {
    struct arena *arena;
    struct facet_row *rows;
    size_t count, room;
    size_t first; /* of the attribute that is counted */
};

/* Once a group. */
static void row_count(struct counting *counting, const struct attribute *attribute, struct slice value, uint64_t group)
{
    for (size_t i = counting->first; i < counting->count; i++) {
        struct facet_row *row = &counting->rows[i];
        if (!slice_equal(row->value, value))
            continue;
        row->groups += row->last != group;
        row->last = group;
        return;
    }
    if (counting->count == counting->room) {
        struct facet_row *more = arena_take(counting->arena, (counting->room * 2 + 64) * sizeof *more);
        if (counting->count > 0)
            memcpy(more, counting->rows, counting->count * sizeof *more);
        counting->rows = more;
        counting->room = counting->room * 2 + 64;
    }
    counting->rows[counting->count++] =
        (struct facet_row){.field = slice_text(attribute->name), .value = value, .groups = 1, .last = group};
}

static void attribute_count(struct counting *counting, const struct shelf_group *group,
                            const struct attribute *attribute, size_t place)
{
    if (attribute->type == ATTR_tags)
        for (size_t i = 0; i < group->tags_count; i++)
            row_count(counting, attribute, group->tags[i], group->entity);
    else if (attribute->level == LEVEL_group && group->values.of[place].size > 0)
        row_count(counting, attribute, group->values.of[place], group->entity);
    for (size_t e = 0; attribute->level > LEVEL_group && e < group->editions_count; e++)
        for (size_t u = 0; u < group->editions[e].units_count; u++)
            if (group->editions[e].units[u].values.of[place].size > 0)
                row_count(counting, attribute, group->editions[e].units[u].values.of[place], group->entity);
}

size_t facets_count(const struct plugin *plugin, const struct shelf *shelf, const struct facet_row **into)
{
    struct counting counting = {.arena = shelf->arena};
    for (size_t place = 0; plugin->attributes[place].name != NULL; place++) {
        counting.first = counting.count;
        for (size_t i = 0; is_facet(&plugin->attributes[place]) && i < shelf->count; i++)
            attribute_count(&counting, &shelf->groups[i], &plugin->attributes[place], place);
    }
    *into = counting.rows;
    return counting.count;
}

/* ---- telling ---- */

/* Tens from the greatest, all else from the most frequent. */
static int value_order(const void *left, const void *right)
{
    const struct facet_value *a = left, *b = right;
    if (a->ten != b->ten)
        return (a->ten < b->ten) - (a->ten > b->ten);
    if (a->groups != b->groups)
        return (a->groups < b->groups) - (a->groups > b->groups);
    return slice_equal(a->value, b->value) ? 0 : strcmp(a->value.at, b->value.at);
}

static void value_add(struct facet_value *values, size_t *count, struct facet_value value)
{
    for (size_t i = 0; i < *count; i++)
        if (value.attribute->type == ATTR_number && values[i].ten == value.ten) {
            values[i].groups += value.groups;
            return;
        }
    values[(*count)++] = value;
}

/* What is said of one attribute, in order. */
static size_t values_of(const struct attribute *attribute, const struct facet_row *rows, size_t rows_count,
                        struct facet_value *into)
{
    size_t count = 0;
    for (size_t i = 0; i < rows_count; i++) {
        struct facet_value value = {.attribute = attribute, .value = rows[i].value, .groups = rows[i].groups};
        if (!slice_is(rows[i].field, attribute->name))
            continue;
        if (attribute->type == ATTR_number) {
            int64_t number = strtoll(rows[i].value.at, NULL, 10);
            value.ten = (number - (number % 10 + 10) % 10);
        }
        value_add(into, &count, value);
    }
    qsort(into, count, sizeof *into, value_order);
    return count;
}

static void value_write(struct tree_writer *tree, const struct facet_value *value, uint64_t sampled, uint64_t total)
{
    const struct attribute *attribute = value->attribute;
    bool share = sampled > 0 && total > sampled;
    char text[256], query[320];
    if (attribute->type == ATTR_number)
        snprintf(text, sizeof text, "%" PRId64 "..%" PRId64, value->ten, value->ten + 9);
    else
        snprintf(text, sizeof text, "%.*s",
                 SLICE_ARGS(attribute->type == ATTR_flag ? slice_text("yes") : value->value));
    bool quoted = strpbrk(text, " *") != NULL;
    snprintf(query, sizeof query, quoted ? "%s:\"%s\"" : "%s:%s", attribute->name, text);
    tree_map(tree, NULL);
    tree_text(tree, "value", slice_text(attribute->type == ATTR_flag ? "Yes" : text));
    tree_count(tree, "count", share ? value->groups * total / sampled : value->groups);
    tree_flag(tree, "about", share);
    tree_text(tree, "query", slice_text(query));
    tree_end(tree);
}

void facets_write(struct tree_writer *tree, const struct plugin *plugin, const struct facet_row *rows, size_t count,
                  uint64_t sampled, uint64_t total)
{
    struct facet_value *values = mem_take((count + 1) * sizeof *values);
    tree_array(tree, NULL);
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++) {
        size_t found = is_facet(attribute) ? values_of(attribute, rows, count, values) : 0;
        if (found == 0)
            continue;
        tree_map(tree, NULL);
        tree_text(tree, "name", slice_text(attribute->name));
        tree_text(tree, "label", slice_text(attribute->label));
        tree_array(tree, "values");
        for (size_t i = 0; i < found && i < VALUES_MAX; i++)
            value_write(tree, &values[i], sampled, total);
        tree_end(tree);
        tree_end(tree);
    }
    tree_end(tree);
    free(values);
}
