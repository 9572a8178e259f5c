/* See talk.h. Several statements that run side by side. */
#include "services/catalog/talk.h"

#include "services/catalog/shelf.h"
#include "services/catalog/tags.h"
#include "services/catalog/tree.h"

#include <inttypes.h>

struct talking {
    struct bus_request *request;
    const struct catalog_talk_get *ask;
    unsigned waiting; /* statements not answered yet */
    struct fault why;
    const struct plugin *plugin; /* NULL: there is no such entity */
    enum level_kind kind;
    uint64_t entity; /* the group, when an edition or a unit was asked for */
    struct slice name;
    uint64_t comments_count;
    bool bookmarked, subscribed;
    struct tree_writer tags, images, comments, collages;
};

static void talking_end(struct talking *talking)
{
    struct fault why = talking->why;
    if (why.status == STATUS_ok && talking->plugin == NULL)
        fault_set(&why, STATUS_not_found, "entity", "There is no such page (any more).");
    if (why.status != STATUS_ok) {
        bus_fail(talking->request, &why);
        return;
    }
    struct arena *arena = bus_arena(talking->request);
    struct catalog_talk_get_reply reply = {
        .name = talking->name,
        .entity = talking->entity,
        .href = shelf_href(talking->plugin, talking->kind, talking->entity, arena),
        .tagged = talking->kind == LEVEL_group && tags_attribute(talking->plugin) != NULL,
        .tags = tree_done(&talking->tags),
        .bookmarked = talking->bookmarked,
        .subscribed = talking->subscribed,
        .pictured = slice_text(talking->plugin->levels[talking->kind].image),
        .images = tree_done(&talking->images),
        .collages = tree_done(&talking->collages),
        .discussed = plugin_talks(talking->plugin),
        .comments_count = talking->comments_count,
        .comments = tree_done(&talking->comments),
    };
    bus_reply(talking->request, &reply);
}

static void talking_step(struct talking *talking, const struct fault *why)
{
    if (why != NULL && talking->why.status == STATUS_ok)
        talking->why = *why;
    if (--talking->waiting > 0)
        return;
    struct tree_writer tags = talking->tags, images = talking->images, comments = talking->comments,
                       collages = talking->collages;
    talking_end(talking); /* the request's memory goes with it */
    tree_free(&tags);
    tree_free(&images);
    tree_free(&comments);
    tree_free(&collages);
}

#define PAGE_OF "(SELECT coalesce(grp, id) FROM catalog.entity WHERE id = catalog.led($1))"

static const struct statement talk_entity = {
    "talk_entity",
    "SELECT plugin, kind, id, name,"
    " (SELECT count(*) FROM catalog.comment c WHERE c.entity = e.id AND c.deleted_at IS NULL),"
    " EXISTS (SELECT FROM catalog.bookmark b WHERE b.member = $2 AND b.entity = e.id),"
    " EXISTS (SELECT FROM catalog.subscription s WHERE s.member = $2 AND s.entity = e.id)"
    " FROM catalog.entity e WHERE id = " PAGE_OF " AND deleted_at IS NULL",
};

static void on_entity(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct talking *talking = arg;
    if (why == NULL && db_count(rows) > 0) {
        talking->plugin = plugin_find(db_get_text(rows, 0, 0));
        talking->kind = (enum level_kind)db_get_int(rows, 0, 1);
        talking->entity = (uint64_t)db_get_int(rows, 0, 2);
        talking->name = arena_copy(bus_arena(talking->request), db_get_text(rows, 0, 3));
        talking->comments_count = (uint64_t)db_get_int(rows, 0, 4);
        talking->bookmarked = db_get_flag(rows, 0, 5);
        talking->subscribed = db_get_flag(rows, 0, 6);
    }
    talking_step(talking, why);
}

/* ---- tags ---- */

static const struct statement talk_tags = {
    "talk_tags",
    "SELECT e.tag, t.name, e.score, coalesce(v.vote, 0), e.added_by = $2 AND NOT EXISTS (SELECT FROM catalog.tag_vote o"
    "  WHERE o.entity = e.entity AND o.tag = e.tag AND o.member <> $2)"
    " FROM catalog.entity_tag e JOIN catalog.tag t ON t.id = e.tag"
    " LEFT JOIN catalog.tag_vote v ON v.entity = e.entity AND v.tag = e.tag AND v.member = $2"
    " WHERE e.entity = " PAGE_OF " ORDER BY e.score DESC, t.name",
};

static void on_tags(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct talking *talking = arg;
    struct tree_writer *tree = &talking->tags;
    for (size_t i = 0; rows != NULL && i < db_count(rows); i++) {
        tree_map(tree, NULL);
        tree_count(tree, "tag", (uint64_t)db_get_int(rows, i, 0));
        tree_text(tree, "name", db_get_text(rows, i, 1));
        tree_number(tree, "score", db_get_int(rows, i, 2));
        tree_number(tree, "vote", db_get_int(rows, i, 3));
        tree_flag(tree, "alone", db_get_flag(rows, i, 4));
        tree_end(tree);
    }
    tree_end(tree);
    talking_step(talking, why);
}

/* ---- images ---- */

