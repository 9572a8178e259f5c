/* See subscriptions.h. Whom a subscription tells is its member's business alone: it is in no log. */
#include "services/catalog/subscriptions.h"

#include "services/catalog/plugin.h"
#include "services/catalog/shelf.h"
#include "services/catalog/tree.h"

#include <inttypes.h>

#define SUBSCRIPTIONS_MAX "2000"

/* ---- setting ---- */

#define PUT(from)                                                                                                      \
    "INSERT INTO catalog.subscription (member, entity) SELECT $1, " from                                               \
    " (SELECT count(*) FROM catalog.subscription WHERE member = $1) < " SUBSCRIPTIONS_MAX " ON CONFLICT DO NOTHING"

static const struct statement subscription_add = {"subscription_add", PUT("$2 WHERE")};

void subscription_put(struct db_tx *tx, uint64_t member, uint64_t entity)
{
    db_tx_ask(tx, &subscription_add, db_int(db_int(db_args(), (int64_t)member), (int64_t)entity), NULL, NULL);
}

static const struct statement subscription_set = {
    "subscription_set",
    "WITH there AS (SELECT id, plugin, kind FROM catalog.entity WHERE id = $2 AND kind <= 1 AND deleted_at IS NULL),"
    " off AS (DELETE FROM catalog.subscription WHERE NOT $3::boolean AND entity = $2 AND member = $1),"
    " put AS (" PUT(
        "id FROM there WHERE $3::boolean AND plugin = ANY($4::text[]) AND") " RETURNING id)"
                                                                            " SELECT plugin, kind, id, $3::boolean AND "
                                                                            "NOT EXISTS (SELECT FROM put)"
                                                                            "  AND NOT EXISTS (SELECT FROM "
                                                                            "catalog.subscription WHERE entity = $2 "
                                                                            "AND member = $1) FROM there",
};

static const struct statement subscription_collage = {
    "subscription_collage",
    "WITH there AS (SELECT id FROM catalog.collage WHERE id = $2 AND deleted_at IS NULL),"
    " off AS (DELETE FROM catalog.subscription WHERE NOT $3::boolean AND collage = $2 AND member = $1),"
    " put AS (INSERT INTO catalog.subscription (member, collage) SELECT $1, id FROM there WHERE $3::boolean AND"
    "  (SELECT count(*) FROM catalog.subscription WHERE member = $1) < " SUBSCRIPTIONS_MAX " ON CONFLICT DO NOTHING"
    "  RETURNING id)"
    " SELECT id, $3::boolean AND NOT EXISTS (SELECT FROM put)"
    "  AND NOT EXISTS (SELECT FROM catalog.subscription WHERE collage = $2 AND member = $1) FROM there",
};

static bool too_many(struct fault *why)
{
    return fault_set(why, STATUS_conflict, NULL,
                     "You have " SUBSCRIPTIONS_MAX " subscriptions, the most a member may have: take some away.");
}

static void on_collage_set(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct fault wrong = {0};
    if (why == NULL && db_count(rows) == 0)
        fault_set(&wrong, STATUS_not_found, "collage", "There is no such collage (any more).");
    else if (why == NULL && db_get_flag(rows, 0, 1))
        too_many(&wrong);
    if (why != NULL || wrong.status != STATUS_ok) {
        bus_fail(request, why != NULL ? why : &wrong);
        return;
    }
    const char *href = arena_print(bus_arena(request), "/collage/%" PRId64, db_get_int(rows, 0, 0));
    bus_reply(request, &(struct catalog_subscription_set_reply){.href = slice_text(href)});
}

static const struct plugin *set_check(const struct db_rows *rows, struct fault *why)
{
    const struct plugin *plugin = db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (plugin == NULL)
        fault_set(why, STATUS_not_found, "entity", "There is no such page (any more).");
    else if (db_get_flag(rows, 0, 3) && !plugin_talks(plugin))
        fault_set(why, STATUS_forbidden, "entity", "Of a %s only its owner is told.",
                  plugin->levels[db_get_int(rows, 0, 1)].title);
    else if (db_get_flag(rows, 0, 3))
        too_many(why);
    return plugin;
}

static void on_set(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct fault wrong = {0};
    const struct plugin *plugin = why == NULL ? set_check(rows, &wrong) : NULL;
    if (why != NULL || wrong.status != STATUS_ok) {
        bus_fail(request, why != NULL ? why : &wrong);
        return;
    }
    enum level_kind kind = (enum level_kind)db_get_int(rows, 0, 1);
    uint64_t entity = (uint64_t)db_get_int(rows, 0, 2);
    struct catalog_subscription_set_reply reply = {.href = shelf_href(plugin, kind, entity, bus_arena(request))};
    bus_reply(request, &reply);
}

