/* See same.h. The form is checked as an upload's is, and looked for as adding.c does, but nothing waits and nothing is
 * written. A form that is not whole yet meets nothing but the group that it names beyond this site. */
#include "services/catalog/same.h"

#include "services/catalog/add.h"
#include "services/catalog/attrs.h"
#include "services/catalog/form.h"
#include "services/common/clock.h"

#include <inttypes.h>

struct asking {
    struct bus_request *request;
    const struct catalog_torrent_same *ask;
    struct adding adding; /* of which no step is taken */
    bool whole;
};

static void tell_nothing(struct asking *asking)
{
    struct catalog_torrent_same_reply reply = {.same = false};
    bus_reply(asking->request, &reply);
}

static void on_same(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    const struct plugin *plugin = asking->adding.plugin;
    struct arena *arena = asking->adding.arena;
    if (why != NULL) {
        bus_fail(asking->request, why);
        return;
    }
    uint64_t torrent = db_count(rows) > 0 && asking->whole ? (uint64_t)db_get_int(rows, 0, 2) : 0;
    if (db_count(rows) == 0 || (torrent == 0 && asking->ask->parent != 0)) {
        tell_nothing(asking);
        return;
    }
    uint64_t met = (uint64_t)db_get_int(rows, 0, 0);
    struct slice page = shelf_href(plugin, LEVEL_group, met, arena);
    struct catalog_torrent_same_reply reply = {
        .same = torrent != 0, .group = met, .name = db_get_text(rows, 0, 1), .href = page};
    const char *group = plugin->levels[LEVEL_group].title, *unit = plugin->levels[LEVEL_unit].title;
    const char *above = plugin->levels[plugin_parent(plugin, LEVEL_unit)].title;
    reply.told = slice_text(torrent != 0 ? arena_print(arena, "The same %s of this %s is already here, in", unit, above)
                                         : arena_print(arena, "It is added to the %s that is already here:", group));
    if (torrent != 0)
        reply.href = slice_text(arena_print(arena, "%.*s#t%" PRIu64, SLICE_ARGS(page), torrent));
    bus_reply(asking->request, &reply);
}

/* ---- what is there ---- */

static const struct statement same_find = {
    "same_find",
    "WITH g AS (SELECT id, name FROM catalog.entity WHERE id = CASE WHEN $8::bigint > 0 THEN $8::bigint"
    "   ELSE catalog.met($1, $2::text[], $3, $4::bigint[], $5, $6, $7) END),"
    " e AS (SELECT $9::bigint AS id WHERE $9::bigint > 0 UNION ALL SELECT g.id FROM g WHERE NOT $10::boolean"
    "  UNION ALL SELECT e.id FROM g JOIN catalog.entity e ON e.parent = g.id AND e.kind = 2"
    "   AND e.same = catalog.same($11::text[]) AND e.deleted_at IS NULL WHERE $10::boolean AND $9::bigint = 0)"
    " SELECT g.id, g.name, coalesce(t.id, 0) FROM g LEFT JOIN (e JOIN catalog.entity u ON u.parent = e.id"
    "  AND u.same = catalog.same($12::text[]) AND u.deleted_at IS NULL JOIN catalog.torrent t ON t.entity = u.id) ON "
    "true",
};

static struct db_args *add_same(struct db_args *args, const struct adding *adding, enum level_kind kind)
{
    struct slice same[ATTRIBUTES_MAX];
    return db_texts(args, same, attrs_same(adding->plugin, kind, &adding->submission.values, same));
}

static void on_persons(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    const struct adding *adding = &asking->adding;
    const struct plugin *plugin = adding->plugin;
    if (why != NULL) {
        bus_fail(asking->request, why);
        return;
    }
    size_t count = db_count(rows);
    int64_t *persons = arena_take(adding->arena, (count + 1) * sizeof *persons);
    for (size_t i = 0; i < count; i++)
        persons[i] = db_get_int(rows, i, 0);
    const struct role *leading = plugin_leading_role(plugin);
    struct db_args *args = add_same(db_text(db_args(), slice_text(plugin->name)), adding, LEVEL_group);
    db_ints(db_int(args, (int64_t)adding->actor), persons, count);
    db_flag(db_text(args, slice_text(leading != NULL ? leading->name : "")), plugin->owned);
    db_text(args, plugin_value(plugin, &adding->submission.values, plugin->levels[LEVEL_group].joins));
    db_int(db_int(args, (int64_t)adding->group), (int64_t)adding->edition);
    db_flag(args, plugin->levels[LEVEL_edition].name != NULL);
    add_same(add_same(args, adding, LEVEL_edition), adding, LEVEL_unit);
    db_ask(service_db(), &same_find, args, on_same, asking);
}

