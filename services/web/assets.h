/* The files of static/, compiled in. */
#ifndef DJEMBE_WEB_ASSETS_H
#define DJEMBE_WEB_ASSETS_H

#include "services/web/tree.h"

struct asset {
    struct slice name, body;
    const char *type;
    char hash[17]; /* of its content, in hex: the version in its address, and its ETag */
};

/* Once, at start. */
void assets_start(void);

/* NULL: there is none. */
const struct asset *assets_find(struct slice name);

/* A key for each, with its address: style_css: "/static/style.css?v=…". */
void assets_write(struct tree_writer *out);

#endif
