/* Compiles a template's source into nodes. Knows the syntax and the standalone-line rules, nothing of values. All text
 * is borrowed from the source.
 *
 * A line that holds one tag other than a variable, and nothing else but blanks, is taken out whole with its line end
 * (a "standalone" tag); for a partial, the blanks before it become its indentation. */
#include "services/common/arena.h"
#include "services/web/mustache_nodes.h"

#include <stdlib.h>

#define NAME_MAX_SIZE 128

struct parser {
    struct mustache_template *into;
    struct slice source;
    struct slice open, close; /* the delimiters in force */
    size_t at;                /* not yet looked at */
    size_t text_from;         /* text not yet given to a node begins here */
    size_t line_from;         /* where the current source line begins */
    bool line_has_tag;
    unsigned line;
    size_t sections[MUSTACHE_DEPTH_MAX]; /* open ones, as indexes of nodes */
    unsigned depth;
};

/* One tag as it stands in the source. */
struct tag {
    size_t from, to;   /* with its delimiters */
    char sign;         /* one of # ^ / > & ! = { , or 0 for a plain variable */
    struct slice body; /* without sign and surrounding blanks */
    unsigned line;
};

static bool refuse(const struct parser *parser, unsigned line, struct fault *why, const char *sentence,
                   struct slice name)
{
    return fault_set(why, STATUS_internal, NULL, "%s:%u: %s%s%.*s", parser->into->name, line, sentence,
                     name.size > 0 ? ": " : "", (int)(name.size < NAME_MAX_SIZE ? name.size : NAME_MAX_SIZE),
                     name.at != NULL ? name.at : "");
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_space(char c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}

static struct slice trim(struct slice text)
{
    while (text.size > 0 && is_space(text.at[0])) {
        text.at++;
        text.size--;
    }
    while (text.size > 0 && is_space(text.at[text.size - 1])) {
        text.size--;
    }
    return text;
}

/* Where `what` next stands, or SIZE_MAX. */
static size_t find(struct slice source, size_t from, struct slice what)
{
    const char *hit = memmem(source.at + from, source.size - from, what.at, what.size);
    return hit != NULL ? (size_t)(hit - source.at) : SIZE_MAX;
}

static struct mustache_node *add_node(struct parser *parser, enum mustache_kind kind, struct slice text)
{
    struct mustache_template *into = parser->into;
    if (into->count == into->room) {
        into->room = into->room > 0 ? into->room * 2 : 32;
        into->nodes = mem_grow(into->nodes, into->room * sizeof *into->nodes);
    }
    struct mustache_node *node = &into->nodes[into->count++];
    *node = (struct mustache_node){.kind = kind, .text = text, .line = parser->line};
    return node;
}

/* Text up to `to` becomes a node. An empty one is made only where it begins a line (`mark`) that has no other node to
 * do so. */
static void add_text(struct parser *parser, size_t to, bool mark)
{
    size_t from = parser->text_from;
    parser->text_from = to;
    if (to <= from && !mark) {
        return;
    }
    struct mustache_node *node = add_node(parser, MUSTACHE_text, slice_of(parser->source.at + from, to - from));
    node->begins_line = from == 0 || parser->source.at[from - 1] == '\n';
}

/* Moves on over source, counting lines. */
static void pass(struct parser *parser, size_t to)
{
    for (; parser->at < to; parser->at++) {
        if (parser->source.at[parser->at] == '\n') {
            parser->line++;
            parser->line_from = parser->at + 1;
            parser->line_has_tag = false;
        }
    }
}

/* Where the line goes on after a tag that stands alone on it (behind its line end); SIZE_MAX when it does not. */
static size_t standalone_end(const struct parser *parser, const struct tag *tag, size_t line_from, bool line_has_tag)
{
    if (tag->sign == 0 || tag->sign == '&' || tag->sign == '{' || line_has_tag) {
        return SIZE_MAX;
    }
    for (size_t i = line_from; i < tag->from; i++) {
        if (!is_blank(parser->source.at[i])) {
            return SIZE_MAX;
        }
    }
    size_t at = tag->to;
    while (at < parser->source.size && is_blank(parser->source.at[at])) {
        at++;
    }
    if (at < parser->source.size && parser->source.at[at] == '\r') {
        at++;
        return at < parser->source.size && parser->source.at[at] == '\n' ? at + 1 : SIZE_MAX;
    }
    if (at == parser->source.size) {
        return at;
    }
    return parser->source.at[at] == '\n' ? at + 1 : SIZE_MAX;
}

static bool name_is_good(struct slice name)
{
    if (name.size == 0 || name.size > NAME_MAX_SIZE) {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        if (is_space(name.at[i])) {
            return false;
        }
    }
    return true;
}

static bool open_section(struct parser *parser, const struct tag *tag, struct fault *why)
{
    if (parser->depth == MUSTACHE_DEPTH_MAX) {
        return refuse(parser, tag->line, why, "sections are nested too deep", tag->body);
    }
    parser->sections[parser->depth++] = parser->into->count;
    add_node(parser, tag->sign == '#' ? MUSTACHE_section : MUSTACHE_inverted, tag->body);
    return true;
}

static bool close_section(struct parser *parser, const struct tag *tag, struct fault *why)
{
    if (parser->depth == 0) {
        return refuse(parser, tag->line, why, "this closes a section that was never opened", tag->body);
    }
    struct mustache_node *open = &parser->into->nodes[parser->sections[--parser->depth]];
    if (!slice_equal(open->text, tag->body)) {
        return refuse(parser, tag->line, why, "this closes another section than the one that is open", tag->body);
    }
    open->end = parser->into->count;
    return true;
}

/* {{=<% %>=}}: two runs without blanks, neither holding `=`. */
static bool change_delimiters(struct parser *parser, const struct tag *tag, struct fault *why)
{
    struct slice both = tag->body;
    size_t first = 0;
    while (first < both.size && !is_space(both.at[first])) {
        first++;
    }
    struct slice open = slice_of(both.at, first);
    struct slice close = trim(slice_of(both.at + first, both.size - first));
    if (open.size == 0 || !name_is_good(close) || memchr(both.at, '=', both.size) != NULL) {
        return refuse(parser, tag->line, why, "new delimiters must be two words without `=`", both);
    }
    parser->open = open;
    parser->close = close;
    return true;
}

/* The node, if any, that a tag stands for; `indent` are the blanks before a standalone one. */
static bool take_tag(struct parser *parser, const struct tag *tag, struct slice indent, bool begins_line,
                     struct fault *why)
{
    size_t before = parser->into->count;
    bool good = true;
    if (tag->sign == '!') {
        return true;
    }
    if (tag->sign == '=') {
        return change_delimiters(parser, tag, why);
    }
    if (!name_is_good(tag->body)) {
        return refuse(parser, tag->line, why, "a name must be one word of at most 128 letters", tag->body);
    }
    if (tag->sign == '/') {
        return close_section(parser, tag, why);
    }
    if (tag->sign == '#' || tag->sign == '^') {
        good = open_section(parser, tag, why);
    } else if (tag->sign == '>') {
        add_node(parser, MUSTACHE_partial, tag->body)->indent = indent;
    } else {
        add_node(parser, MUSTACHE_variable, tag->body)->raw = tag->sign != 0;
    }
    if (good) {
        parser->into->nodes[before].begins_line = begins_line;
    }
    return good;
}

/* Reads the tag whose opening delimiter stands at `from`. */
static bool read_tag(const struct parser *parser, size_t from, struct tag *tag, struct fault *why)
{
    struct slice source = parser->source;
    size_t body = from + parser->open.size;
    *tag = (struct tag){.from = from, .line = parser->line};
    /* Blanks may stand between the delimiter and the sign. */
    while (body < source.size && is_space(source.at[body])) {
        body++;
    }
    if (body < source.size && memchr("#^/>&!={", source.at[body], 8) != NULL) {
        tag->sign = source.at[body++];
    }
    char inner = tag->sign == '{' ? '}' : tag->sign == '=' ? '=' : 0;
    size_t end = find(source, body, parser->close);
    /* In `}}}` the first brace belongs to the sign: the delimiter is the first one that has it before. */
    while (inner != 0 && end != SIZE_MAX && !(end > body && source.at[end - 1] == inner)) {
        end = find(source, end + 1, parser->close);
    }
    if (end == SIZE_MAX) {
        return refuse(parser, parser->line, why, "a tag is never closed", slice_of(NULL, 0));
    }
    tag->body = trim(slice_of(source.at + body, end - body - (inner != 0 ? 1 : 0)));
    tag->to = end + parser->close.size;
    return true;
}

static bool parse_tag(struct parser *parser, size_t from, struct fault *why)
{
    struct tag tag;
    pass(parser, from);
    if (!read_tag(parser, from, &tag, why)) {
        return false;
    }
    size_t alone = standalone_end(parser, &tag, parser->line_from, parser->line_has_tag);
    if (alone != SIZE_MAX) {
        struct slice indent = slice_of(parser->source.at + parser->line_from, from - parser->line_from);
        add_text(parser, parser->line_from, false);
        parser->text_from = alone;
        if (!take_tag(parser, &tag, indent, false, why)) {
            return false;
        }
        pass(parser, alone);
        return true;
    }
    bool begins_line = from == parser->line_from;
    /* A tag that leaves no node cannot carry the mark of its line. */
    bool mark = begins_line && (tag.sign == '/' || tag.sign == '!' || tag.sign == '=');
    add_text(parser, from, mark && parser->text_from == from);
    parser->text_from = tag.to;
    if (!take_tag(parser, &tag, slice_of(NULL, 0), begins_line, why)) {
        return false;
    }
    pass(parser, tag.to);
    parser->line_has_tag = true;
    return true;
}

bool mustache_parse(struct mustache_template *into, struct slice source, struct fault *why)
{
    struct parser parser = {
        .into = into, .source = source, .open = slice_text("{{"), .close = slice_text("}}"), .line = 1};
    if (source.size == 0) {
        return true;
    }
    for (;;) {
        size_t from = find(source, parser.at, parser.open);
        if (from == SIZE_MAX) {
            break;
        }
        if (!parse_tag(&parser, from, why)) {
            return false;
        }
    }
    add_text(&parser, source.size, false);
    if (parser.depth > 0) {
        const struct mustache_node *open = &into->nodes[parser.sections[parser.depth - 1]];
        return refuse(&parser, open->line, why, "this section is never closed", open->text);
    }
    return true;
}

void mustache_template_free(struct mustache_template *template)
{
    free((void *)(uintptr_t) template->name);
    free(template->nodes);
    *template = (struct mustache_template){0};
}
