/* See facets.h. Numbers are told by tens. */
#include "services/catalog/facets.h"

#include "services/catalog/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define VALUES_MAX 12

struct facet_value {
    const struct attribute *attribute;
    struct slice value; /* as it is in `search` */
    int64_t ten;        /* of numbers */
    uint64_t groups;
};

static bool is_facet(const struct attribute *attribute)
{
    return query_knows(attribute) && (attribute->faceted || attribute->type == ATTR_tags);
}

size_t facets_fields(const struct plugin *plugin, struct slice *into)
{
    size_t count = 0;
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++)
        if (is_facet(attribute))
            into[count++] = slice_text(attribute->name);
    return count;
}

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
        if (!slice_is(rows[i].field, attribute->name) ||
            (attribute->type == ATTR_flag && !slice_is(rows[i].value, "yes")))
            continue;
        if (attribute->type == ATTR_number) {
            int64_t number = strtoll(rows[i].value.at, NULL, 10) - NUMBER_MOST - 1;
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
        snprintf(text, sizeof text, "%.*s", SLICE_ARGS(value->value));
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
