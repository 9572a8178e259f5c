/* See alike.h. A plugin's rule is the list of the attributes that may be missing of an older unit: of its `same` those
 * with '?', and what its reports say. When that is another than the one in catalog.plugin all its units are gone
 * through, once, by their numbers; how far is stored with what is mended. Where two turn out to be the same, one keeps
 * the mark it has.
 *
 *   the rules -> its turn -> a stretch of one plugin -> each that has a report or such an attribute -> its group, and
 * on */
#include "services/catalog/alike.h"

#include "services/catalog/attrs.h"
#include "services/catalog/change.h"
#include "services/catalog/form.h"

enum {
    STRETCH = 500, /* entities, of whatever kind */
    PAUSE_MS = 10,
    RETRY_MS = 2000,
};

static struct {
    struct loop_timer *timer;
    struct db_tx *tx;
    struct arena *arena; /* of that */
    const struct plugin *plugin;
    int64_t to;      /* the end of the stretch */
    int64_t *groups; /* of those that were mended */
    size_t count;
    bool more, stopped;
} alike;

static void rules_tell(void *arg);
static void run(void *arg);

static void again(uint32_t ms, loop_timer_fn *what)
{
    if (!alike.stopped)
        alike.timer = loop_timer_new(service_loop(), ms, 0, what, NULL);
}

static bool is_late(const struct plugin *plugin, const struct attribute *attribute)
{
    for (const char *const *name = plugin->levels[LEVEL_unit].same; name != NULL && *name != NULL; name++)
        if (**name == '?' && strcmp(*name + 1, attribute->name) == 0)
            return true;
    return false;
}

/* ---- one unit ---- */

static const struct statement alike_mend = {
    "alike_mend",
    "UPDATE catalog.entity e SET same = catalog.same($2::text[]), attrs = e.attrs || $3::jsonb WHERE e.id = $1"
    " AND (e.same <> catalog.same($2::text[]) OR NOT e.attrs @> $3::jsonb) AND NOT EXISTS (SELECT FROM catalog.entity o"
    "  WHERE o.parent = e.parent AND o.same = catalog.same($2::text[]) AND o.id <> e.id AND o.deleted_at IS NULL)"
    " RETURNING grp",
};

static void on_mended(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    if (why == NULL && db_count(rows) > 0)
        alike.groups[alike.count++] = db_get_int(rows, 0, 0);
}

static void unit_mend(int64_t entity, struct slice attrs)
{
    struct form *form = arena_take(alike.arena, sizeof *form);
    struct values *values = arena_take(alike.arena, sizeof *values);
    struct slice same[ATTRIBUTES_MAX];
    *form = (struct form){.plugin = alike.plugin};
    *values = (struct values){0};
    attrs_read(alike.plugin, attrs, alike.arena, values);
    memcpy(form->text, values->of, sizeof form->text);
    form_derive(form);
    memcpy(values->of, form->text, sizeof form->text);
    size_t count = attrs_same(alike.plugin, LEVEL_unit, values, same);
    struct db_args *args = db_texts(db_int(db_args(), entity), same, count);
    db_text(args, attrs_write(alike.plugin, LEVEL_unit, values, alike.arena));
    db_tx_ask(alike.tx, &alike_mend, args, on_mended, NULL);
}

/* ---- a stretch ---- */

static const struct statement alike_units = {
    "alike_units",
    "SELECT e.id, e.attrs::text FROM catalog.entity e WHERE e.id > $2 AND e.id <= $3 AND e.plugin = $1 AND e.kind = 3"
    " AND e.deleted_at IS NULL AND e.attrs ?| $4::text[]",
};
static const struct statement alike_on = {
    "alike_on",
    "UPDATE catalog.plugin SET alike_to = CASE WHEN $2 < (SELECT max(id) FROM catalog.entity) THEN $2"
    " ELSE 9223372036854775807 END WHERE name = $1",
};

static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    (void)arg, (void)uncertain;
    arena_destroy(&alike.arena);
    if (why != NULL)
        again(RETRY_MS, run);
    else if (alike.more)
        again(PAUSE_MS, run);
}

static void on_moved(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg, (void)rows;
    if (why == NULL && alike.count > 0)
        change_touch_all(alike.tx, alike.groups, alike.count, NULL, NULL);
    db_commit(alike.tx, on_committed, NULL);
}

