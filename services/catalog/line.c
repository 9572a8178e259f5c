/* See line.h. */
#include "services/catalog/line.h"

#include "services/catalog/text.h"

#include <assert.h>

#define FILE_NAME_MAX 200

static struct slice source_value(const struct line_source *source, struct slice name)
{
    if (slice_is(name, "credits"))
        return source->credits;
    if (slice_is(name, "name"))
        return source->name;
    const struct attribute *attributes = source->plugin->attributes;
    for (size_t i = 0; attributes[i].name != NULL; i++) {
        if (*name.at != *attributes[i].name || !slice_is(name, attributes[i].name))
            continue;
        struct slice value = source->values->of[i];
        return attributes[i].type == ATTR_flag && value.size > 0 ? slice_text(attributes[i].label) : value;
    }
    return (struct slice){0};
}

/* One run of the pattern up to `end`, without <…> in it. */
static bool run_write(const char *at, const char *end, const struct line_source *source, struct buffer *into)
{
    for (const char *open; (open = memchr(at, '{', (size_t)(end - at))) != NULL;) {
        const char *close = memchr(open, '}', (size_t)(end - open));
        assert(close != NULL);
        struct slice value = source_value(source, slice_of(open + 1, (size_t)(close - open - 1)));
        if (value.size == 0)
            return false;
        buffer_add(into, at, (size_t)(open - at));
        buffer_add(into, value.at, value.size);
        at = close + 1;
    }
    buffer_add(into, at, (size_t)(end - at));
    return true;
}

bool line_write(const char *pattern, const struct line_source *source, struct buffer *into)
{
    size_t start = into->size;
    for (const char *at = pattern; *at != '\0';) {
        bool optional = *at == '<';
        const char *end = optional ? strchr(at, '>') : at + strcspn(at, "<");
        assert(end != NULL);
        size_t before = into->size;
        if (!run_write(at + optional, end, source, into)) {
            into->size = before;
            if (!optional) {
                into->size = start;
                return false;
            }
        }
        at = end + optional;
    }
    return true;
}

void line_write_credits(const struct credit_line *line, struct buffer *into)
{
    for (size_t i = 0; i < line->count; i++) {
        const struct line_name *name = &line->names[i];
        struct slice text = name->credit != NULL ? name->credit->name : slice_text(name->text);
        buffer_add(into, text.at, text.size);
        buffer_add(into, name->joiner, strlen(name->joiner));
    }
}

void line_write_group(const struct line_source *source, struct buffer *into)
{
    if (!line_write(source->plugin->group_title, source, into))
        buffer_add(into, source->name.at, source->name.size);
}

/* Which of the plugin's lines it was; NULL: none fits. */
static const char *const *edition_write(const struct line_source *source, struct buffer *into)
{
    const char *const *pattern = source->plugin->edition_titles;
    while (pattern != NULL && *pattern != NULL && !line_write(*pattern, source, into))
        pattern++;
    return pattern;
}

bool line_edition_plain(const struct line_source *source)
{
    static struct buffer scratch; /* editions are many: it stays */
    scratch.size = 0;
    const char *const *pattern = edition_write(source, &scratch);
    return pattern != NULL && *pattern != NULL && pattern[1] == NULL;
}

void line_write_edition(const struct line_source *source, struct buffer *into)
{
    edition_write(source, into);
}

void line_write_release(const struct line_source *source, struct buffer *into)
{
    if (!line_write(source->plugin->release_name, source, into))
        line_write_group(source, into);
}

void line_write_unit(const struct line_source *source, struct buffer *into)
{
    if (!line_write(source->plugin->unit_title, source, into)) {
        const char *title = source->plugin->levels[LEVEL_unit].title;
        buffer_add(into, title, strlen(title));
    }
}

void line_write_whole(const struct line_source *source, struct buffer *into)
{
    static const char between[] = " – ";
    line_write_group(source, into);
    size_t before = into->size;
    buffer_add(into, between, sizeof between - 1);
    size_t start = into->size;
    if (source->plugin->header == NULL) /* else the unit says it */
        line_write_edition(source, into);
    if (into->size == start)
        into->size = before;
    buffer_add(into, between, sizeof between - 1);
    line_write_unit(source, into);
}

void line_write_file_name(const struct line_source *source, struct buffer *into)
{
    static const char ending[] = ".torrent";
    size_t start = into->size;
    if (!line_write(source->plugin->file_name, source, into))
        buffer_add(into, source->name.at, source->name.size);
    for (size_t i = start; i < into->size; i++) {
        unsigned char letter = (unsigned char)into->at[i];
        if (letter < 0x20 || letter == 0x7f || strchr("/\\:?*<>|\"", letter) != NULL)
            into->at[i] = '_';
    }
    into->size =
        start + text_cut(slice_of(into->at + start, into->size - start), FILE_NAME_MAX - (sizeof ending - 1)).size;
    while (into->size > start && (into->at[into->size - 1] == ' ' || into->at[into->size - 1] == '.'))
        into->size--;
    while (into->size > start && into->at[start] == '.')
        into->at[start++] = '_';
    if (into->size == start)
        buffer_add(into, "download", 8);
    buffer_add(into, ending, sizeof ending - 1);
}
