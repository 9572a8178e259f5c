/* See requests.h: one request, and lists of them. */
#include "services/catalog/asked.h"
#include "services/catalog/plugin.h"
#include "services/catalog/requests.h"
#include "services/catalog/shelf.h"
#include "services/catalog/tree.h"

#include <inttypes.h>

#define COLUMNS                                                                                                        \
    "SELECT r.id, r.plugin, r.title, r.text, r.author, r.at, r.votes, coalesce(r.filled_by, 0), r.filled_at,"          \
    " coalesce(r.torrent, 0), coalesce(g.id, 0), coalesce(g.name, ''),"                                                \
    " EXISTS (SELECT FROM catalog.request_vote v WHERE v.request = r.id AND v.member = $2),"                           \
    " EXISTS (SELECT FROM catalog.request_vote v WHERE v.request = r.id AND v.member <> r.author), r.revision"
#define FILLED                                                                                                         \
    " LEFT JOIN catalog.torrent t ON t.id = r.torrent LEFT JOIN catalog.entity u ON u.id = t.entity"                   \
    " LEFT JOIN catalog.entity g ON g.id = u.grp"

static void filling_write(struct tree_writer *tree, const struct plugin *plugin, const struct db_rows *rows, size_t row,
                          struct arena *arena)
{
    uint64_t torrent = (uint64_t)db_get_int(rows, row, 9);
    struct slice page = shelf_href(plugin, LEVEL_group, (uint64_t)db_get_int(rows, row, 10), arena);
    tree_count(tree, "filler", (uint64_t)db_get_int(rows, row, 7));
    tree_number(tree, "filled_at", db_get_time(rows, row, 8));
    tree_text(tree, "filled_href", slice_text(arena_print(arena, "%.*s#t%" PRIu64, SLICE_ARGS(page), torrent)));
    tree_text(tree, "filled_name", db_get_text(rows, row, 11));
}

static void request_write(struct tree_writer *tree, const struct plugin *plugin, const struct db_rows *rows, size_t row,
                          bool whole, uint64_t actor, struct arena *arena)
{
    uint64_t author = (uint64_t)db_get_int(rows, row, 4);
    tree_map(tree, NULL);
    tree_count(tree, "request", (uint64_t)db_get_int(rows, row, 0));
    tree_text(tree, "plugin", slice_text(plugin->name));
    tree_text(tree, "plugin_title", slice_text(plugin->title));
    tree_text(tree, "title", db_get_text(rows, row, 2));
    if (whole)
        tree_text_if(tree, "text", db_get_text(rows, row, 3));
    if (whole)
        asked_write(tree, "fields", plugin, db_get_text(rows, row, 2), arena);
    tree_count(tree, "author", author);
    tree_number(tree, "requested_at", db_get_time(rows, row, 5));
    tree_count(tree, "votes", (uint64_t)db_get_int(rows, row, 6));
    tree_flag(tree, "voted", db_get_flag(rows, row, 12));
    tree_flag(tree, "own", actor != 0 && actor == author);
    tree_count(tree, "revision", (uint64_t)db_get_int(rows, row, 14));
    tree_flag(tree, "alone", !db_get_flag(rows, row, 13));
    if (db_get_int(rows, row, 9) != 0)
        filling_write(tree, plugin, rows, row, arena);
    tree_end(tree);
}

/* ---- one ---- */

static const struct statement request_get = {
    "request_get",
    COLUMNS " FROM catalog.request r" FILLED " WHERE r.id = $1 AND r.deleted_at IS NULL",
};

static void on_got(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct fault missing = {0};
    struct tree_writer tree;
    const struct plugin *plugin = why == NULL && db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 1)) : NULL;
    if (plugin == NULL) {
        fault_set(&missing, STATUS_not_found, "request", "There is no such request (any more).");
        bus_fail(request, why != NULL ? why : &missing);
        return;
    }
    tree_start(&tree);
    request_write(&tree, plugin, rows, 0, true, bus_actor(request), bus_arena(request));
    struct catalog_request_get_reply reply = {.request = tree_done(&tree)};
    bus_reply(request, &reply);
    tree_free(&tree);
}

static void on_get(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_request_get *ask = body;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->request), (int64_t)bus_actor(request));
    (void)arg;
    db_ask(service_db(), &request_get, args, on_got, request);
}

/* ---- many ---- */

#define OPEN "deleted_at IS NULL AND torrent IS NULL"
#define DONE "deleted_at IS NULL AND torrent IS NOT NULL"
#define LIST(which, order)                                                                                             \
    COLUMNS ", o.count FROM (SELECT count(*) AS count FROM catalog.request WHERE " which                               \
            " AND ($1 = '' OR plugin = $1)) AS o LEFT JOIN LATERAL (SELECT * FROM catalog.request WHERE " which        \
            " AND ($1 = '' OR plugin = $1) AND ($3::bigint = 0 OR (" order ", id) < (SELECT " order                    \
            ", id FROM catalog.request WHERE id = $3)) ORDER BY " order " DESC, id DESC LIMIT $4) AS r ON true" FILLED \
            " ORDER BY r." order " DESC, r.id DESC"

static const struct statement request_list_open = {"request_list_open", LIST(OPEN, "votes")};
static const struct statement request_list_filled = {"request_list_filled", LIST(DONE, "filled_at")};

struct listing {
    struct bus_request *request;
    const struct catalog_request_list *ask;
};

static void on_listed(void *arg, const struct db_rows *rows, const struct fault *why)
{
    const struct listing *listing = arg;
    struct tree_writer tree;
    if (why != NULL) {
        bus_fail(listing->request, why);
        return;
    }
    size_t count = db_is_null(rows, 0, 0) ? 0 : db_count(rows), shown = count;
    if (shown > listing->ask->limit)
        shown = listing->ask->limit;
    tree_start(&tree);
    tree_array(&tree, NULL);
    for (size_t i = 0; i < shown; i++) {
        const struct plugin *plugin = plugin_find(db_get_text(rows, i, 1));
        if (plugin != NULL)
            request_write(&tree, plugin, rows, i, false, bus_actor(listing->request), bus_arena(listing->request));
    }
    tree_end(&tree);
    struct catalog_request_list_reply reply = {
        .count = (uint64_t)db_get_int(rows, 0, 15),
        .next = count > shown ? (uint64_t)db_get_int(rows, shown - 1, 0) : 0,
        .requests = tree_done(&tree),
    };
    bus_reply(listing->request, &reply);
    tree_free(&tree);
}

static void on_list(struct bus_request *request, const void *body, void *arg)
{
    struct listing *listing = arena_take(bus_arena(request), sizeof *listing);
    (void)arg;
    *listing = (struct listing){.request = request, .ask = body};
    struct db_args *args = db_int(db_text(db_args(), listing->ask->plugin), (int64_t)bus_actor(request));
    db_int(db_int(args, (int64_t)listing->ask->before), (int64_t)listing->ask->limit + 1);
    db_ask(service_db(), listing->ask->filled ? &request_list_filled : &request_list_open, args, on_listed, listing);
}

void requests_read_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_request_get_message, on_get, NULL);
    bus_serve(service_bus(), NULL, &catalog_request_list_message, on_list, NULL);
}

const struct statement *const requests_read_statements[] = {&request_get, &request_list_open, &request_list_filled};
const size_t requests_read_statements_count = sizeof requests_read_statements / sizeof *requests_read_statements;