/* 0: somebody whom nobody knows yet, so that a group of others is not theirs. */
static const struct statement same_persons = {
    "same_persons",
    "SELECT coalesce(e.leads_to, e.id, 0) FROM unnest($2::text[]) AS n (name) LEFT JOIN catalog.entity e"
    " ON e.plugin = $1 AND e.kind = 0 AND e.same = catalog.same(ARRAY[n.name]) AND e.deleted_at IS NULL",
};

/* Is the group named beyond this site (an IMDb number)? Then all else is left out. */
static bool names_group(struct adding *adding, const struct form *form)
{
    const struct plugin *plugin = adding->plugin;
    const char *joins = plugin->levels[LEVEL_group].joins;
    int place = joins != NULL && adding->from <= LEVEL_group ? plugin_attribute(plugin, joins) : -1;
    struct submission only = {0};
    struct fault why = {0};
    if (place < 0 || form->text[place].size == 0)
        return false;
    only.values.of[place] = form->text[place];
    if (plugin->check != NULL && !plugin->check(LEVEL_group, &only, adding->arena, &why))
        return false;
    adding->submission = (struct submission){0};
    adding->submission.values.of[place] = only.values.of[place];
    return true;
}

static void look(struct asking *asking)
{
    struct adding *adding = &asking->adding;
    const struct submission *submission = &adding->submission;
    struct form *form = arena_take(adding->arena, sizeof *form);
    struct slice *names = arena_take(adding->arena, (CREDITS_MAX + 1) * sizeof *names);
    const struct role *leading = plugin_leading_role(adding->plugin);
    struct fault why = {0};
    size_t count = 0;
    if (!form_read(adding->plugin, asking->ask->fields.object, adding->arena, form, &why)) {
        bus_fail(asking->request, &why);
        return;
    }
    form_complete(form, clock_now(), adding->arena);
    asking->whole =
        form_check(form, adding->from, LEVEL_unit, &adding->metainfo, adding->arena, &adding->submission, &why);
    if (!asking->whole && !names_group(adding, form)) {
        tell_nothing(asking);
        return;
    }
    for (size_t i = 0; i < submission->credits_count; i++)
        if (submission->credits[i].role == leading)
            names[count++] = submission->credits[i].name;
    struct db_args *args = db_texts(db_text(db_args(), slice_text(adding->plugin->name)), names, count);
    db_ask(service_db(), &same_persons, args, on_persons, asking);
}

/* ---- the beginning ---- */

static void on_parent(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    struct fault wrong = {0};
    if (why == NULL && add_parent_read(&asking->adding, rows, &wrong))
        look(asking);
    else
        bus_fail(asking->request, why != NULL ? why : &wrong);
}

static void on_ask(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_torrent_same *ask = body;
    struct asking *asking = arena_take(bus_arena(request), sizeof *asking);
    struct fault why = {0};
    (void)arg;
    *asking = (struct asking){.request = request, .ask = ask};
    asking->adding = (struct adding){.arena = bus_arena(request),
                                     .plugin = plugin_find(ask->plugin),
                                     .from = LEVEL_group,
                                     .to = LEVEL_unit,
                                     .actor = bus_actor(request)};
    if (asking->adding.plugin == NULL) {
        fault_set(&why, STATUS_invalid, "plugin", "There is no plugin of that name: choose one of the list.");
        bus_fail(request, &why);
    } else if (ask->parent != 0) {
        db_ask(service_db(), &add_parent, db_int(db_args(), (int64_t)ask->parent), on_parent, asking);
    } else {
        look(asking);
    }
}

void same_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_torrent_same_message, on_ask, NULL);
}

const struct statement *const same_statements[] = {&same_find, &same_persons};
const size_t same_statements_count = sizeof same_statements / sizeof *same_statements;
