/* See adding.h. One upload at a time takes these steps (change.h): so a group or a format that two members add at the
 * same moment is made by one and found by the other.
 *
 *   limit, owner -> look for the info-hash, persons, group with credits and tags, edition -> number -> unit with
 * torrent */
#include "services/catalog/adding.h"

#include "services/catalog/adding_own.h"
#include "services/catalog/attrs.h"
#include "services/catalog/page.h"
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

/* What an entity of that level is: what it is told apart by, and its attributes. */
static struct db_args *level_args(struct db_args *args, const struct adding *adding, enum level_kind kind)
{
    const struct values *values = &adding->submission.values;
    struct slice same[ATTRIBUTES_MAX];
    size_t count = attrs_same(adding->plugin, kind, values, same);
    return db_text(db_texts(args, same, count), attrs_write(adding->plugin, kind, values, adding->arena));
}

/* ---- unit, torrent ---- */

static const struct statement unit_add = {
    "unit_add",
    "SELECT unit, there, added FROM catalog.add_unit($1, $2, $3::text[], $4, $5, $6, $7, $8::bytea, $9::bytea, $10, "
    "$11,"
    " $12::bytea, $13::bytea, $14, $15, $16)",
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
    struct db_args *args = db_text(db_args(), slice_text(adding->plugin->name));
    level_args(db_text(args, slice_text(adding->plugin->levels[LEVEL_unit].name)), adding, LEVEL_unit);
    db_int(args, (int64_t)adding->actor);
    db_int(args, (int64_t)(adding->edition != 0 ? adding->edition : adding->group));
    db_int(args, (int64_t)adding->group);
    torrent_args(adding, args);
    db_tx_ask(adding->tx, &unit_add, args, on_unit, adding);
    if (adding->last != NULL)
        adding->last(adding);
}

