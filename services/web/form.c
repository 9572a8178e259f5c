/* Reads what a browser sends from a form without files, and the query of an address: name=value pairs joined by `&`,
 * with
 * `+` for a space and %XX escapes (WHATWG URL, application/x-www-form-urlencoded). Stricter than the standard in that
 * an escape that is cut, bytes that are not UTF-8 and NUL are refused: browsers send none of them. */
#include "services/web/form.h"

#include "services/common/encode.h"

static bool decode(struct slice raw, struct arena *arena, struct slice *into)
{
    char *at = arena_take(arena, raw.size + 1);
    memcpy(at, raw.at != NULL ? raw.at : "", raw.size);
    for (size_t i = 0; i < raw.size; i++)
        if (at[i] == '+')
            at[i] = ' ';
    /* Decoding never makes it longer, and never writes ahead of where it reads, so it works in place. */
    size_t size = percent_read(slice_of(at, raw.size), at, raw.size);
    if (size == SIZE_MAX)
        return false;
    at[size] = '\0';
    *into = slice_of(at, size);
    return memchr(at, '\0', size) == NULL && utf8_valid(*into);
}

static struct slice cut(struct slice *rest, char mark)
{
    const char *end = rest->size > 0 ? memchr(rest->at, mark, rest->size) : NULL;
    struct slice head = *rest;
    if (end == NULL) {
        *rest = slice_of(NULL, 0);
        return head;
    }
    head.size = (size_t)(end - rest->at);
    *rest = slice_of(end + 1, rest->size - head.size - 1);
    return head;
}

static size_t pairs_count(struct slice text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.size; i++)
        count += text.at[i] == '&';
    return count;
}

bool form_read(struct slice text, struct arena *arena, struct form *into, struct fault *why)
{
    *into = (struct form){.count = 0};
    if (text.size == 0)
        return true;
    size_t room = pairs_count(text);
    if (room > FORM_FIELDS_MAX)
        return fault_set(why, STATUS_too_large, NULL, "That form has more fields than this site reads.");

    struct form_field *fields = arena_take(arena, room * sizeof *fields);
    into->fields = fields;
    while (text.size > 0) {
        struct slice value = cut(&text, '&');
        if (value.size == 0)
            continue;
        struct slice name = cut(&value, '=');
        struct form_field *field = &fields[into->count];
        if (!decode(name, arena, &field->name) || !decode(value, arena, &field->value))
            return fault_set(why, STATUS_invalid, NULL, "That form holds text that cannot be read: it must be UTF-8.");
        into->count++;
    }
    return true;
}

bool form_nth(const struct form *form, const char *name, size_t i, struct slice *value)
{
    for (size_t k = 0; k < form->count; k++) {
        if (!slice_is(form->fields[k].name, name))
            continue;
        if (i-- == 0) {
            *value = form->fields[k].value;
            return true;
        }
    }
    return false;
}

struct slice form_get(const struct form *form, const char *name)
{
    struct slice value = {NULL, 0};
    form_nth(form, name, 0, &value);
    return value;
}

bool form_has(const struct form *form, const char *name)
{
    struct slice value;
    return form_nth(form, name, 0, &value);
}

size_t form_count(const struct form *form, const char *name)
{
    size_t count = 0;
    for (size_t k = 0; k < form->count; k++)
        count += slice_is(form->fields[k].name, name);
    return count;
}

uint64_t id_read(struct slice text)
{
    uint64_t id = 0;
    if (text.size == 0 || text.size > 19)
        return 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return 0;
        id = id * 10 + (uint64_t)(text.at[i] - '0');
    }
    return id <= INT64_MAX ? id : 0;
}

uint64_t form_id(const struct form *form, const char *name)
{
    return id_read(form_get(form, name));
}

uint64_t form_number(const struct form *form, const char *name)
{
    struct slice text = form_trim(form_get(form, name));
    uint64_t number = id_read(text);
    bool is_zero = text.size > 0 && text.size < 20;
    for (size_t i = 0; i < text.size; i++)
        is_zero = is_zero && text.at[i] == '0';
    return number > 0 || is_zero ? number : ID_MAX;
}

bool form_size(const struct form *form, const char *amount, const char *unit, uint64_t *bytes)
{
    struct slice text = form_trim(form_get(form, amount)), of = form_get(form, unit);
    unsigned shift = slice_is(of, "MiB") ? 20 : slice_is(of, "TiB") ? 40 : 30;
    size_t digits = 0, decimals = 0;
    uint64_t thousandths = 0;
    bool behind = false;
    for (size_t i = 0; i < text.size; i++) {
        bool is_point = text.at[i] == '.' || text.at[i] == ',';
        if (is_point ? behind : text.at[i] < '0' || text.at[i] > '9')
            return false;
        behind = behind || is_point;
        if (is_point)
            continue;
        thousandths = thousandths * 10 + (uint64_t)(text.at[i] - '0');
        decimals += behind;
        if (++digits > 12 || decimals > 3)
            return false;
    }
    for (; decimals < 3; decimals++)
        thousandths *= 10;
    if (digits == 0 || thousandths / 1000 >= (UINT64_C(1) << (63 - shift)))
        return false;
    *bytes = ((thousandths / 1000) << shift) + (((thousandths % 1000) << shift) / 1000);
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice form_trim(struct slice text)
{
    while (text.size > 0 && is_space(text.at[0])) {
        text.at++;
        text.size--;
    }
    while (text.size > 0 && is_space(text.at[text.size - 1]))
        text.size--;
    return text;
}
