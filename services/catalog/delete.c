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
    struct bus_request *request;
    struct arena *arena;
    struct db_tx *tx;
    uint64_t torrent, entity; /* one of them; the other is 0 */
    struct slice key, reason;
    bool staff;

    const struct plugin *plugin;
    uint64_t group, owner;
    struct values values; /* of the group */
    int64_t *torrents;
    size_t count;
    struct slice reply; /* packed */
};

/* ---- the end ---- */

static void deleting_fail(struct deleting *deleting, const struct fault *why)
{
    db_rollback(deleting->tx);
    bus_fail(deleting->request, why);
}

/* The answer to the commit was lost: the kept reply tells whether it happened. */
static void on_resolved(void *arg, struct slice reply, const struct fault *why)
{
    struct deleting *deleting = arg;
    struct fault away = {0};
    if (reply.size > 0) {
        bus_reply_packed(deleting->request, reply);
        return;
    }
    fault_set(&away, STATUS_unavailable, NULL, "%s", status_text(STATUS_unavailable));
    bus_fail(deleting->request, why != NULL ? why : &away);
}

static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    struct deleting *deleting = arg;
    if (uncertain) {
        kept_find(catalog.kept, deleting->key, on_resolved, deleting);
        return;
    }
    if (why != NULL) {
        bus_fail(deleting->request, why);
        return;
    }
    catalog.deleted += deleting->count;
    feed_published(catalog.feed);
    log_trace(bus_trace(deleting->request));
    log_info("deleted", "user=%" PRIu64 " torrent=%" PRIu64 " group=%" PRIu64 " plugin=%s torrents=%zu",
             bus_actor(deleting->request), deleting->torrent, deleting->group, deleting->plugin->name, deleting->count);
    log_trace("");
    bus_reply_packed(deleting->request, deleting->reply);
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

static struct db_args *add_doom(struct db_args *args, const struct doom *doom)
{
    return db_text(db_int(args, (int64_t)doom->by), doom->why);
}

void delete_mark(struct db_tx *tx, const int64_t *torrents, size_t count, const struct doom *doom)
{
    db_tx_ask(tx, &delete_torrents, add_doom(db_ints(db_args(), torrents, count), doom), NULL, NULL);
    db_tx_ask(tx, &delete_units, add_doom(db_ints(db_args(), torrents, count), doom), NULL, NULL);
}

static void rows_mark(struct deleting *deleting)
{
    const struct doom doom = {bus_actor(deleting->request), deleting->reason};
    delete_mark(deleting->tx, deleting->torrents, deleting->count, &doom);
    if (deleting->entity != 0)
        db_tx_ask(deleting->tx, &delete_group, add_doom(db_int(db_args(), (int64_t)deleting->group), &doom), NULL,
                  NULL);
}

static struct slice reply_pack(struct deleting *deleting)
{
    struct slice href = deleting->entity != 0
                            ? slice_text(arena_print(deleting->arena, "/%s", deleting->plugin->name))
                            : shelf_href(deleting->plugin, LEVEL_group, deleting->group, deleting->arena);
    struct catalog_torrent_delete_reply torrent = {.deleted = deleting->count, .href = href};
    struct catalog_entity_delete_reply entity = {.deleted = deleting->count, .href = href};
    return bus_pack(deleting->request, deleting->entity != 0 ? (const void *)&entity : (const void *)&torrent);
}

/* ---- what there is ---- */

#define DOOMED                                                                                                         \
    "SELECT (SELECT reply FROM catalog.kept WHERE key = $1), g.id, g.plugin, g.attrs::text, g.added_by, t.id,"         \
    " t.info_hash, t.info_hash_v2, t.size, t.uploader, t.active, coalesce(t.deleted_at, now()),"                       \
    " EXISTS (SELECT FROM catalog.torrent d WHERE d.depends_on = t.id AND d.active), t.entity"                         \
    " FROM (VALUES (1)) AS one"

static const struct statement doomed_torrent = {
    "doomed_torrent",
    DOOMED " LEFT JOIN catalog.torrent t ON t.id = $2 AND t.active LEFT JOIN catalog.entity u ON u.id = t.entity"
           " LEFT JOIN catalog.entity g ON g.id = u.grp",
};
/* The last torrent comes even when it is deleted: its fact tells that the group is. */
static const struct statement doomed_group = {
    "doomed_group",
    DOOMED " LEFT JOIN catalog.entity g ON g.id = $2 AND g.kind = 1 AND g.deleted_at IS NULL"
           " LEFT JOIN (catalog.entity u JOIN catalog.torrent t ON t.entity = u.id) ON u.grp = g.id AND u.kind = 3"
           " AND (t.active OR t.id = (SELECT max(l.id) FROM catalog.entity e JOIN catalog.torrent l ON l.entity = e.id"
           " WHERE e.grp = $2 AND e.kind = 3)) ORDER BY t.id",
};

