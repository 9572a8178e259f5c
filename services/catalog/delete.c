/* See delete.h. Both requests are one: a torrent is a group of which one unit goes. What both do to the
 * rows retire.c does, too.
 *
 *   lock, look for the key -> what there is, and whose -> torrents, entities, facts, the group's place, the kept reply
 */
#include "services/catalog/delete.h"

#include "services/catalog/attrs.h"
#include "services/catalog/change.h"
#include "services/catalog/fact.h"
#include "services/catalog/shelf.h"
#include "services/catalog/text.h"
#include "services/common/log.h"

#include <assert.h>
#include <inttypes.h>

struct deleting {
    struct changing changing;
    struct arena *arena;
    uint64_t actor;
    uint64_t torrent, entity; /* one of them; the other is 0 */
    struct slice reason;
    bool staff;

    const struct plugin *plugin;
    uint64_t group, owner;
    struct values values; /* of the group */
    int64_t *torrents;
    size_t count;
};

static void on_made(void *owner)
{
    const struct deleting *deleting = owner;
    catalog.deleted += deleting->count;
    feed_published(catalog.feed);
    log_info("deleted", "user=%" PRIu64 " torrent=%" PRIu64 " group=%" PRIu64 " plugin=%s torrents=%zu",
             deleting->actor, deleting->torrent, deleting->group, deleting->plugin->name, deleting->count);
}

/* ---- the changes ---- */

static const struct statement delete_torrents = {
    "delete_torrents",
    "UPDATE catalog.torrent SET active = false, deleted_at = now(), deleted_by = $2, deleted_why = $3"
    " WHERE id = ANY($1::bigint[]) AND active",
};
static const struct statement delete_units = {
    "delete_units",
    "UPDATE catalog.entity SET deleted_at = now(), deleted_by = $2, deleted_why = $3"
    " WHERE id IN (SELECT entity FROM catalog.torrent WHERE id = ANY($1::bigint[]))",
};
static const struct statement delete_group = {
    "delete_group",
    "UPDATE catalog.entity SET deleted_at = now(), deleted_by = $2, deleted_why = $3"
    " WHERE (id = $1 OR grp = $1) AND deleted_at IS NULL",
};

/* What they filled is open again. */
static const struct statement delete_fillings = {
    "delete_fillings",
    "UPDATE catalog.request r SET torrent = NULL, filled_by = NULL, filled_at = NULL"
    " WHERE id IN (SELECT max(id) FROM catalog.request WHERE torrent = ANY($1::bigint[]) AND deleted_at IS NULL"
    "  GROUP BY plugin, same) AND NOT EXISTS (SELECT FROM catalog.request o WHERE o.plugin = r.plugin"
    "  AND o.same = r.same AND o.deleted_at IS NULL AND o.torrent IS NULL)",
};

static struct db_args *add_doom(struct db_args *args, const struct doom *doom)
{
    return db_text(db_int(args, (int64_t)doom->by), doom->why);
}

void delete_mark(struct db_tx *tx, const int64_t *torrents, size_t count, const struct doom *doom)
{
    db_tx_ask(tx, &delete_torrents, add_doom(db_ints(db_args(), torrents, count), doom), NULL, NULL);
    db_tx_ask(tx, &delete_fillings, db_ints(db_args(), torrents, count), NULL, NULL);
    db_tx_ask(tx, &delete_units, add_doom(db_ints(db_args(), torrents, count), doom), NULL, NULL);
}

static void rows_mark(struct deleting *deleting)
{
    const struct doom doom = {deleting->actor, deleting->reason};
    delete_mark(deleting->changing.tx, deleting->torrents, deleting->count, &doom);
    if (deleting->entity != 0)
        db_tx_ask(deleting->changing.tx, &delete_group, add_doom(db_int(db_args(), (int64_t)deleting->group), &doom),
                  NULL, NULL);
}

