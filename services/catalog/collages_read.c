/* See collages.h: one collage with what is in it, and lists of them. */
#include "services/catalog/collages.h"
#include "services/catalog/page.h"

#include <inttypes.h>

#define ENTRIES_MAX 1000

/* ---- one ---- */

struct reading {
    struct bus_request *request;
    const struct catalog_collage_get *ask;
    uint64_t next;
    struct tree_writer about, entries, groups;
};

static void reading_end(struct reading *reading, const struct fault *why)
{
    struct tree_writer about = reading->about, entries = reading->entries, groups = reading->groups;
    if (why != NULL) {
        bus_fail(reading->request, why);
    } else {
        struct catalog_collage_get_reply reply = {
            .collage = tree_done(&about),
            .entries = tree_done(&entries),
            .groups = tree_done(&groups),
            .next = reading->next,
        };
        bus_reply(reading->request, &reply);
    }
    tree_free(&about);
    tree_free(&entries);
    tree_free(&groups);
}

static void on_shelf(void *arg, const struct shelf *shelf, const struct fault *why)
{
    struct reading *reading = arg;
    for (size_t i = 0; why == NULL && i < shelf->count; i++)
        page_group(&reading->groups, &shelf->groups[i], bus_actor(reading->request), (struct slice){0});
    tree_end(&reading->groups);
    reading_end(reading, why);
}

static void entry_write(struct tree_writer *tree, const struct plugin *plugin, const struct db_rows *rows, size_t row,
                        uint64_t actor, struct arena *arena)
{
    enum level_kind kind = (enum level_kind)db_get_int(rows, row, 1);
    uint64_t entity = (uint64_t)db_get_int(rows, row, 0);
    tree_map(tree, NULL);
    tree_count(tree, "entity", entity);
    tree_text(tree, "href", shelf_href(plugin, kind, entity, arena));
    tree_text(tree, "name", db_get_text(rows, row, 3));
    tree_text(tree, "plugin_title", slice_text(plugin->title));
    tree_count(tree, "place", (uint64_t)db_get_int(rows, row, 4));
    tree_flag(tree, "own", actor != 0 && (uint64_t)db_get_int(rows, row, 5) == actor);
    tree_end(tree);
}

static const struct statement collage_entries = {
    "collage_entries",
    "SELECT e.id, e.kind, e.plugin, e.name, c.place, c.added_by FROM catalog.collage_entry c"
    " JOIN catalog.entity e ON e.id = c.entity AND e.deleted_at IS NULL"
    " WHERE c.collage = $1 ORDER BY c.place, c.id LIMIT $2",
};

static void on_entries(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct reading *reading = arg;
    struct arena *arena = bus_arena(reading->request);
    int64_t *groups = arena_take(arena, (reading->ask->limit + 1) * sizeof *groups);
    size_t count = 0;
    uint64_t last = 0;
    for (size_t i = 0; why == NULL && i < db_count(rows); i++) {
        const struct plugin *plugin = plugin_find(db_get_text(rows, i, 2));
        uint64_t place = (uint64_t)db_get_int(rows, i, 4);
        if (plugin == NULL)
            continue;
        entry_write(&reading->entries, plugin, rows, i, bus_actor(reading->request), arena);
        if (db_get_int(rows, i, 1) != LEVEL_group || place <= reading->ask->after)
            continue;
        if (count == reading->ask->limit)
            reading->next = last;
        if (count++ < reading->ask->limit) {
            groups[count - 1] = db_get_int(rows, i, 0);
            last = place;
        }
    }
    tree_end(&reading->entries);
    if (why == NULL) {
        size_t shown = count < reading->ask->limit ? count : reading->ask->limit;
        shelf_load(service_db(), arena, groups, shown, SHELF_drawn, on_shelf, reading);
        return;
    }
    tree_end(&reading->groups);
    reading_end(reading, why);
}

#define COLUMNS                                                                                                        \
    "c.id, c.category, c.title, c.text, c.owner, c.at, c.changed_at, c.revision, c.locked,"                            \
    " (SELECT count(*) FROM catalog.collage_entry n WHERE n.collage = c.id),"                                          \
    " (SELECT count(*) FROM catalog.subscription s WHERE s.collage = c.id)"

