/* Lines made of attributes: titles, edition headers, format rows, file names.
 *
 *   "{release_year} - <{label} / >{media}"
 *
 * {x} is the value of x; a part in <…> is left out when a value in it is empty; an empty value outside of one makes the
 * whole line fail, so that a list of lines can go on with the next. */
#ifndef DJEMBE_CATALOG_LINE_H
#define DJEMBE_CATALOG_LINE_H

#include "services/catalog/plugin.h"
#include "services/common/bencode.h"

/* What {credits} and {name} stand for beside the values. */
struct line_source {
    const struct plugin *plugin;
    const struct values *values;
    struct slice credits, name;
};

/* Appends the line; false, with nothing appended, when a value that it cannot do without is empty. */
bool line_write(const char *pattern, const struct line_source *source, struct buffer *into);

/* The credit line as one text. */
void line_write_credits(const struct credit_line *line, struct buffer *into);

/* Is the edition's title the last of the plugin's lines, which asks for least? */
bool line_edition_plain(const struct line_source *source);

/* The plugin's lines. A flag reads as its label. */
void line_write_group(const struct line_source *source, struct buffer *into);
void line_write_edition(const struct line_source *source, struct buffer *into);
void line_write_unit(const struct line_source *source, struct buffer *into);
void line_write_release(const struct line_source *source, struct buffer *into);
/* Group, edition and unit in one. */
void line_write_whole(const struct line_source *source, struct buffer *into);

/* The download's name: no letters that a file system refuses, at most 200 bytes, with ".torrent" at the end. */
void line_write_file_name(const struct line_source *source, struct buffer *into);

#endif
