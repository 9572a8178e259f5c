/* See move.h. What a torrent is stays: trackers and ratio have nothing to learn of it (merge.c).
 *
 *   lock, read -> where to -> check what is named -> group, edition -> nothing like it there -> move, lists, the log,
 *   the kept reply */
#include "services/catalog/move.h"

#include "services/catalog/attrs.h"
#include "services/catalog/edit_read.h"
#include "services/catalog/fields.h"
#include "services/catalog/form.h"
#include "services/catalog/text.h"
#include "services/common/clock.h"
#include "services/common/log.h"

#include <inttypes.h>

struct moving {
    struct editing editing; /* what moves; its `adding` finds or makes where to */
    const struct catalog_entity_move *ask;
    struct slice reason, before, place; /* where it was and where it goes, by name */
    uint64_t under;                     /* its parent to be */
    uint64_t now;                       /* what it is then */
};

static void moving_fail(struct moving *moving, const struct fault *why)
{
    changing_fail(&moving->editing.changing, why);
}

static void on_made(void *owner)
{
    const struct moving *moving = owner;
    log_info("moved", "user=%" PRIu64 " entity=%" PRIu64 " from=%" PRIu64 " to=%" PRIu64 " plugin=%s",
             moving->editing.actor, moving->editing.entity, moving->editing.parent, moving->under,
             moving->editing.plugin->name);
}

/* "Name / 2001 / Deluxe Edition / CD" */
static struct slice place_name(const struct moving *moving, struct slice group, const struct values *values)
{
    const struct editing *editing = &moving->editing;
    const struct attribute *attributes = editing->plugin->attributes;
    struct buffer place = {0};
    buffer_add(&place, group.at, group.size);
    for (size_t i = 0; editing->kind == LEVEL_unit && attributes[i].name != NULL; i++)
        if (attributes[i].level == LEVEL_edition && values->of[i].size > 0)
            buffer_print(&place, " / %.*s", SLICE_ARGS(values->of[i]));
    struct slice name = arena_copy(editing->arena, buffer_slice(&place));
    buffer_free(&place);
    return name;
}

/* ---- the change ---- */

static const struct statement move_unit = {
    "move_unit",
    "SELECT catalog.move_units(ARRAY[$1::bigint], $2, $3), $1::bigint",
};
static const struct statement move_edition = {
    "move_edition",
    "SELECT NULL, catalog.move_whole($1, $2, $3, $4)",
};

/* Where it was; with what it was under: two of these. */
static struct slice place_before(const struct moving *moving, size_t count)
{
    const struct editing *editing = &moving->editing;
    const struct field_text before[] = {
        {FIELD_PLACE, moving->before},
        {FIELD_UNDER, slice_text(arena_print(editing->arena, "%" PRIu64, editing->parent))},
    };
    return fields_of_texts(before, count, editing->arena);
}

/* Of the group that it was in, whose page may be empty now (entity.c). */
static void leave_log(const struct moving *moving)
{
    const struct editing *editing = &moving->editing;
    const struct field_text after[] = {
        {FIELD_PLACE, moving->place},
        {FIELD_UNDER, slice_text(arena_print(editing->arena, "%" PRIu64, moving->under))},
    };
    change_log(editing->changing.tx, &(struct change){.entity = editing->group,
                                                      .group = editing->group,
                                                      .actor = editing->actor,
                                                      .what = "leave",
                                                      .why = moving->reason,
                                                      .before = place_before(moving, 1),
                                                      .after = fields_of_texts(after, 2, editing->arena)});
}

static void on_moved(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct moving *moving = arg;
    struct editing *editing = &moving->editing;
    const struct adding *adding = &editing->adding;
    if (why != NULL) {
        moving_fail(moving, why);
        return;
    }
    moving->now = (uint64_t)db_get_int(rows, 0, 1);
    change_touch_all(editing->changing.tx, (int64_t[]){(int64_t)editing->group, (int64_t)adding->group},
                     editing->group == adding->group ? 1 : 2, NULL, NULL);
    if (editing->group != adding->group)
        leave_log(moving);
    struct catalog_entity_move_reply reply = {
        .href = shelf_href(editing->plugin, LEVEL_group, adding->group, editing->arena),
        .entity = moving->now,
    };
    changing_done(&editing->changing, &reply);
}

