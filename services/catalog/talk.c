/* See talk.h. Several statements that run side by side. */
#include "services/catalog/talk.h"

#include "services/catalog/shelf.h"
#include "services/catalog/tags.h"
#include "services/catalog/tree.h"

struct talking {
    struct bus_request *request;
    const struct catalog_talk_get *ask;
    unsigned waiting; /* statements not answered yet */
    struct fault why;
    const struct plugin *plugin; /* NULL: there is no such entity */
    enum level_kind kind;
    struct slice name;
    struct tree_writer tags;
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
        .href = shelf_href(talking->plugin, talking->kind, talking->ask->entity, arena),
        .tagged = talking->kind == LEVEL_group && tags_attribute(talking->plugin) != NULL,
        .tags = tree_done(&talking->tags),
    };
    bus_reply(talking->request, &reply);
}

static void talking_step(struct talking *talking, const struct fault *why)
{
    struct tree_writer tags;
    if (why != NULL && talking->why.status == STATUS_ok)
        talking->why = *why;
    if (--talking->waiting > 0)
        return;
    tags = talking->tags;
    talking_end(talking);
    tree_free(&tags);
}

static const struct statement talk_entity = {
    "talk_entity",
    "SELECT plugin, kind, name FROM catalog.entity WHERE id = $1 AND kind <= 1 AND deleted_at IS NULL",
};

static void on_entity(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct talking *talking = arg;
    if (why == NULL && db_count(rows) > 0) {
        talking->plugin = plugin_find(db_get_text(rows, 0, 0));
        talking->kind = (enum level_kind)db_get_int(rows, 0, 1);
        talking->name = arena_copy(bus_arena(talking->request), db_get_text(rows, 0, 2));
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
    " WHERE e.entity = $1 ORDER BY e.score DESC, t.name",
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

static void on_get(struct bus_request *request, const void *body, void *arg)
{
    struct talking *talking = arena_take(bus_arena(request), sizeof *talking);
    struct db *db = service_db();
    (void)arg;
    *talking = (struct talking){.request = request, .ask = body, .waiting = 2};
    tree_start(&talking->tags);
    tree_array(&talking->tags, NULL);
    int64_t entity = (int64_t)talking->ask->entity, actor = (int64_t)bus_actor(request);
    db_ask(db, &talk_entity, db_int(db_args(), entity), on_entity, talking);
    db_ask(db, &talk_tags, db_int(db_int(db_args(), entity), actor), on_tags, talking);
}

void talk_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_talk_get_message, on_get, NULL);
}

const struct statement *const talk_statements[] = {&talk_entity, &talk_tags};
const size_t talk_statements_count = sizeof talk_statements / sizeof *talk_statements;
