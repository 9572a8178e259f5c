/* See csv.h. */
#include "services/catalog/import/csv.h"

static size_t lines_in(const struct csv *csv, size_t from, size_t to)
{
    size_t count = 0;
    const char *at = csv->text.at + from, *end = csv->text.at + to;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        count++;
        at++;
    }
    return count;
}

/* A row that cannot be read costs its first line only: what comes after may be good again. */
static bool csv_break(struct csv *csv, struct csv_row *into)
{
    const char *end = memchr(csv->text.at + into->at, '\n', csv->text.size - into->at);
    csv->at = end != NULL ? (size_t)(end - csv->text.at) + 1 : csv->text.size;
    csv->line = into->line + 1;
    into->count = 0;
    return true;
}

/* Where the closing quote of a field is whose text begins at `from`; SIZE_MAX: there is none. */
static size_t quote_find(const struct csv *csv, size_t from, bool *doubled)
{
    const char *end = csv->text.at + csv->text.size, *at = csv->text.at + from;
    *doubled = false;
    while (at < end && (at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        if (at + 1 == end || at[1] != '"')
            return (size_t)(at - csv->text.at);
        *doubled = true;
        at += 2;
    }
    return SIZE_MAX;
}

/* Reads the field at *at and leaves *at behind it. */
static bool field_quoted(const struct csv *csv, size_t *at, struct csv_field *into, struct fault *why)
{
    size_t close = quote_find(csv, *at + 1, &into->marked);
    if (close == SIZE_MAX)
        return fault_set(why, STATUS_invalid, NULL, "A field begins with a quote and never ends with one.");
    into->raw = slice_of(csv->text.at + *at + 1, close - *at - 1);
    *at = close + 1;
    return true;
}

static bool field_bare(const struct csv *csv, size_t *at, struct csv_field *into, struct fault *why)
{
    size_t from = *at, end = from;
    while (end < csv->text.size && csv->text.at[end] != ',' && csv->text.at[end] != '\n') {
        if (csv->text.at[end] == '"')
            return fault_set(why, STATUS_invalid, NULL, "A field without quotes around it has one in it.");
        end++;
    }
    *at = end;
    if (end > from && csv->text.at[end - 1] == '\r' && (end == csv->text.size || csv->text.at[end] == '\n'))
        end--;
    into->raw = slice_of(csv->text.at + from, end - from);
    into->null = slice_is(into->raw, "\\N");
    return true;
}

static void field_escaped(const struct csv *csv, size_t *at, struct csv_field *into)
{
    size_t from = *at, end = from;
    while (end < csv->text.size && csv->text.at[end] != '\t' && csv->text.at[end] != '\n') {
        if (csv->text.at[end] == '\\' && end + 1 < csv->text.size) {
            into->marked = true;
            end++;
        }
        end++;
    }
    *at = end;
    into->raw = slice_of(csv->text.at + from, end - from);
    into->null = slice_is(into->raw, "\\N");
}

static bool field_read(const struct csv *csv, size_t *at, struct csv_field *into, struct fault *why)
{
    *into = (struct csv_field){.null = false};
    if (csv->form == CSV_escaped)
        field_escaped(csv, at, into);
    else if (*at < csv->text.size && csv->text.at[*at] == '"')
        return field_quoted(csv, at, into, why);
    else
        return field_bare(csv, at, into, why);
    return true;
}

/* Does a row end at *at? Then *at is left behind its end. */
static bool row_ends(const struct csv *csv, size_t *at)
{
    struct slice rest = slice_of(csv->text.at + *at, csv->text.size - *at);
    size_t skip = rest.size > 1 && csv->form == CSV_quoted && rest.at[0] == '\r' && rest.at[1] == '\n' ? 2 : 1;
    if (rest.size > 0 && rest.at[0] != '\n' && skip == 1)
        return false;
    *at += rest.size > 0 ? skip : 0;
    return true;
}

static bool row_read(struct csv *csv, struct csv_row *into, struct fault *why)
{
    char separator = csv->form == CSV_escaped ? '\t' : ',';
    size_t at = csv->at;
    for (;;) {
        if (into->count == CSV_FIELDS_MAX) {
            fault_set(why, STATUS_invalid, NULL, "This row has more than %d fields.", CSV_FIELDS_MAX);
            return csv_break(csv, into);
        }
        if (!field_read(csv, &at, &into->fields[into->count], why))
            return csv_break(csv, into);
        into->count++;
        if (row_ends(csv, &at))
            break;
        if (csv->text.at[at] != separator) {
            fault_set(why, STATUS_invalid, NULL, "There is something between the end of a quoted field and the comma.");
            return csv_break(csv, into);
        }
        at++;
    }
    csv->line += lines_in(csv, csv->at, at);
    csv->at = at;
    return true;
}

bool csv_next(struct csv *csv, struct csv_row *into, struct fault *why)
{
    *why = (struct fault){.status = STATUS_ok};
    while (csv->at < csv->text.size) {
        into->count = 0;
        into->at = csv->at;
        into->line = csv->line;
        if (!row_ends(csv, &csv->at))
            return row_read(csv, into, why);
        csv->line++;
    }
    return false;
}

static char escaped_letter(char letter)
{
    static const char from[] = "0bnrtZ", to[] = "\0\b\n\r\t\x1a";
    const char *at = letter != '\0' ? strchr(from, letter) : NULL;
    return at != NULL ? to[at - from] : letter;
}

struct slice csv_text(enum csv_form form, const struct csv_field *field, struct arena *arena)
{
    if (field->null)
        return (struct slice){0};
    if (!field->marked)
        return field->raw;
    char *text = arena_take(arena, field->raw.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < field->raw.size; i++) {
        char letter = field->raw.at[i];
        if (i + 1 < field->raw.size && letter == (form == CSV_escaped ? '\\' : '"')) {
            i++;
            letter = form == CSV_escaped ? escaped_letter(field->raw.at[i]) : field->raw.at[i];
        }
        text[size++] = letter;
    }
    return slice_of(text, size);
}
