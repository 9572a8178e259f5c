/* Wiki text: CommonMark as members type it, as HTML that is safe to stand on any page. Pure.
 *
 * Nobody's markup gets through: raw HTML is shown as it was typed, links lead to http, https and paths of the site only
 * and tell the other side nothing (rel), pictures become links, for the reader's address is nobody's business. */
#ifndef DJEMBE_WEB_WIKI_H
#define DJEMBE_WEB_WIKI_H

#include "services/common/bencode.h"

/* Appends the HTML. What is nested absurdly deep, has hundreds of pictures, or would become many times longer than it
 * is, stands there as it was typed. */
void wiki_write(struct slice text, struct buffer *into);

#endif
