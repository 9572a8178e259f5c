/* Walks a compiled template with a context. Knows values, not syntax. Every page is bounded: how deep sections and
 * partials go, how much is written, and how many nodes are walked. */
#include "services/web/mustache_nodes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define INDENT_MAX 256

struct renderer {
    const struct mustache_set *set;
    struct buffer *out;
    size_t limit; /* most bytes in `out` */
    size_t steps;
    const msgpack_object *stack[MUSTACHE_DEPTH_MAX + 1]; /* innermost context last */
    unsigned contexts, depth;
    char indent[INDENT_MAX];
    size_t indent_size;
    struct fault *why;
};

static bool render_nodes(struct renderer *renderer, const struct mustache_template *template, size_t from, size_t to);

static bool stop(struct renderer *renderer, const struct mustache_template *template, const struct mustache_node *node,
                 const char *sentence)
{
    return fault_set(renderer->why, STATUS_internal, NULL, "%s:%u: %s", template->name, node->line, sentence);
}

/* ---- values ---- */

static const msgpack_object *get(const msgpack_object *map, struct slice key)
{
    if (map->type != MSGPACK_OBJECT_MAP) {
        return NULL;
    }
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object_kv *entry = &map->via.map.ptr[i];
        if (entry->key.type == MSGPACK_OBJECT_STR &&
            slice_equal(key, slice_of(entry->key.via.str.ptr, entry->key.via.str.size))) {
            return &entry->val;
        }
    }
    return NULL;
}

/* Cuts the part before the first point off a dotted name. */
static struct slice cut(struct slice *name)
{
    const char *point = memchr(name->at, '.', name->size);
    struct slice part = *name;
    if (point == NULL) {
        *name = slice_of(NULL, 0);
    } else {
        part.size = (size_t)(point - name->at);
        *name = slice_of(point + 1, name->size - part.size - 1);
    }
    return part;
}

/* The innermost map that has it, from inside out. */
static const msgpack_object *look_out(const struct renderer *renderer, struct slice key)
{
    const msgpack_object *found = NULL;
    for (unsigned i = renderer->contexts; i > 0 && found == NULL; i--) {
        found = get(renderer->stack[i - 1], key);
    }
    return found;
}

/* The outermost context when none is a map. */
static const msgpack_object *innermost_map(const struct renderer *renderer)
{
    unsigned i = renderer->contexts - 1;
    while (i > 0 && renderer->stack[i]->type != MSGPACK_OBJECT_MAP) {
        i--;
    }
    return renderer->stack[i];
}

/* NULL: the name is nowhere. The first part is looked for outwards, unless a point stands before it; the others only
 * inside what it names. */
static const msgpack_object *resolve(const struct renderer *renderer, struct slice name)
{
    if (slice_is(name, ".")) {
        return renderer->stack[renderer->contexts - 1];
    }
    bool here = name.at[0] == '.';
    if (here) {
        cut(&name);
    }
    struct slice first = cut(&name);
    const msgpack_object *found = here ? get(innermost_map(renderer), first) : look_out(renderer, first);
    while (found != NULL && name.size > 0) {
        found = get(found, cut(&name));
    }
    return found;
}

static bool is_true(const msgpack_object *value)
{
    if (value == NULL) {
        return false;
    }
    switch (value->type) {
    case MSGPACK_OBJECT_NIL:
        return false;
    case MSGPACK_OBJECT_BOOLEAN:
        return value->via.boolean;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return value->via.u64 != 0;
    case MSGPACK_OBJECT_STR:
        return value->via.str.size > 0;
    case MSGPACK_OBJECT_ARRAY:
        return value->via.array.size > 0;
    default:
        return true;
    }
}

/* ---- writing ---- */

static void write_escaped(struct buffer *out, struct slice text)
{
    static const char *const escapes[256] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
    size_t plain = 0;
    for (size_t i = 0; i < text.size; i++) {
        const char *escape = escapes[(unsigned char)text.at[i]];
        if (escape != NULL) {
            buffer_add(out, text.at + plain, i - plain);
            buffer_add(out, escape, strlen(escape));
            plain = i + 1;
        }
    }
    buffer_add(out, text.at + plain, text.size - plain);
}

/* The shortest decimal that reads back as the same number. */
static void write_float(struct buffer *out, double value)
{
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    buffer_add(out, text, strlen(text));
}

/* Maps and arrays have no text of their own. */
static void write_value(struct buffer *out, const msgpack_object *value, bool raw)
{
    struct slice text = {0};
    switch (value->type) {
    case MSGPACK_OBJECT_STR:
        text = slice_of(value->via.str.ptr, value->via.str.size);
        break;
    case MSGPACK_OBJECT_BIN:
        text = slice_of(value->via.bin.ptr, value->via.bin.size);
        break;
    case MSGPACK_OBJECT_BOOLEAN:
        text = slice_text(value->via.boolean ? "true" : "false");
        break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        buffer_print(out, "%" PRIu64, value->via.u64);
        return;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        buffer_print(out, "%" PRId64, value->via.i64);
        return;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        write_float(out, value->via.f64);
        return;
    default:
        return;
    }
    if (text.size == 0) {
        return;
    }
    if (raw) {
        buffer_add(out, text.at, text.size);
    } else {
        write_escaped(out, text);
    }
}

