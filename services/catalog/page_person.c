/* A person's page: a section for each kind of part in groups, as the plugin lists them. */
#include "services/catalog/page.h"
#include "services/catalog/shelf_order.h"

#include <ctype.h>

static bool section_fits(const struct section *section, const char *role, struct slice type)
{
    return strcmp(section->role, role) == 0 && (section->type == NULL || slice_is(type, section->type));
}

/* The person's credit by which a group stands in a section; NULL: it does not. Of sections of one role the first that
 * fits has it. */
static const struct credit *section_credit(const struct page_person *person, const struct shelf_group *group, size_t at)
{
    const struct section *sections = group->plugin->sections;
    const char *role = sections[at].role;
    size_t i = 0;
    while (i < group->credits_count &&
           (group->credits[i].entity != person->entity || strcmp(group->credits[i].role->name, role) != 0))
        i++;
    if (i == group->credits_count)
        return NULL;
    struct slice type = plugin_value(group->plugin, &group->values, group->plugin->type);
    if (!section_fits(&sections[at], role, type))
        return NULL;
    for (size_t before = 0; before < at; before++)
        if (section_fits(&sections[before], role, type))
            return NULL;
    return &group->credits[i];
}

/* A group in a section of a person's page, and what is told of the person's part in it. */
struct place {
    const struct shelf_group *group;
    struct slice note;
};

static void section_write(struct tree_writer *tree, const char *title, const struct place *places, size_t count,
                          uint64_t actor)
{
    char anchor[64];
    size_t size = 0;
    for (const char *at = title; *at != '\0' && size < sizeof anchor - 1; at++)
        anchor[size++] = isalnum((unsigned char)*at) ? (char)tolower((unsigned char)*at) : '-';
    tree_map(tree, NULL);
    tree_text(tree, "title", slice_text(title));
    tree_text(tree, "anchor", slice_of(anchor, size));
    tree_array(tree, "groups");
    for (size_t i = 0; i < count; i++)
        page_group(tree, places[i].group, actor, places[i].note);
    tree_end(tree);
    tree_end(tree);
}

static void sections_write(struct tree_writer *tree, const struct page_person *person, const struct shelf *shelf,
                           uint64_t actor)
{
    const struct section *sections = person->plugin->sections;
    const struct shelf_group **groups = arena_take(shelf->arena, (shelf->count + 1) * sizeof *groups);
    struct place *places = arena_take(shelf->arena, (shelf->count + 1) * sizeof *places);
    for (size_t i = 0; i < shelf->count; i++)
        groups[i] = &shelf->groups[i];
    shelf_order_groups(groups, shelf->count);
    for (size_t i = 0; i < shelf->count; i++)
        places[i] = (struct place){.group = groups[i]};
    tree_array(tree, "sections");
    if (sections == NULL && shelf->count > 0)
        section_write(tree, person->plugin->levels[LEVEL_group].plural, places, shelf->count, actor);
    for (size_t s = 0; sections != NULL && sections[s].title != NULL; s++) {
        size_t inside = 0;
        for (size_t i = 0; i < shelf->count; i++) {
            const struct credit *credit = section_credit(person, groups[i], s);
            if (credit != NULL)
                places[inside++] = (struct place){groups[i], credit->note};
        }
        if (inside > 0)
            section_write(tree, sections[s].title, places, inside, actor);
    }
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
