/* Texts that people typed: cleaned and measured. Pure. */
#ifndef DJEMBE_CATALOG_TEXT_H
#define DJEMBE_CATALOG_TEXT_H

#include "services/common/arena.h"

/* One line: control letters and runs of white space become one space, none at the ends. */
struct slice text_line(struct slice from, struct arena *arena);

/* Several lines: other control letters are dropped, line ends become '\n', no white space at the ends. */
struct slice text_lines(struct slice from, struct arena *arena);

/* How many letters (code points) a UTF-8 text has. */
size_t text_letters(struct slice text);

/* The first `most` bytes at most, cut between letters. */
struct slice text_cut(struct slice text, size_t most);

/* Without white space at its ends. */
struct slice text_trim(struct slice text);

/* Does it begin so, but for the case of ASCII letters? */
bool text_begins(struct slice text, const char *with);

/* Equal but for the case of ASCII letters? */
bool text_same(struct slice a, struct slice b);

#endif
