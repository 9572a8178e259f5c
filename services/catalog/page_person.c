/* A person's page: a section for each kind of part in groups, as the plugin lists them. */
#include "services/catalog/page.h"
#include "services/catalog/shelf_order.h"

#include <ctype.h>

/* A group in a section of a person's page, and what is told of the person's part in it. */
struct place {
    const struct shelf_group *group;
    size_t section;
    struct slice note;
};

/* Of sections of one role the first that fits has it; NULL title: none does. */
static size_t section_of(const struct section *sections, const char *role, struct slice type)
{
    size_t at = 0;
    while (sections[at].title != NULL &&
           (strcmp(sections[at].role, role) != 0 || (sections[at].type != NULL && !slice_is(type, sections[at].type))))
        at++;
    return at;
}

static bool is_again(const struct credit *credits, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (credits[i].entity == credits[at].entity && credits[i].role == credits[at].role)
            return true;
    return false;
}

/* One for each role that the person has in the group. */
static size_t places_add(const struct shelf_group *group, uint64_t person, struct place *places)
{
    struct slice type = plugin_value(group->plugin, &group->values, group->plugin->type);
    size_t count = 0;
    for (size_t i = 0; i < group->credits_count; i++) {
        const struct credit *credit = &group->credits[i];
        if (credit->entity != person || is_again(group->credits, i))
            continue;
        size_t section = section_of(group->plugin->sections, credit->role->name, type);
        places[count++] = (struct place){group, section, credit->note};
    }
    return count;
}

/* Nothing, when no place is in it. */
static void section_write(struct tree_writer *tree, const char *title, size_t section, const struct place *places,
                          size_t count, uint64_t actor)
{
    char anchor[64];
    size_t size = 0, i = 0;
    while (i < count && places[i].section != section)
        i++;
    if (i == count)
        return;
    for (const char *at = title; *at != '\0' && size < sizeof anchor - 1; at++)
        anchor[size++] = isalnum((unsigned char)*at) ? (char)tolower((unsigned char)*at) : '-';
    tree_map(tree, NULL);
    tree_text(tree, "title", slice_text(title));
    tree_text(tree, "anchor", slice_of(anchor, size));
    tree_array(tree, "groups");
    for (; i < count; i++)
        if (places[i].section == section)
            page_group(tree, places[i].group, actor, places[i].note);
    tree_end(tree);
    tree_end(tree);
}

static void sections_write(struct tree_writer *tree, const struct page_person *person, const struct shelf *shelf,
                           uint64_t actor)
{
    const struct section *sections = person->plugin->sections;
    const struct shelf_group **groups = arena_take(shelf->arena, (shelf->count + 1) * sizeof *groups);
    size_t most = 0, count = 0;
    for (size_t i = 0; i < shelf->count; i++) {
        groups[i] = &shelf->groups[i];
        most += groups[i]->credits_count + 1;
    }
    shelf_order_groups(groups, shelf->count);
    struct place *places = arena_take(shelf->arena, (most + 1) * sizeof *places);
    for (size_t i = 0; i < shelf->count; i++)
        if (sections != NULL)
            count += places_add(groups[i], person->entity, &places[count]);
        else
            places[count++] = (struct place){.group = groups[i]};
    tree_array(tree, "sections");
    if (sections == NULL)
        section_write(tree, person->plugin->levels[LEVEL_group].plural, 0, places, count, actor);
    for (size_t s = 0; sections != NULL && sections[s].title != NULL; s++)
        section_write(tree, sections[s].title, s, places, count, actor);
    tree_end(tree);
}

/* `own`: the asker added it. */
static void aliases_write(struct tree_writer *tree, const struct page_person *person, uint64_t actor)
{
    tree_array(tree, "aliases");
    for (size_t i = 0; i < person->aliases_count; i++) {
        tree_map(tree, NULL);
        tree_count(tree, "alias", person->aliases[i].entity);
        tree_text(tree, "name", person->aliases[i].name);
        tree_flag(tree, "own", actor != 0 && person->aliases[i].adder == actor);
        tree_end(tree);
    }
    tree_end(tree);
}

void page_of_person(struct tree_writer *tree, const struct page_person *person, uint64_t asked,
                    const struct shelf *shelf, uint64_t actor)
{
    struct slice href = shelf_href(person->plugin, LEVEL_person, person->entity, shelf->arena);
    tree_map(tree, NULL);
    page_head(tree, "person", person->plugin, person->entity, asked, href);
    tree_text(tree, "name", person->name);
    tree_text_if(tree, "text", person->text);
    tree_flag(tree, "owned", person->plugin->owned);
    aliases_write(tree, person, actor);
    tree_count(tree, "groups_count", shelf->count);
    sections_write(tree, person, shelf, actor);
    tree_end(tree);
}