static void collage_write(struct tree_writer *tree, const struct db_rows *rows, size_t row, bool whole, uint64_t actor,
                          struct arena *arena)
{
    uint64_t collage = (uint64_t)db_get_int(rows, row, 0), owner = (uint64_t)db_get_int(rows, row, 4);
    tree_map(tree, NULL);
    tree_count(tree, "collage", collage);
    tree_text(tree, "href", slice_text(arena_print(arena, "/collage/%" PRIu64, collage)));
    tree_text(tree, "category", db_get_text(rows, row, 1));
    tree_text(tree, "title", db_get_text(rows, row, 2));
    if (whole)
        tree_text_if(tree, "text", db_get_text(rows, row, 3));
    tree_count(tree, "author", owner);
    tree_number(tree, "made_at", db_get_time(rows, row, 5));
    tree_number(tree, "changed_at", db_get_time(rows, row, 6));
    tree_count(tree, "revision", (uint64_t)db_get_int(rows, row, 7));
    tree_flag(tree, "locked", db_get_flag(rows, row, 8));
    tree_count(tree, "entries", (uint64_t)db_get_int(rows, row, 9));
    tree_count(tree, "subscribers", (uint64_t)db_get_int(rows, row, 10));
    tree_flag(tree, "own", actor != 0 && actor == owner);
    if (whole) {
        tree_flag(tree, "alone", !db_get_flag(rows, row, 11));
        tree_flag(tree, "subscribed", db_get_flag(rows, row, 12));
    }
    tree_end(tree);
}

static const struct statement collage_get = {
    "collage_get",
    "SELECT " COLUMNS ", EXISTS (SELECT FROM catalog.collage_entry o WHERE o.collage = c.id AND o.added_by <> c.owner),"
    " EXISTS (SELECT FROM catalog.subscription m WHERE m.collage = c.id AND m.member = $2)"
    " FROM catalog.collage c WHERE c.id = $1 AND c.deleted_at IS NULL",
};

static void on_got(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct reading *reading = arg;
    struct fault missing = {0};
    if (why != NULL || db_count(rows) == 0) {
        fault_set(&missing, STATUS_not_found, "collage", "There is no such collage (any more).");
        bus_fail(reading->request, why != NULL ? why : &missing);
        return;
    }
    tree_start(&reading->about);
    collage_write(&reading->about, rows, 0, true, bus_actor(reading->request), bus_arena(reading->request));
    tree_start(&reading->entries);
    tree_array(&reading->entries, NULL);
    tree_start(&reading->groups);
    tree_array(&reading->groups, NULL);
    struct db_args *args = db_int(db_args(), (int64_t)reading->ask->collage);
    db_ask(service_db(), &collage_entries, db_int(args, ENTRIES_MAX), on_entries, reading);
}

static void on_get(struct bus_request *request, const void *body, void *arg)
{
    struct reading *reading = arena_take(bus_arena(request), sizeof *reading);
    (void)arg;
    *reading = (struct reading){.request = request, .ask = body};
    struct db_args *args = db_int(db_int(db_args(), (int64_t)reading->ask->collage), (int64_t)bus_actor(request));
    db_ask(service_db(), &collage_get, args, on_got, reading);
}

/* ---- many ---- */

static const struct statement collage_list = {
    "collage_list",
    "WITH asked AS (SELECT string_agg(catalog.lexeme(token) || ':*', ' & ')::tsquery AS words"
    "  FROM unnest(catalog.tokens($2)) AS token WHERE token <> ''),"
    " found AS (SELECT * FROM catalog.collage WHERE deleted_at IS NULL"
    "  AND CASE WHEN $1 <> '' THEN category = $1 ELSE category <> 'personal' OR $3::bigint <> 0 OR owner = $6 END"
    "  AND ((SELECT words FROM asked) IS NULL OR words @@ (SELECT words FROM asked))"
    "  AND ($3::bigint = 0 OR EXISTS (SELECT FROM catalog.collage_entry n WHERE n.collage = collage.id AND n.entity = "
    "$3)))"
    " SELECT " COLUMNS ", (SELECT count(*) FROM found) FROM found c WHERE $4::bigint = 0"
    " OR (c.changed_at, c.id) < (SELECT changed_at, id FROM catalog.collage WHERE id = $4)"
    " ORDER BY c.changed_at DESC, c.id DESC LIMIT $5",
};

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
        collage_write(&tree, rows, i, false, bus_actor(request), bus_arena(request));
    tree_end(&tree);
    struct catalog_collage_list_reply reply = {
        .count = db_count(rows) > 0 ? (uint64_t)db_get_int(rows, 0, 11) : 0,
        .collages = tree_done(&tree),
    };
    bus_reply(request, &reply);
    tree_free(&tree);
}

static void on_list(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_collage_list *ask = body;
    struct db_args *args = db_text(db_text(db_args(), ask->category), ask->words);
    (void)arg;
    db_int(db_int(db_int(args, (int64_t)ask->entity), (int64_t)ask->before), (int64_t)ask->limit);
    db_ask(service_db(), &collage_list, db_int(args, (int64_t)bus_actor(request)), on_listed, request);
}

void collages_read_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_collage_get_message, on_get, NULL);
    bus_serve(service_bus(), NULL, &catalog_collage_list_message, on_list, NULL);
}

const struct statement *const collages_read_statements[] = {&collage_entries, &collage_get, &collage_list};
const size_t collages_read_statements_count = sizeof collages_read_statements / sizeof *collages_read_statements;
