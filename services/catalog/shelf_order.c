/* See shelf_order.h. */
#include "services/catalog/shelf_order.h"

#include <stdlib.h>

static int slice_order(struct slice a, struct slice b)
{
    int order = memcmp(a.at, b.at, a.size < b.size ? a.size : b.size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int edition_order(const void *left, const void *right)
{
    const struct shelf_edition *a = left, *b = right;
    if (a->rank != b->rank)
        return a->rank > b->rank ? -1 : 1;
    int order = slice_order(a->title, b->title);
    return order != 0 ? order : (a->entity > b->entity) - (a->entity < b->entity);
}

static int choice_place(const struct attribute *attribute, struct slice value)
{
    int place = 0;
    while (attribute->choices[place] != NULL && !slice_is(value, attribute->choices[place]))
        place++;
    return place;
}

/* By choices as the plugin lists them; of numbers the greatest first: it is the newest. */
static int value_order(const struct attribute *attribute, struct slice a, struct slice b)
{
    if (attribute->type == ATTR_choice)
        return choice_place(attribute, a) - choice_place(attribute, b);
    if (attribute->type != ATTR_number)
        return 0;
    long one = a.size > 0 ? strtol(a.at, NULL, 10) : 0, other = b.size > 0 ? strtol(b.at, NULL, 10) : 0;
    return (one < other) - (one > other);
}

static int unit_order(const void *left, const void *right, void *arg)
{
    const struct shelf_unit *a = left, *b = right;
    const struct plugin *plugin = ((const struct shelf_group *)arg)->plugin;
    for (const char *const *name = plugin->levels[LEVEL_unit].same; name != NULL && *name != NULL; name++) {
        int place = plugin_attribute(plugin, *name);
        int order = value_order(&plugin->attributes[place], a->values.of[place], b->values.of[place]);
        if (order != 0)
            return order;
    }
    return (a->torrent > b->torrent) - (a->torrent < b->torrent);
}

void shelf_order(struct shelf_group *group)
{
    for (size_t i = 0; i < group->editions_count; i++)
        qsort_r(group->editions[i].units, group->editions[i].units_count, sizeof(struct shelf_unit), unit_order, group);
    if (group->editions_count > 0)
        qsort(group->editions, group->editions_count, sizeof *group->editions, edition_order);
}

static long group_year(const struct shelf_group *group)
{
    struct slice year = plugin_value(group->plugin, &group->values, group->plugin->year);
    return year.size > 0 ? strtol(year.at, NULL, 10) : 0;
}

static int group_order(const void *left, const void *right)
{
    const struct shelf_group *a = *(const struct shelf_group *const *)left;
    const struct shelf_group *b = *(const struct shelf_group *const *)right;
    long older = group_year(a), newer = group_year(b);
    if (older != newer)
        return older > newer ? -1 : 1;
    return (a->entity < b->entity) - (a->entity > b->entity);
}

void shelf_order_groups(const struct shelf_group **groups, size_t count)
{
    qsort(groups, count, sizeof *groups, group_order);
}
