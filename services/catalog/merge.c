/* See merge.h. Torrents keep their ids and go on as they were, so trackers and ratio have nothing to learn: they know a
 * group of owned ones only, and those are never merged.
 *
 *   lock, look for the key -> both -> no two torrents that would be one -> merge, the log, the kept reply */
#include "services/catalog/merge.h"

#include "services/catalog/change.h"
#include "services/catalog/fields.h"
#include "services/catalog/shelf.h"
#include "services/catalog/text.h"
#include "services/common/log.h"

#include <inttypes.h>

struct merging {
    struct changing changing;
    const struct catalog_entity_merge *ask;
    struct arena *arena;
    struct slice reason;

    const struct plugin *plugin;
    enum level_kind kind;
    uint64_t kept;
    struct slice lost_name, kept_name;
};

static void on_made(void *owner)
{
    const struct merging *merging = owner;
    log_info("merged", "user=%" PRIu64 " entity=%" PRIu64 " into=%" PRIu64 " plugin=%s",
             bus_actor(merging->changing.request), merging->ask->entity, merging->kept, merging->plugin->name);
}

/* ---- the change ---- */

static const struct statement merge_both = {
    "merge_both",
    "SELECT catalog.merge($1, $2, $3::text[], $4, $5)",
};

/* The log comes first: catalog.merge remembers under its last line what it takes to undo this. */
static void merging_write(struct merging *merging)
{
    const char *const *told_by = merging->plugin->levels[merging->kind].same;
    struct slice names[ATTRIBUTES_MAX];
    size_t count = 0;
    for (; told_by != NULL && *told_by != NULL; told_by++)
        names[count++] = slice_text(*told_by + (**told_by == '?'));
    struct db_args *args = db_int(db_int(db_args(), (int64_t)merging->ask->entity), (int64_t)merging->kept);
    const struct field_text before = {FIELD_PLACE, merging->lost_name}, after = {FIELD_PLACE, merging->kept_name};
    change_log(merging->changing.tx, &(struct change){.entity = merging->ask->entity,
                                                      .group = merging->kept,
                                                      .actor = bus_actor(merging->changing.request),
                                                      .what = "merge",
                                                      .why = merging->reason,
                                                      .before = fields_of_texts(&before, 1, merging->arena),
                                                      .after = fields_of_texts(&after, 1, merging->arena)});
    db_int(db_texts(args, names, count), (int64_t)bus_actor(merging->changing.request));
    db_tx_ask(merging->changing.tx, &merge_both, db_text(args, merging->reason), NULL, NULL);
    struct catalog_entity_merge_reply reply = {
        .href = shelf_href(merging->plugin, merging->kind, merging->kept, merging->arena),
        .entity = merging->kept,
    };
    changing_done(&merging->changing, &reply);
}

/* ---- may it be? ---- */

static const struct statement merge_clash = {
    "merge_clash",
    "SELECT one, other FROM catalog.clash($1, $2) WHERE one IS NOT NULL",
};

static void on_clash(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct merging *merging = arg;
    struct fault wrong = {0};
    if (why == NULL && db_count(rows) > 0)
        fault_set(&wrong, STATUS_conflict, "into",
                  "Both have the same %s: delete or move one of #t%" PRId64 " and #t%" PRId64 " first.",
                  merging->plugin->levels[LEVEL_unit].title, db_get_int(rows, 0, 0), db_get_int(rows, 0, 1));
    if (changing_goes_on(&merging->changing, why, &wrong))
        merging_write(merging);
}

static const struct statement merge_find = {
    "merge_find",
    "SELECT g.plugin, g.kind, g.name, k.id, k.plugin, k.kind, k.name FROM catalog.entity g LEFT JOIN catalog.entity k"
    " ON k.id = (SELECT coalesce(t.grp, t.id) FROM catalog.entity t WHERE t.id = catalog.led($2))"
    " AND k.deleted_at IS NULL WHERE g.id = $1 AND g.kind <= 1 AND g.deleted_at IS NULL AND g.leads_to IS NULL",
};

static bool both_read(struct merging *merging, const struct db_rows *rows, struct fault *why)
{
    merging->plugin = db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (merging->plugin == NULL)
        return fault_set(why, STATUS_not_found, "entity", "There is nothing here to merge (any more).");
    merging->kind = (enum level_kind)db_get_int(rows, 0, 1);
    const char *title = merging->plugin->levels[merging->kind].title;
    if (merging->plugin->owned)
        return fault_set(why, STATUS_forbidden, NULL, "A %s is its owner's: it cannot become part of another.", title);
    if (db_is_null(rows, 0, 3))
        return fault_set(why, STATUS_invalid, "into", "There is nothing at that address (any more).");
    if (!slice_is(db_get_text(rows, 0, 4), merging->plugin->name) || db_get_int(rows, 0, 5) != (int64_t)merging->kind)
        return fault_set(why, STATUS_invalid, "into", "That is another kind of thing: give the address of another %s.",
                         title);
    merging->kept = (uint64_t)db_get_int(rows, 0, 3);
    merging->lost_name = arena_copy(merging->arena, db_get_text(rows, 0, 2));
    merging->kept_name = arena_copy(merging->arena, db_get_text(rows, 0, 6));
    return merging->kept != merging->ask->entity ||
           fault_set(why, STATUS_invalid, "into", "That is this %s itself: give the address of another one.", title);
}

static void on_both(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct merging *merging = arg;
    struct fault wrong = {0};
    if (why != NULL || !both_read(merging, rows, &wrong)) {
        changing_fail(&merging->changing, why != NULL ? why : &wrong);
        return;
    }
    struct db_args *args = db_int(db_int(db_args(), (int64_t)merging->ask->entity), (int64_t)merging->kept);
    db_tx_ask(merging->changing.tx, &merge_clash, args, on_clash, merging);
}

static void on_turn(void *owner)
{
    struct merging *merging = owner;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)merging->ask->entity), (int64_t)merging->ask->into);
    db_tx_ask(merging->changing.tx, &merge_find, args, on_both, merging);
}

static void on_merge(struct bus_request *request, const void *body, void *arg)
{
    struct merging *merging = arena_take(bus_arena(request), sizeof *merging);
    struct fault why = {0};
    (void)arg;
    *merging = (struct merging){.ask = body, .arena = bus_arena(request)};
    merging->changing = (struct changing){
        .request = request, .key = merging->ask->key, .run = on_turn, .made = on_made, .owner = merging};
    merging->reason = text_line(merging->ask->reason, merging->arena);
    if (bus_actor(request) != 0 && !merging->ask->staff)
        fault_set(&why, STATUS_forbidden, NULL, "Staff merge what is here twice: report it to them.");
    else if (merging->reason.size == 0)
        fault_set(&why, STATUS_invalid, "reason", "Say why they are one.");
    changing_try(&merging->changing, &why);
}

void merge_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_entity_merge_message, on_merge, NULL);
}

const struct statement *const merge_statements[] = {&merge_both, &merge_clash, &merge_find};
const size_t merge_statements_count = sizeof merge_statements / sizeof *merge_statements;
