/* See adding.h. One upload at a time takes these steps (change.h): so a group or a format that two members add at the
 * same moment is made by one and found by the other.
 *
 *   look for the info-hash -> limit -> persons, owner -> group with credits -> tags, edition -> number
 *   -> unit with torrent */
#include "services/catalog/adding.h"

#include "services/catalog/adding_own.h"
#include "services/catalog/attrs.h"
#include "services/catalog/page.h"
#include "services/catalog/tags.h"
#include "services/catalog/text.h"

#include <inttypes.h>

/* The end of the steps, well or not. */
static void adding_end(struct adding *adding)
{
    adding->done(adding);
}

/* False, and ended, when the statement failed. */
static bool rows_good(struct adding *adding, const struct fault *why)
{
    if (why == NULL)
        return true;
    adding->why = *why;
    adding_end(adding);
    return false;
}

/* Parameters that every new entity takes: $1 plugin, $2 level, $3 what it is told apart by, $4 attributes, $5 actor. */
static struct db_args *entity_args(const struct adding *adding, enum level_kind kind)
{
    const struct plugin *plugin = adding->plugin;
    const struct values *values = &adding->submission.values;
    struct slice same[ATTRIBUTES_MAX];
    size_t count = attrs_same(plugin, kind, values, same);
    struct db_args *args = db_text(db_args(), slice_text(plugin->name));
    db_text(args, slice_text(plugin->levels[kind].name));
    db_texts(args, same, count);
    db_text(args, attrs_write(plugin, kind, values, adding->arena));
    return db_int(args, (int64_t)adding->actor);
}

/* ---- unit, torrent ---- */

static const struct statement unit_add = {
    "unit_add",
    "WITH found AS (SELECT e.id, t.id AS torrent FROM catalog.entity e LEFT JOIN catalog.torrent t ON t.entity = e.id"
    "  WHERE e.parent = $6::bigint AND e.same = catalog.same($3::text[]) AND e.deleted_at IS NULL),"
    " made AS (INSERT INTO catalog.entity (plugin, level, kind, parent, grp, same, attrs, added_by)"
    "  SELECT $1, $2, 3, $6, id, catalog.same($3::text[]), $4::jsonb, $5 FROM catalog.entity"
    "  WHERE id = $7::bigint AND deleted_at IS NULL AND NOT EXISTS (SELECT FROM found) RETURNING id),"
    " added AS (INSERT INTO catalog.torrent (entity, info_hash, info_hash_v2, size, files_count, files, metainfo,"
    "   uploader, warning, depends_on, added_at)"
    "  SELECT id, $8::bytea, nullif($9::bytea, ''), $10::bigint, $11::bigint, $12::bytea, $13::bytea, $5, $14::text,"
    "   nullif($15, 0::bigint), coalesce($16, clock_timestamp()) FROM made RETURNING id)"
    " SELECT id, true, coalesce(torrent, 0) FROM found UNION ALL SELECT made.id, false, added.id FROM made, added",
};

static void on_unit(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct adding *adding = arg;
    if (!rows_good(adding, why))
        return;
    if (db_count(rows) == 0) {
        fault_set(&adding->why, STATUS_conflict, "parent", "What you add to was deleted just now.");
        adding_end(adding);
    } else if (db_get_flag(rows, 0, 1)) {
        struct slice href = shelf_href(adding->plugin, LEVEL_group, adding->group, adding->arena);
        fault_set(&adding->why, STATUS_conflict, adding->plugin->levels[LEVEL_unit].same[0],
                  "The same %s of this %s is already here: see %.*s#t%" PRId64 ".",
                  adding->plugin->levels[LEVEL_unit].title,
                  adding->plugin->levels[plugin_parent(adding->plugin, LEVEL_unit)].title, SLICE_ARGS(href),
                  db_get_int(rows, 0, 2));
        adding_end(adding);
    } else {
        adding->unit = (uint64_t)db_get_int(rows, 0, 0);
        adding->torrent = (uint64_t)db_get_int(rows, 0, 2);
        adding_end(adding);
    }
}

