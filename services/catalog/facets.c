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
    struct facets facets;
    size_t room;
    size_t first; /* of the attribute that is counted */
};

/* Once a group. */
static void row_count(struct counting *counting, const struct attribute *attribute, struct slice value, size_t group)
{
    struct facets *facets = &counting->facets;
    for (size_t i = counting->first; i < facets->count; i++) {
        struct facet_row *row = &facets->rows[i];
        if (!slice_equal(row->value, value))
            continue;
        row->groups += row->last != group;
        row->last = group;
        return;
    }
    if (facets->count == counting->room) {
        struct facet_row *more = arena_take(counting->arena, (counting->room * 2 + 64) * sizeof *more);
        if (facets->count > 0)
            memcpy(more, facets->rows, facets->count * sizeof *more);
        facets->rows = more;
        counting->room = counting->room * 2 + 64;
    }
    facets->rows[facets->count++] =
        (struct facet_row){.attribute = attribute, .value = value, .groups = 1, .last = group};
}

/* A group, of which those torrents fit: all that begins with "attribute=". */
static void group_count(struct counting *counting, const struct attribute *attribute, struct slice begins,
                        const struct lexemes *lexemes, struct places fit, size_t group)
{
    for (size_t i = lexemes_from(lexemes, begins); i < lexemes->count; i++) {
        struct slice text = lexemes->of[i].text;
        if (text.size < begins.size || memcmp(text.at, begins.at, begins.size) != 0)
            break;
        struct slice value = slice_of(text.at + begins.size, text.size - begins.size);
        if (attribute->type == ATTR_flag && !slice_is(value, "yes"))
            continue;
        if (attribute->level == LEVEL_group || places_meet(lexemes->of[i].places, fit))
            row_count(counting, attribute, value, group);
    }
}

struct facets facets_count(const struct plugin *plugin, const struct slice *vectors, size_t count, struct slice below,
                           struct arena *arena)
{
    struct counting counting = {.arena = arena};
    struct lexemes *groups = arena_take(arena, (count + 1) * sizeof *groups);
    struct places *fit = arena_take(arena, (count + 1) * sizeof *fit);
    const struct tsquery *fits = tsquery_read(below, arena);
    for (size_t i = 0; i < count; i++) {
        groups[i] = lexemes_read(vectors[i], arena);
        fit[i] = lexemes_fit(&groups[i], fits);
    }
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++) {
        struct slice begins = slice_text(arena_print(arena, "%s=", attribute->name));
        counting.first = counting.facets.count;
        for (size_t i = 0; is_facet(attribute) && i < count; i++)
            group_count(&counting, attribute, begins, &groups[i], fit[i], i);
    }
    return counting.facets;
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
static size_t values_of(const struct attribute *attribute, const struct facets *facets, struct facet_value *into)
{
    size_t count = 0;
    for (size_t i = 0; i < facets->count; i++) {
        const struct facet_row *row = &facets->rows[i];
        struct facet_value value = {.attribute = attribute, .value = row->value, .groups = row->groups};
        if (row->attribute != attribute)
            continue;
        if (attribute->type == ATTR_number) {
            int64_t number = query_number_read(row->value);
            value.ten = (number - (number % 10 + 10) % 10);
        }
        value_add(into, &count, value);
    }
    qsort(into, count, sizeof *into, value_order);
    return count;
}

static int row_order(const void *left, const void *right)
{
    const struct facet_row *a = left, *b = right;
    if (a->groups != b->groups)
        return (a->groups < b->groups) - (a->groups > b->groups);
    return strcmp(a->value.at, b->value.at);
}

const struct attribute *facets_tags(const struct plugin *plugin, struct facets *facets, struct facet_row **tags,
                                    size_t *count)
{
    const struct attribute *attribute = plugin->attributes;
    while (attribute->name != NULL && attribute->type != ATTR_tags)
        attribute++;
    size_t first = 0, end, most;
    while (first < facets->count && facets->rows[first].attribute != attribute)
        first++;
    for (end = first; end < facets->count && facets->rows[end].attribute == attribute; end++)
        ;
    if (first == end)
        return NULL;
    *tags = &facets->rows[first];
    qsort(*tags, end - first, sizeof **tags, row_order);
    most = end - first < VALUES_MAX ? end - first : VALUES_MAX;
    memmove(*tags + most, &facets->rows[end], (facets->count - end) * sizeof **tags);
    facets->count -= end - first - most;
    *count = most;
    return attribute;
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

void facets_write(struct tree_writer *tree, const struct plugin *plugin, const struct facets *facets, uint64_t sampled,
                  uint64_t total)
{
    struct facet_value *values = mem_take((facets->count + 1) * sizeof *values);
    tree_array(tree, NULL);
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++) {
        size_t found = is_facet(attribute) ? values_of(attribute, facets, values) : 0;
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