/* The log comes first: an edition that becomes part of one like it is remembered under its last line (merge.c). */
static void moving_write(struct moving *moving)
{
    struct editing *editing = &moving->editing;
    const struct adding *adding = &editing->adding;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)editing->entity), (int64_t)moving->under);
    moving->place = place_name(moving, adding->group_name, &adding->submission.values);
    const struct field_text after = {FIELD_PLACE, moving->place};
    change_log(editing->changing.tx, &(struct change){.entity = editing->entity,
                                                      .group = adding->group,
                                                      .actor = editing->actor,
                                                      .what = "move",
                                                      .why = moving->reason,
                                                      .before = place_before(moving, 2),
                                                      .after = fields_of_texts(&after, 1, editing->arena)});
    if (editing->kind == LEVEL_unit)
        db_int(args, (int64_t)adding->group);
    else
        db_text(db_int(args, (int64_t)editing->actor), moving->reason);
    db_tx_ask(editing->changing.tx, editing->kind == LEVEL_unit ? &move_unit : &move_edition, args, on_moved, moving);
}

/* ---- nothing like it there ---- */

static const struct statement move_clash = {
    "move_clash",
    "SELECT other FROM catalog.clash($1, $2) WHERE one IS NOT NULL",
};

static void on_clash(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct moving *moving = arg;
    struct fault wrong = {0};
    if (why == NULL && db_count(rows) > 0)
        fault_set(&wrong, STATUS_conflict, "into", "The same %s is there already: see %.*s#t%" PRId64 ".",
                  moving->editing.plugin->levels[LEVEL_unit].title,
                  SLICE_ARGS(shelf_href(moving->editing.plugin, LEVEL_group, moving->editing.adding.group,
                                        moving->editing.arena)),
                  db_get_int(rows, 0, 0));
    if (changing_goes_on(&moving->editing.changing, why, &wrong))
        moving_write(moving);
}

static void on_place(struct adding *adding)
{
    struct moving *moving = adding->owner;
    struct editing *editing = &moving->editing;
    struct fault wrong = adding->why;
    moving->under = editing->kind == LEVEL_unit && editing->plugin->levels[LEVEL_edition].name != NULL ? adding->edition
                                                                                                       : adding->group;
    if (wrong.status == STATUS_ok && moving->under == editing->parent)
        fault_set(&wrong, STATUS_invalid, "into", "That is where it is: say where it belongs instead.");
    if (wrong.status != STATUS_ok) {
        moving_fail(moving, &wrong);
        return;
    }
    struct db_args *args = db_int(db_int(db_args(), (int64_t)editing->entity), (int64_t)moving->under);
    db_tx_ask(editing->changing.tx, &move_clash, args, on_clash, moving);
}

/* ---- where to ---- */

static const struct statement move_target = {
    "move_target",
    "SELECT t.kind, t.id, g.id, g.plugin, g.name, g.attrs::text, CASE WHEN t.kind = 2 THEN t.attrs::text ELSE '{}' END"
    " FROM (SELECT CASE e.kind WHEN 3 THEN e.parent ELSE e.id END AS id FROM catalog.entity e WHERE e.deleted_at IS "
    "NULL"
    "  AND e.id = CASE WHEN $1::bigint > 0 THEN catalog.led($1::bigint)"
    "  ELSE (SELECT entity FROM catalog.torrent WHERE id = $2::bigint AND active) END) AS at"
    " JOIN catalog.entity t ON t.id = at.id JOIN catalog.entity g ON g.id = coalesce(t.grp, t.id)"
    " WHERE t.kind BETWEEN 1 AND 2 AND g.deleted_at IS NULL",
};

/* What the form names there, below what is known already. */
static bool named_check(struct moving *moving, struct fault *why)
{
    struct editing *editing = &moving->editing;
    struct adding *adding = &editing->adding;
    struct form *form = arena_take(editing->arena, sizeof *form);
    if (adding->from > adding->to)
        return true;
    if (!form_read(editing->plugin, moving->ask->fields.object, editing->arena, form, why))
        return false;
    form_complete(form, clock_now(), editing->arena);
    return form_check(form, adding->from, adding->to, &adding->metainfo, editing->arena, &adding->submission, why);
}

static void moving_place(struct moving *moving)
{
    struct fault wrong = {0};
    if (named_check(moving, &wrong))
        adding_place(&moving->editing.adding);
    else
        moving_fail(moving, &wrong);
}