static void fact_of_row(struct deleting *deleting, const struct db_rows *rows, size_t row)
{
    bool active = db_get_flag(rows, row, 10), backup = deleting->entity != 0 && deleting->plugin->redundancy != NULL;
    if (!active && !backup)
        return;
    struct torrent_fact fact = {
        .torrent = (uint64_t)db_get_int(rows, row, 5),
        .info_hash = db_get_bytes(rows, row, 6),
        .info_hash_v2 = db_get_bytes(rows, row, 7),
        .size = (uint64_t)db_get_int(rows, row, 8),
        .owner = (uint64_t)db_get_int(rows, row, 9),
        .backup_deleted = backup,
    };
    if (deleting->plugin->redundancy != NULL)
        fact.restore_until = db_get_time(rows, row, 11) + RESTORE_OPEN_MS;
    fact_of_plugin(&fact, deleting->plugin, &deleting->values, deleting->group);
    if (active)
        deleting->torrents[deleting->count++] = (int64_t)fact.torrent;
    fact_write(deleting->tx, &fact);
}

/* What another cannot do without goes after that one, or with the whole group; whoever may take anything away is not
 * asked to wait. */
static bool is_needed(const struct deleting *deleting, const struct db_rows *rows)
{
    bool may_all = bus_actor(deleting->request) == 0 || deleting->staff;
    return !may_all && deleting->entity == 0 && db_get_flag(rows, 0, 12);
}

/* Whose it is to take away: a torrent its uploader's, a group only its owner's who cannot take others' torrents with
 * it. */
static bool may_delete(const struct deleting *deleting, const struct db_rows *rows)
{
    uint64_t actor = bus_actor(deleting->request);
    if (actor == 0 || deleting->staff)
        return true;
    if (deleting->entity != 0)
        return deleting->plugin->owned && deleting->owner == actor;
    return (uint64_t)db_get_int(rows, 0, 9) == actor;
}

static bool doomed_read(struct deleting *deleting, const struct db_rows *rows, struct fault *why)
{
    deleting->plugin = db_is_null(rows, 0, 1) ? NULL : plugin_find(db_get_text(rows, 0, 2));
    if (deleting->plugin == NULL)
        return fault_set(why, STATUS_not_found, deleting->entity != 0 ? "entity" : "torrent",
                         "There is nothing here to delete (any more).");
    deleting->group = (uint64_t)db_get_int(rows, 0, 1);
    deleting->owner = (uint64_t)db_get_int(rows, 0, 4);
    attrs_read(deleting->plugin, db_get_text(rows, 0, 3), deleting->arena, &deleting->values);
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
    if (why == NULL && !db_is_null(rows, 0, 0)) {
        struct slice kept = arena_copy(deleting->arena, db_get_bytes(rows, 0, 0));
        db_rollback(deleting->tx);
        bus_reply_packed(deleting->request, kept);
        return;
    }
    if (why != NULL || !doomed_read(deleting, rows, &wrong)) {
        deleting_fail(deleting, why != NULL ? why : &wrong);
        return;
    }
    assert(deleting->plugin != NULL);
    deleting->torrents = arena_take(deleting->arena, (db_count(rows) + 1) * sizeof *deleting->torrents);
    for (size_t i = 0; i < db_count(rows); i++)
        if (!db_is_null(rows, i, 5))
            fact_of_row(deleting, rows, i);
    rows_mark(deleting);
    change_touch(deleting->tx, deleting->group);
    change_log(deleting->tx,
               &(struct change){.entity = deleting->entity != 0 ? deleting->group : (uint64_t)db_get_int(rows, 0, 13),
                                .group = deleting->group,
                                .actor = bus_actor(deleting->request),
                                .what = "delete",
                                .why = deleting->reason});
    deleting->reply = reply_pack(deleting);
    kept_add(catalog.kept, deleting->tx, deleting->key, deleting->reply);
    db_commit(deleting->tx, on_committed, deleting);
}

/* ---- the beginning ---- */

static void deleting_run(struct bus_request *request, struct deleting from)
{
    struct fault why = {0};
    struct deleting *deleting = arena_take(bus_arena(request), sizeof *deleting);
    *deleting = from;
    deleting->request = request;
    deleting->arena = bus_arena(request);
    deleting->reason = text_line(from.reason, deleting->arena);
    if (deleting->reason.size == 0) {
        fault_set(&why, STATUS_invalid, "reason", "Say why it goes.");
        bus_fail(request, &why);
        return;
    }
    struct db_args *args = db_bytes(db_args(), deleting->key);
    deleting->tx = db_begin(service_db());
    change_begin(deleting->tx);
    if (deleting->entity != 0)
        db_tx_ask(deleting->tx, &doomed_group, db_int(args, (int64_t)deleting->entity), on_doomed, deleting);
    else
        db_tx_ask(deleting->tx, &doomed_torrent, db_int(args, (int64_t)deleting->torrent), on_doomed, deleting);
}

static void on_torrent_delete(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_torrent_delete *ask = body;
    (void)arg;
    deleting_run(request, (struct deleting){
                              .torrent = ask->torrent, .key = ask->key, .reason = ask->reason, .staff = ask->staff});
}

static void on_entity_delete(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_entity_delete *ask = body;
    (void)arg;
    deleting_run(request,
                 (struct deleting){.entity = ask->entity, .key = ask->key, .reason = ask->reason, .staff = ask->staff});
}

void delete_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_torrent_delete_message, on_torrent_delete, NULL);
    bus_serve(service_bus(), NULL, &catalog_entity_delete_message, on_entity_delete, NULL);
}

const struct statement *const delete_statements[] = {&delete_torrents, &delete_units, &delete_group, &doomed_torrent,
                                                     &doomed_group};
const size_t delete_statements_count = sizeof delete_statements / sizeof *delete_statements;
