/* How the figures and events of ratio's explanations read on a page. Pure. */
#ifndef DJEMBE_WEB_EXPLAIN_WORDS_H
#define DJEMBE_WEB_EXPLAIN_WORDS_H

#include "services/web/format.h"

#include <stdbool.h>

#define EXPLAIN_TEXT_MAX 64

/* What a figure is called; its own name when it is not known. */
const char *explain_label(struct slice name, char into[EXPLAIN_TEXT_MAX]);

/* Its value as text: bytes, a span, a time, yes or no, or a number, as the name says. */
const char *explain_value(struct slice name, int64_t value, char into[FORMAT_MAX]);

/* What happened, for the cause of an entry of the history ("a client's report"), and what it changed ("what you hold").
 */
const char *explain_cause(struct slice cause);
const char *explain_what(struct slice what);
/* The value of what an entry changed: bytes or a number. */
const char *explain_changed(struct slice what, int64_t value, char into[FORMAT_MAX]);

#endif