static void number_step(struct adding *adding)
{
    adding_number(adding, unit_step);
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

/* ---- persons ---- */

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

/* ---- where it goes ---- */

static const struct statement add_known = {
    "add_known",
    "SELECT t.id, g.id, g.plugin, g.level, g.name, t.active FROM catalog.torrent t"
    " JOIN catalog.entity u ON u.id = t.entity JOIN catalog.entity g ON g.id = u.grp WHERE t.id = $1",
};

static void on_known(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct adding *adding = arg;
    if (!rows_good(adding, why))
        return;
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

/* Nothing of it is done when the torrent is here already. */
static const struct statement add_place = {
    "add_place",
    "SELECT known, at_group, called, described, joined, at_edition, credited, person FROM catalog.place($1, "
    "$2::text[], $3,"
    " nullif($4::bytea, ''), nullif($5::bytea, ''), $6, $7, $8, $9::text[], $10, $11, $12, $13, $14::text[], "
    "$15::text[],"
    " $16::text[], $17, $18::text[], $19, $20::text[], $21)",
};

/* What the group is called now, for the title in the reply: a group that was joined keeps its own values and credits.
 */
static void credits_read(struct adding *adding, const struct db_rows *rows)
{
    struct credit *credits = arena_take(adding->arena, (db_count(rows) + 1) * sizeof *credits);
    size_t count = 0;
    for (size_t i = 0; i < db_count(rows); i++) {
        const struct role *role = plugin_role(adding->plugin, NULL, db_get_text(rows, i, 6));
        if (role != NULL)
            credits[count++] =
                (struct credit){.role = role, .name = arena_copy(adding->arena, db_get_text(rows, i, 7))};
    }
    struct credit_line names;
    struct buffer line = {0};
    plugin_line(adding->plugin, credits, count, &names);
    line_write_credits(&names, &line);
    adding->group_line = arena_copy(adding->arena, buffer_slice(&line));
    buffer_free(&line);
}

static void on_place(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct adding *adding = arg;
    if (!rows_good(adding, why))
        return;
    if (!db_is_null(rows, 0, 0)) {
        db_tx_ask(adding->tx, &add_known, db_int(db_args(), db_get_int(rows, 0, 0)), on_known, adding);
        return;
    }
    adding->group = (uint64_t)db_get_int(rows, 0, 1);
    adding->group_name = arena_copy(adding->arena, db_get_text(rows, 0, 2));
    adding->edition = (uint64_t)db_get_int(rows, 0, 5);
    if (adding->from <= LEVEL_group) {
        adding->joined = db_get_flag(rows, 0, 4);
        attrs_read(adding->plugin, db_get_text(rows, 0, 3), adding->arena, &adding->submission.values);
    }
    credits_read(adding, rows);
    if (adding->to < LEVEL_unit)
        adding_end(adding);
    else
        adding_base(adding, number_step);
}

/* Who is credited, the owner, if there is one, apart. */
static struct db_args *credited_args(struct db_args *args, const struct adding *adding)
{
    const struct submission *submission = &adding->submission;
    const struct role *leading = plugin_leading_role(adding->plugin);
    size_t count = submission->credits_count, named = 0;
    struct slice *names = arena_take(adding->arena, (count + 1) * sizeof *names);
    struct slice *roles = arena_take(adding->arena, (count + 1) * sizeof *roles);
    struct slice *notes = arena_take(adding->arena, (count + 1) * sizeof *notes);
    uint64_t owner = 0;
    for (size_t i = 0; i < count; i++) {
        roles[i] = slice_text(submission->credits[i].role->name);
        notes[i] = submission->credits[i].note;
        if (submission->credits[i].entity != 0)
            owner = submission->credits[i].entity;
        else
            names[named++] = submission->credits[i].name;
    }
    db_texts(db_texts(db_texts(db_int(args, (int64_t)owner), names, named), roles, count), notes, count);
    return db_text(args, slice_text(leading != NULL ? leading->name : ""));
}

static void place_step(struct adding *adding)
{
    const struct plugin *plugin = adding->plugin;
    const struct metainfo *metainfo = &adding->metainfo;
    const struct submission *submission = &adding->submission;
    const struct level *levels = plugin->levels;
    bool grouped = adding->from > LEVEL_group;
    bool edition = levels[LEVEL_edition].name != NULL && adding->from <= LEVEL_edition && adding->to >= LEVEL_edition;
    struct slice names[] = {slice_text(levels[LEVEL_person].name), slice_text(levels[LEVEL_group].name),
                            slice_text(edition ? levels[LEVEL_edition].name : "")};
    struct db_args *args = db_texts(db_text(db_args(), slice_text(plugin->name)), names, 3);
    db_int(args, (int64_t)adding->actor);
    db_bytes(args, slice_of(metainfo->info_hash, adding->to < LEVEL_unit ? 0 : 20));
    db_bytes(args, slice_of(metainfo->info_hash_v2, adding->to >= LEVEL_unit && metainfo->v2 ? 32 : 0));
    db_int(db_int(args, grouped ? (int64_t)adding->group : 0), (int64_t)adding->edition);
    db_text(args, plugin_value(plugin, &submission->values, levels[LEVEL_group].named));
    level_args(args, adding, LEVEL_group);
    db_text(args, plugin_value(plugin, &submission->values, levels[LEVEL_group].joins));
    credited_args(db_flag(args, plugin->owned), adding);
    db_texts(args, submission->tags, submission->tags_count);
    db_text(args, plugin_value(plugin, &submission->values, levels[LEVEL_edition].named));
    db_tx_ask(adding->tx, &add_place, level_args(args, adding, LEVEL_edition), on_place, adding);
}

void adding_place(struct adding *adding)
{
    if (adding->from > LEVEL_group)
        place_step(adding);
    else
        adding_owner(adding, place_step);
}

void adding_run(struct adding *adding)
{
    adding_limit(adding, adding_place);
}

const struct statement *const adding_statements[] = {
    &unit_add, &credits_add, &persons_add, &add_known, &add_place,
};
const size_t adding_statements_count = sizeof adding_statements / sizeof *adding_statements;