static const struct statement talk_images = {
    "talk_images",
    "SELECT i.id, encode(i.hash, 'hex'), m.width, m.height, t.width, t.height, i.added_by, i.added_at, i.added_by = $2"
    " FROM catalog.image i JOIN catalog.picture m ON m.hash = i.hash AND m.size = 1"
    " JOIN catalog.picture t ON t.hash = i.hash AND t.size = 0"
    " WHERE i.entity = " PAGE_OF " AND i.removed_at IS NULL ORDER BY i.place, i.id",
};

static void on_images(void *arg, const struct db_rows *rows, const struct fault *why)
{
    static const char *const sides[] = {"width", "height", "thumb_width", "thumb_height"};
    struct talking *talking = arg;
    struct tree_writer *tree = &talking->images;
    for (size_t i = 0; rows != NULL && i < db_count(rows); i++) {
        tree_map(tree, NULL);
        tree_count(tree, "image", (uint64_t)db_get_int(rows, i, 0));
        tree_text(tree, "hash", db_get_text(rows, i, 1));
        for (int side = 0; side < 4; side++)
            tree_count(tree, sides[side], (uint64_t)db_get_int(rows, i, 2 + side));
        tree_count(tree, "author", (uint64_t)db_get_int(rows, i, 6));
        tree_number(tree, "added_at", db_get_time(rows, i, 7));
        tree_flag(tree, "own", db_get_flag(rows, i, 8));
        tree_end(tree);
    }
    tree_end(tree);
    talking_step(talking, why);
}

/* ---- collages that have it ---- */

static const struct statement talk_collages = {
    "talk_collages",
    "SELECT id, category, title FROM (SELECT c.*, row_number() OVER (PARTITION BY c.category = 'personal'"
    "  ORDER BY c.changed_at DESC) AS place FROM catalog.collage_entry e JOIN catalog.collage c ON c.id = e.collage"
    "  WHERE e.entity = " PAGE_OF " AND c.deleted_at IS NULL) AS held"
    " WHERE place <= CASE category WHEN 'personal' THEN 3 ELSE 5 END ORDER BY category = 'personal', place",
};

static void on_collages(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct talking *talking = arg;
    struct tree_writer *tree = &talking->collages;
    for (size_t i = 0; rows != NULL && i < db_count(rows); i++) {
        uint64_t collage = (uint64_t)db_get_int(rows, i, 0);
        tree_map(tree, NULL);
        tree_count(tree, "collage", collage);
        tree_text(tree, "href", slice_text(arena_print(bus_arena(talking->request), "/collage/%" PRIu64, collage)));
        tree_text(tree, "category", db_get_text(rows, i, 1));
        tree_text(tree, "title", db_get_text(rows, i, 2));
        tree_end(tree);
    }
    tree_end(tree);
    talking_step(talking, why);
}

/* ---- comments ---- */

static const struct statement talk_comments = {
    "talk_comments",
    "SELECT id, author, at, text, edited_at, author = $2 FROM catalog.comment"
    " WHERE entity = " PAGE_OF " AND deleted_at IS NULL AND id < $3 ORDER BY id DESC LIMIT $4",
};

static void on_comments(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct talking *talking = arg;
    struct tree_writer *tree = &talking->comments;
    for (size_t i = 0; rows != NULL && i < db_count(rows); i++) {
        tree_map(tree, NULL);
        tree_count(tree, "comment", (uint64_t)db_get_int(rows, i, 0));
        tree_count(tree, "author", (uint64_t)db_get_int(rows, i, 1));
        tree_number(tree, "written_at", db_get_time(rows, i, 2));
        tree_text(tree, "text", db_get_text(rows, i, 3));
        if (!db_is_null(rows, i, 4))
            tree_number(tree, "edited_at", db_get_time(rows, i, 4));
        tree_flag(tree, "own", db_get_flag(rows, i, 5));
        tree_end(tree);
    }
    tree_end(tree);
    talking_step(talking, why);
}

static void on_get(struct bus_request *request, const void *body, void *arg)
{
    struct talking *talking = arena_take(bus_arena(request), sizeof *talking);
    struct db *db = service_db();
    (void)arg;
    *talking = (struct talking){.request = request, .ask = body, .waiting = 5};
    tree_start(&talking->tags);
    tree_array(&talking->tags, NULL);
    tree_start(&talking->images);
    tree_array(&talking->images, NULL);
    tree_start(&talking->comments);
    tree_array(&talking->comments, NULL);
    tree_start(&talking->collages);
    tree_array(&talking->collages, NULL);
    int64_t entity = (int64_t)talking->ask->entity, actor = (int64_t)bus_actor(request);
    db_ask(db, &talk_entity, db_int(db_int(db_args(), entity), actor), on_entity, talking);
    db_ask(db, &talk_tags, db_int(db_int(db_args(), entity), actor), on_tags, talking);
    db_ask(db, &talk_images, db_int(db_int(db_args(), entity), actor), on_images, talking);
    db_ask(db, &talk_collages, db_int(db_args(), entity), on_collages, talking);
    struct db_args *args = db_int(db_int(db_args(), entity), actor);
    db_int(args, talking->ask->before != 0 ? (int64_t)talking->ask->before : ID_MAX);
    db_ask(db, &talk_comments, db_int(args, (int64_t)talking->ask->limit), on_comments, talking);
}

void talk_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_talk_get_message, on_get, NULL);
}

const struct statement *const talk_statements[] = {&talk_entity, &talk_tags, &talk_images, &talk_collages,
                                                   &talk_comments};
const size_t talk_statements_count = sizeof talk_statements / sizeof *talk_statements;
