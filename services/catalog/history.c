/* See history.h. What is sealed is in nobody's list but its owner's. */
#include "services/catalog/history.h"

#include "services/catalog/fields.h"
#include "services/catalog/shelf.h"

#include <inttypes.h>

#define CHANGES                                                                                                        \
    "SELECT c.id, c.plugin, c.what, c.actor, c.at, c.why, c.before::text, c.after::text, coalesce(c.entity, 0),"       \
    " coalesce(e.kind, 1), coalesce(g.id, 0), coalesce(g.name, r.title, k.title), coalesce(g.kind, 1),"                \
    " coalesce(r.id, 0), coalesce(k.id, 0), coalesce(c.before->>'" FIELD_UNDER "', '0')::bigint,"                      \
    " e.deleted_at IS NULL AND e.leads_to IS NULL, m.change IS NOT NULL"                                               \
    " FROM catalog.change c LEFT JOIN catalog.entity e ON e.id = c.entity LEFT JOIN catalog.entity g ON g.id = c.grp"  \
    " LEFT JOIN catalog.request r ON r.id = c.request LEFT JOIN catalog.collage k ON k.id = c.collage"                 \
    " LEFT JOIN catalog.merged m ON m.change = c.id"                                                                   \
    " WHERE c.id < $1 AND (NOT c.plugin = ANY($2::text[]) OR g.added_by = $3)"
#define NEWEST " ORDER BY c.id DESC LIMIT $4"

static const struct statement history_all = {"history_all", CHANGES NEWEST};
static const struct statement history_group = {"history_group", CHANGES " AND c.grp = catalog.led($5)" NEWEST};
static const struct statement history_collage = {"history_collage", CHANGES " AND c.collage = $5" NEWEST};

static void change_write(struct tree_writer *tree, const struct plugin *plugin, const struct db_rows *rows, size_t row,
                         struct arena *arena)
{
    enum level_kind kind = (enum level_kind)db_get_int(rows, row, 9);
    uint64_t request = (uint64_t)db_get_int(rows, row, 13), collage = (uint64_t)db_get_int(rows, row, 14);
    enum level_kind page = (enum level_kind)db_get_int(rows, row, 12);
    tree_map(tree, NULL);
    tree_count(tree, "change", (uint64_t)db_get_int(rows, row, 0));
    tree_text(tree, "what", db_get_text(rows, row, 2));
    tree_count(tree, "actor", (uint64_t)db_get_int(rows, row, 3));
    tree_number(tree, "changed_at", db_get_time(rows, row, 4));
    tree_text_if(tree, "why", db_get_text(rows, row, 5));
    if (plugin == NULL || request != 0 || collage != 0) { /* a collage is of none */
        const char *thing = request != 0 ? "request" : "collage";
        tree_text(tree, "thing", slice_text(thing));
        tree_text(tree, "href",
                  slice_text(arena_print(arena, "/%s/%" PRIu64, thing, request != 0 ? request : collage)));
    } else {
        tree_count(tree, "entity", (uint64_t)db_get_int(rows, row, 8));
        tree_flag(tree, "person", kind == LEVEL_person);
        tree_text(tree, "level", slice_text(plugin->levels[kind].name));
        tree_text(tree, "level_title", slice_text(plugin->levels[kind].title));
        tree_text(tree, "href", shelf_href(plugin, page, (uint64_t)db_get_int(rows, row, 10), arena));
    }
    tree_text(tree, "name", db_get_text(rows, row, 11));
    if (!db_is_null(rows, row, 6)) {
        fields_differences(tree, "differences", plugin, db_get_text(rows, row, 6), db_get_text(rows, row, 7));
        tree_flag(tree, "there", db_get_flag(rows, row, 16));
        tree_flag(tree, "merged", db_get_flag(rows, row, 17));
    }
    if (db_get_int(rows, row, 15) != 0)
        tree_count(tree, "under", (uint64_t)db_get_int(rows, row, 15));
    tree_end(tree);
}

static void on_changes(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    if (why != NULL) {
        bus_fail(request, why);
        return;
    }
    struct tree_writer tree;
    tree_start(&tree);
    tree_array(&tree, NULL);
    for (size_t i = 0; i < db_count(rows); i++) {
        const struct plugin *plugin = plugin_find(db_get_text(rows, i, 1));
        if (plugin != NULL || db_get_int(rows, i, 14) != 0)
            change_write(&tree, plugin, rows, i, bus_arena(request));
    }
    tree_end(&tree);
    struct catalog_change_list_reply reply = {.changes = tree_done(&tree)};
    bus_reply(request, &reply);
    tree_free(&tree);
}

static void on_list(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_change_list *ask = body;
    struct slice *sealed = arena_take(bus_arena(request), (plugins_count + 1) * sizeof *sealed);
    size_t count = 0;
    (void)arg;
    for (size_t i = 0; i < plugins_count; i++)
        if (plugins[i]->sealed)
            sealed[count++] = slice_text(plugins[i]->name);
    struct db_args *args = db_int(db_args(), ask->before != 0 ? (int64_t)ask->before : ID_MAX);
    db_int(db_int(db_texts(args, sealed, count), (int64_t)bus_actor(request)), (int64_t)ask->limit);
    if (ask->entity != 0 || ask->collage != 0)
        db_int(args, (int64_t)(ask->entity != 0 ? ask->entity : ask->collage));
    db_ask(service_db(),
           ask->entity != 0    ? &history_group
           : ask->collage != 0 ? &history_collage
                               : &history_all,
           args, on_changes, request);
}

void history_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_change_list_message, on_list, NULL);
}

const struct statement *const history_statements[] = {&history_all, &history_group, &history_collage};
const size_t history_statements_count = sizeof history_statements / sizeof *history_statements;
