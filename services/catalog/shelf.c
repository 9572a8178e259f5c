/* See shelf.h. */
#include "services/catalog/shelf.h"

#include "services/catalog/attrs.h"
#include "services/catalog/drawn.h"
#include "services/catalog/shelf_order.h"
#include "services/catalog/shelf_read.h"

#include <inttypes.h>
#include <stdlib.h>

/* A group that is asked for: as it was drawn, then what it is drawn from. */
struct asked {
    struct drawn_from from;
    struct slice drawn;
};

struct loading {
    struct shelf shelf;
    struct db *db;
    struct asked *asked;
    size_t asked_count;
    const int64_t *torrents; /* of each group asked for that one; NULL: all */
    enum shelf_detail detail;
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

static struct slice line_text(void (*write)(const struct line_source *, struct buffer *),
                              const struct line_source *source, struct arena *arena)
{
    static struct buffer line; /* lines are many: it stays */
    line.size = 0;
    write(source, &line);
    return arena_copy(arena, buffer_slice(&line));
}

/* The group's, and "#t" with the torrent. */
static struct slice unit_href(const struct shelf_group *group, uint64_t torrent, struct arena *arena)
{
    char tail[22], *at = tail + sizeof tail;
    do
        *--at = (char)('0' + torrent % 10);
    while ((torrent /= 10) > 0);
    *--at = 't';
    *--at = '#';
    size_t before = group->href.size, behind = (size_t)(tail + sizeof tail - at);
    char *href = arena_take(arena, before + behind + 1);
    memcpy(href, group->href.at, before);
    memcpy(href + before, at, behind);
    return slice_of(href, before + behind);
}

/* ---- putting it in order, once all rows are there ---- */

static void unit_finish(const struct shelf_group *group, struct shelf_unit *unit, bool released, struct arena *arena)
{
    struct line_source source = shelf_source(group, &unit->values);
    unit->title = line_text(line_write_unit, &source, arena);
    if (released)
        unit->release = line_text(line_write_release, &source, arena);
    unit->href = unit_href(group, unit->torrent, arena);
}

static void group_finish(struct shelf_group *group, bool released, struct arena *arena)
{
    struct credit_line names;
    static struct buffer line; /* as above */
    line.size = 0;
    plugin_line(group->plugin, group->credits, group->credits_count, &names);
    line_write_credits(&names, &line);
    group->line = arena_copy(arena, buffer_slice(&line));
    struct line_source source = shelf_source(group, &group->values);
    group->title = line_text(line_write_group, &source, arena);
    group->href = shelf_href(group->plugin, LEVEL_group, group->entity, arena);
    for (size_t e = 0; e < group->editions_count; e++) {
        struct shelf_edition *edition = &group->editions[e];
        source.values = &edition->units[0].values;
        edition->title = line_text(line_write_edition, &source, arena);
        edition->plain = line_edition_plain(&source);
        for (size_t u = 0; u < edition->units_count; u++)
            unit_finish(group, &edition->units[u], released, arena);
    }
    shelf_order(group, arena);
}

static void loading_end(struct loading *loading, const struct fault *why)
{
    bool released = loading->detail != SHELF_drawn || loading->torrents != NULL;
    for (size_t i = 0; why == NULL && i < loading->shelf.count; i++)
        if (loading->shelf.groups[i].drawn.size == 0)
            group_finish(&loading->shelf.groups[i], released, loading->shelf.arena);
    loading->done(loading->arg, why == NULL ? &loading->shelf : NULL, why);
}

/* ---- the rows ---- */

/* What is told on the group's own page only. */
static const struct statement shelf_whole = {
    "shelf_whole",
    "SELECT e.id, e.attrs::text, t.info_hash, t.info_hash_v2, t.files, t.warning FROM catalog.entity e"
    " LEFT JOIN catalog.torrent t ON t.entity = e.id"
    " WHERE (e.id = $1 OR e.grp = $1) AND e.kind IN (1, 3) AND e.deleted_at IS NULL",
};

static struct shelf_unit *unit_find(const struct shelf_group *group, uint64_t entity)
{
    for (size_t e = 0; e < group->editions_count; e++)
        for (size_t u = 0; u < group->editions[e].units_count; u++)
            if (group->editions[e].units[u].entity == entity)
                return &group->editions[e].units[u];
    return NULL;
}

static void on_whole(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct loading *loading = arg;
    struct arena *arena = loading->shelf.arena;
    struct shelf_group *group = &loading->shelf.groups[0];
    for (size_t i = 0; rows != NULL && i < db_count(rows); i++) {
        uint64_t entity = (uint64_t)db_get_int(rows, i, 0);
        struct shelf_unit *unit = unit_find(group, entity);
        if (entity == group->entity)
            attrs_read(group->plugin, db_get_text(rows, i, 1), arena, &group->values);
        if (unit == NULL)
            continue;
        attrs_read(group->plugin, db_get_text(rows, i, 1), arena, &unit->values);
        unit->info_hash = arena_copy(arena, db_get_bytes(rows, i, 2));
        unit->info_hash_v2 = arena_copy(arena, db_get_bytes(rows, i, 3));
        unit->files = arena_copy(arena, db_get_bytes(rows, i, 4));
        unit->warning = arena_copy(arena, db_get_text(rows, i, 5));
    }
    loading_end(loading, why);
}

/* Each group asked for, with its cells, and which of its torrents fit, unless it is as it was drawn from: what torrents
 * are is written with the cells. */
static const struct statement shelf_cells = {
    "shelf_cells",
    "SELECT v.grp, asked.place, v.version, c.cells, c.fit, c.cover, coalesce(c.cover_width, 0),"
    " coalesce(c.cover_height, 0)"
    " FROM unnest($1::bigint[], $4::bigint[]) WITH ORDINALITY AS asked (grp, version, place)"
    " JOIN catalog.shelf v ON v.grp = asked.grp"
    " LEFT JOIN LATERAL (SELECT s.cells, s.cover, s.cover_width, s.cover_height,"
    "  CASE WHEN numnode($2::tsquery) + numnode($3::tsquery) > 0 THEN"
    "   array(SELECT u.id FROM catalog.listed_unit u WHERE u.grp = s.grp AND (numnode($2) = 0 OR u.terms @@ $2)"
    "    AND (numnode($3) = 0 OR EXISTS (SELECT FROM catalog.listed_files w WHERE w.id = u.id AND w.search @@ $3))"
    "   )::text END AS fit FROM catalog.shelf s WHERE s.grp = v.grp AND v.version <> asked.version OFFSET 0) AS c ON "
    "true"
    " ORDER BY asked.place",
};
static const struct statement shelf_person = {
    "shelf_person",
    "SELECT s.grp, s.version FROM catalog.shelf s"
    " WHERE s.grp = ANY(array(SELECT grp FROM catalog.credit WHERE person = $1)) AND s.added IS NOT NULL"
    " ORDER BY s.added DESC, s.grp DESC LIMIT $2",
};

int64_t *shelf_ids(struct slice text, struct arena *arena, size_t *count)
{
    int64_t *ids = arena_take(arena, (text.size / 2 + 1) * sizeof *ids);
    char *end;
    *count = 0;
    for (const char *at = text.at + (text.size > 0); *at >= '0' && *at <= '9'; at = end + (*end == ','))
        ids[(*count)++] = strtoll(at, &end, 10);
    return ids;
}

/* As it was drawn. */
static bool drawn_read(struct loading *loading, const struct asked *asked, struct shelf_group *group)
{
    if (!shelf_read_head(asked->from.group, asked->from.head, loading->shelf.arena, group))
        return false;
    group->drawn = asked->drawn;
    return true;
}

/* False: it is none of this daemon's. */
static bool group_read(struct loading *loading, const struct db_rows *rows, size_t row, struct shelf_group *group)
{
    struct arena *arena = loading->shelf.arena;
    size_t place = (size_t)db_get_int(rows, row, 1) - 1, head, fitting = 1;
    struct asked *asked = &loading->asked[place];
    if (db_is_null(rows, row, 3))
        return drawn_read(loading, asked, group);
    struct slice cells = arena_copy(arena, db_get_bytes(rows, row, 3));
    if (!shelf_read(asked->from.group, cells, arena, group, &head))
        return false;
    asked->from.version = db_get_int(rows, row, 2);
    asked->from.head = slice_of(cells.at, head);
    struct slice fit = arena_copy(arena, db_get_text(rows, row, 4));
    group->cover = arena_copy(arena, db_get_bytes(rows, row, 5));
    group->cover_width = (unsigned)db_get_int(rows, row, 6);
    group->cover_height = (unsigned)db_get_int(rows, row, 7);
    if (loading->detail == SHELF_drawn)
        group->from = &asked->from;
    const int64_t *only = loading->torrents != NULL ? &loading->torrents[place] : NULL;
    if (fit.size > 0)
        only = shelf_ids(fit, arena, &fitting);
    if (only != NULL)
        *group = shelf_only(group, only, fitting, arena);
    return true;
}

static void on_cells(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct loading *loading = arg;
    size_t count = rows != NULL ? db_count(rows) : 0;
    struct shelf *shelf = &loading->shelf;
    for (size_t i = 0; i < count; i++)
        shelf->count += group_read(loading, rows, i, &shelf->groups[shelf->count]);
    if (loading->detail == SHELF_whole && shelf->count > 0)
        db_ask(loading->db, &shelf_whole, db_int(db_args(), (int64_t)shelf->groups[0].entity), on_whole, loading);
    else
        loading_end(loading, why);
}

static struct loading *loading_new(struct db *db, struct arena *arena, enum shelf_detail detail, shelf_done_fn *done,
                                   void *arg)
{
    struct loading *loading = arena_take(arena, sizeof *loading);
    *loading = (struct loading){.shelf = {.arena = arena}, .db = db, .detail = detail, .done = done, .arg = arg};
    return loading;
}

/* What the torrents that are shown fit. */
struct fitting {
    struct slice below, files;
};

static void asked_begin(struct loading *loading, size_t count)
{
    struct shelf *shelf = &loading->shelf;
    loading->asked = arena_take(shelf->arena, (count + 1) * sizeof *loading->asked);
    shelf->groups = arena_take(shelf->arena, (count + 1) * sizeof *shelf->groups);
}

/* As it was drawn; what is kept may be gone when the answer comes. */
static void asked_add(struct loading *loading, int64_t group, int64_t torrent, struct slice below)
{
    struct arena *arena = loading->shelf.arena;
    struct asked *asked = &loading->asked[loading->asked_count++];
    asked->from = (struct drawn_from){
        .group = (uint64_t)group, .torrent = (uint64_t)torrent, .below = below, .version = DRAWN_NONE};
    if (loading->detail != SHELF_drawn)
        return;
    asked->drawn = arena_copy(arena, drawn_find(&asked->from));
    asked->from.head = arena_copy(arena, asked->from.head);
}

static void cells_ask(struct loading *loading, struct fitting fitting)
{
    size_t count = loading->asked_count;
    int64_t *groups = arena_take(loading->shelf.arena, (count + 1) * sizeof *groups);
    int64_t *versions = arena_take(loading->shelf.arena, (count + 1) * sizeof *versions);
    for (size_t i = 0; i < count; i++) {
        groups[i] = (int64_t)loading->asked[i].from.group;
        versions[i] = loading->asked[i].from.version;
    }
    struct db_args *args = db_text(db_text(db_ints(db_args(), groups, count), fitting.below), fitting.files);
    db_ask(loading->db, &shelf_cells, db_ints(args, versions, count), on_cells, loading);
}

static void groups_ask(struct loading *loading, const int64_t *groups, size_t count, struct fitting fitting)
{
    struct slice both = fitting.below;
    if (fitting.files.size > 0)
        both = slice_text(
            arena_print(loading->shelf.arena, "%.*s, %.*s", SLICE_ARGS(fitting.below), SLICE_ARGS(fitting.files)));
    asked_begin(loading, count);
    for (size_t i = 0; i < count; i++) {
        asked_add(loading, groups[i], loading->torrents != NULL ? loading->torrents[i] : 0, both);
        if (fitting.files.size > 0) /* which are written later than all else of a torrent */
            loading->asked[i].from.version = DRAWN_NONE;
    }
    cells_ask(loading, fitting);
}

void shelf_load_fitting(struct db *db, struct arena *arena, const int64_t *groups, size_t count, struct slice below,
                        struct slice files, shelf_done_fn *done, void *arg)
{
    groups_ask(loading_new(db, arena, SHELF_drawn, done, arg), groups, count,
               (struct fitting){.below = below, .files = files});
}

void shelf_load_torrents(struct db *db, struct arena *arena, const int64_t *groups, const int64_t *torrents,
                         size_t count, shelf_done_fn *done, void *arg)
{
    struct loading *loading = loading_new(db, arena, SHELF_drawn, done, arg);
    loading->torrents = torrents;
    groups_ask(loading, groups, count, (struct fitting){0});
}

/* What has not changed since it was drawn is not asked for. */
static void on_person(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct loading *loading = arg;
    struct shelf *shelf = &loading->shelf;
    size_t count = rows != NULL ? db_count(rows) : 0;
    asked_begin(loading, count);
    for (size_t i = 0; i < count; i++) {
        asked_add(loading, db_get_int(rows, i, 0), 0, (struct slice){0});
        const struct asked *asked = &loading->asked[loading->asked_count - 1];
        if (asked->from.version != db_get_int(rows, i, 1))
            continue;
        shelf->count += drawn_read(loading, asked, &shelf->groups[shelf->count]);
        loading->asked_count--;
    }
    if (why != NULL || loading->asked_count == 0)
        loading_end(loading, why);
    else
        cells_ask(loading, (struct fitting){0});
}

void shelf_load_person(struct db *db, struct arena *arena, uint64_t person, size_t most, shelf_done_fn *done, void *arg)
{
    struct loading *loading = loading_new(db, arena, SHELF_drawn, done, arg);
    db_ask(db, &shelf_person, db_int(db_int(db_args(), (int64_t)person), (int64_t)most), on_person, loading);
}

void shelf_load(struct db *db, struct arena *arena, const int64_t *groups, size_t count, enum shelf_detail detail,
                shelf_done_fn *done, void *arg)
{
    groups_ask(loading_new(db, arena, detail, done, arg), groups, count, (struct fitting){0});
}

const struct statement *const shelf_statements[] = {&shelf_whole, &shelf_cells, &shelf_person};
const size_t shelf_statements_count = sizeof shelf_statements / sizeof *shelf_statements;