static void deleting_done(struct deleting *deleting)
{
    struct slice href = deleting->entity != 0
                            ? slice_text(arena_print(deleting->arena, "/%s", deleting->plugin->name))
                            : shelf_href(deleting->plugin, LEVEL_group, deleting->group, deleting->arena);
    struct catalog_torrent_delete_reply torrent = {.deleted = deleting->count, .href = href};
    struct catalog_entity_delete_reply entity = {.deleted = deleting->count, .href = href};
    changing_done(&deleting->changing, deleting->entity != 0 ? (const void *)&entity : (const void *)&torrent);
}

/* ---- what there is ---- */

#define DOOMED                                                                                                         \
    "SELECT g.id, g.plugin, g.attrs::text, g.added_by, t.id,"                                                          \
    " t.info_hash, t.info_hash_v2, t.size, t.uploader, t.active, coalesce(t.deleted_at, now()),"                       \
    " EXISTS (SELECT FROM catalog.torrent d WHERE d.depends_on = t.id AND d.active), t.entity"

static const struct statement doomed_torrent = {
    "doomed_torrent",
    DOOMED " FROM catalog.torrent t JOIN catalog.entity u ON u.id = t.entity JOIN catalog.entity g ON g.id = u.grp"
           " WHERE t.id = $1 AND t.active",
};
/* The last torrent comes even when it is deleted: its fact tells that the group is. */
static const struct statement doomed_group = {
    "doomed_group",
    DOOMED " FROM catalog.entity g"
           " LEFT JOIN (catalog.entity u JOIN catalog.torrent t ON t.entity = u.id) ON u.grp = g.id AND u.kind = 3"
           " AND (t.active OR t.id = (SELECT max(l.id) FROM catalog.entity e JOIN catalog.torrent l ON l.entity = e.id"
           " WHERE e.grp = $1 AND e.kind = 3)) WHERE g.id = $1 AND g.kind = 1 AND g.deleted_at IS NULL ORDER BY t.id",
};

static void fact_of_row(struct deleting *deleting, const struct db_rows *rows, size_t row)
{
    bool active = db_get_flag(rows, row, 9), backup = deleting->entity != 0 && deleting->plugin->redundancy != NULL;
    if (!active && !backup)
        return;
    struct torrent_fact fact = {
        .torrent = (uint64_t)db_get_int(rows, row, 4),
        .info_hash = db_get_bytes(rows, row, 5),
        .info_hash_v2 = db_get_bytes(rows, row, 6),
        .size = (uint64_t)db_get_int(rows, row, 7),
        .owner = (uint64_t)db_get_int(rows, row, 8),
        .backup_deleted = backup,
    };
    if (deleting->plugin->redundancy != NULL)
        fact.restore_until = db_get_time(rows, row, 10) + RESTORE_OPEN_MS;
    fact_of_plugin(&fact, deleting->plugin, &deleting->values, deleting->group);
    if (active)
        deleting->torrents[deleting->count++] = (int64_t)fact.torrent;
    fact_write(deleting->changing.tx, &fact);
}

/* What another cannot do without goes after that one, or with the whole group; whoever may take anything away is not
 * asked to wait. */
static bool is_needed(const struct deleting *deleting, const struct db_rows *rows)
{
    bool may_all = deleting->actor == 0 || deleting->staff;
    return !may_all && deleting->entity == 0 && db_get_flag(rows, 0, 11);
}

/* Whose it is to take away: a torrent its uploader's, a group only its owner's who cannot take others' torrents with
 * it. */
static bool may_delete(const struct deleting *deleting, const struct db_rows *rows)
{
    uint64_t actor = deleting->actor;
    if (actor == 0 || deleting->staff)
        return true;
    if (deleting->entity != 0)
        return deleting->plugin->owned && deleting->owner == actor;
    return (uint64_t)db_get_int(rows, 0, 8) == actor;
}

