/* Nothing here knows any plugin: labels, types, limits and choices come from catalog.plugin.list. Whether the values
 * are right is the catalog's to say. */
#include "services/web/upload_form.h"

#include "services/web/look.h"

#include <stdio.h>

#define REPEAT_MAX 200 /* values of one field */

struct shown {
    struct tree_writer *out;
    const msgpack_object *field;
    const struct form *typed;
    struct slice plugin, name, type, more;
    bool repeat;
};

/* The inputs beside a credit: its "role", and its "note". */
static void beside_input(struct slice name, const char *what, char into[96])
{
    snprintf(into, 96, "%.*s_%s", SLICE_ARGS(name), what);
}

static struct slice beside_nth(const struct form *typed, struct slice name, const char *what, size_t i)
{
    char input[96];
    struct slice value = {NULL, 0};
    beside_input(name, what, input);
    form_nth(typed, input, i, &value);
    return form_trim(value);
}

static void text_input(struct slice name, char into[96])
{
    snprintf(into, 96, "%.*s", SLICE_ARGS(name));
}

static struct slice typed_nth(const struct form *typed, struct slice name, size_t i)
{
    char input[96];
    struct slice value = {NULL, 0};
    text_input(name, input);
    form_nth(typed, input, i, &value);
    return value;
}

static bool is_credit(const msgpack_object *field)
{
    return slice_is(look_text(field, "type"), "credit");
}

static bool is_repeated(const msgpack_object *field)
{
    return look_flag(field, "repeat") || is_credit(field);
}

/* A field that was not sent at all shows what the plugin takes then; one that was emptied stays empty. */
static struct slice shown_value(const msgpack_object *field, const struct form *typed, struct slice name)
{
    char input[96];
    text_input(name, input);
    return form_has(typed, input) ? typed_nth(typed, name, 0) : look_text(field, "standard");
}

/* ---- showing ---- */

static void write_choices(const struct shown *shown, struct slice value)
{
    const msgpack_object *choices = look_array(shown->field, "choices");
    tree_open_array(shown->out, "choices");
    for (size_t i = 0; i < look_size(choices); i++) {
        struct slice choice = look_string(look_at(choices, i));
        tree_open_map(shown->out, NULL);
        tree_text(shown->out, "value", choice);
        tree_flag(shown->out, "selected", slice_equal(choice, value));
        tree_close(shown->out);
    }
    tree_close(shown->out);
}

static void write_roles(const struct shown *shown, struct slice typed)
{
    const msgpack_object *roles = look_array(shown->field, "roles");
    tree_open_array(shown->out, "roles");
    for (size_t i = 0; i < look_size(roles); i++) {
        struct slice role = look_text(look_at(roles, i), "name");
        tree_open_map(shown->out, NULL);
        tree_text(shown->out, "value", role);
        tree_text(shown->out, "title", look_text(look_at(roles, i), "title"));
        tree_flag(shown->out, "selected", slice_equal(role, typed));
        tree_close(shown->out);
    }
    tree_close(shown->out);
}

struct entry {
    struct slice value, role, note;
};

static void write_row(const struct shown *shown, struct entry row, bool first, bool last)
{
    struct slice note = look_text(shown->field, "note");
    tree_open_map(shown->out, NULL);
    tree_text(shown->out, "value", row.value);
    tree_flag(shown->out, "first", first);
    tree_flag(shown->out, "last", last);
    tree_flag(shown->out, "has_roles", is_credit(shown->field));
    if (is_credit(shown->field))
        write_roles(shown, row.role);
    if (note.size > 0) {
        tree_text(shown->out, "note_label", note);
        tree_text(shown->out, "note", row.note);
    }
    tree_close(shown->out);
}

/* What was typed, without the gaps, then an empty row or two (three when more were asked for). */
static void write_rows(const struct shown *shown)
{
    size_t written = 0, empty = slice_equal(shown->more, shown->name) ? 3 : 1;
    tree_open_array(shown->out, "rows");
    for (size_t i = 0; i < REPEAT_MAX; i++) {
        struct entry row = {.value = form_trim(typed_nth(shown->typed, shown->name, i))};
        if (row.value.size == 0)
            continue;
        row.role = beside_nth(shown->typed, shown->name, "role", i);
        row.note = beside_nth(shown->typed, shown->name, "note", i);
        write_row(shown, row, written++ == 0, false);
    }
    for (size_t i = 0; i < empty; i++)
        write_row(shown, (struct entry){.value = {NULL, 0}}, written++ == 0, i + 1 == empty);
    tree_close(shown->out);
}

