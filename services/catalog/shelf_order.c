/* See shelf_order.h. */
#include "services/catalog/shelf_order.h"

#include <stdlib.h>

static int choice_place(const struct attribute *attribute, struct slice value)
{
    int place = 0;
    while (attribute->choices[place] != NULL && !slice_is(value, attribute->choices[place]))
        place++;
    return place;
}

static int value_order(const struct attribute *attribute, struct slice a, struct slice b)
{
    if (attribute->type == ATTR_choice)
        return choice_place(attribute, a) - choice_place(attribute, b);
    if (attribute->type != ATTR_number)
        return slice_order(a, b);
    long long one = strtoll(a.at, NULL, 10), other = strtoll(b.at, NULL, 10);
    return (one > other) - (one < other);
}

/* By what the plugin says of the level; 0: it makes no difference. */
static int level_order(const struct plugin *plugin, enum level_kind kind, const struct values *a,
                       const struct values *b)
{
    for (const char *const *name = plugin->levels[kind].order; name != NULL && *name != NULL; name++) {
        bool falls = **name == '-';
        int place = plugin_attribute(plugin, *name + falls);
        struct slice one = a->of[place], other = b->of[place];
        if (one.size == 0 || other.size == 0) {
            if (one.size != other.size)
                return one.size == 0 ? 1 : -1;
            continue;
        }
        int order = value_order(&plugin->attributes[place], one, other);
        if (order != 0)
            return falls ? -order : order;
    }
    return 0;
}

static int edition_order(const void *left, const void *right, void *arg)
{
    const struct shelf_edition *a = left, *b = right;
    if (a->plain != b->plain)
        return a->plain ? -1 : 1;
    int order = level_order(arg, LEVEL_edition, &a->units->values, &b->units->values);
    return order != 0 ? order : (a->entity > b->entity) - (a->entity < b->entity);
}

static int unit_order(const void *left, const void *right, void *arg)
{
    const struct shelf_unit *a = left, *b = right;
    int order = level_order(arg, LEVEL_unit, &a->values, &b->values);
    return order != 0 ? order : (a->torrent > b->torrent) - (a->torrent < b->torrent);
}

/* ---- headers in place of editions ---- */

static int header_order(const void *left, const void *right, void *arg)
{
    const struct shelf_unit *a = left, *b = right;
    const struct plugin *plugin = arg;
    int place = plugin_attribute(plugin, plugin->header);
    int order = value_order(&plugin->attributes[place], a->values.of[place], b->values.of[place]);
    return order != 0 ? order : unit_order(left, right, arg);
}

/* The units of a group lie one after the other, whatever edition they are of. */
static void header_split(struct shelf_group *group, struct arena *arena)
{
    struct shelf_unit *units = group->editions[0].units;
    size_t count = 0;
    for (size_t i = 0; i < group->editions_count; i++)
        count += group->editions[i].units_count;
    qsort_r(units, count, sizeof *units, header_order, (void *)group->plugin);
    struct shelf_edition *editions = arena_take(arena, count * sizeof *editions);
    group->editions = editions;
    group->editions_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct slice title = plugin_value(group->plugin, &units[i].values, group->plugin->header);
        if (i == 0 || !slice_equal(title, editions[group->editions_count - 1].title))
            editions[group->editions_count++] = (struct shelf_edition){.title = title, .units = &units[i]};
        editions[group->editions_count - 1].units_count++;
    }
}

void shelf_order(struct shelf_group *group, struct arena *arena)
{
    void *plugin = (void *)group->plugin;
    if (group->editions_count == 0)
        return;
    if (group->plugin->header != NULL) {
        header_split(group, arena);
        return;
    }
    for (size_t i = 0; i < group->editions_count; i++)
        qsort_r(group->editions[i].units, group->editions[i].units_count, sizeof(struct shelf_unit), unit_order,
                plugin);
    qsort_r(group->editions, group->editions_count, sizeof *group->editions, edition_order, plugin);
}

static long group_year(const struct shelf_group *group)
{
    struct slice year = plugin_value(group->plugin, &group->values, group->plugin->year);
    return year.size > 0 ? strtol(year.at, NULL, 10) : 0;
}

struct dated {
    const struct shelf_group *group;
    long year;
};

static int dated_order(const void *left, const void *right)
{
    const struct dated *a = left, *b = right;
    if (a->year != b->year)
        return a->year > b->year ? -1 : 1;
    return (a->group->entity < b->group->entity) - (a->group->entity > b->group->entity);
}

void shelf_order_groups(const struct shelf_group **groups, size_t count)
{
    struct dated *dated = mem_take((count + 1) * sizeof *dated);
    for (size_t i = 0; i < count; i++)
        dated[i] = (struct dated){groups[i], group_year(groups[i])};
    qsort(dated, count, sizeof *dated, dated_order);
    for (size_t i = 0; i < count; i++)
        groups[i] = dated[i].group;
    free(dated);
}
