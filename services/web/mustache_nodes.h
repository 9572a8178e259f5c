/* Compiled templates, shared by mustache_parse.c (makes them), mustache_render.c (walks them) and mustache.c (keeps
 * them). A template is a flat list of nodes in source order; a section knows where it ends, so nothing points anywhere.
 */
#ifndef DJEMBE_WEB_MUSTACHE_NODES_H
#define DJEMBE_WEB_MUSTACHE_NODES_H

#include "services/web/mustache.h"

enum mustache_kind {
    MUSTACHE_text,     /* `text` as it stands */
    MUSTACHE_variable, /* `text` is the name; escaped unless raw */
    MUSTACHE_section,  /* `text` is the name; its nodes are those after it, before `end` */
    MUSTACHE_inverted,
    MUSTACHE_partial, /* `text` is the name; `indent` goes before each of its lines */
};

struct mustache_node {
    enum mustache_kind kind;
    bool raw;
    bool begins_line; /* the first on its source line: a partial's indentation goes before it */
    struct slice text;
    struct slice indent;
    size_t end;
    unsigned line;
};

struct mustache_template {
    const char *name;
    struct mustache_node *nodes;
    size_t count, room;
};

/* False with "NAME:LINE: sentence" in `why`; the template is then half-built and freed like a whole one. */
bool mustache_parse(struct mustache_template *into, struct slice source, struct fault *why);
void mustache_template_free(struct mustache_template *template);

/* NULL: there is none of that name. */
const struct mustache_template *mustache_find(const struct mustache_set *set, struct slice name);

#endif