static bool is_set(struct slice value)
{
    return value.size > 0 && !slice_is(value, "0") && !slice_is(value, "no");
}

static void write_limits(const struct shown *shown)
{
    const msgpack_object *low = map_find(shown->field, "low"), *high = map_find(shown->field, "high");
    if (low != NULL)
        tree_object(shown->out, "low", low);
    if (high != NULL)
        tree_object(shown->out, "high", high);
}

/* What may be typed, among others. */
static void write_known(const struct shown *shown)
{
    const msgpack_object *known = look_array(shown->field, "known");
    tree_flag(shown->out, "has_known", look_size(known) > 0);
    if (look_size(known) > 0)
        tree_object(shown->out, "known", known);
}

/* Where names are that go on as is typed here, or that it may be. */
static void write_suggest(const struct shown *shown, const char *key)
{
    struct slice kind = look_text(shown->field, key);
    if (kind.size > 0)
        tree_print(shown->out, key, "/suggest/%.*s?field=%.*s", SLICE_ARGS(shown->plugin), SLICE_ARGS(kind));
}

static bool is_at_fault(const struct shown *shown, const struct fault *why)
{
    return why != NULL && shown->name.size > 0 && slice_equal(slice_text(why->field), shown->name);
}

static void write_field(const struct shown *shown, const struct fault *why)
{
    struct tree_writer *out = shown->out;
    struct slice value = shown_value(shown->field, shown->typed, shown->name), help = look_text(shown->field, "help");
    char type[32];
    tree_open_map(out, NULL);
    tree_text(out, "name", shown->name);
    tree_text(out, "label", look_text(shown->field, "label"));
    tree_flag(out, "required", look_flag(shown->field, "required"));
    tree_flag(out, "repeat", shown->repeat);
    if (help.size > 0)
        tree_text(out, "help", help);
    tree_flag(out, "wiki", look_flag(shown->field, "wiki"));
    if (is_at_fault(shown, why))
        tree_string(out, "error", why->text);
    snprintf(type, sizeof type, "%.*s", SLICE_ARGS(shown->type));
    tree_flag(out, type, true);
    tree_text(out, "value", value);
    tree_flag(out, "checked", is_set(value));
    tree_flag(out, "commas", look_flag(shown->field, "commas"));
    write_suggest(shown, "suggest");
    write_suggest(shown, "similar");
    write_limits(shown);
    write_choices(shown, value);
    write_known(shown);
    tree_flag(out, "has_rows", shown->repeat);
    if (shown->repeat)
        write_rows(shown);
    tree_close(out);
}

/* Is the field in the map? Without one: always. */
static bool is_among(const msgpack_object *only, const msgpack_object *field)
{
    char name[96];
    text_input(look_text(field, "name"), name);
    return only == NULL || map_find(only, name) != NULL;
}

static bool write_section(struct tree_writer *out, const msgpack_object *plugin, const msgpack_object *level,
                          const msgpack_object *only, const struct form *typed, const struct fault *why, bool loose,
                          struct slice more)
{
    const msgpack_object *fields = look_array(plugin, "fields");
    bool open = false, marked = false;
    for (size_t i = 0; i < look_size(fields); i++) {
        const msgpack_object *field = look_at(fields, i);
        if (!slice_equal(look_text(field, "level"), look_text(level, "name")) || !is_among(only, field))
            continue;
        if (!open) {
            tree_open_map(out, NULL);
            tree_text(out, "level", look_text(level, "name"));
            tree_text(out, "title", look_text(level, "title"));
            tree_flag(out, "loose", loose);
            tree_open_array(out, "fields");
            open = true;
        }
        struct shown shown = {out,
                              field,
                              typed,
                              look_text(plugin, "name"),
                              look_text(field, "name"),
                              look_text(field, "type"),
                              more,
                              is_repeated(field)};
        write_field(&shown, why);
        marked = marked || is_at_fault(&shown, why);
    }
    if (open) {
        tree_close(out);
        tree_close(out);
    }
    return marked;
}

