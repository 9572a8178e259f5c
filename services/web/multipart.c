/* Reads a multipart/form-data body strictly: the boundary as the header tells it, CRLF line ends, one
 * Content-Disposition a part with a name, nothing nested, every size limited. Knows nothing of what the fields mean;
 * file bodies are views, not copies. */
#include "services/web/multipart.h"

#include "services/common/encode.h"

#include <strings.h>

#define BOUNDARY_MAX 70 /* RFC 2046 */
#define HEADERS_MAX 4096
#define FILE_NAME_MAX 255

struct reader {
    struct slice rest;
    char mark[BOUNDARY_MAX + 5]; /* "\r\n--" boundary */
    size_t mark_size;
    const struct multipart_limits *limits;
    struct arena *arena;
    struct form_field *fields;
    struct multipart_file *files;
    size_t parts;
    struct multipart *into;
    struct fault *why;
};

struct part {
    struct slice name, file_name;
    bool has_name, is_file;
    struct slice body;
};

static bool broken(struct fault *why)
{
    return fault_set(why, STATUS_invalid, NULL, "That upload arrived broken: send it again.");
}

static bool starts_with(struct slice text, const char *start)
{
    size_t size = strlen(start);
    return text.size >= size && strncasecmp(text.at, start, size) == 0;
}

static struct slice skip(struct slice text, size_t size)
{
    return slice_of(text.at + size, text.size - size);
}