static void on_units(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    size_t count = why == NULL ? db_count(rows) : 0;
    alike.groups = arena_take(alike.arena, (count + 1) * sizeof *alike.groups);
    for (size_t i = 0; i < count; i++)
        unit_mend(db_get_int(rows, i, 0), arena_copy(alike.arena, db_get_text(rows, i, 1)));
    struct db_args *args = db_text(db_args(), slice_text(alike.plugin->name));
    db_tx_ask(alike.tx, &alike_on, db_int(args, alike.to), on_moved, NULL);
}

static void units_ask(int64_t from)
{
    struct slice names[ATTRIBUTES_MAX];
    size_t count = 0;
    for (const struct attribute *attribute = alike.plugin->attributes; attribute->name != NULL; attribute++)
        if (attribute->level == LEVEL_unit && is_late(alike.plugin, attribute))
            names[count++] = slice_text(attribute->name);
    if (alike.plugin->mediainfo != NULL)
        names[count++] = slice_text(alike.plugin->mediainfo);
    alike.to = from + STRETCH;
    struct db_args *args = db_int(db_text(db_args(), slice_text(alike.plugin->name)), from);
    db_tx_ask(alike.tx, &alike_units, db_texts(db_int(args, alike.to), names, count), on_units, NULL);
}

/* ---- what there is to go through ---- */

static const struct statement alike_next = {
    "alike_next",
    "SELECT name, alike_to FROM catalog.plugin WHERE alike_to < 9223372036854775807 AND name = ANY($1::text[])"
    " ORDER BY name LIMIT 1",
};

static void on_next(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    alike.more = why == NULL && db_count(rows) > 0;
    if (!alike.more) {
        db_commit(alike.tx, on_committed, NULL);
        return;
    }
    alike.plugin = plugin_find(db_get_text(rows, 0, 0));
    units_ask(db_get_int(rows, 0, 1));
}

static void run(void *arg)
{
    struct slice names[64];
    size_t count = 0;
    (void)arg;
    alike.timer = NULL;
    alike.count = 0;
    alike.arena = arena_new();
    for (size_t i = 0; i < plugins_count && count < sizeof names / sizeof *names; i++)
        names[count++] = slice_text(plugins[i]->name);
    alike.tx = db_begin(service_db());
    change_begin_behind(alike.tx);
    db_tx_ask(alike.tx, &alike_next, db_texts(db_args(), names, count), on_next, NULL);
}

/* ---- the rules ---- */

static const struct statement alike_rule = {
    "alike_rule",
    "UPDATE catalog.plugin SET alike = $2, alike_to = 0 WHERE name = $1 AND alike <> $2",
};

static void rule_tell(const struct plugin *plugin)
{
    struct buffer rule = {0};
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++) {
        bool late = is_late(plugin, attribute), read = attribute->media != MEDIA_none;
        if (attribute->level == LEVEL_unit && (late || read))
            buffer_print(&rule, "%s%s ", late ? "?" : "", attribute->name);
    }
    struct db_args *args = db_text(db_args(), slice_text(plugin->name));
    db_tx_ask(alike.tx, &alike_rule, db_text(args, buffer_slice(&rule)), NULL, NULL);
    buffer_free(&rule);
}

static void on_told(void *arg, const struct fault *why, bool uncertain)
{
    (void)arg, (void)uncertain;
    again(why != NULL ? RETRY_MS : PAUSE_MS, why != NULL ? rules_tell : run);
}

static void rules_tell(void *arg)
{
    (void)arg;
    alike.timer = NULL;
    alike.tx = db_begin(service_db());
    change_begin(alike.tx);
    for (size_t i = 0; i < plugins_count; i++)
        rule_tell(plugins[i]);
    db_commit(alike.tx, on_told, NULL);
}

void alike_start(void)
{
    rules_tell(NULL);
}

void alike_stop(void)
{
    alike.stopped = true;
    if (alike.timer != NULL)
        loop_timer_cancel(&alike.timer);
}

const struct statement *const alike_statements[] = {&alike_mend, &alike_units, &alike_on, &alike_next, &alike_rule};
const size_t alike_statements_count = sizeof alike_statements / sizeof *alike_statements;