bool upload_form_write(struct tree_writer *out, const msgpack_object *plugin, const struct form *typed,
                       const struct fault *why, bool below, struct slice loose, struct slice more)
{
    const msgpack_object *levels = look_array(plugin, "levels");
    struct slice group = look_text(plugin, "group_level");
    bool marked = false;
    tree_open_array(out, "sections");
    for (size_t i = 0; i < look_size(levels); i++) {
        const msgpack_object *level = look_at(levels, i);
        bool is_loose = slice_equal(look_text(level, "name"), loose);
        if (!below && write_section(out, plugin, level, NULL, typed, why, is_loose, more))
            marked = true;
        if (slice_equal(look_text(level, "name"), group))
            below = false;
    }
    tree_close(out);
    return marked;
}

bool upload_form_write_levels(struct tree_writer *out, const msgpack_object *plugin, const struct slice *names,
                              size_t count, const msgpack_object *only, const struct form *typed,
                              const struct fault *why, struct slice more)
{
    const msgpack_object *levels = look_array(plugin, "levels");
    bool marked = false;
    tree_open_array(out, "sections");
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < look_size(levels); i++)
            if (slice_equal(look_text(look_at(levels, i), "name"), names[k]) &&
                write_section(out, plugin, look_at(levels, i), only, typed, why, false, more))
                marked = true;
    tree_close(out);
    return marked;
}

void upload_form_add(const msgpack_object *fields, struct arena *arena, struct form *into)
{
    struct form_field *typed = arena_take(arena, FORM_FIELDS_MAX * sizeof *typed);
    if (into->count > 0)
        memcpy(typed, into->fields, into->count * sizeof *typed);
    into->fields = typed;
    for (uint32_t i = 0; i < fields->via.map.size; i++) {
        const msgpack_object *value = &fields->via.map.ptr[i].val;
        struct slice name = arena_copy(arena, look_string(&fields->via.map.ptr[i].key));
        size_t count = value->type == MSGPACK_OBJECT_ARRAY ? look_size(value) : 1;
        for (size_t k = 0; k < count && into->count < FORM_FIELDS_MAX; k++) {
            struct slice text = look_string(value->type == MSGPACK_OBJECT_ARRAY ? look_at(value, k) : value);
            typed[into->count++] = (struct form_field){name, arena_copy(arena, text)};
        }
    }
}

/* ---- reading ---- */

/* What stands beside each name that was typed. */
static void read_beside(struct tree_writer *out, struct slice name, const char *what, const struct form *typed)
{
    char input[96];
    beside_input(name, what, input);
    tree_open_array(out, input);
    for (size_t i = 0; i < REPEAT_MAX; i++)
        if (form_trim(typed_nth(typed, name, i)).size > 0)
            tree_text(out, NULL, beside_nth(typed, name, what, i));
    tree_close(out);
}

static void read_repeated(struct tree_writer *out, const msgpack_object *field, const struct form *typed)
{
    struct slice name = look_text(field, "name"), value;
    char input[96];
    text_input(name, input);
    tree_open_array(out, input);
    for (size_t i = 0; i < REPEAT_MAX; i++)
        if ((value = form_trim(typed_nth(typed, name, i))).size > 0)
            tree_text(out, NULL, value);
    tree_close(out);
    if (is_credit(field))
        read_beside(out, name, "role", typed);
    if (look_text(field, "note").size > 0)
        read_beside(out, name, "note", typed);
}

void upload_form_read(struct tree_writer *out, const msgpack_object *plugin, const struct form *typed)
{
    const msgpack_object *fields = look_array(plugin, "fields");
    for (size_t i = 0; i < look_size(fields); i++) {
        const msgpack_object *field = look_at(fields, i);
        struct slice name = look_text(field, "name"), value = form_trim(typed_nth(typed, name, 0));
        char input[96];
        text_input(name, input);
        if (is_repeated(field))
            read_repeated(out, field, typed);
        else if (value.size > 0)
            tree_text(out, input, value);
    }
}
