/* See shelf.h. */
#include "services/catalog/shelf.h"

#include "services/catalog/attrs.h"
#include "services/catalog/shelf_order.h"

#include <inttypes.h>

struct loading {
    struct shelf shelf;
    struct db *db;
    bool whole;
    unsigned waiting; /* statements not answered yet */
    struct fault why;
    shelf_done_fn *done;
    void *arg;
};

struct slice shelf_href(const struct plugin *plugin, enum level_kind kind, uint64_t entity, struct arena *arena)
{
    return slice_text(arena_print(arena, "/%s/%s/%" PRIu64, plugin->name, plugin->levels[kind].name, entity));
}

struct line_source shelf_source(const struct shelf_group *group, const struct values *values)
{
    return (struct line_source){
        .plugin = group->plugin,
        .values = values,
        .credits = group->line,
        .name = group->name,
    };
}

const struct shelf_unit *shelf_find(const struct shelf *shelf, uint64_t torrent, const struct shelf_group **group)
{
    for (size_t g = 0; g < shelf->count; g++) {
        *group = &shelf->groups[g];
        for (size_t e = 0; e < (*group)->editions_count; e++)
            for (size_t u = 0; u < (*group)->editions[e].units_count; u++)
                if ((*group)->editions[e].units[u].torrent == torrent)
                    return &(*group)->editions[e].units[u];
    }
    return NULL;
}

static bool is_among(const int64_t *torrents, size_t count, uint64_t torrent)
{
    for (size_t i = 0; i < count; i++)
        if ((uint64_t)torrents[i] == torrent)
            return true;
    return false;
}

struct shelf_group shelf_only(const struct shelf_group *group, const int64_t *torrents, size_t count,
                              struct arena *arena)
{
    struct shelf_group only = *group;
    only.editions = arena_take(arena, (group->editions_count + 1) * sizeof *only.editions);
    only.editions_count = 0;
    for (size_t e = 0; e < group->editions_count; e++) {
        const struct shelf_edition *from = &group->editions[e];
        struct shelf_edition *into = &only.editions[only.editions_count];
        *into = *from;
        into->units = arena_take(arena, from->units_count * sizeof *into->units);
        into->units_count = 0;
        for (size_t u = 0; u < from->units_count; u++)
            if (is_among(torrents, count, from->units[u].torrent))
                into->units[into->units_count++] = from->units[u];
        only.editions_count += into->units_count > 0;
    }
    return only;
}

/* Rows come group by group, so the place of the last one is nearly always right. */
static struct shelf_group *group_find(struct shelf *shelf, uint64_t entity, size_t *place)
{
    for (size_t i = 0; i < shelf->count; i++) {
        size_t at = (*place + i) % shelf->count;
        if (shelf->groups[at].entity == entity) {
            *place = at;
            return &shelf->groups[at];
        }
    }
    return NULL;
}

static struct slice line_text(void (*write)(const struct line_source *, struct buffer *),
                              const struct line_source *source, struct arena *arena)
{
    struct buffer line = {0};
    write(source, &line);
    struct slice text = arena_copy(arena, buffer_slice(&line));
    buffer_free(&line);
    return text;
}

/* ---- putting it in order, once all rows are there ---- */

static void unit_finish(const struct shelf_group *group, struct shelf_unit *unit, struct arena *arena)
{
    struct line_source source = shelf_source(group, &unit->values);
    unit->title = line_text(line_write_unit, &source, arena);
    unit->release = line_text(line_write_release, &source, arena);
    unit->href = slice_text(arena_print(arena, "%.*s#t%" PRIu64, SLICE_ARGS(group->href), unit->torrent));
}

static void group_finish(struct shelf_group *group, struct arena *arena)
{
    struct credit_line names;
    struct buffer line = {0};
    plugin_line(group->plugin, group->credits, group->credits_count, &names);
    line_write_credits(&names, &line);
    group->line = arena_copy(arena, buffer_slice(&line));
    buffer_free(&line);
    struct line_source source = shelf_source(group, &group->values);
    group->title = line_text(line_write_group, &source, arena);
    group->href = shelf_href(group->plugin, LEVEL_group, group->entity, arena);
    for (size_t e = 0; e < group->editions_count; e++) {
        struct shelf_edition *edition = &group->editions[e];
        source.values = &edition->units[0].values;
        edition->title = line_text(line_write_edition, &source, arena);
        edition->plain = line_edition_plain(&source);
        for (size_t u = 0; u < edition->units_count; u++)
            unit_finish(group, &edition->units[u], arena);
    }
    shelf_order(group, arena);
}