static void torrent_args(const struct adding *adding, struct db_args *args)
{
    const struct metainfo *metainfo = &adding->metainfo;
    db_bytes(args, slice_of(metainfo->info_hash, 20));
    db_bytes(args, slice_of(metainfo->info_hash_v2, metainfo->v2 ? 32 : 0));
    db_int(args, (int64_t)metainfo->size);
    db_int(args, (int64_t)metainfo->files_count);
    db_bytes(args, page_files(metainfo, adding->arena));
    db_bytes(args, metainfo->stored);
    db_int(db_text(args, adding->warning), (int64_t)adding->base);
    if (adding->added_at != 0)
        db_time(args, adding->added_at);
    else
        db_null(args);
}

static void unit_step(struct adding *adding)
{
    struct db_args *args = entity_args(adding, LEVEL_unit);
    db_int(args, (int64_t)(adding->edition != 0 ? adding->edition : adding->group));
    db_int(args, (int64_t)adding->group);
    torrent_args(adding, args);
    db_tx_ask(adding->tx, &unit_add, args, on_unit, adding);
}

static void number_step(struct adding *adding)
{
    adding_number(adding, unit_step);
}

static void base_step(struct adding *adding)
{
    if (adding->to < LEVEL_unit)
        adding_end(adding);
    else
        adding_base(adding, number_step);
}

/* ---- edition ---- */

static const struct statement edition_add = {
    "edition_add",
    "WITH found AS (SELECT id FROM catalog.entity WHERE parent = $6::bigint AND same = catalog.same($3::text[])"
    "  AND deleted_at IS NULL),"
    " made AS (INSERT INTO catalog.entity (plugin, level, kind, parent, grp, name, same, attrs, added_by)"
    "  SELECT $1, $2, 2, $6, $6, $7, catalog.same($3::text[]), $4::jsonb, $5 WHERE NOT EXISTS (SELECT FROM found)"
    "  RETURNING id)"
    " SELECT id FROM found UNION ALL SELECT id FROM made",
};

static void on_edition(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct adding *adding = arg;
    if (!rows_good(adding, why))
        return;
    adding->edition = (uint64_t)db_get_int(rows, 0, 0);
    base_step(adding);
}

static void edition_step(struct adding *adding)
{
    const struct level *level = &adding->plugin->levels[LEVEL_edition];
    if (level->name == NULL || adding->from > LEVEL_edition || adding->to < LEVEL_edition) {
        base_step(adding);
        return;
    }
    struct db_args *args = db_int(entity_args(adding, LEVEL_edition), (int64_t)adding->group);
    db_text(args, plugin_value(adding->plugin, &adding->submission.values, level->named));
    db_tx_ask(adding->tx, &edition_add, args, on_edition, adding);
}

/* ---- credits ---- */

static const struct statement credits_add = {
    "credits_add",
    "INSERT INTO catalog.credit (grp, place, person, role, note)"
    " SELECT $1, place, person, role, note FROM unnest($2::bigint[], $3::text[], $4::text[])"
    " WITH ORDINALITY AS given (person, role, note, place) ON CONFLICT (grp, person, role) DO NOTHING",
};

static struct db_args *credits_args(const struct adding *adding, struct db_args *args)
{
    const struct submission *submission = &adding->submission;
    size_t count = submission->credits_count;
    int64_t *persons = arena_take(adding->arena, (count + 1) * sizeof *persons);
    struct slice *roles = arena_take(adding->arena, (count + 1) * sizeof *roles);
    struct slice *notes = arena_take(adding->arena, (count + 1) * sizeof *notes);
    for (size_t i = 0; i < count; i++) {
        persons[i] = (int64_t)submission->credits[i].entity;
        roles[i] = slice_text(submission->credits[i].role->name);
        notes[i] = submission->credits[i].note;
    }
    return db_texts(db_texts(db_ints(args, persons, count), roles, count), notes, count);
}

void adding_credits(struct adding *adding)
{
    struct db_args *args = credits_args(adding, db_int(db_args(), (int64_t)adding->group));
    db_tx_ask(adding->tx, &credits_add, args, NULL, NULL);
}

