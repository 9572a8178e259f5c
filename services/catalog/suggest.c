/* See suggest.h. What has a name, how often it is used, and which words are a slip apart is kept by catalog.list in
 * PostgreSQL. Collages and open requests are offered where a search box asks, which names no field. */
#include "services/catalog/suggest.h"

#include "services/catalog/shelf.h"
#include "services/catalog/text.h"
#include "services/catalog/tree.h"

#include <inttypes.h>

#define LISTS_MOST 3 /* of collages, and of requests */

struct suggesting {
    struct bus_request *request;
    const struct plugin *plugin;
};

/* $6: a person's level. Another spelling of one, which says whose it is, leads there. */
static const struct statement suggest_names = {
    "suggest_names",
    "WITH asked AS (SELECT string_agg(catalog.lexeme(token) || ':*', ' & ')::tsquery AS words"
    "  FROM unnest(catalog.tokens($3)) AS token WHERE token <> '' AND $2 = '')"
    " (SELECT s.of, CASE WHEN s.of = $6 AND s.hint <> '' THEN catalog.led(s.entity)"
    "   ELSE coalesce(s.entity, g.entity) END, s.name, CASE WHEN g.entity IS NULL THEN s.hint"
    "   ELSE concat_ws(', ', g.name, nullif(g.hint, '')) END, s.uses"
    "  FROM catalog.suggest($1, $2, $3, $4) WITH ORDINALITY AS s (id, of, entity, name, hint, uses, place)"
    "  JOIN catalog.name n ON n.id = s.id"
    "  LEFT JOIN catalog.name g ON g.entity = n.groups_xor AND s.entity IS NULL AND s.uses = 1 ORDER BY s.place)"
    " UNION ALL (SELECT 'collage', id, title, '', 0 FROM catalog.collage WHERE deleted_at IS NULL"
    "  AND category <> 'personal' AND words @@ (SELECT words FROM asked) ORDER BY changed_at DESC LIMIT $5)"
    " UNION ALL (SELECT 'request', id, title, '', votes FROM catalog.request WHERE deleted_at IS NULL AND torrent IS "
    "NULL"
    "  AND plugin = $1 AND array_to_tsvector(array_remove(catalog.tokens(title), '')) @@ (SELECT words FROM asked)"
    "  ORDER BY votes DESC, id DESC LIMIT $5)",
};

static const struct list_kind {
    char name[8], label[12];
} list_kinds[] = {{"collage", "Collage"}, {"request", "Request"}};

/* A collage or a request. */
static void list_write(struct tree_writer *tree, const struct list_kind *kind, const struct db_rows *rows, size_t row,
                       struct arena *arena)
{
    const char *href = arena_print(arena, "/%s/%" PRId64, kind->name, db_get_int(rows, row, 1));
    tree_map(tree, NULL);
    tree_text(tree, "name", db_get_text(rows, row, 2));
    tree_text(tree, "field", slice_text(kind->name));
    tree_text(tree, "label", slice_text(kind->label));
    tree_count(tree, "uses", (uint64_t)db_get_int(rows, row, 4));
    tree_text(tree, "href", slice_text(href));
    tree_end(tree);
}

/* A group or a person has a page, and what one group alone has leads to that; all else is searched for. `field` is that
 * of a level or of an attribute. */
static void name_write(struct tree_writer *tree, const struct suggesting *suggesting, const struct db_rows *rows,
                       size_t row)
{
    const struct plugin *plugin = suggesting->plugin;
    struct slice field = db_get_text(rows, row, 0);
    enum level_kind kind = plugin_level(plugin, field);
    int place = kind == LEVEL_COUNT ? plugin_attribute(plugin, field.at) : -1;
    for (size_t i = 0; kind == LEVEL_COUNT && place < 0 && i < sizeof list_kinds / sizeof *list_kinds; i++)
        if (slice_is(field, list_kinds[i].name))
            list_write(tree, &list_kinds[i], rows, row, bus_arena(suggesting->request));
    if (kind == LEVEL_COUNT && place < 0)
        return;
    tree_map(tree, NULL);
    tree_text(tree, "name", db_get_text(rows, row, 2));
    tree_text(tree, "field", field);
    tree_text(tree, "label", slice_text(place < 0 ? plugin->levels[kind].title : plugin->attributes[place].label));
    tree_text_if(tree, "hint", db_get_text(rows, row, 3));
    tree_count(tree, "uses", (uint64_t)db_get_int(rows, row, 4));
    if (!db_is_null(rows, row, 1))
        tree_text(tree, "href",
                  shelf_href(plugin, place < 0 ? kind : LEVEL_group, (uint64_t)db_get_int(rows, row, 1),
                             bus_arena(suggesting->request)));
    tree_end(tree);
}

static void on_names(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct suggesting *suggesting = arg;
    if (why != NULL) {
        bus_fail(suggesting->request, why);
        return;
    }
    struct tree_writer tree;
    tree_start(&tree);
    tree_array(&tree, NULL);
    for (size_t i = 0; i < db_count(rows); i++)
        name_write(&tree, suggesting, rows, i);
    tree_end(&tree);
    struct catalog_suggest_reply reply = {.names = tree_done(&tree)};
    bus_reply(suggesting->request, &reply);
    tree_free(&tree);
}

static void on_suggest(struct bus_request *request, const void *body, void *arg)
{
    (void)arg;
    const struct catalog_suggest *ask = body;
    struct fault why = {0};
    struct suggesting *suggesting = arena_take(bus_arena(request), sizeof *suggesting);
    *suggesting = (struct suggesting){.request = request, .plugin = plugin_find(ask->plugin)};
    if (suggesting->plugin == NULL) {
        fault_set(&why, STATUS_invalid, "plugin", "There is no plugin of that name: choose one of the list.");
        bus_fail(request, &why);
        return;
    }
    struct db_args *args = db_text(db_text(db_args(), ask->plugin), ask->field);
    args = db_int(db_text(args, text_line(ask->text, bus_arena(request))), (int64_t)ask->limit);
    const char *person = suggesting->plugin->levels[LEVEL_person].name;
    args = db_text(db_int(args, LISTS_MOST), slice_text(person != NULL ? person : ""));
    db_ask(service_db(), &suggest_names, args, on_names, suggesting);
}

void suggest_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_suggest_message, on_suggest, NULL);
}

const struct statement *const suggest_statements[] = {&suggest_names};
const size_t suggest_statements_count = sizeof suggest_statements / sizeof *suggest_statements;
