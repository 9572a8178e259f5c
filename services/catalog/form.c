/* See form.h. A form is never partly right: either every value is checked, or the first fault in the plugin's order is
 * told and nothing is used. */
#include "services/catalog/form.h"

#include "services/catalog/bdinfo.h"
#include "services/catalog/date.h"
#include "services/catalog/text.h"
#include "services/common/bencode.h"
#include "services/common/encode.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- reading ---- */

/* A text, or a number or flag written as one, so that a tool can send JSON as it comes. */
static bool value_read(const msgpack_object *object, struct arena *arena, struct slice *into)
{
    *into = (struct slice){0};
    if (object->type == MSGPACK_OBJECT_STR)
        *into = slice_of(object->via.str.ptr, object->via.str.size);
    else if (object->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        *into = slice_text(arena_print(arena, "%" PRIu64, object->via.u64));
    else if (object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        *into = slice_text(arena_print(arena, "%" PRId64, object->via.i64));
    else if (object->type == MSGPACK_OBJECT_BOOLEAN)
        *into = slice_text(object->via.boolean ? "1" : "");
    else if (object->type != MSGPACK_OBJECT_NIL)
        return false;
    return utf8_valid(*into) && (into->size == 0 || memchr(into->at, '\0', into->size) == NULL);
}

/* The i-th of a field's texts; a single one stands for an array of one. */
static bool value_read_at(const msgpack_object *object, size_t i, struct arena *arena, struct slice *into)
{
    *into = (struct slice){0};
    if (object == NULL)
        return true;
    if (object->type != MSGPACK_OBJECT_ARRAY)
        return i > 0 || value_read(object, arena, into);
    return i >= object->via.array.size || value_read(&object->via.array.ptr[i], arena, into);
}

static const msgpack_object *field_find(const msgpack_object *fields, const char *name, const char *suffix,
                                        struct arena *arena)
{
    return fields == NULL ? NULL : map_find(fields, arena_print(arena, "%s%s", name, suffix));
}

static bool credits_read(const struct attribute *attribute, const msgpack_object *fields, struct arena *arena,
                         struct form *into, struct fault *why)
{
    const msgpack_object *names = field_find(fields, attribute->name, "", arena);
    const msgpack_object *roles = field_find(fields, attribute->name, "_role", arena);
    const msgpack_object *notes = field_find(fields, attribute->name, "_note", arena);
    size_t count = names == NULL ? 0 : names->type == MSGPACK_OBJECT_ARRAY ? names->via.array.size : 1;
    for (size_t i = 0; i < count; i++) {
        struct form_credit credit = {.attribute = attribute};
        if (!value_read_at(names, i, arena, &credit.name) || !value_read_at(roles, i, arena, &credit.role) ||
            !value_read_at(notes, i, arena, &credit.note))
            return fault_set(why, STATUS_invalid, attribute->name, "%s: each name must be a text.", attribute->label);
        credit.name = text_line(credit.name, arena);
        if (credit.name.size == 0)
            continue;
        if (into->credits_count == CREDITS_MAX)
            return fault_set(why, STATUS_invalid, attribute->name, "%s: at most %d names.", attribute->label,
                             CREDITS_MAX);
        into->credits[into->credits_count++] = credit;
    }
    return true;
}

static bool text_read(const struct attribute *attribute, const msgpack_object *fields, struct arena *arena,
                      struct slice *into, struct fault *why)
{
    const msgpack_object *object = field_find(fields, attribute->name, "", arena);
    size_t count = object != NULL && object->type == MSGPACK_OBJECT_ARRAY ? object->via.array.size : 1;
    if (count > 1 && attribute->type != ATTR_tags)
        return fault_set(why, STATUS_invalid, attribute->name, "%s: give one value, not several.", attribute->label);
    for (size_t i = 0; i < count; i++) {
        struct slice one;
        if (i >= TAGS_MAX || !value_read_at(object, i, arena, &one))
            return fault_set(why, STATUS_invalid, attribute->name, "%s: this is not a text.", attribute->label);
        if (into->size > 0)
            one = slice_text(arena_print(arena, "%.*s,%.*s", SLICE_ARGS(*into), SLICE_ARGS(one)));
        *into = attribute->type == ATTR_long ? text_lines(one, arena) : text_line(one, arena);
    }
    return true;
}

bool form_read(const struct plugin *plugin, const msgpack_object *fields, struct arena *arena, struct form *into,
               struct fault *why)
{
    *into = (struct form){.plugin = plugin};
    if (fields != NULL && fields->type == MSGPACK_OBJECT_ARRAY && fields->via.array.size == 0)
        fields = NULL; /* how an empty tree may be packed */
    if (fields != NULL && fields->type != MSGPACK_OBJECT_MAP)
        return fault_set(why, STATUS_invalid, "fields", "The fields must be a map from names to texts.");
    for (size_t i = 0; plugin->attributes[i].name != NULL; i++) {
        const struct attribute *attribute = &plugin->attributes[i];
        if (!plugin_asks(attribute))
            continue;
        if (attribute->type == ATTR_credit ? !credits_read(attribute, fields, arena, into, why)
                                           : !text_read(attribute, fields, arena, &into->text[i], why))
            return false;
    }
    return true;
}

/* ---- guesses ---- */

bool form_lacks(const struct form *form, const char *name)
{
    int place = plugin_attribute(form->plugin, name);
    if (place < 0)
        return false;
    for (size_t i = 0; i < form->credits_count; i++)
        if (form->credits[i].attribute == &form->plugin->attributes[place])
            return false;
    return form->text[place].size == 0;
}

void form_fill(struct form *form, const char *name, struct slice text)
{
    if (text.size > 0 && form_lacks(form, name))
        form->text[plugin_attribute(form->plugin, name)] = text;
}

void form_fill_credit(struct form *form, const char *attribute, const char *role, struct slice name)
{
    int place = plugin_attribute(form->plugin, attribute);
    if (place >= 0 && name.size > 0 && form->credits_count < CREDITS_MAX)
        form->credits[form->credits_count++] = (struct form_credit){
            .attribute = &form->plugin->attributes[place],
            .name = name,
            .role = slice_text(role),
        };
}

/* The choice of that name, else the one for all others; empty when there is neither. */
static struct slice choice_near(const struct attribute *attribute, struct slice name)
{
    struct slice other = {0};
    for (const char *const *choice = attribute->choices; *choice != NULL; choice++) {
        if (slice_is(name, *choice))
            return name;
        if (strcmp(*choice, "Other") == 0)
            other = slice_text(*choice);
    }
    return other;
}

/* BDInfo's of a disc, or MediaInfo's of a file. */
void form_derive(struct form *form)
{
    const struct plugin *plugin = form->plugin;
    int place = plugin_attribute(plugin, plugin->mediainfo);
    struct mediainfo media;
    if (place < 0 || form->text[place].size == 0)
        return;
    if (!bdinfo_read(form->text[place], &media))
        mediainfo_read(form->text[place], &media);
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++)
        if (attribute->media != MEDIA_none && media.of[attribute->media].size > 0)
            form_fill(form, attribute->name, choice_near(attribute, media.of[attribute->media]));
}

void form_complete(struct form *form, int64_t now, struct arena *arena)
{
    form_derive(form);
    for (const struct attribute *attribute = form->plugin->attributes; attribute->name != NULL; attribute++)
        if (attribute->standard != NULL)
            form_fill(form, attribute->name,
                      attribute->type == ATTR_date ? date_write(now, arena) : slice_text(attribute->standard));
}

/* ---- checking ---- */

static bool length_check(const struct attribute *attribute, struct slice text, struct fault *why)
{
    int64_t letters = (int64_t)text_letters(text);
    if (letters < attribute->low)
        return fault_set(why, STATUS_invalid, attribute->name, "%s: write at least %" PRId64 " letters.",
                         attribute->label, attribute->low);
    if (letters > attribute->high)
        return fault_set(why, STATUS_invalid, attribute->name,
                         "%s: this is longer than %" PRId64 " letters, shorten it.", attribute->label, attribute->high);
    return true;
}

static bool number_check(const struct attribute *attribute, struct slice *text, struct arena *arena, struct fault *why)
{
    char digits[20] = "", *end;
    if (text->size < sizeof digits)
        memcpy(digits, text->at, text->size);
    long long number = strtoll(digits, &end, 10);
    if (*digits == '\0' || *end != '\0' || number < attribute->low || number > attribute->high)
        return fault_set(why, STATUS_invalid, attribute->name, "%s: give a number from %" PRId64 " to %" PRId64 ".",
                         attribute->label, attribute->low, attribute->high);
    *text = slice_text(arena_print(arena, "%lld", number));
    return true;
}

static bool choice_refuse(const struct attribute *attribute, struct fault *why)
{
    struct buffer names = {0};
    for (const char *const *choice = attribute->choices; *choice != NULL; choice++)
        buffer_print(&names, "%s%s", names.size > 0 ? ", " : "", *choice);
    fault_set(why, STATUS_invalid, attribute->name, "%s: choose one of %.*s.", attribute->label,
              SLICE_ARGS(buffer_slice(&names)));
    buffer_free(&names);
    return false;
}

/* The choice as the plugin writes it; "V0" is understood for "V0 (VBR)". */
static bool choice_check(const struct attribute *attribute, struct slice *text, struct fault *why)
{
    for (const char *const *choice = attribute->choices; *choice != NULL; choice++) {
        const char *more = strstr(*choice, " (");
        if (text_same(*text, slice_text(*choice)) ||
            (more != NULL && text_same(*text, slice_of(*choice, (size_t)(more - *choice))))) {
            *text = slice_text(*choice);
            return true;
        }
    }
    return choice_refuse(attribute, why);
}

static bool flag_check(struct slice *text)
{
    static const char *const no[] = {"0", "no", "off", "false"};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (text_same(*text, slice_text(no[i])))
            *text = (struct slice){0};
    if (text->size > 0)
        *text = slice_text("1");
    return true;
}

static bool date_check(const struct attribute *attribute, struct slice *text, struct arena *arena, struct fault *why)
{
    int64_t when;
    if (!date_read(*text, &when))
        return fault_set(why, STATUS_invalid, attribute->name,
                         "%s: give a day such as 2026-11-24, with a time after it if you like: 2026-11-24 06:20.",
                         attribute->label);
    *text = date_write(when, arena);
    return true;
}

static bool value_check(const struct attribute *attribute, struct slice *text, struct arena *arena, struct fault *why)
{
    if (text->size == 0 && attribute->required)
        return fault_set(why, STATUS_invalid, attribute->name, "%s: this is needed, please fill it in.",
                         attribute->label);
    if (text->size == 0)
        return true;
    if (attribute->type == ATTR_number)
        return number_check(attribute, text, arena, why);
    if (attribute->type == ATTR_choice)
        return choice_check(attribute, text, why);
    if (attribute->type == ATTR_flag)
        return flag_check(text);
    if (attribute->type == ATTR_date)
        return date_check(attribute, text, arena, why);
    return length_check(attribute, *text, why);
}

static char tag_letter(char letter)
{
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", lower[] = "abcdefghijklmnopqrstuvwxyz";
    const char *at = letter != '\0' ? strchr(upper, letter) : NULL;
    if (letter == ' ')
        return '.';
    if (at != NULL)
        return lower[at - upper];
    return letter;
}

bool form_tags(const struct attribute *attribute, struct slice text, struct arena *arena, struct submission *into,
               struct fault *why)
{
    struct slice *tags = arena_take(arena, TAGS_MAX * sizeof *tags);
    into->tags = tags;
    into->tags_count = 0;
    for (size_t start = 0, end; start < text.size; start = end + 1) {
        const char *comma = memchr(text.at + start, ',', text.size - start);
        end = comma != NULL ? (size_t)(comma - text.at) : text.size;
        struct slice tag = text_line(slice_of(text.at + start, end - start), arena);
        char *letters = (char *)tag.at;
        for (size_t i = 0; i < tag.size; i++)
            letters[i] = tag_letter(letters[i]);
        bool known = tag.size == 0;
        for (size_t i = 0; i < into->tags_count; i++)
            known |= slice_equal(tags[i], tag);
        if (known)
            continue;
        if (text_letters(tag) > 50)
            return fault_set(why, STATUS_invalid, attribute->name, "%s: a tag has at most 50 letters.",
                             attribute->label);
        if (into->tags_count == TAGS_MAX)
            return fault_set(why, STATUS_invalid, attribute->name, "%s: at most %d tags.", attribute->label, TAGS_MAX);
        tags[into->tags_count++] = tag;
    }
    if (attribute->required && into->tags_count == 0)
        return fault_set(why, STATUS_invalid, attribute->name, "%s: give at least one.", attribute->label);
    return true;
}

static bool credit_check(const struct form *form, const struct form_credit *given, struct credit *into,
                         struct fault *why)
{
    const struct attribute *attribute = given->attribute;
    *into = (struct credit){
        .name = given->name,
        .note = attribute->note != NULL ? given->note : (struct slice){0},
        .role = plugin_role(form->plugin, attribute, given->role),
    };
    if (into->role == NULL)
        return fault_set(why, STATUS_invalid, attribute->name, "%s: \"%.*s\" is not a role, choose one of the list.",
                         attribute->label, given->role.size < 40 ? (int)given->role.size : 0, given->role.at);
    if (text_letters(into->name) > 200 || text_letters(into->note) > 200)
        return fault_set(why, STATUS_invalid, attribute->name, "%s: a name has at most 200 letters.", attribute->label);
    return true;
}

static bool credits_check(const struct form *form, const struct attribute *attribute, struct credit *credits,
                          size_t *count, struct fault *why)
{
    bool led = false;
    for (size_t i = 0; i < form->credits_count; i++) {
        struct credit credit;
        if (form->credits[i].attribute != attribute)
            continue;
        if (!credit_check(form, &form->credits[i], &credit, why))
            return false;
        bool known = false;
        for (size_t k = 0; k < *count; k++)
            known |= credits[k].role == credit.role && text_same(credits[k].name, credit.name);
        led |= credit.role == attribute->roles;
        if (!known)
            credits[(*count)++] = credit;
    }
    if (attribute->required && !led)
        return fault_set(why, STATUS_invalid, attribute->name, "%s: name at least one (%s).", attribute->label,
                         attribute->roles->title);
    return true;
}

bool form_check(const struct form *form, enum level_kind from, enum level_kind to, const struct metainfo *metainfo,
                struct arena *arena, struct submission *into, struct fault *why)
{
    struct credit *credits = arena_take(arena, CREDITS_MAX * sizeof *credits);
    into->credits = credits;
    into->credits_count = 0;
    for (size_t i = 0; form->plugin->attributes[i].name != NULL; i++) {
        const struct attribute *attribute = &form->plugin->attributes[i];
        struct slice text = form->text[i];
        if (attribute->level < from || attribute->level > to || attribute->by_owner || attribute->derived)
            continue;
        if (attribute->found_in != NULL)
            text = slice_text(metainfo_has(metainfo, attribute->found_in) ? "1" : "");
        if (attribute->type == ATTR_credit) {
            if (!credits_check(form, attribute, credits, &into->credits_count, why))
                return false;
            continue;
        }
        if (!value_check(attribute, &text, arena, why))
            return false;
        if (attribute->type == ATTR_tags && !form_tags(attribute, text, arena, into, why))
            return false;
        into->values.of[i] = attribute->type == ATTR_tags ? (struct slice){0} : text;
    }
    return form->plugin->check == NULL || form->plugin->check(from, into, arena, why);
}