static void loading_step(struct loading *loading, const struct fault *why)
{
    if (why != NULL && loading->why.status == STATUS_ok)
        loading->why = *why;
    if (--loading->waiting > 0)
        return;
    if (loading->why.status != STATUS_ok) {
        loading->done(loading->arg, NULL, &loading->why);
        return;
    }
    for (size_t i = 0; i < loading->shelf.count; i++)
        group_finish(&loading->shelf.groups[i], loading->shelf.arena);
    loading->done(loading->arg, &loading->shelf, NULL);
}

/* ---- the rows ---- */

static const struct statement shelf_groups = {
    "shelf_groups",
    "SELECT id, plugin, name, attrs::text, added_by, cover, coalesce(cover_width, 0), coalesce(cover_height, 0)"
    " FROM catalog.entity WHERE id = ANY($1::bigint[]) AND kind = 1 AND deleted_at IS NULL"
    " ORDER BY array_position($1::bigint[], id)",
};

static const struct statement shelf_credits = {
    "shelf_credits",
    "SELECT c.grp, p.id, p.name, c.role, c.note FROM catalog.credit c JOIN catalog.entity p ON p.id = c.person"
    " WHERE c.grp = ANY($1::bigint[]) ORDER BY c.grp, c.place",
};

static void on_credits(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct loading *loading = arg;
    struct arena *arena = loading->shelf.arena;
    size_t count = rows != NULL ? db_count(rows) : 0, place = 0;
    struct credit *credits = arena_take(arena, (count + 1) * sizeof *credits);
    for (size_t i = 0; i < count; i++) {
        struct shelf_group *group = group_find(&loading->shelf, (uint64_t)db_get_int(rows, i, 0), &place);
        const struct role *role = group != NULL ? plugin_role(group->plugin, NULL, db_get_text(rows, i, 3)) : NULL;
        if (role == NULL)
            continue;
        if (group->credits_count++ == 0)
            group->credits = credits;
        *credits++ = (struct credit){
            .name = arena_copy(arena, db_get_text(rows, i, 2)),
            .note = arena_copy(arena, db_get_text(rows, i, 4)),
            .role = role,
            .entity = (uint64_t)db_get_int(rows, i, 1),
        };
    }
    loading_step(loading, why);
}

static const struct statement shelf_tags = {
    "shelf_tags",
    "SELECT e.entity, t.name FROM catalog.entity_tag e JOIN catalog.tag t ON t.id = e.tag"
    " WHERE e.entity = ANY($1::bigint[]) AND e.score >= 0 ORDER BY e.entity, e.score DESC, t.name",
};

static void on_tags(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct loading *loading = arg;
    size_t count = rows != NULL ? db_count(rows) : 0, place = 0;
    struct slice *tags = arena_take(loading->shelf.arena, (count + 1) * sizeof *tags);
    for (size_t i = 0; i < count; i++) {
        struct shelf_group *group = group_find(&loading->shelf, (uint64_t)db_get_int(rows, i, 0), &place);
        if (group == NULL)
            continue;
        if (group->tags_count++ == 0)
            group->tags = tags;
        *tags++ = arena_copy(loading->shelf.arena, db_get_text(rows, i, 1));
    }
    loading_step(loading, why);
}

static const struct statement shelf_units = {
    "shelf_units",
    "SELECT u.grp, u.id, u.attrs::text, coalesce(e.id, 0), coalesce(e.attrs::text, '{}'), t.id, t.uploader, t.size,"
    " t.files_count, t.added_at, t.info_hash, t.info_hash_v2, CASE WHEN $2::boolean THEN t.files END, t.warning"
    " FROM catalog.entity u JOIN catalog.torrent t ON t.entity = u.id AND t.active"
    " LEFT JOIN catalog.entity e ON e.id = u.parent AND e.kind = 2"
    " WHERE u.grp = ANY($1::bigint[]) AND u.kind = 3 ORDER BY u.grp, u.parent, u.id",
};