static bool doomed_read(struct deleting *deleting, const struct db_rows *rows, struct fault *why)
{
    deleting->plugin = db_count(rows) == 0 ? NULL : plugin_find(db_get_text(rows, 0, 1));
    if (deleting->plugin == NULL)
        return fault_set(why, STATUS_not_found, deleting->entity != 0 ? "entity" : "torrent",
                         "There is nothing here to delete (any more).");
    deleting->group = (uint64_t)db_get_int(rows, 0, 0);
    deleting->owner = (uint64_t)db_get_int(rows, 0, 3);
    attrs_read(deleting->plugin, db_get_text(rows, 0, 2), deleting->arena, &deleting->values);
    if (!may_delete(deleting, rows))
        return fault_set(why, STATUS_forbidden, NULL, "That is not yours to delete: report it to staff instead.");
    if (is_needed(deleting, rows))
        return fault_set(why, STATUS_conflict, "torrent", "Another %s depends on this one: delete that one first.",
                         deleting->plugin->levels[LEVEL_unit].title);
    return true;
}

static void on_doomed(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct deleting *deleting = arg;
    struct fault wrong = {0};
    if (why != NULL || !doomed_read(deleting, rows, &wrong)) {
        changing_fail(&deleting->changing, why != NULL ? why : &wrong);
        return;
    }
    assert(deleting->plugin != NULL);
    deleting->torrents = arena_take(deleting->arena, (db_count(rows) + 1) * sizeof *deleting->torrents);
    for (size_t i = 0; i < db_count(rows); i++)
        if (!db_is_null(rows, i, 4))
            fact_of_row(deleting, rows, i);
    rows_mark(deleting);
    change_touch(deleting->changing.tx, deleting->group);
    change_log(deleting->changing.tx,
               &(struct change){.entity = deleting->entity != 0 ? deleting->group : (uint64_t)db_get_int(rows, 0, 12),
                                .group = deleting->group,
                                .actor = deleting->actor,
                                .what = "delete",
                                .why = deleting->reason});
    deleting_done(deleting);
}

/* ---- the beginning ---- */

static void on_turn(void *owner)
{
    struct deleting *deleting = owner;
    if (deleting->entity != 0)
        db_tx_ask(deleting->changing.tx, &doomed_group, db_int(db_args(), (int64_t)deleting->entity), on_doomed,
                  deleting);
    else
        db_tx_ask(deleting->changing.tx, &doomed_torrent, db_int(db_args(), (int64_t)deleting->torrent), on_doomed,
                  deleting);
}

static void deleting_run(struct bus_request *request, struct slice key, struct deleting from)
{
    struct fault why = {0};
    struct deleting *deleting = arena_take(bus_arena(request), sizeof *deleting);
    *deleting = from;
    deleting->changing =
        (struct changing){.request = request, .key = key, .run = on_turn, .made = on_made, .owner = deleting};
    deleting->arena = bus_arena(request);
    deleting->actor = bus_actor(request);
    deleting->reason = text_line(from.reason, deleting->arena);
    if (deleting->reason.size == 0)
        fault_set(&why, STATUS_invalid, "reason", "Say why it goes.");
    changing_try(&deleting->changing, &why);
}

static void on_torrent_delete(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_torrent_delete *ask = body;
    (void)arg;
    deleting_run(request, ask->key,
                 (struct deleting){.torrent = ask->torrent, .reason = ask->reason, .staff = ask->staff});
}

static void on_entity_delete(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_entity_delete *ask = body;
    (void)arg;
    deleting_run(request, ask->key,
                 (struct deleting){.entity = ask->entity, .reason = ask->reason, .staff = ask->staff});
}

void delete_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_torrent_delete_message, on_torrent_delete, NULL);
    bus_serve(service_bus(), NULL, &catalog_entity_delete_message, on_entity_delete, NULL);
}

const struct statement *const delete_statements[] = {&delete_torrents, &delete_units,   &delete_fillings,
                                                     &delete_group,    &doomed_torrent, &doomed_group};
const size_t delete_statements_count = sizeof delete_statements / sizeof *delete_statements;
