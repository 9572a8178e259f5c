/* See wiki.h. The parsed document is changed before it is rendered: what may not stay is replaced by text. */
#include "services/web/wiki.h"

#include <cmark.h>
#include <stdlib.h>

#define DEPTH_MAX 40
#define PICTURES_MAX 200
#define HEADING_SHIFT 2 /* the page has its own above */

struct wiki {
    size_t size, most; /* of the addresses written so far */
};

static void escape(struct slice text, struct buffer *into)
{
    for (size_t i = 0; i < text.size; i++) {
        char letter = text.at[i];
        const char *name = letter == '&'    ? "&amp;"
                           : letter == '<'  ? "&lt;"
                           : letter == '>'  ? "&gt;"
                           : letter == '"'  ? "&quot;"
                           : letter == '\'' ? "&#39;"
                                            : NULL;
        if (name != NULL)
            buffer_add(into, name, strlen(name));
        else
            buffer_add(into, &letter, 1);
    }
}

/* ---- links ---- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* An address elsewhere. */
static bool is_far(const char *url)
{
    return begins(url, "http://") || begins(url, "https://");
}

/* Nothing but printable letters, so that no browser reads it as anything else than we do. */
static bool may_link(const char *url)
{
    bool ours = (url[0] == '/' && url[1] != '/' && url[1] != '\\') || url[0] == '#';
    for (const char *at = url; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f || *at == '\\')
            return false;
    return ours || is_far(url);
}

/* Puts `into` in the place of `node`, with all that stands in it. */
static void replace(cmark_node *node, cmark_node *into)
{
    cmark_node *child;
    while ((child = cmark_node_first_child(node)) != NULL) {
        cmark_node_unlink(child);
        cmark_node_append_child(into, child);
    }
    cmark_node_replace(node, into);
    cmark_node_free(node);
}

static cmark_node *text_node(const char *text)
{
    cmark_node *node = cmark_node_new(CMARK_NODE_TEXT);
    cmark_node_set_literal(node, text);
    return node;
}

static cmark_node *link_node(struct wiki *wiki, const char *url)
{
    cmark_node *node = cmark_node_new(CMARK_NODE_CUSTOM_INLINE);
    struct buffer begin = {0};
    if (!may_link(url))
        return node; /* only what stands in it */
    buffer_print(&begin, "<a href=\"");
    escape(slice_text(url), &begin);
    buffer_print(&begin, "\"%s>", is_far(url) ? " rel=\"nofollow noopener noreferrer\"" : "");
    buffer_add(&begin, "", 1);
    cmark_node_set_on_enter(node, begin.at);
    cmark_node_set_on_exit(node, "</a>");
    wiki->size += begin.size;
    buffer_free(&begin);
    return node;
}

static void link_replace(struct wiki *wiki, cmark_node *node)
{
    const char *url = cmark_node_get_url(node);
    cmark_node *link = link_node(wiki, url);
    if (cmark_node_first_child(node) == NULL)
        cmark_node_append_child(link, text_node(url));
    replace(node, link);
}

/* Where an address stands in the text as it is. */
static const char *address_find(const char *text, size_t *size)
{
    for (const char *at = strstr(text, "http"); at != NULL; at = strstr(at + 1, "http")) {
        if (!is_far(at) || (at > text && ((at[-1] >= 'a' && at[-1] <= 'z') || (at[-1] >= 'A' && at[-1] <= 'Z'))))
            continue;
        *size = strcspn(at, " \t\n<>\"");
        while (*size > 0 && strchr(".,;:!?'\")]", at[*size - 1]) != NULL)
            --*size;
        if (at[*size - 1] != '/' || at[*size - 2] != '/')
            return at;
    }
    return NULL;
}

static bool is_linked(cmark_node *node)
{
    while ((node = cmark_node_parent(node)) != NULL)
        if (cmark_node_get_type(node) == CMARK_NODE_LINK || cmark_node_get_type(node) == CMARK_NODE_IMAGE)
            return true;
    return false;
}

