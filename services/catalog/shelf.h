/* Groups with all that stands below them, as pages show them: read from the database in one piece each, then put in
 * order. */
#ifndef DJEMBE_CATALOG_SHELF_H
#define DJEMBE_CATALOG_SHELF_H

#include "services/catalog/line.h"
#include "services/common/db.h"

struct shelf_unit {
    uint64_t entity, torrent, uploader;
    uint64_t edition;     /* 0: the plugin has none */
    struct values values; /* of the unit, its edition and its group */
    struct slice title, release, href;
    uint64_t size, files_count;
    int64_t added_at;
    /* When the whole was asked for: */
    struct slice info_hash, info_hash_v2;
    struct slice files;   /* packed: an array of {path, size} maps, at first empty */
    struct slice warning; /* what its uploader was told of it */
};

/* What stands under one heading: an edition, or what has a value of the plugin's header in common. */
struct shelf_edition {
    uint64_t entity; /* 0: it is none */
    struct slice title;
    bool plain; /* the title is the last of the plugin's lines, which asks for least: it comes first */
    struct shelf_unit *units;
    size_t units_count;
};

struct shelf_group {
    uint64_t entity;
    uint64_t owner; /* who made it */
    const struct plugin *plugin;
    struct slice name, title, line, href;
    struct slice cover; /* the hash of its first image, and how large its thumb is; empty: it has none */
    unsigned cover_width, cover_height;
    struct values values;
    const struct credit *credits;
    size_t credits_count;
    const struct slice *tags;
    size_t tags_count;
    struct shelf_edition *editions;
    size_t editions_count;
    /* When it is to be drawn alone: what it is drawn from (drawn.h); and the drawing, when there was one: then it has
     * neither editions nor lines. */
    const struct drawn_from *from;
    struct slice drawn;
};

struct shelf {
    struct arena *arena;
    struct shelf_group *groups; /* in the order asked for; those that are not there are left out */
    size_t count;
};

enum shelf_detail {
    SHELF_lines, /* with titles and addresses, in order: for lists */
    SHELF_whole, /* and of one group long texts, what is secret, info-hashes and files: for its page */
    SHELF_drawn  /* for page_group() alone; what feeds call a torrent is told of one alone */
};

/* Everything lives in `arena`, which must outlast the callback. */
typedef void shelf_done_fn(void *arg, const struct shelf *shelf, const struct fault *why);
void shelf_load(struct db *db, struct arena *arena, const int64_t *groups, size_t count, enum shelf_detail detail,
                shelf_done_fn *done, void *arg);
/* To be drawn, with no other torrents than those that the queries `below` and `files` (of the names of their files)
 * find (as PostgreSQL writes them; empty: all). */
void shelf_load_fitting(struct db *db, struct arena *arena, const int64_t *groups, size_t count, struct slice below,
                        struct slice files, shelf_done_fn *done, void *arg);
/* Each group with that one of its torrents, to be drawn; a group may be there twice. */
void shelf_load_torrents(struct db *db, struct arena *arena, const int64_t *groups, const int64_t *torrents,
                         size_t count, shelf_done_fn *done, void *arg);
/* All groups in which a person has a part, to be drawn; of more than `most` those with the newest torrents. */
void shelf_load_person(struct db *db, struct arena *arena, uint64_t person, size_t most, shelf_done_fn *done,
                       void *arg);

/* Ids as PostgreSQL writes an array of them: "{1,2}". */
int64_t *shelf_ids(struct slice text, struct arena *arena, size_t *count);

/* The address of an entity's page. */
struct slice shelf_href(const struct plugin *plugin, enum level_kind kind, uint64_t entity, struct arena *arena);

/* A torrent on the shelf; NULL: it is not there. */
const struct shelf_unit *shelf_find(const struct shelf *shelf, uint64_t torrent, const struct shelf_group **group);

/* The group as if it had no other torrents than these: editions without any are left out. */
struct shelf_group shelf_only(const struct shelf_group *group, const int64_t *torrents, size_t count,
                              struct arena *arena);

/* What lines of a unit are made of. */
struct line_source shelf_source(const struct shelf_group *group, const struct values *values);

extern const struct statement *const shelf_statements[];
extern const size_t shelf_statements_count;

#endif