static void write_indent(struct renderer *renderer)
{
    buffer_add(renderer->out, renderer->indent, renderer->indent_size);
}

/* Template text: the indentation goes before each line that begins in it, empty lines excepted. */
static void write_text(struct renderer *renderer, const struct mustache_node *node)
{
    struct slice text = node->text;
    if (renderer->indent_size == 0) {
        buffer_add(renderer->out, text.at, text.size);
        return;
    }
    bool begins = node->begins_line;
    do {
        const char *end = memchr(text.at, '\n', text.size);
        size_t size = end != NULL ? (size_t)(end - text.at) + 1 : text.size;
        bool empty = end != NULL && (size == 1 || (size == 2 && text.at[0] == '\r'));
        if (begins && !empty) {
            write_indent(renderer);
        }
        buffer_add(renderer->out, text.at, size);
        text = slice_of(text.at + size, text.size - size);
        begins = true;
    } while (text.size > 0);
}

/* ---- nodes ---- */

static bool render_inside(struct renderer *renderer, const struct mustache_template *template, size_t at,
                          const msgpack_object *context)
{
    const struct mustache_node *node = &template->nodes[at];
    if (renderer->depth == MUSTACHE_DEPTH_MAX) {
        return stop(renderer, template, node, "sections and partials go too deep");
    }
    renderer->depth++;
    renderer->stack[renderer->contexts++] = context;
    bool good = render_nodes(renderer, template, at + 1, node->end);
    renderer->contexts--;
    renderer->depth--;
    return good;
}

static bool render_section(struct renderer *renderer, const struct mustache_template *template, size_t at)
{
    const struct mustache_node *node = &template->nodes[at];
    const msgpack_object *value = resolve(renderer, node->text);
    if (is_true(value) == (node->kind == MUSTACHE_inverted)) {
        return true;
    }
    if (node->kind == MUSTACHE_inverted) {
        return render_inside(renderer, template, at, renderer->stack[renderer->contexts - 1]);
    }
    if (value->type != MSGPACK_OBJECT_ARRAY) {
        return render_inside(renderer, template, at, value);
    }
    for (uint32_t i = 0; i < value->via.array.size; i++) {
        if (!render_inside(renderer, template, at, &value->via.array.ptr[i])) {
            return false;
        }
    }
    return true;
}

static bool render_partial(struct renderer *renderer, const struct mustache_template *template,
                           const struct mustache_node *node)
{
    const struct mustache_template *partial = mustache_find(renderer->set, node->text);
    if (partial == NULL) {
        return true;
    }
    size_t before = renderer->indent_size;
    if (renderer->depth == MUSTACHE_DEPTH_MAX || node->indent.size > INDENT_MAX - before) {
        return stop(renderer, template, node, "sections and partials go too deep");
    }
    memcpy(renderer->indent + before, node->indent.at != NULL ? node->indent.at : "", node->indent.size);
    renderer->indent_size += node->indent.size;
    renderer->depth++;
    bool good = render_nodes(renderer, partial, 0, partial->count);
    renderer->depth--;
    renderer->indent_size = before;
    return good;
}

static bool render_node(struct renderer *renderer, const struct mustache_template *template, size_t at)
{
    const struct mustache_node *node = &template->nodes[at];
    if (node->kind == MUSTACHE_text) {
        write_text(renderer, node);
        return true;
    }
    if (node->begins_line) {
        write_indent(renderer);
    }
    if (node->kind == MUSTACHE_variable) {
        const msgpack_object *value = resolve(renderer, node->text);
        if (value != NULL) {
            write_value(renderer->out, value, node->raw);
        }
        return true;
    }
    return node->kind == MUSTACHE_partial ? render_partial(renderer, template, node)
                                          : render_section(renderer, template, at);
}

static bool render_nodes(struct renderer *renderer, const struct mustache_template *template, size_t from, size_t to)
{
    for (size_t at = from; at < to;) {
        const struct mustache_node *node = &template->nodes[at];
        if (++renderer->steps > MUSTACHE_STEPS_MAX || renderer->out->size > renderer->limit) {
            return stop(renderer, template, node, "the page grows too long");
        }
        if (!render_node(renderer, template, at)) {
            return false;
        }
        bool section = node->kind == MUSTACHE_section || node->kind == MUSTACHE_inverted;
        at = section ? node->end : at + 1;
    }
    return true;
}

bool mustache_render(const struct mustache_set *set, const char *name, const msgpack_object *context,
                     struct buffer *out, struct fault *why)
{
    const struct mustache_template *template = mustache_find(set, slice_text(name));
    if (template == NULL) {
        return fault_set(why, STATUS_internal, NULL, "there is no template %s", name);
    }
    size_t before = out->size;
    struct renderer renderer = {
        .set = set, .out = out, .limit = before + MUSTACHE_OUTPUT_MAX, .stack = {context}, .contexts = 1, .why = why};
    bool good = render_nodes(&renderer, template, 0, template->count);
    if (!good || out->size > renderer.limit) {
        out->size = before;
        return good ? fault_set(why, STATUS_internal, NULL, "%s: the page grows too long", name) : false;
    }
    return true;
}