/* What the group is called now, for the title in the reply: a group that was joined keeps its own values and credits.
 */
static const struct statement group_credits = {
    "group_credits",
    "SELECT c.role, p.name, p.id FROM catalog.credit c JOIN catalog.entity p ON p.id = c.person WHERE c.grp = $1"
    " ORDER BY c.place",
};

static void on_group_credits(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct adding *adding = arg;
    if (why != NULL) /* as the next step is told */
        return;
    struct credit *credits = arena_take(adding->arena, (db_count(rows) + 1) * sizeof *credits);
    size_t count = 0;
    for (size_t i = 0; i < db_count(rows); i++) {
        const struct role *role = plugin_role(adding->plugin, NULL, db_get_text(rows, i, 0));
        if (role != NULL)
            credits[count++] =
                (struct credit){.role = role, .name = arena_copy(adding->arena, db_get_text(rows, i, 1))};
    }
    struct credit_line names;
    struct buffer line = {0};
    plugin_line(adding->plugin, credits, count, &names);
    line_write_credits(&names, &line);
    adding->group_line = arena_copy(adding->arena, buffer_slice(&line));
    buffer_free(&line);
}

/* Nothing but the reply waits for it. */
static void credits_step(struct adding *adding)
{
    db_tx_ask(adding->tx, &group_credits, db_int(db_args(), (int64_t)adding->group), on_group_credits, adding);
    edition_step(adding);
}

/* ---- group ---- */

/* With its credits, by which the next one of that name is seen to be the same, also when it is asked for before the
 * answer to this one has come. */
static const struct statement group_add = {
    "group_add",
    "WITH found AS (SELECT g.id, g.name, g.attrs" ADDING_JOINED "),"
    " made AS (INSERT INTO catalog.entity (plugin, level, kind, name, same, attrs, added_by, joins)"
    "  SELECT $1, $2, 1, $6, catalog.same($3::text[]), $4::jsonb, $5, nullif($10, '')"
    "  WHERE NOT EXISTS (SELECT FROM found)"
    "  RETURNING id, name, attrs),"
    " credited AS (INSERT INTO catalog.credit (grp, place, person, role, note)"
    "  SELECT made.id, given.place, given.person, given.role, given.note FROM made,"
    "  unnest($11::bigint[], $12::text[], $13::text[]) WITH ORDINALITY AS given (person, role, note, place)"
    "  ON CONFLICT (grp, person, role) DO NOTHING)"
    " SELECT id, name, attrs::text, true FROM found UNION ALL SELECT id, name, attrs::text, false FROM made",
};

static void on_group(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct adding *adding = arg;
    if (!rows_good(adding, why))
        return;
    adding->group = (uint64_t)db_get_int(rows, 0, 0);
    adding->group_name = arena_copy(adding->arena, db_get_text(rows, 0, 1));
    adding->joined = db_get_flag(rows, 0, 3);
    attrs_read(adding->plugin, db_get_text(rows, 0, 2), adding->arena, &adding->submission.values);
    if (adding->submission.tags_count > 0)
        tags_put(adding->tx, adding->group, &adding->submission, adding->actor, NULL, NULL);
    credits_step(adding);
}

struct db_args *adding_group_args(const struct adding *adding, const int64_t *persons, size_t count)
{
    const struct plugin *plugin = adding->plugin;
    const struct role *leading = plugin_leading_role(plugin);
    struct db_args *args = entity_args(adding, LEVEL_group);
    db_text(args, plugin_value(plugin, &adding->submission.values, plugin->levels[LEVEL_group].named));
    db_ints(args, persons, count);
    db_text(args, slice_text(leading != NULL ? leading->name : ""));
    db_flag(args, plugin->owned);
    return db_text(args, plugin_value(plugin, &adding->submission.values, plugin->levels[LEVEL_group].joins));
}

static void group_step(struct adding *adding)
{
    const struct submission *submission = &adding->submission;
    const struct role *leading = plugin_leading_role(adding->plugin);
    int64_t *persons = arena_take(adding->arena, (submission->credits_count + 1) * sizeof *persons);
    size_t count = 0;
    for (size_t i = 0; i < submission->credits_count; i++)
        if (submission->credits[i].role == leading)
            persons[count++] = (int64_t)submission->credits[i].entity;
    struct db_args *args = adding_group_args(adding, persons, count);
    db_tx_ask(adding->tx, &group_add, credits_args(adding, args), on_group, adding);
}

