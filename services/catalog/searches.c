/* See searches.h. A search is its member's business alone: it is in no log. What an upload must have for a search to
 * find it is worked out when the search is saved (migrations/0019_searches.sql), so that an upload meets few of them.
 */
#include "services/catalog/searches.h"

#include "services/catalog/change.h"
#include "services/catalog/find.h"
#include "services/catalog/plugin.h"
#include "services/catalog/text.h"
#include "services/catalog/tree.h"

#define LETTERS_MAX 60
#define SEARCHES_MAX 50 /* of one member */

struct saving {
    struct changing changing;
    const struct catalog_search_add *ask;
    struct slice name;
    struct query query;
};

static bool name_check(struct bus_request *request, struct slice typed, struct slice *name, struct fault *why)
{
    *name = text_line(typed, bus_arena(request));
    if (bus_actor(request) == 0)
        return fault_set(why, STATUS_forbidden, NULL, "A search is a member's: say which one's.");
    return (name->size > 0 && text_letters(*name) <= LETTERS_MAX) ||
           fault_set(why, STATUS_invalid, "name", "Name: between 1 and %d letters.", LETTERS_MAX);
}

static bool twice(struct fault *why)
{
    return fault_set(why, STATUS_conflict, "name", "Another search of yours is called so: find another name.");
}

/* ---- saving ---- */

static const struct statement search_add = {
    "search_add",
    "WITH had AS (SELECT count(*) AS count, coalesce(bool_or(catalog.fold(name) = catalog.fold($3)), false) AS again"
    "  FROM catalog.search WHERE member = $1),"
    " asked AS (SELECT q.whole, q.below, f.above AS files, t.above AS texts"
    "  FROM catalog.query($9::bigint[], $10::bigint[], $11::text[], $12::text[]) AS q,"
    "  catalog.query($15::bigint[], $16::bigint[], $17::text[], $18::text[]) AS f,"
    "  catalog.query($19::bigint[], $20::bigint[], $21::text[], $22::text[]) AS t),"
    " made AS (INSERT INTO catalog.search (member, plugin, name, query, sort, rising, flat, tell, opens, whole, below,"
    "   files, texts, anchors)"
    "  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $14, (SELECT whole FROM asked), (SELECT below FROM asked),"
    "   (SELECT files FROM asked), (SELECT texts FROM asked),"
    "   catalog.anchors($2, $9::bigint[], $10::bigint[], $11::text[], $12::text[]) FROM had"
    "   WHERE NOT again AND count < $13 RETURNING id),"
    " yield AS (UPDATE catalog.search SET opens = false FROM made WHERE member = $1 AND plugin = $2 AND opens AND $14)"
    " SELECT coalesce((SELECT id FROM made), 0), again FROM had",
};

static void on_added(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct saving *saving = arg;
    struct fault wrong = {0};
    if (why == NULL && db_get_flag(rows, 0, 1))
        twice(&wrong);
    else if (why == NULL && db_get_int(rows, 0, 0) == 0)
        fault_set(&wrong, STATUS_conflict, NULL, "You keep %d searches, the most a member may: forget one first.",
                  SEARCHES_MAX);
    if (!changing_goes_on(&saving->changing, why, &wrong))
        return;
    changing_done(&saving->changing, &(struct catalog_search_add_reply){.search = (uint64_t)db_get_int(rows, 0, 0)});
}

static void on_turn(void *owner)
{
    struct saving *saving = owner;
    struct bus_request *request = saving->changing.request;
    struct db_args *args = db_text(db_int(db_args(), (int64_t)bus_actor(request)), saving->ask->plugin);
    args = db_text(db_text(db_text(args, saving->name), saving->ask->query), saving->ask->sort);
    args = db_flag(db_flag(db_flag(args, saving->ask->rising), saving->ask->flat), saving->ask->tell);
    args = find_query_args(args, &saving->query, 0, bus_arena(request));
    args = db_flag(db_int(args, SEARCHES_MAX), saving->ask->opens);
    args = find_query_args(args, &saving->query, QUERY_files, bus_arena(request));
    args = find_query_args(args, &saving->query, QUERY_texts, bus_arena(request));
    db_tx_ask(saving->changing.tx, &search_add, args, on_added, saving);
}

static void on_add(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_search_add *ask = body;
    struct saving *saving = arena_take(bus_arena(request), sizeof *saving);
    const struct plugin *plugin = plugin_find(ask->plugin);
    struct fault why = {0};
    (void)arg;
    saving->ask = ask;
    saving->changing = (struct changing){.request = request, .key = ask->key, .run = on_turn, .owner = saving};
    if (plugin == NULL)
        fault_set(&why, STATUS_invalid, "plugin", "There is no plugin of that name: choose one of the list.");
    else if (!plugin_talks(plugin))
        fault_set(&why, STATUS_forbidden, "plugin", "Of a %s only its owner is told.",
                  plugin->levels[LEVEL_group].title);
    else if (name_check(request, ask->name, &saving->name, &why))
        query_read(text_line(ask->query, bus_arena(request)), plugin, bus_arena(request), &saving->query, &why);
    changing_try(&saving->changing, &why);
}

/* ---- what becomes of it ---- */

static bool missing(struct fault *why)
{
    return fault_set(why, STATUS_not_found, "search", "You have no such search (any more).");
}

