/* See adding_own.h. All of it runs behind the lock of adding.c, so what is counted stays so until the commit. */
#include "services/catalog/adding_own.h"

#include <inttypes.h>

/* False, and ended, when the statement failed. */
static bool rows_good(struct adding *adding, const struct fault *why)
{
    if (why == NULL)
        return true;
    adding->why = *why;
    adding->done(adding);
    return false;
}

static void go_on(struct adding *adding)
{
    if (adding->why.status == STATUS_ok)
        adding->next(adding);
    else
        adding->done(adding);
}

/* ---- limit ---- */

static const struct statement member_units = {
    "member_units",
    "SELECT count(*) FROM catalog.torrent t JOIN catalog.entity u ON u.id = t.entity AND u.plugin = $2"
    " WHERE t.uploader = $1 AND t.active",
};

static void on_limit(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct adding *adding = arg;
    unsigned most = adding->plugin->units_max;
    if (!rows_good(adding, why))
        return;
    if (db_get_int(rows, 0, 0) >= most)
        fault_set(&adding->why, STATUS_conflict, "metainfo",
                  "You have %u %s, the most a member may have: delete old ones.", most,
                  adding->plugin->levels[LEVEL_unit].plural);
    go_on(adding);
}

void adding_limit(struct adding *adding, adding_next_fn *next)
{
    if (adding->plugin->units_max == 0) {
        next(adding);
        return;
    }
    struct db_args *args = db_int(db_args(), (int64_t)adding->actor);
    adding->next = next;
    db_tx_ask(adding->tx, &member_units, db_text(args, slice_text(adding->plugin->name)), on_limit, adding);
}

/* ---- owner ---- */

/* A member is one person whatever they are called: told apart by number, and called as in the newest upload that said
 * how. */
static const struct statement owner_add = {
    "owner_add",
    "WITH given AS (SELECT coalesce(nullif($4::text, ''), 'Member ' || $3::bigint) AS name)"
    " INSERT INTO catalog.entity AS e (plugin, level, kind, name, same, added_by)"
    " SELECT $1, $2, 0, name, catalog.same(ARRAY['member', $3::bigint::text]), $3::bigint"
    " FROM given ON CONFLICT (plugin, same) WHERE kind = 0 AND deleted_at IS NULL DO UPDATE"
    " SET name = CASE WHEN $4::text = '' THEN e.name ELSE excluded.name END"
    " RETURNING id, name",
};

static void on_owner(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct adding *adding = arg;
    struct submission *submission = &adding->submission;
    if (!rows_good(adding, why))
        return;
    struct credit *credits = arena_take(adding->arena, (submission->credits_count + 1) * sizeof *credits);
    credits[0] = (struct credit){
        .name = arena_copy(adding->arena, db_get_text(rows, 0, 1)),
        .role = plugin_owner(adding->plugin)->roles,
        .entity = (uint64_t)db_get_int(rows, 0, 0),
    };
    for (size_t i = 0; i < submission->credits_count; i++)
        credits[i + 1] = submission->credits[i];
    submission->credits = credits;
    submission->credits_count++;
    adding->next(adding);
}

void adding_owner(struct adding *adding, adding_next_fn *next)
{
    if (plugin_owner(adding->plugin) == NULL) {
        next(adding);
        return;
    }
    struct db_args *args = db_text(db_args(), slice_text(adding->plugin->name));
    db_text(args, slice_text(adding->plugin->levels[LEVEL_person].name));
    db_text(db_int(args, (int64_t)adding->actor), adding->member);
    adding->next = next;
    db_tx_ask(adding->tx, &owner_add, args, on_owner, adding);
}

/* ---- number ---- */

/* Those that were deleted count too: a number means the same version for good. */
static const struct statement unit_number = {
    "unit_number",
    "SELECT coalesce(max((attrs->>$3)::bigint), 0) + 1 FROM catalog.entity"
    " WHERE grp = $1 AND parent = $2 AND kind = 3",
};

static void on_number(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct adding *adding = arg;
    int place = plugin_counted(adding->plugin);
    const struct attribute *attribute = &adding->plugin->attributes[place];
    if (!rows_good(adding, why))
        return;
    int64_t number = db_get_int(rows, 0, 0);
    if (number > attribute->high)
        fault_set(&adding->why, STATUS_invalid, attribute->name, "%s: the greatest is taken, choose one yourself.",
                  attribute->label);
    adding->submission.values.of[place] = slice_text(arena_print(adding->arena, "%" PRId64, number));
    go_on(adding);
}

void adding_number(struct adding *adding, adding_next_fn *next)
{
    int place = plugin_counted(adding->plugin);
    if (place < 0 || adding->submission.values.of[place].size > 0) {
        next(adding);
        return;
    }
    struct db_args *args = db_int(db_args(), (int64_t)adding->group);
    db_int(args, (int64_t)(adding->edition != 0 ? adding->edition : adding->group));
    adding->next = next;
    db_tx_ask(adding->tx, &unit_number, db_text(args, slice_text(adding->plugin->attributes[place].name)), on_number,
              adding);
}

/* ---- what it depends on ---- */

static const struct statement unit_base = {
    "unit_base",
    "SELECT t.id FROM catalog.entity u JOIN catalog.torrent t ON t.entity = u.id AND t.active"
    " WHERE u.grp = $1 AND u.kind = 3 AND u.deleted_at IS NULL AND u.attrs->>$2 = $3",
};

static void on_base(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct adding *adding = arg;
    const struct plugin *plugin = adding->plugin;
    int place = plugin_depends(plugin);
    if (!rows_good(adding, why))
        return;
    if (db_count(rows) == 0)
        fault_set(&adding->why, STATUS_invalid, plugin->attributes[place].name,
                  "%s: this %s has no %s %.*s that it could depend on.", plugin->attributes[place].label,
                  plugin->levels[LEVEL_group].title, plugin->levels[LEVEL_unit].title,
                  SLICE_ARGS(adding->submission.values.of[place]));
    else
        adding->base = (uint64_t)db_get_int(rows, 0, 0);
    go_on(adding);
}

void adding_base(struct adding *adding, adding_next_fn *next)
{
    int place = plugin_depends(adding->plugin);
    if (place < 0 || adding->submission.values.of[place].size == 0) {
        next(adding);
        return;
    }
    struct db_args *args = db_int(db_args(), (int64_t)adding->group);
    db_text(args, slice_text(adding->plugin->attributes[plugin_counted(adding->plugin)].name));
    adding->next = next;
    db_tx_ask(adding->tx, &unit_base, db_text(args, adding->submission.values.of[place]), on_base, adding);
}

const struct statement *const adding_own_statements[] = {&member_units, &owner_add, &unit_number, &unit_base};
const size_t adding_own_statements_count = sizeof adding_own_statements / sizeof *adding_own_statements;