static struct slice skip_spaces(struct slice text)
{
    while (text.size > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = skip(text, 1);
    return text;
}

/* Takes one `; name=value` of a header; value is a token or a quoted string, in which browsers escape a quote as %22
 * and others as \". False at the end or at anything else. */
static bool parameter(struct slice *rest, struct arena *arena, struct slice *name, struct slice *value)
{
    *rest = skip_spaces(*rest);
    if (rest->size == 0 || rest->at[0] != ';')
        return false;
    *rest = skip_spaces(skip(*rest, 1));
    size_t size = 0;
    while (size < rest->size && rest->at[size] != '=' && rest->at[size] != ';')
        size++;
    if (size == 0 || size == rest->size || rest->at[size] != '=')
        return false;
    *name = slice_of(rest->at, size);
    *rest = skip(*rest, size + 1);

    char *text = arena_take(arena, rest->size + 1);
    size_t length = 0, i = 0;
    bool quoted = rest->size > 0 && rest->at[0] == '"';
    if (quoted)
        for (i = 1; i < rest->size && rest->at[i] != '"'; i++) {
            if (rest->at[i] == '\\' && i + 1 < rest->size && (rest->at[i + 1] == '"' || rest->at[i + 1] == '\\'))
                i++;
            text[length++] = rest->at[i];
        }
    else
        for (; i < rest->size && rest->at[i] != ';' && rest->at[i] != ' '; i++)
            text[length++] = rest->at[i];
    if (quoted && i == rest->size)
        return false;
    *rest = skip(*rest, i + quoted);
    *value = slice_of(text, length);
    return true;
}

bool multipart_is(struct slice content_type)
{
    static const char type[] = "multipart/form-data";
    size_t size = sizeof type - 1;
    return starts_with(content_type, type) &&
           (content_type.size == size || content_type.at[size] == ';' || content_type.at[size] == ' ');
}

static bool find_boundary(struct reader *reader, struct slice content_type)
{
    struct slice rest = skip(content_type, strlen("multipart/form-data")), name, value;
    while (parameter(&rest, reader->arena, &name, &value)) {
        if (name.size != 8 || !starts_with(name, "boundary"))
            continue;
        if (value.size == 0 || value.size > BOUNDARY_MAX)
            return false;
        memcpy(reader->mark, "\r\n--", 4);
        memcpy(reader->mark + 4, value.at, value.size);
        reader->mark_size = 4 + value.size;
        return true;
    }
    return false;
}

/* What a browser says of a file may be a whole path on old systems: only the last piece is kept. */
static struct slice last_piece(struct slice path)
{
    size_t start = 0;
    for (size_t i = 0; i < path.size; i++)
        if (path.at[i] == '/' || path.at[i] == '\\')
            start = i + 1;
    return slice_of(path.at + start, path.size - start);
}

static bool text_fits(struct slice text, size_t limit)
{
    return text.size <= limit && utf8_valid(text) && (text.size == 0 || memchr(text.at, '\0', text.size) == NULL);
}

static bool read_disposition(struct reader *reader, struct slice line, struct part *part)
{
    struct slice rest = skip_spaces(skip(line, strlen("content-disposition:"))), name, value;
    if (part->has_name || !starts_with(rest, "form-data"))
        return false;
    rest = skip(rest, strlen("form-data"));
    while (parameter(&rest, reader->arena, &name, &value)) {
        if (slice_is(name, "name") && !part->has_name) {
            part->name = value;
            part->has_name = true;
        } else if (slice_is(name, "filename") && !part->is_file) {
            part->file_name = last_piece(value);
            part->is_file = true;
        }
    }
    return skip_spaces(rest).size == 0 && part->has_name && part->name.size > 0 && text_fits(part->name, 255) &&
           text_fits(part->file_name, FILE_NAME_MAX);
}

/* Reads the headers of a part up to the empty line. */
static bool read_headers(struct reader *reader, struct part *part)
{
    size_t size = 0;
    for (;;) {
        const char *end = memmem(reader->rest.at, reader->rest.size, "\r\n", 2);
        if (end == NULL)
            return false;
        struct slice line = slice_of(reader->rest.at, (size_t)(end - reader->rest.at));
        reader->rest = skip(reader->rest, line.size + 2);
        size += line.size;
        if (size > HEADERS_MAX)
            return false;
        if (line.size == 0)
            return part->has_name;
        if (starts_with(line, "content-disposition:") && !read_disposition(reader, line, part))
            return false;
    }
}

static bool add_file(struct reader *reader, const struct part *part)
{
    if (part->file_name.size == 0 && part->body.size == 0)
        return true;
    struct multipart *into = reader->into;
    if (into->files_count == reader->limits->files)
        return fault_set(reader->why, STATUS_too_large, NULL, "That form has more files than this site takes at once.");
    if (part->body.size > reader->limits->file_size) {
        into->too_large = arena_copy(reader->arena, part->name);
        return true;
    }
    reader->files[into->files_count++] =
        (struct multipart_file){arena_copy(reader->arena, part->name), part->file_name, part->body};
    return true;
}

static bool add_part(struct reader *reader, const struct part *part)
{
    if (++reader->parts > reader->limits->parts)
        return fault_set(reader->why, STATUS_too_large, NULL, "That form has more fields than this site reads.");
    if (part->is_file)
        return add_file(reader, part);
    if (part->body.size > reader->limits->text_size)
        return fault_set(reader->why, STATUS_too_large, NULL, "A text in that form is longer than this site reads.");
    if (!text_fits(part->body, reader->limits->text_size))
        return fault_set(reader->why, STATUS_invalid, NULL,
                         "That form holds text that cannot be read: it must be UTF-8.");
    reader->fields[reader->into->form.count++] =
        (struct form_field){arena_copy(reader->arena, part->name), arena_copy(reader->arena, part->body)};
    return true;
}

/* Behind a boundary stands CRLF and a part, or `--` and nothing that counts. */
static bool read_parts(struct reader *reader)
{
    while (!starts_with(reader->rest, "--")) {
        if (!starts_with(reader->rest, "\r\n"))
            return broken(reader->why);
        reader->rest = skip(reader->rest, 2);
        struct part part = {.has_name = false};
        if (!read_headers(reader, &part))
            return broken(reader->why);
        const char *end = memmem(reader->rest.at, reader->rest.size, reader->mark, reader->mark_size);
        if (end == NULL)
            return broken(reader->why);
        part.body = slice_of(reader->rest.at, (size_t)(end - reader->rest.at));
        reader->rest = skip(reader->rest, part.body.size + reader->mark_size);
        if (!add_part(reader, &part))
            return false;
    }
    return true;
}

bool multipart_read(struct slice content_type, struct slice body, const struct multipart_limits *limits,
                    struct arena *arena, struct multipart *into, struct fault *why)
{
    *into = (struct multipart){.files_count = 0};
    struct reader reader = {.rest = body, .limits = limits, .arena = arena, .into = into, .why = why};
    if (!multipart_is(content_type) || !find_boundary(&reader, content_type))
        return broken(why);
    /* The first boundary stands at the very start, without its line end. */
    size_t first = reader.mark_size - 2;
    if (body.size < first || memcmp(body.at, reader.mark + 2, first) != 0)
        return broken(why);
    reader.rest = skip(body, first);
    reader.fields = arena_take(arena, limits->parts * sizeof *reader.fields);
    reader.files = arena_take(arena, limits->files * sizeof *reader.files);
    into->form.fields = reader.fields;
    into->files = reader.files;
    return read_parts(&reader);
}

const struct multipart_file *multipart_file(const struct multipart *multipart, const char *field)
{
    for (size_t i = 0; i < multipart->files_count; i++)
        if (slice_is(multipart->files[i].field, field))
            return &multipart->files[i];
    return NULL;
}
