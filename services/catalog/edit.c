/* See edit.h. An edit says which revision it was made from, so that of two that cross the second is told. It takes its
 * turn among all changes (change.h).
 *
 *   lock, read -> check -> persons -> nothing like it beside -> entity, credits, lists, the log, the kept reply
 */
#include "services/catalog/edit.h"

#include "services/catalog/attrs.h"
#include "services/catalog/edit_read.h"
#include "services/catalog/fields.h"
#include "services/catalog/form.h"
#include "services/catalog/text.h"
#include "services/common/clock.h"
#include "services/common/log.h"

#include <inttypes.h>

/* ---- the end ---- */

static void editing_fail(struct editing *editing, const struct fault *why)
{
    changing_fail(&editing->changing, why);
}

static void on_made(void *owner)
{
    const struct editing *editing = owner;
    log_info("edited", "user=%" PRIu64 " entity=%" PRIu64 " group=%" PRIu64 " plugin=%s", editing->actor,
             editing->entity, editing->group, editing->plugin->name);
}

/* ---- the changes ---- */

static const struct statement edit_update = {
    "edit_update",
    "UPDATE catalog.entity SET name = $2, same = catalog.same($3::text[]), attrs = $4::jsonb,"
    " joins = nullif($5, ''), revision = revision + 1 WHERE id = $1",
};
/* Who owns a group stays in its credits: no form is asked for that. */
static const struct statement edit_credits_drop = {
    "edit_credits_drop",
    "DELETE FROM catalog.credit WHERE grp = $1 AND NOT $2::boolean",
};
static void entity_update(struct editing *editing)
{
    const struct plugin *plugin = editing->plugin;
    const struct values *values = &editing->adding.submission.values;
    const struct level *level = &plugin->levels[editing->kind];
    struct slice same[ATTRIBUTES_MAX];
    size_t count = attrs_same(plugin, editing->kind, values, same);
    struct db_args *args = db_int(db_args(), (int64_t)editing->entity);
    db_text(args, plugin_value(plugin, values, level->named));
    db_texts(args, same, count);
    db_text(args, attrs_write(plugin, editing->kind, values, editing->arena));
    db_tx_ask(editing->changing.tx, &edit_update, db_text(args, plugin_value(plugin, values, level->joins)), NULL,
              NULL);
}

static void people_update(struct editing *editing)
{
    struct db_args *args = db_int(db_args(), (int64_t)editing->group);
    db_tx_ask(editing->changing.tx, &edit_credits_drop, db_flag(args, editing->plugin->owned), NULL, NULL);
    adding_credits(&editing->adding);
}

static void editing_write(struct editing *editing)
{
    const struct catalog_entity_edit *ask = editing->ask;
    struct catalog_entity_edit_reply reply = {
        .href = shelf_href(editing->plugin, LEVEL_group, editing->group, editing->arena),
        .revision = editing->revision + 1,
    };
    struct change change = {
        .entity = editing->entity,
        .group = editing->group,
        .actor = editing->actor,
        .what = "edit",
        .why = text_line(ask->reason, editing->arena),
        .before = editing->fields,
        .after = editing->after,
    };
    entity_update(editing);
    if (editing->kind == LEVEL_group)
        people_update(editing);
    change_touch(editing->changing.tx, editing->group);
    change_log(editing->changing.tx, &change);
    changing_done(&editing->changing, &reply);
}

/* ---- nothing like it beside ---- */

static const struct statement edit_same = {
    "edit_same",
    "SELECT coalesce(o.grp, o.id), coalesce(g.name, o.name), coalesce(o.joins = nullif($10, ''), false)"
    " FROM catalog.entity o LEFT JOIN catalog.entity g ON g.id = o.grp WHERE o.id <> $1 AND o.plugin = $2"
    " AND o.kind = $3::smallint AND o.deleted_at IS NULL AND ((o.parent = nullif($4::bigint, 0)"
    "  AND o.same = catalog.same($5::text[])) OR ($3::smallint = 1 AND (NOT $8::boolean OR o.added_by = $9::bigint)"
    "  AND (o.joins = nullif($10, '') OR (o.same = catalog.same($5::text[]) AND (o.joins IS NULL OR $10 = '')"
    "   AND (cardinality($6::bigint[]) = 0 OR EXISTS (SELECT FROM catalog.credit c"
    "    WHERE c.grp = o.id AND c.role = $7 AND c.person = ANY($6::bigint[]))))))) ORDER BY o.id LIMIT 1",
};

