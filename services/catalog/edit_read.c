/* See edit_read.h. */
#include "services/catalog/edit_read.h"

#include "services/catalog/attrs.h"
#include "services/catalog/fields.h"

static const struct statement edit_entity = {
    "edit_entity",
    "SELECT e.plugin, e.kind, g.id, coalesce(e.parent, 0), g.added_by,"
    " coalesce(t.uploader, 0), e.revision, g.name, g.attrs::text, CASE p.kind WHEN 2 THEN p.attrs::text ELSE '{}' END,"
    " e.attrs::text, t.metainfo, e.id FROM catalog.entity e"
    " JOIN catalog.entity g ON g.id = coalesce(e.grp, e.id) AND g.deleted_at IS NULL"
    " LEFT JOIN catalog.entity p ON p.id = e.parent LEFT JOIN catalog.torrent t ON t.entity = e.id"
    " WHERE e.id = catalog.led($1) AND e.kind > 0 AND e.deleted_at IS NULL",
};
static const struct statement edit_credits = {
    "edit_credits",
    "SELECT p.id, p.name, c.role, c.note FROM catalog.credit c JOIN catalog.entity p ON p.id = c.person"
    " WHERE c.grp = $1 ORDER BY c.place",
};
/* Groups and editions are everybody's, like a wiki's pages, unless a group has an owner; a unit is its uploader's. */
static bool may_edit(const struct editing *editing)
{
    uint64_t actor = editing->actor;
    if (editing->plugin->owned)
        return editing->owner == actor || (!editing->plugin->sealed && (editing->staff || actor == 0));
    return editing->kind != LEVEL_unit || editing->uploader == actor || editing->staff || actor == 0;
}

static void on_credits(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct editing *editing = arg;
    if (why != NULL) {
        editing->done(editing, why);
        return;
    }
    struct credit *credits = arena_take(editing->arena, (db_count(rows) + 1) * sizeof *credits);
    editing->now.credits = credits;
    for (size_t i = 0; i < db_count(rows); i++) {
        const struct role *role = plugin_role(editing->plugin, NULL, db_get_text(rows, i, 2));
        if (role != NULL)
            credits[editing->now.credits_count++] = (struct credit){
                .entity = (uint64_t)db_get_int(rows, i, 0),
                .name = arena_copy(editing->arena, db_get_text(rows, i, 1)),
                .role = role,
                .note = arena_copy(editing->arena, db_get_text(rows, i, 3)),
            };
    }
    editing->fields = fields_write(editing->plugin, editing->kind, &editing->now, editing->arena);
    editing->done(editing, NULL);
}

static void entity_read(struct editing *editing, const struct db_rows *rows)
{
    editing->kind = (enum level_kind)db_get_int(rows, 0, 1);
    editing->group = (uint64_t)db_get_int(rows, 0, 2);
    editing->parent = (uint64_t)db_get_int(rows, 0, 3);
    editing->owner = (uint64_t)db_get_int(rows, 0, 4);
    editing->uploader = (uint64_t)db_get_int(rows, 0, 5);
    editing->revision = (uint64_t)db_get_int(rows, 0, 6);
    editing->group_name = arena_copy(editing->arena, db_get_text(rows, 0, 7));
    for (int column = 8; column <= 10; column++)
        attrs_read(editing->plugin, db_get_text(rows, 0, column), editing->arena, &editing->now.values);
    editing->stored = arena_copy(editing->arena, db_get_bytes(rows, 0, 11));
    editing->entity = (uint64_t)db_get_int(rows, 0, 12);
}

static void on_entity(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct editing *editing = arg;
    struct fault wrong = {0};
    if (why != NULL) {
        editing->done(editing, why);
        return;
    }
    editing->plugin = db_count(rows) == 0 ? NULL : plugin_find(db_get_text(rows, 0, 0));
    if (editing->plugin != NULL)
        entity_read(editing, rows);
    if (editing->plugin == NULL)
        fault_set(&wrong, STATUS_not_found, "entity", "There is nothing here to edit (any more).");
    else if (!may_edit(editing))
        fault_set(&wrong, STATUS_forbidden, NULL, "That is not yours to edit: report it to staff instead.");
    if (wrong.status != STATUS_ok) {
        editing->done(editing, &wrong);
        return;
    }
    /* Below a group there are none. */
    int64_t of = editing->kind == LEVEL_group ? (int64_t)editing->group : 0;
    db_tx_ask(editing->changing.tx, &edit_credits, db_int(db_args(), of), on_credits, editing);
}

void editing_read(struct editing *editing)
{
    db_tx_ask(editing->changing.tx, &edit_entity, db_int(db_args(), (int64_t)editing->entity), on_entity, editing);
}

const struct statement *const edit_read_statements[] = {&edit_entity, &edit_credits};
const size_t edit_read_statements_count = sizeof edit_read_statements / sizeof *edit_read_statements;