static void on_subscription_set(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_subscription_set *ask = body;
    struct fault why = {0};
    (void)arg;
    if (bus_actor(request) == 0) {
        fault_set(&why, STATUS_forbidden, NULL, "A subscription is a member's: say which one's.");
        bus_fail(request, &why);
        return;
    }
    if (ask->collage != 0) {
        struct db_args *of = db_int(db_int(db_args(), (int64_t)bus_actor(request)), (int64_t)ask->collage);
        db_ask(service_db(), &subscription_collage, db_flag(of, ask->on), on_collage_set, request);
        return;
    }
    struct slice *talks = arena_take(bus_arena(request), (plugins_count + 1) * sizeof *talks);
    size_t count = 0;
    for (size_t i = 0; i < plugins_count; i++)
        if (plugin_talks(plugins[i]))
            talks[count++] = slice_text(plugins[i]->name);
    struct db_args *args = db_int(db_int(db_args(), (int64_t)bus_actor(request)), (int64_t)ask->entity);
    db_ask(service_db(), &subscription_set, db_texts(db_flag(args, ask->on), talks, count), on_set, request);
}

/* ---- listing ---- */

static const struct statement subscription_list = {
    "subscription_list",
    "SELECT s.id, s.at, coalesce(e.plugin, ''), coalesce(e.kind, 0), coalesce(e.id, 0), coalesce(e.name, c.title),"
    " coalesce(c.id, 0) FROM catalog.subscription s LEFT JOIN catalog.entity e ON e.id = s.entity AND e.deleted_at IS "
    "NULL"
    " LEFT JOIN catalog.collage c ON c.id = s.collage AND c.deleted_at IS NULL"
    " WHERE s.member = $1 AND s.id < $2 AND (e.id IS NOT NULL OR c.id IS NOT NULL) ORDER BY s.id DESC LIMIT $3",
};

static void subscription_write(struct tree_writer *tree, const struct db_rows *rows, size_t row, struct arena *arena)
{
    const struct plugin *plugin = plugin_find(db_get_text(rows, row, 2));
    enum level_kind kind = (enum level_kind)db_get_int(rows, row, 3);
    uint64_t entity = (uint64_t)db_get_int(rows, row, 4), collage = (uint64_t)db_get_int(rows, row, 6);
    if (plugin == NULL && collage == 0)
        return;
    tree_map(tree, NULL);
    tree_count(tree, "subscription", (uint64_t)db_get_int(rows, row, 0));
    tree_number(tree, "since_at", db_get_time(rows, row, 1));
    tree_text(tree, "name", db_get_text(rows, row, 5));
    if (collage != 0) {
        tree_count(tree, "collage", collage);
        tree_text(tree, "href", slice_text(arena_print(arena, "/collage/%" PRIu64, collage)));
        tree_text(tree, "level_title", slice_text("Collage"));
    } else {
        tree_count(tree, "entity", entity);
        tree_text(tree, "href", shelf_href(plugin, kind, entity, arena));
        tree_text(tree, "level_title", slice_text(plugin->levels[kind].title));
        tree_text(tree, "plugin_title", slice_text(plugin->title));
    }
    tree_end(tree);
}

static void on_listed(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct tree_writer tree;
    if (why != NULL) {
        bus_fail(request, why);
        return;
    }
    tree_start(&tree);
    tree_array(&tree, NULL);
    for (size_t i = 0; i < db_count(rows); i++)
        subscription_write(&tree, rows, i, bus_arena(request));
    tree_end(&tree);
    struct catalog_subscription_list_reply reply = {.subscriptions = tree_done(&tree)};
    bus_reply(request, &reply);
    tree_free(&tree);
}

static void on_subscription_list(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_subscription_list *ask = body;
    struct db_args *args = db_int(db_args(), (int64_t)bus_actor(request));
    (void)arg;
    db_int(db_int(args, ask->before != 0 ? (int64_t)ask->before : ID_MAX), (int64_t)ask->limit);
    db_ask(service_db(), &subscription_list, args, on_listed, request);
}

void subscriptions_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_subscription_set_message, on_subscription_set, NULL);
    bus_serve(service_bus(), NULL, &catalog_subscription_list_message, on_subscription_list, NULL);
}

const struct statement *const subscriptions_statements[] = {&subscription_add, &subscription_set, &subscription_collage,
                                                            &subscription_list};
const size_t subscriptions_statements_count = sizeof subscriptions_statements / sizeof *subscriptions_statements;