static void on_same(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct editing *editing = arg;
    const struct level *level = &editing->plugin->levels[editing->kind];
    struct fault there = {0};
    if (why == NULL && db_count(rows) == 0) {
        editing_write(editing);
        return;
    }
    if (why == NULL)
        fault_set(
            &there, STATUS_conflict, db_get_flag(rows, 0, 2) ? level->joins : level->same[0],
            "The same %s is already here, in \"%.*s\": see %.*s.", level->title,
            SLICE_ARGS(text_cut(db_get_text(rows, 0, 1), 80)),
            SLICE_ARGS(shelf_href(editing->plugin, LEVEL_group, (uint64_t)db_get_int(rows, 0, 0), editing->arena)));
    editing_fail(editing, why != NULL ? why : &there);
}

/* What shall be, once each person is called by the name that leads. */
static bool is_different(struct editing *editing, struct fault *why)
{
    editing->after = fields_write(editing->plugin, editing->kind, &editing->adding.submission, editing->arena);
    return !slice_equal(editing->fields, editing->after) ||
           fault_set(why, STATUS_invalid, NULL, "Nothing is different: change something, or leave the page.");
}

static void same_step(struct adding *adding)
{
    struct editing *editing = adding->owner;
    const struct plugin *plugin = editing->plugin;
    const struct submission *submission = &adding->submission;
    const struct role *leading = plugin_leading_role(plugin);
    struct fault nothing = {0};
    if (!is_different(editing, &nothing)) {
        editing_fail(editing, &nothing);
        return;
    }
    struct slice same[ATTRIBUTES_MAX];
    size_t count = attrs_same(plugin, editing->kind, &submission->values, same), leaders = 0;
    int64_t *persons = arena_take(editing->arena, (submission->credits_count + 1) * sizeof *persons);
    for (size_t i = 0; i < submission->credits_count; i++)
        if (submission->credits[i].role == leading)
            persons[leaders++] = (int64_t)submission->credits[i].entity;
    struct db_args *args = db_text(db_int(db_args(), (int64_t)editing->entity), slice_text(plugin->name));
    db_texts(db_int(db_int(args, editing->kind), (int64_t)editing->parent), same, count);
    db_text(db_ints(args, persons, leaders), slice_text(leading != NULL ? leading->name : ""));
    db_int(db_flag(args, plugin->owned), (int64_t)editing->owner);
    db_text(args, plugin_value(plugin, &submission->values, plugin->levels[editing->kind].joins));
    db_tx_ask(editing->changing.tx, &edit_same, args, on_same, editing);
}

/* ---- the check ---- */

static void on_persons_failed(struct adding *adding)
{
    editing_fail(adding->owner, &adding->why);
}

/* Fills editing->adding with what shall be. */
static bool edit_check(struct editing *editing, const struct catalog_entity_edit *ask, struct fault *why)
{
    const struct plugin *plugin = editing->plugin;
    struct adding *adding = &editing->adding;
    struct form *form = arena_take(editing->arena, sizeof *form);
    *adding = (struct adding){
        .arena = editing->arena,
        .tx = editing->changing.tx,
        .plugin = plugin,
        .submission = {.values = editing->now.values},
        .group = editing->group,
        .actor = editing->actor,
        .done = on_persons_failed,
        .owner = editing,
    };
    if (editing->stored.size > 0 &&
        !metainfo_read(editing->stored, &catalog.limits, editing->arena, &adding->metainfo, why))
        return false;
    if (!form_read(plugin, ask->fields.object, editing->arena, form, why))
        return false;
    form_complete(form, clock_now(), editing->arena);
    if (!form_check(form, editing->kind, editing->kind, &adding->metainfo, editing->arena, &adding->submission, why))
        return false;
    for (size_t i = 0; plugin->attributes[i].name != NULL; i++)
        if (plugin_asks(&plugin->attributes[i]) && !fields_changes(plugin, &plugin->attributes[i]))
            adding->submission.values.of[i] = editing->now.values.of[i];
    return true;
}

