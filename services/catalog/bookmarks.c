/* See bookmarks.h. A bookmark is nobody's business but its member's: it is in no log. */
#include "services/catalog/bookmarks.h"

#include "services/catalog/page.h"

#define BOOKMARKS_MAX "10000"
#define PEOPLE_MAX 500

/* ---- setting ---- */

static const struct statement bookmark_set = {
    "bookmark_set",
    "WITH there AS (SELECT id, plugin, kind FROM catalog.entity WHERE id = catalog.led($1) AND kind <= 1 AND"
    "  deleted_at IS NULL),"
    " off AS (DELETE FROM catalog.bookmark b USING there WHERE NOT $3::boolean AND b.entity = there.id AND b.member = "
    "$2),"
    " had AS (SELECT FROM catalog.bookmark WHERE member = $2),"
    " put AS (INSERT INTO catalog.bookmark (member, entity) SELECT $2, id FROM there"
    "  WHERE $3::boolean AND (SELECT count(*) FROM had) < " BOOKMARKS_MAX " ON CONFLICT DO NOTHING)"
    " SELECT plugin, kind, id, $3::boolean AND (SELECT count(*) FROM had) >= " BOOKMARKS_MAX " FROM there",
};

static void on_set(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct fault wrong = {0};
    const struct plugin *plugin = why == NULL && db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (plugin == NULL)
        fault_set(&wrong, STATUS_not_found, "entity", "There is no such page (any more).");
    else if (db_get_flag(rows, 0, 3))
        fault_set(&wrong, STATUS_conflict, "entity",
                  "You have " BOOKMARKS_MAX " bookmarks, the most a member may have: take some away.");
    if (wrong.status != STATUS_ok) {
        bus_fail(request, why != NULL ? why : &wrong);
        return;
    }
    enum level_kind kind = (enum level_kind)db_get_int(rows, 0, 1);
    uint64_t entity = (uint64_t)db_get_int(rows, 0, 2);
    struct catalog_bookmark_set_reply reply = {.href = shelf_href(plugin, kind, entity, bus_arena(request))};
    bus_reply(request, &reply);
}

static void on_bookmark_set(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_bookmark_set *ask = body;
    struct fault why = {0};
    (void)arg;
    if (bus_actor(request) == 0) {
        fault_set(&why, STATUS_forbidden, NULL, "A bookmark is a member's: say which one's.");
        bus_fail(request, &why);
        return;
    }
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->entity), (int64_t)bus_actor(request));
    db_ask(service_db(), &bookmark_set, db_flag(args, ask->on), on_set, request);
}

/* ---- listing ---- */

struct listing {
    struct bus_request *request;
    const struct catalog_bookmark_list *ask;
    unsigned waiting; /* groups, and people */
    struct fault why;
    uint64_t count, next;
    struct tree_writer groups, people;
};

static void listing_step(struct listing *listing, const struct fault *why)
{
    if (why != NULL && listing->why.status == STATUS_ok)
        listing->why = *why;
    if (--listing->waiting > 0)
        return;
    struct tree_writer groups = listing->groups, people = listing->people;
    struct catalog_bookmark_list_reply reply = {
        .count = listing->count,
        .next = listing->next,
        .groups = tree_done(&groups),
        .people = tree_done(&people),
    };
    if (listing->why.status != STATUS_ok)
        bus_fail(listing->request, &listing->why);
    else
        bus_reply(listing->request, &reply);
    tree_free(&groups);
    tree_free(&people);
}

static void on_shelf(void *arg, const struct shelf *shelf, const struct fault *why)
{
    struct listing *listing = arg;
    for (size_t i = 0; why == NULL && i < shelf->count; i++)
        page_group(&listing->groups, &shelf->groups[i], bus_actor(listing->request), (struct slice){0});
    tree_end(&listing->groups);
    listing_step(listing, why);
}

static const struct statement bookmark_groups = {
    "bookmark_groups",
    "WITH marked AS (SELECT b.id, b.entity FROM catalog.bookmark b JOIN catalog.entity e ON e.id = b.entity"
    "  WHERE b.member = $1 AND e.kind = 1 AND e.deleted_at IS NULL)"
    " SELECT entity, id, (SELECT count(*) FROM marked) FROM marked WHERE id < $2 ORDER BY id DESC LIMIT $3",
};

static void on_groups(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct listing *listing = arg;
    size_t found = why == NULL ? db_count(rows) : 0, count = found < listing->ask->limit ? found : listing->ask->limit;
    int64_t *groups = arena_take(bus_arena(listing->request), (count + 1) * sizeof *groups);
    if (why != NULL) {
        tree_end(&listing->groups);
        listing_step(listing, why);
        return;
    }
    for (size_t i = 0; i < count; i++)
        groups[i] = db_get_int(rows, i, 0);
    if (found > 0)
        listing->count = (uint64_t)db_get_int(rows, 0, 2);
    if (found > count)
        listing->next = (uint64_t)db_get_int(rows, count - 1, 1);
    shelf_load(service_db(), bus_arena(listing->request), groups, count, SHELF_lines, on_shelf, listing);
}

static const struct statement bookmark_people = {
    "bookmark_people",
    "SELECT e.plugin, e.id, e.name FROM catalog.bookmark b JOIN catalog.entity e ON e.id = b.entity"
    " WHERE b.member = $1 AND e.kind = 0 AND e.deleted_at IS NULL ORDER BY b.id DESC LIMIT $2",
};

static void on_people(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct listing *listing = arg;
    struct tree_writer *tree = &listing->people;
    for (size_t i = 0; rows != NULL && i < db_count(rows); i++) {
        const struct plugin *plugin = plugin_find(db_get_text(rows, i, 0));
        uint64_t entity = (uint64_t)db_get_int(rows, i, 1);
        if (plugin == NULL)
            continue;
        tree_map(tree, NULL);
        tree_count(tree, "entity", entity);
        tree_text(tree, "href", shelf_href(plugin, LEVEL_person, entity, bus_arena(listing->request)));
        tree_text(tree, "name", db_get_text(rows, i, 2));
        tree_text(tree, "plugin_title", slice_text(plugin->title));
        tree_end(tree);
    }
    tree_end(tree);
    listing_step(listing, why);
}

static void on_bookmark_list(struct bus_request *request, const void *body, void *arg)
{
    struct listing *listing = arena_take(bus_arena(request), sizeof *listing);
    struct db *db = service_db();
    (void)arg;
    *listing = (struct listing){.request = request, .ask = body, .waiting = 2};
    tree_start(&listing->groups);
    tree_array(&listing->groups, NULL);
    tree_start(&listing->people);
    tree_array(&listing->people, NULL);
    int64_t member = (int64_t)bus_actor(request), before = (int64_t)listing->ask->before;
    struct db_args *args = db_int(db_int(db_args(), member), before != 0 ? before : ID_MAX);
    db_ask(db, &bookmark_groups, db_int(args, (int64_t)listing->ask->limit + 1), on_groups, listing);
    db_ask(db, &bookmark_people, db_int(db_int(db_args(), member), PEOPLE_MAX), on_people, listing);
}

void bookmarks_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_bookmark_set_message, on_bookmark_set, NULL);
    bus_serve(service_bus(), NULL, &catalog_bookmark_list_message, on_bookmark_list, NULL);
}

const struct statement *const bookmarks_statements[] = {&bookmark_set, &bookmark_groups, &bookmark_people};
const size_t bookmarks_statements_count = sizeof bookmarks_statements / sizeof *bookmarks_statements;