/* `above`: the values of its edition and its group. */
static void unit_read(const struct db_rows *rows, size_t row, const struct plugin *plugin, const struct values *above,
                      struct arena *arena, struct shelf_unit *unit)
{
    *unit = (struct shelf_unit){
        .entity = (uint64_t)db_get_int(rows, row, 1),
        .edition = (uint64_t)db_get_int(rows, row, 3),
        .torrent = (uint64_t)db_get_int(rows, row, 5),
        .uploader = (uint64_t)db_get_int(rows, row, 6),
        .size = (uint64_t)db_get_int(rows, row, 7),
        .files_count = (uint64_t)db_get_int(rows, row, 8),
        .added_at = db_get_time(rows, row, 9),
        .info_hash = arena_copy(arena, db_get_bytes(rows, row, 10)),
        .info_hash_v2 = arena_copy(arena, db_get_bytes(rows, row, 11)),
        .files = arena_copy(arena, db_get_bytes(rows, row, 12)),
        .warning = arena_copy(arena, db_get_text(rows, row, 13)),
        .values = *above,
    };
    attrs_read(plugin, db_get_text(rows, row, 2), arena, &unit->values);
}

static void on_units(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct loading *loading = arg;
    size_t count = rows != NULL ? db_count(rows) : 0, place = 0;
    struct shelf_unit *unit = arena_take(loading->shelf.arena, (count + 1) * sizeof *unit);
    struct shelf_edition *edition = arena_take(loading->shelf.arena, (count + 1) * sizeof *edition);
    struct values values = {0}; /* of the edition and the group of the row before */
    for (size_t i = 0; i < count; i++) {
        struct shelf_group *group = group_find(&loading->shelf, (uint64_t)db_get_int(rows, i, 0), &place);
        uint64_t above = (uint64_t)db_get_int(rows, i, 3);
        if (group == NULL)
            continue;
        if (group->editions_count == 0)
            group->editions = edition;
        if (group->editions_count == 0 || edition[-1].entity != above) {
            *edition++ = (struct shelf_edition){.entity = above, .units = unit};
            group->editions_count++;
            values = group->values;
            attrs_read(group->plugin, db_get_text(rows, i, 4), loading->shelf.arena, &values);
        }
        unit_read(rows, i, group->plugin, &values, loading->shelf.arena, unit++);
        edition[-1].units_count++;
    }
    loading_step(loading, why);
}

static bool group_read(const struct db_rows *rows, size_t row, struct arena *arena, struct shelf_group *into)
{
    *into = (struct shelf_group){
        .entity = (uint64_t)db_get_int(rows, row, 0),
        .plugin = plugin_find(db_get_text(rows, row, 1)),
        .name = arena_copy(arena, db_get_text(rows, row, 2)),
        .owner = (uint64_t)db_get_int(rows, row, 4),
        .cover = arena_copy(arena, db_get_bytes(rows, row, 5)),
        .cover_width = (unsigned)db_get_int(rows, row, 6),
        .cover_height = (unsigned)db_get_int(rows, row, 7),
    };
    if (into->plugin == NULL)
        return false;
    attrs_read(into->plugin, db_get_text(rows, row, 3), arena, &into->values);
    return true;
}

static struct db_args *groups_args(const struct shelf *shelf)
{
    int64_t *ids = arena_take(shelf->arena, shelf->count * sizeof *ids);
    for (size_t i = 0; i < shelf->count; i++)
        ids[i] = (int64_t)shelf->groups[i].entity;
    return db_ints(db_args(), ids, shelf->count);
}

static void on_groups(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct loading *loading = arg;
    size_t count = rows != NULL ? db_count(rows) : 0;
    struct shelf *shelf = &loading->shelf;
    shelf->groups = arena_take(shelf->arena, (count + 1) * sizeof *shelf->groups);
    for (size_t i = 0; i < count; i++)
        if (group_read(rows, i, shelf->arena, &shelf->groups[shelf->count]))
            shelf->count++;
    if (shelf->count > 0) {
        loading->waiting += 3;
        db_ask(loading->db, &shelf_credits, groups_args(shelf), on_credits, loading);
        db_ask(loading->db, &shelf_tags, groups_args(shelf), on_tags, loading);
        db_ask(loading->db, &shelf_units, db_flag(groups_args(shelf), loading->whole), on_units, loading);
    }
    loading_step(loading, why);
}

void shelf_load(struct db *db, struct arena *arena, const int64_t *groups, size_t count, bool whole,
                shelf_done_fn *done, void *arg)
{
    struct loading *loading = arena_take(arena, sizeof *loading);
    *loading = (struct loading){
        .shelf = {.arena = arena},
        .db = db,
        .whole = whole,
        .waiting = 1,
        .done = done,
        .arg = arg,
    };
    db_ask(db, &shelf_groups, db_ints(db_args(), groups, count), on_groups, loading);
}

const struct statement *const shelf_statements[] = {&shelf_groups, &shelf_credits, &shelf_tags, &shelf_units};
const size_t shelf_statements_count = sizeof shelf_statements / sizeof *shelf_statements;
