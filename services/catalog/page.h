/* The trees of README.md: groups, the pages of entities, the plugins' descriptions. Pure. */
#ifndef DJEMBE_CATALOG_PAGE_H
#define DJEMBE_CATALOG_PAGE_H

#include "services/catalog/shelf.h"
#include "services/catalog/tree.h"

#define PAGE_FILES_MAX 1000

/* catalog.plugin.list */
void page_plugins(struct tree_writer *tree);

/* One group as lists show it to a member (0: to nobody in particular), in an array: what is sealed is told to its owner
 * only. `note`: what is told of a person's part in it; mostly empty. */
void page_group(struct tree_writer *tree, const struct shelf_group *group, uint64_t actor, struct slice note);

/* What every page begins with; `asked` is the entity that was asked for. */
void page_head(struct tree_writer *tree, const char *kind, const struct plugin *plugin, uint64_t entity, uint64_t asked,
               struct slice href);

/* What became of the last torrent of a group that has none: deleted, or moved to another group. */
struct page_left {
    int64_t gone_at;
    struct slice why, name, href; /* of that group: empty when there is none */
};

/* The page of a group. `left`: NULL when there is a torrent, or nothing is to be told. */
void page_of_group(struct tree_writer *tree, const struct shelf_group *group, uint64_t asked, uint64_t actor,
                   const struct page_left *left);

/* The plugin's slots and what takes them: part of a group's page. */
void page_slots(struct tree_writer *tree, const struct shelf_group *group);

/* Another spelling of a person's name, and who added it. */
struct page_alias {
    uint64_t entity, adder;
    struct slice name;
};

/* The page of a person who is credited in the groups of the shelf. */
struct page_person {
    const struct plugin *plugin;
    uint64_t entity;
    struct slice name, text;
    const struct page_alias *aliases;
    size_t aliases_count;
};
void page_of_person(struct tree_writer *tree, const struct page_person *person, uint64_t asked,
                    const struct shelf *shelf, uint64_t actor);

/* The files of a torrent as pages show them, packed: what the database keeps. In the arena. */
struct slice page_files(const struct metainfo *metainfo, struct arena *arena);

#endif
