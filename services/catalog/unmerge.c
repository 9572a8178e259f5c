/* See unmerge.h. Whole or not at all: what would not be as it was is named instead.
 *
 *   lock, look for the key -> what was merged, and what is in the way -> undo, both logs, the kept reply */
#include "services/catalog/unmerge.h"

#include "services/catalog/change.h"
#include "services/catalog/fields.h"
#include "services/catalog/shelf.h"
#include "services/catalog/text.h"
#include "services/common/log.h"

#include <inttypes.h>

struct unmerging {
    struct changing changing;
    const struct catalog_entity_unmerge *ask;
    struct arena *arena;
    struct slice reason;

    const struct plugin *plugin;
    enum level_kind kind;
    uint64_t entity, home, here; /* what is there again, on whose page, and on whose page it is now */
    struct slice home_name, here_name;
};

static void on_made(void *owner)
{
    const struct unmerging *unmerging = owner;
    log_info("unmerged", "user=%" PRIu64 " entity=%" PRIu64 " from=%" PRIu64 " plugin=%s",
             bus_actor(unmerging->changing.request), unmerging->entity, unmerging->here, unmerging->plugin->name);
}

/* ---- the change ---- */

static const struct statement unmerge_both = {
    "unmerge_both",
    "SELECT catalog.unmerge($1)",
};

static void both_log(const struct unmerging *unmerging)
{
    const struct field_text before = {FIELD_PLACE, unmerging->here_name};
    const struct field_text after[] = {
        {FIELD_PLACE, unmerging->home_name},
        {FIELD_UNDER, slice_text(arena_print(unmerging->arena, "%" PRIu64, unmerging->home))},
    };
    struct change change = {.entity = unmerging->entity,
                            .group = unmerging->home,
                            .actor = bus_actor(unmerging->changing.request),
                            .what = "unmerge",
                            .why = unmerging->reason,
                            .before = fields_of_texts(&before, 1, unmerging->arena),
                            .after = fields_of_texts(after, 1, unmerging->arena)};
    change_log(unmerging->changing.tx, &change);
    change.entity = change.group = unmerging->here;
    change.what = "leave";
    change.after = fields_of_texts(after, 2, unmerging->arena);
    change_log(unmerging->changing.tx, &change);
}

static void unmerging_write(struct unmerging *unmerging)
{
    enum level_kind page = unmerging->kind == LEVEL_person ? LEVEL_person : LEVEL_group;
    struct catalog_entity_unmerge_reply reply = {
        .href = shelf_href(unmerging->plugin, page, unmerging->home, unmerging->arena),
        .entity = unmerging->entity,
    };
    db_tx_ask(unmerging->changing.tx, &unmerge_both, db_int(db_args(), (int64_t)unmerging->ask->change), NULL, NULL);
    both_log(unmerging);
    changing_done(&unmerging->changing, &reply);
}

/* ---- may it be? ---- */

static const struct statement unmerge_find = {
    "unmerge_find",
    "SELECT l.plugin, l.kind, l.id, p.id, p.name, k.id, k.name, w.what, w.id, w.name FROM catalog.merged m"
    " JOIN catalog.entity l ON l.id = m.gone JOIN catalog.entity p ON p.id = m.home"
    " JOIN catalog.entity k ON k.id = coalesce(l.grp, m.kept) CROSS JOIN LATERAL catalog.hindered(m.change) AS w"
    " WHERE m.change = $1",
};

/* False: something is in the way. */
static bool is_free(const struct unmerging *unmerging, const struct db_rows *rows, struct fault *why)
{
    struct slice what = db_get_text(rows, 0, 7), name = text_cut(db_get_text(rows, 0, 9), 80);
    const char *title = unmerging->plugin->levels[unmerging->kind].title;
    enum level_kind page = unmerging->kind == LEVEL_person ? LEVEL_person : LEVEL_group;
    if (db_is_null(rows, 0, 7))
        return true;
    if (slice_is(what, "gone"))
        return fault_set(why, STATUS_conflict, NULL,
                         "What was merged, or where it went, was merged or deleted itself since: undo that first.");
    if (slice_is(what, "moved"))
        return fault_set(why, STATUS_conflict, NULL,
                         "#t%" PRId64 " was moved since: move it back first, and then undo this.",
                         db_get_int(rows, 0, 8));
    struct slice href = shelf_href(unmerging->plugin, page, (uint64_t)db_get_int(rows, 0, 8), unmerging->arena);
    return fault_set(why, STATUS_conflict, NULL,
                     page == LEVEL_person ? "Another %s is called so by now, \"%.*s\": see %.*s."
                                          : "The same %s is here again by now, in \"%.*s\": see %.*s.",
                     title, SLICE_ARGS(name), SLICE_ARGS(href));
}

static void on_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct unmerging *unmerging = arg;
    struct fault wrong = {0};
    unmerging->plugin = why == NULL && db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (why == NULL && unmerging->plugin == NULL)
        fault_set(&wrong, STATUS_not_found, "change", "There is nothing here to undo (any more).");
    if (!changing_goes_on(&unmerging->changing, why, &wrong))
        return;
    unmerging->kind = (enum level_kind)db_get_int(rows, 0, 1);
    unmerging->entity = (uint64_t)db_get_int(rows, 0, 2);
    unmerging->home = (uint64_t)db_get_int(rows, 0, 3);
    unmerging->home_name = arena_copy(unmerging->arena, db_get_text(rows, 0, 4));
    unmerging->here = (uint64_t)db_get_int(rows, 0, 5);
    unmerging->here_name = arena_copy(unmerging->arena, db_get_text(rows, 0, 6));
    if (is_free(unmerging, rows, &wrong))
        unmerging_write(unmerging);
    else
        changing_fail(&unmerging->changing, &wrong);
}

static void on_turn(void *owner)
{
    struct unmerging *unmerging = owner;
    struct db_args *args = db_int(db_args(), (int64_t)unmerging->ask->change);
    db_tx_ask(unmerging->changing.tx, &unmerge_find, args, on_found, unmerging);
}

static void on_unmerge(struct bus_request *request, const void *body, void *arg)
{
    struct unmerging *unmerging = arena_take(bus_arena(request), sizeof *unmerging);
    struct fault why = {0};
    (void)arg;
    *unmerging = (struct unmerging){.ask = body, .arena = bus_arena(request)};
    unmerging->changing = (struct changing){
        .request = request, .key = unmerging->ask->key, .run = on_turn, .made = on_made, .owner = unmerging};
    unmerging->reason = text_line(unmerging->ask->reason, unmerging->arena);
    if (bus_actor(request) != 0 && !unmerging->ask->staff)
        fault_set(&why, STATUS_forbidden, NULL, "Staff take apart what was merged: report it to them.");
    else if (unmerging->reason.size == 0)
        fault_set(&why, STATUS_invalid, "reason", "Say why they are two.");
    changing_try(&unmerging->changing, &why);
}

void unmerge_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_entity_unmerge_message, on_unmerge, NULL);
}

const struct statement *const unmerge_statements[] = {&unmerge_both, &unmerge_find};
const size_t unmerge_statements_count = sizeof unmerge_statements / sizeof *unmerge_statements;