/* Addresses in a text become links. */
static void addresses_link(struct wiki *wiki, cmark_node *node)
{
    char *all = strdup(cmark_node_get_literal(node));
    const char *rest = all, *at;
    size_t size;
    if (is_linked(node)) {
        free(all);
        return;
    }
    while ((at = address_find(rest, &size)) != NULL) {
        char *before = strndup(rest, (size_t)(at - rest)), *url = strndup(at, size);
        cmark_node *link = link_node(wiki, url);
        cmark_node_append_child(link, text_node(url));
        cmark_node_insert_before(node, text_node(before));
        cmark_node_insert_before(node, link);
        free(before);
        free(url);
        rest = at + size;
    }
    if (rest != all)
        cmark_node_set_literal(node, rest);
    free(all);
}

/* ---- the document ---- */

static void html_replace(cmark_node *node, bool block)
{
    cmark_node *text = text_node(cmark_node_get_literal(node)), *into = text;
    if (block) {
        into = cmark_node_new(CMARK_NODE_PARAGRAPH);
        cmark_node_append_child(into, text);
    }
    replace(node, into);
}

static void node_change(struct wiki *wiki, cmark_node *node, bool enters)
{
    cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE)
        html_replace(node, type == CMARK_NODE_HTML_BLOCK);
    else if (type == CMARK_NODE_TEXT)
        addresses_link(wiki, node);
    else if (enters && type == CMARK_NODE_HEADING)
        cmark_node_set_heading_level(
            node, cmark_node_get_heading_level(node) < 4 ? cmark_node_get_heading_level(node) + HEADING_SHIFT : 6);
    else if (!enters && (type == CMARK_NODE_LINK || type == CMARK_NODE_IMAGE))
        link_replace(wiki, node);
}

/* False when it is not fit to be rendered. */
static bool document_change(cmark_node *document, struct wiki *wiki)
{
    cmark_iter *iter = cmark_iter_new(document);
    cmark_event_type event;
    size_t depth = 0;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE && depth <= DEPTH_MAX && wiki->size <= wiki->most) {
        cmark_node *node = cmark_iter_get_node(iter);
        cmark_node_type type = cmark_node_get_type(node);
        bool leaf = type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE || type == CMARK_NODE_TEXT ||
                    type == CMARK_NODE_CODE_BLOCK || type == CMARK_NODE_CODE || type == CMARK_NODE_SOFTBREAK ||
                    type == CMARK_NODE_LINEBREAK || type == CMARK_NODE_THEMATIC_BREAK;
        if (!leaf)
            depth = event == CMARK_EVENT_ENTER ? depth + 1 : depth - 1;
        node_change(wiki, node, event == CMARK_EVENT_ENTER);
    }
    cmark_iter_free(iter);
    return event == CMARK_EVENT_DONE;
}

static void plain_write(struct slice text, struct buffer *into)
{
    buffer_print(into, "<p class=\"plainly\">");
    escape(text, into);
    buffer_print(into, "</p>\n");
}

/* The parser looks through all pictures begun at the end of each link. */
static bool has_many_pictures(struct slice text)
{
    size_t count = 0;
    for (size_t i = 1; i < text.size; i++)
        count += text.at[i - 1] == '!' && text.at[i] == '[';
    return count > PICTURES_MAX;
}

void wiki_write(struct slice text, struct buffer *into)
{
    struct wiki wiki = {.most = 4096 + 4 * text.size};
    if (has_many_pictures(text)) {
        plain_write(text, into);
        return;
    }
    cmark_node *document = cmark_parse_document(text.at, text.size, CMARK_OPT_DEFAULT);
    cmark_consolidate_text_nodes(document);
    if (document_change(document, &wiki)) {
        char *html = cmark_render_html(document, CMARK_OPT_HARDBREAKS);
        buffer_add(into, html, strlen(html));
        free(html);
    } else {
        plain_write(text, into);
    }
    cmark_node_free(document);
}