static const struct statement search_edit = {
    "search_edit",
    "WITH others AS (SELECT EXISTS (SELECT FROM catalog.search WHERE member = $2 AND id <> $1"
    "  AND catalog.fold(name) = catalog.fold($3)) AS again),"
    " done AS (UPDATE catalog.search SET name = $3, tell = $4, opens = $5 FROM others"
    "  WHERE id = $1 AND member = $2 AND NOT again RETURNING plugin),"
    " yield AS (UPDATE catalog.search s SET opens = false FROM done"
    "  WHERE s.member = $2 AND s.plugin = done.plugin AND s.opens AND s.id <> $1 AND $5)"
    " SELECT s.id, again FROM catalog.search s, others WHERE s.id = $1 AND s.member = $2",
};

static void on_edited(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct fault wrong = {0};
    if (why == NULL && db_count(rows) == 0)
        missing(&wrong);
    else if (why == NULL && db_get_flag(rows, 0, 1))
        twice(&wrong);
    if (why != NULL || wrong.status != STATUS_ok)
        bus_fail(request, why != NULL ? why : &wrong);
    else
        bus_reply(request, &(struct catalog_search_edit_reply){.search = (uint64_t)db_get_int(rows, 0, 0)});
}

static void on_edit(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_search_edit *ask = body;
    struct slice name;
    struct fault why = {0};
    (void)arg;
    if (!name_check(request, ask->name, &name, &why)) {
        bus_fail(request, &why);
        return;
    }
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->search), (int64_t)bus_actor(request));
    args = db_flag(db_flag(db_text(args, name), ask->tell), ask->opens);
    db_ask(service_db(), &search_edit, args, on_edited, request);
}

static const struct statement search_delete = {
    "search_delete",
    "DELETE FROM catalog.search WHERE id = $1 AND member = $2 RETURNING id",
};

static void on_deleted(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct fault wrong = {0};
    if (why == NULL && db_count(rows) == 0)
        missing(&wrong);
    if (why != NULL || wrong.status != STATUS_ok)
        bus_fail(request, why != NULL ? why : &wrong);
    else
        bus_reply(request, &(struct catalog_search_delete_reply){.search = (uint64_t)db_get_int(rows, 0, 0)});
}

static void on_delete(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_search_delete *ask = body;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->search), (int64_t)bus_actor(request));
    (void)arg;
    db_ask(service_db(), &search_delete, args, on_deleted, request);
}

/* ---- listing ---- */

static const struct statement search_list = {
    "search_list",
    "SELECT id, plugin, name, query, sort, rising, flat, tell, at, opens FROM catalog.search"
    " WHERE member = $1 AND ($2::bigint = 0 OR id = $2) ORDER BY catalog.fold(name)",
};
static const struct statement search_list_opens = {
    "search_list_opens",
    "SELECT id, plugin, name, query, sort, rising, flat, tell, at, opens FROM catalog.search"
    " WHERE member = $1 AND opens ORDER BY id DESC",
};

/* False: its plugin is not there any more. */
static bool search_write(struct tree_writer *tree, const struct db_rows *rows, size_t row)
{
    const struct plugin *plugin = plugin_find(db_get_text(rows, row, 1));
    if (plugin == NULL)
        return false;
    tree_map(tree, NULL);
    tree_count(tree, "search", (uint64_t)db_get_int(rows, row, 0));
    tree_text(tree, "plugin", slice_text(plugin->name));
    tree_text(tree, "plugin_title", slice_text(plugin->title));
    tree_text(tree, "name", db_get_text(rows, row, 2));
    tree_text(tree, "query", db_get_text(rows, row, 3));
    tree_text(tree, "sort", db_get_text(rows, row, 4));
    tree_flag(tree, "rising", db_get_flag(rows, row, 5));
    tree_flag(tree, "flat", db_get_flag(rows, row, 6));
    tree_flag(tree, "tell", db_get_flag(rows, row, 7));
    tree_flag(tree, "opens", db_get_flag(rows, row, 9));
    tree_number(tree, "saved_at", db_get_time(rows, row, 8));
    tree_end(tree);
    return true;
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
    uint64_t count = 0;
    for (size_t i = 0; i < db_count(rows); i++)
        count += search_write(&tree, rows, i);
    tree_end(&tree);
    struct catalog_search_list_reply reply = {.count = count, .searches = tree_done(&tree)};
    bus_reply(request, &reply);
    tree_free(&tree);
}

static void on_list(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_search_list *ask = body;
    struct db_args *args = db_int(db_args(), (int64_t)bus_actor(request));
    (void)arg;
    if (ask->opens)
        db_ask(service_db(), &search_list_opens, args, on_listed, request);
    else
        db_ask(service_db(), &search_list, db_int(args, (int64_t)ask->search), on_listed, request);
}

void searches_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_search_add_message, on_add, NULL);
    bus_serve(service_bus(), NULL, &catalog_search_edit_message, on_edit, NULL);
    bus_serve(service_bus(), NULL, &catalog_search_delete_message, on_delete, NULL);
    bus_serve(service_bus(), NULL, &catalog_search_list_message, on_list, NULL);
}

const struct statement *const searches_statements[] = {&search_add, &search_edit, &search_delete, &search_list,
                                                       &search_list_opens};
const size_t searches_statements_count = sizeof searches_statements / sizeof *searches_statements;
