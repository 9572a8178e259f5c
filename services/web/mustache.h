/* Mustache templates, rendered straight from a msgpack object: variables (HTML-escaped by default), {{{ }}} and {{& }},
 * sections, inverted sections, comments, partials with indentation, set delimiters, dotted names, the implicit iterator
 * and the standalone-line rules, as the published Mustache specification has them; no lambdas.
 *
 * False for sections: nil, false, 0, the empty text and the empty array. A name is looked for in the innermost map
 * first, then outwards; one that is nowhere renders as nothing. One addition to the specification: `.name`
 * with a point before it is looked for in the innermost map only. */
#ifndef DJEMBE_WEB_MUSTACHE_H
#define DJEMBE_WEB_MUSTACHE_H

#include "proto/codec.h"
#include "services/common/bencode.h"
#include "services/common/embed.h"

#define MUSTACHE_DEPTH_MAX 64                 /* sections and partials inside each other */
#define MUSTACHE_OUTPUT_MAX (8 * 1024 * 1024) /* bytes of one page */
#define MUSTACHE_STEPS_MAX (4 * 1000 * 1000)  /* tags and texts rendered for one page */

/* Templates compiled once, by name; a name is the path without `.mustache`. */
struct mustache_set;

/* Compiles every `*.mustache` of the list (ended by a NULL path; other files are skipped) and checks that each partial
 * named is there. NULL with one line in `why` at the first error. The set borrows the files' text. */
struct mustache_set *mustache_load(const struct embedded *files, struct fault *why);

/* The same by hand: `name` and `text` are borrowed; a partial that is not there renders as nothing unless checked. */
struct mustache_set *mustache_new(void);
bool mustache_add(struct mustache_set *set, const char *name, struct slice text, struct fault *why);
bool mustache_check(const struct mustache_set *set, struct fault *why);
void mustache_destroy(struct mustache_set **set);

bool mustache_has(const struct mustache_set *set, const char *name);

/* Appends the page to `out`. False (STATUS_internal) with `out` as it was before when the template is not there or a
 * limit is passed. */
bool mustache_render(const struct mustache_set *set, const char *name, const msgpack_object *context,
                     struct buffer *out, struct fault *why);

#endif