/* ---- persons ---- */

static void owner_step(struct adding *adding)
{
    adding_owner(adding, group_step);
}

static const struct statement persons_add = {
    "persons_add",
    "SELECT person, called FROM catalog.persons($1, $2, $3::text[], $4)",
};

static void on_persons(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct adding *adding = arg;
    if (!rows_good(adding, why))
        return;
    struct submission *submission = &adding->submission;
    struct credit *credits = arena_take(adding->arena, (submission->credits_count + 1) * sizeof *credits);
    size_t count = 0;
    for (size_t i = 0; i < submission->credits_count; i++) {
        struct credit credit = submission->credits[i];
        bool known = false;
        credit.entity = (uint64_t)db_get_int(rows, i, 0);
        credit.name = arena_copy(adding->arena, db_get_text(rows, i, 1));
        for (size_t k = 0; k < count; k++)
            known |= credits[k].entity == credit.entity && credits[k].role == credit.role;
        if (!known)
            credits[count++] = credit;
    }
    submission->credits_count = count;
    submission->credits = credits;
    adding->next(adding);
}

void adding_persons(struct adding *adding, void (*next)(struct adding *adding))
{
    adding->next = next;
    size_t count = adding->submission.credits_count;
    struct slice *names = arena_take(adding->arena, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = adding->submission.credits[i].name;
    struct db_args *args = db_text(db_args(), slice_text(adding->plugin->name));
    db_text(args, slice_text(adding->plugin->levels[LEVEL_person].name));
    db_texts(args, names, count);
    db_tx_ask(adding->tx, &persons_add, db_int(args, (int64_t)adding->actor), on_persons, adding);
}

void adding_place(struct adding *adding)
{
    if (adding->from > LEVEL_group)
        credits_step(adding);
    else if (adding->submission.credits_count > 0)
        adding_persons(adding, owner_step);
    else
        owner_step(adding);
}

/* ---- the beginning ---- */

static const struct statement add_known = {
    "add_known",
    "SELECT t.id, g.id, g.plugin, g.level, g.name, t.active FROM catalog.torrent t"
    " JOIN catalog.entity u ON u.id = t.entity JOIN catalog.entity g ON g.id = u.grp"
    " WHERE t.info_hash = $1 OR t.info_hash_v2 = nullif($2::bytea, '') LIMIT 1",
};

static void on_known(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct adding *adding = arg;
    if (!rows_good(adding, why))
        return;
    if (db_count(rows) == 0) {
        adding_limit(adding, adding_place);
        return;
    }
    if (!db_get_flag(rows, 0, 5))
        fault_set(&adding->why, STATUS_conflict, "metainfo",
                  "This torrent was here and was deleted: make it again with another piece length or name.");
    else
        fault_set(&adding->why, STATUS_conflict, "metainfo",
                  "This torrent is already here, in \"%.*s\": see /%.40s/%.40s/%" PRId64 "#t%" PRId64 ".",
                  SLICE_ARGS(text_cut(db_get_text(rows, 0, 4), 80)), db_get_text(rows, 0, 2).at,
                  db_get_text(rows, 0, 3).at, db_get_int(rows, 0, 1), db_get_int(rows, 0, 0));
    adding_end(adding);
}

void adding_run(struct adding *adding)
{
    struct db_args *args = db_bytes(db_args(), slice_of(adding->metainfo.info_hash, 20));
    db_bytes(args, slice_of(adding->metainfo.info_hash_v2, adding->metainfo.v2 ? 32 : 0));
    db_tx_ask(adding->tx, &add_known, args, on_known, adding);
}

const struct statement *const adding_statements[] = {
    &unit_add, &edition_add, &credits_add, &group_credits, &group_add, &persons_add, &add_known,
};
const size_t adding_statements_count = sizeof adding_statements / sizeof *adding_statements;
