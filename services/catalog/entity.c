/* See entity.h. */
#include "services/catalog/entity.h"

#include "services/catalog/attrs.h"
#include "services/catalog/fields.h"
#include "services/catalog/page.h"

#define PERSON_GROUPS_MAX 500

struct asking {
    struct bus_request *request;
    uint64_t entity;
    struct page_person person;
    const struct shelf *shelf; /* of the group, or the person's */
    unsigned waiting;          /* for it, and for the person's other names */
    struct fault why;
};

static bool not_found(struct fault *why)
{
    return fault_set(why, STATUS_not_found, "entity", "There is no such page (any more).");
}

static void page_reply(struct asking *asking, struct tree_writer *tree)
{
    struct catalog_entity_get_reply reply = {.page = tree_done(tree)};
    bus_reply(asking->request, &reply);
    tree_free(tree);
}

/* ---- a group's page ---- */

static void group_reply(struct asking *asking, const struct page_left *left)
{
    struct tree_writer tree;
    tree_start(&tree);
    page_of_group(&tree, &asking->shelf->groups[0], asking->entity, bus_actor(asking->request), left);
    page_reply(asking, &tree);
}

/* What became of the last torrent that was in it. */
static const struct statement group_left = {
    "group_left",
    "SELECT c.at, c.why, coalesce(g.id, 0), coalesce(g.name, '') FROM catalog.change c"
    " LEFT JOIN catalog.entity t ON t.id = catalog.led((c.after->>'" FIELD_UNDER "')::bigint)"
    " LEFT JOIN catalog.entity g ON g.id = coalesce(t.grp, t.id) AND g.deleted_at IS NULL"
    " WHERE c.grp = $1 AND c.what IN ('delete', 'leave') ORDER BY c.id DESC LIMIT 1",
};

static void on_left(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    if (why != NULL) {
        bus_fail(asking->request, why);
        return;
    }
    if (db_count(rows) == 0) {
        group_reply(asking, NULL);
        return;
    }
    uint64_t now = (uint64_t)db_get_int(rows, 0, 2);
    struct page_left left = {
        .gone_at = db_get_time(rows, 0, 0), .why = db_get_text(rows, 0, 1), .name = db_get_text(rows, 0, 3)};
    if (now != 0)
        left.href = shelf_href(asking->shelf->groups[0].plugin, LEVEL_group, now, bus_arena(asking->request));
    group_reply(asking, &left);
}

static void on_group(void *arg, const struct shelf *shelf, const struct fault *why)
{
    struct asking *asking = arg;
    struct fault missing = {0};
    if (why != NULL || shelf->count == 0) {
        not_found(&missing);
        bus_fail(asking->request, why != NULL ? why : &missing);
        return;
    }
    asking->shelf = shelf;
    if (shelf->groups[0].editions_count == 0 && !shelf->groups[0].plugin->sealed)
        db_ask(service_db(), &group_left, db_int(db_args(), (int64_t)shelf->groups[0].entity), on_left, asking);
    else
        group_reply(asking, NULL);
}

/* ---- a person's page ---- */

static void person_step(struct asking *asking, const struct fault *why)
{
    if (why != NULL && asking->why.status == STATUS_ok)
        asking->why = *why;
    if (--asking->waiting > 0)
        return;
    if (asking->why.status != STATUS_ok) {
        bus_fail(asking->request, &asking->why);
        return;
    }
    struct tree_writer tree;
    tree_start(&tree);
    page_of_person(&tree, &asking->person, asking->entity, asking->shelf, bus_actor(asking->request));
    page_reply(asking, &tree);
}

static void on_person(void *arg, const struct shelf *shelf, const struct fault *why)
{
    struct asking *asking = arg;
    asking->shelf = shelf;
    person_step(asking, why);
}

static const struct statement person_aliases = {
    "person_aliases",
    "SELECT id, name, added_by FROM catalog.entity WHERE leads_to = $1 AND kind = 0 AND deleted_at IS NULL"
    " ORDER BY name, id",
};

static void on_person_aliases(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    struct arena *arena = bus_arena(asking->request);
    size_t count = why == NULL ? db_count(rows) : 0;
    struct page_alias *aliases = arena_take(arena, (count + 1) * sizeof *aliases);
    for (size_t i = 0; i < count; i++)
        aliases[i] = (struct page_alias){
            .entity = (uint64_t)db_get_int(rows, i, 0),
            .name = arena_copy(arena, db_get_text(rows, i, 1)),
            .adder = (uint64_t)db_get_int(rows, i, 2),
        };
    asking->person.aliases = aliases;
    asking->person.aliases_count = count;
    person_step(asking, why);
}

/* ---- which of them ---- */

static const struct statement entity_get = {
    "entity_get",
    "SELECT plugin, kind, coalesce(grp, id), name, coalesce(attrs->>'description', '') FROM catalog.entity"
    " WHERE id = catalog.led($1)",
};

static void on_entity(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    struct arena *arena = bus_arena(asking->request);
    struct fault missing = {0};
    const struct plugin *plugin = why == NULL && db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (plugin == NULL) {
        not_found(&missing);
        bus_fail(asking->request, why != NULL ? why : &missing);
        return;
    }
    if (db_get_int(rows, 0, 1) != LEVEL_person) {
        int64_t group = db_get_int(rows, 0, 2);
        shelf_load(service_db(), arena, &group, 1, SHELF_whole, on_group, asking);
        return;
    }
    asking->person = (struct page_person){
        .plugin = plugin,
        .entity = (uint64_t)db_get_int(rows, 0, 2),
        .name = arena_copy(arena, db_get_text(rows, 0, 3)),
        .text = arena_copy(arena, db_get_text(rows, 0, 4)),
    };
    asking->waiting = 2;
    shelf_load_person(service_db(), arena, asking->person.entity, PERSON_GROUPS_MAX, on_person, asking);
    db_ask(service_db(), &person_aliases, db_int(db_args(), (int64_t)asking->person.entity), on_person_aliases, asking);
}

static void on_get(struct bus_request *request, const void *body, void *arg)
{
    (void)arg;
    const struct catalog_entity_get *ask = body;
    struct asking *asking = arena_take(bus_arena(request), sizeof *asking);
    *asking = (struct asking){.request = request, .entity = ask->entity};
    db_ask(service_db(), &entity_get, db_int(db_args(), (int64_t)ask->entity), on_entity, asking);
}

/* ---- catalog.plugin.list ---- */

static void on_plugins(struct bus_request *request, const void *body, void *arg)
{
    (void)body;
    (void)arg;
    struct tree_writer tree;
    tree_start(&tree);
    page_plugins(&tree);
    struct catalog_plugin_list_reply reply = {.plugins = tree_done(&tree)};
    bus_reply(request, &reply);
    tree_free(&tree);
}

void entity_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_entity_get_message, on_get, NULL);
    bus_serve(service_bus(), NULL, &catalog_plugin_list_message, on_plugins, NULL);
}

const struct statement *const entity_statements[] = {&group_left, &person_aliases, &entity_get};
const size_t entity_statements_count = sizeof entity_statements / sizeof *entity_statements;