static void on_read(struct editing *editing, const struct fault *why)
{
    const struct catalog_entity_edit *ask = editing->ask;
    struct fault wrong = {0};
    if (why == NULL && editing->revision != ask->revision)
        fault_set(
            &wrong, STATUS_conflict, "revision",
            "Somebody else changed this while you wrote: look at the history, and save again if yours still holds.");
    if (why != NULL || wrong.status != STATUS_ok || !edit_check(editing, ask, &wrong))
        editing_fail(editing, why != NULL ? why : &wrong);
    else if (editing->adding.submission.credits_count > 0)
        adding_persons(&editing->adding, same_step);
    else
        same_step(&editing->adding);
}

static void on_turn(void *owner)
{
    editing_read(owner);
}

static void on_edit(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_entity_edit *ask = body;
    struct fault why = {0};
    (void)arg;
    if (text_line(ask->reason, bus_arena(request)).size == 0) {
        fault_set(&why, STATUS_invalid, "reason", "Say why it is changed.");
        bus_fail(request, &why);
        return;
    }
    struct editing *editing = arena_take(bus_arena(request), sizeof *editing);
    *editing = (struct editing){
        .changing = {.request = request, .key = ask->key, .run = on_turn, .made = on_made, .owner = editing},
        .ask = ask,
        .arena = bus_arena(request),
        .actor = bus_actor(request),
        .entity = ask->entity,
        .staff = ask->staff,
        .done = on_read,
    };
    changing_start(&editing->changing);
}

/* ---- catalog.entity.form ---- */

static const struct statement edit_before = {
    "edit_before",
    "SELECT before::text FROM catalog.change WHERE id = $1 AND entity = $2 AND before IS NOT NULL",
};

static void form_reply(struct editing *editing, struct slice fields)
{
    struct tree_writer tree;
    tree_start(&tree);
    fields_tree(&tree, NULL, fields);
    struct catalog_entity_form_reply reply = {
        .plugin = slice_text(editing->plugin->name),
        .level = slice_text(editing->plugin->levels[editing->kind].name),
        .href = shelf_href(editing->plugin, LEVEL_group, editing->group, editing->arena),
        .name = editing->group_name,
        .revision = editing->revision,
        .fields = tree_done(&tree),
    };
    db_rollback(editing->changing.tx);
    bus_reply(editing->changing.request, &reply);
    tree_free(&tree);
}

static void on_before(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct editing *editing = arg;
    struct fault missing = {0};
    if (why == NULL && db_count(rows) > 0) {
        form_reply(editing, arena_copy(editing->arena, db_get_text(rows, 0, 0)));
        return;
    }
    fault_set(&missing, STATUS_not_found, "change", "That change is not one of this.");
    editing_fail(editing, why != NULL ? why : &missing);
}

static void on_looked(struct editing *editing, const struct fault *why)
{
    const struct catalog_entity_form *ask = editing->ask;
    if (why != NULL) {
        editing_fail(editing, why);
    } else if (ask->change == 0) {
        form_reply(editing, editing->fields);
    } else {
        struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->change), (int64_t)editing->entity);
        db_tx_ask(editing->changing.tx, &edit_before, args, on_before, editing);
    }
}

static void on_form(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_entity_form *ask = body;
    struct editing *editing = arena_take(bus_arena(request), sizeof *editing);
    (void)arg;
    *editing = (struct editing){
        .changing = {.request = request, .tx = db_begin(service_db())},
        .ask = ask,
        .arena = bus_arena(request),
        .actor = bus_actor(request),
        .entity = ask->entity,
        .staff = ask->staff,
        .done = on_looked,
    };
    editing_read(editing);
}

void edit_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_entity_edit_message, on_edit, NULL);
    bus_serve(service_bus(), NULL, &catalog_entity_form_message, on_form, NULL);
}

const struct statement *const edit_statements[] = {&edit_update, &edit_credits_drop, &edit_same, &edit_before};
const size_t edit_statements_count = sizeof edit_statements / sizeof *edit_statements;