static void on_target(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct moving *moving = arg;
    struct editing *editing = &moving->editing;
    struct adding *adding = &editing->adding;
    struct fault wrong = {0};
    if (why == NULL && (db_count(rows) == 0 || !slice_is(db_get_text(rows, 0, 3), editing->plugin->name)))
        fault_set(&wrong, STATUS_invalid, "into", "There is no %s at that address (any more) where it could be.",
                  editing->plugin->levels[LEVEL_group].title);
    if (!changing_goes_on(&editing->changing, why, &wrong))
        return;
    bool edition = db_get_int(rows, 0, 0) == LEVEL_edition;
    adding->group = (uint64_t)db_get_int(rows, 0, 2);
    adding->group_name = arena_copy(editing->arena, db_get_text(rows, 0, 4));
    adding->edition = edition ? (uint64_t)db_get_int(rows, 0, 1) : 0;
    adding->from = edition ? LEVEL_unit : LEVEL_edition;
    for (size_t i = 0; editing->plugin->attributes[i].name != NULL; i++)
        if (editing->plugin->attributes[i].level < LEVEL_unit)
            adding->submission.values.of[i] = (struct slice){0};
    attrs_read(editing->plugin, db_get_text(rows, 0, 5), editing->arena, &adding->submission.values);
    attrs_read(editing->plugin, db_get_text(rows, 0, 6), editing->arena, &adding->submission.values);
    moving_place(moving);
}

/* ---- may it be? ---- */

static bool may_move(const struct moving *moving, struct fault *why)
{
    const struct editing *editing = &moving->editing;
    const struct level *levels = editing->plugin->levels;
    bool staff = editing->staff || editing->actor == 0;
    if (editing->plugin->owned)
        return fault_set(why, STATUS_forbidden, NULL, "A %s stays in the %s that it was made for.",
                         levels[LEVEL_unit].title, levels[LEVEL_group].title);
    if (editing->kind == LEVEL_group)
        return fault_set(why, STATUS_invalid, "entity", "A %s is in nothing that it could be moved from: merge it.",
                         levels[LEVEL_group].title);
    return staff || editing->kind == LEVEL_unit ||
           fault_set(why, STATUS_forbidden, NULL, "Staff move a %s: report it to them.", levels[editing->kind].title);
}

static void on_read(struct editing *editing, const struct fault *why)
{
    struct moving *moving = editing->changing.owner;
    const struct catalog_entity_move *ask = moving->ask;
    struct fault wrong = {0};
    if (why == NULL)
        may_move(moving, &wrong);
    if (!changing_goes_on(&editing->changing, why, &wrong))
        return;
    moving->before = place_name(moving, editing->group_name, &editing->now.values);
    editing->adding = (struct adding){
        .arena = editing->arena,
        .tx = editing->changing.tx,
        .plugin = editing->plugin,
        .submission = {.values = editing->now.values},
        .from = LEVEL_group,
        .to = plugin_parent(editing->plugin, editing->kind),
        .actor = editing->actor,
        .done = on_place,
        .owner = moving,
    };
    if (ask->into == 0 && ask->beside == 0) {
        moving_place(moving);
        return;
    }
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->into), (int64_t)ask->beside);
    db_tx_ask(editing->changing.tx, &move_target, args, on_target, moving);
}

static void on_turn(void *owner)
{
    struct moving *moving = owner;
    editing_read(&moving->editing);
}

static void on_move(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_entity_move *ask = body;
    struct moving *moving = arena_take(bus_arena(request), sizeof *moving);
    struct fault why = {0};
    (void)arg;
    *moving = (struct moving){.ask = ask, .reason = text_line(ask->reason, bus_arena(request))};
    moving->editing = (struct editing){
        .changing = {.request = request, .key = ask->key, .run = on_turn, .made = on_made, .owner = moving},
        .arena = bus_arena(request),
        .actor = bus_actor(request),
        .entity = ask->entity,
        .staff = ask->staff,
        .done = on_read,
    };
    if (moving->reason.size == 0)
        fault_set(&why, STATUS_invalid, "reason", "Say why it belongs there.");
    changing_try(&moving->editing.changing, &why);
}

void move_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_entity_move_message, on_move, NULL);
}

const struct statement *const move_statements[] = {&move_unit, &move_edition, &move_clash, &move_target};
const size_t move_statements_count = sizeof move_statements / sizeof *move_statements;
