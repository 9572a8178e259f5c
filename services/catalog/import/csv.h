/* The rows of a table that a database wrote as text, in one of two ways. Pure, and nothing is copied before it is asked
 * for: a row is where its fields lie.
 *
 *   CSV_quoted    RFC 4180: "," between fields, CR LF or LF after rows, a field in quotes may hold all of these, a
 * quote in it is doubled. A backslash is a letter as any other, but \N without quotes is NULL. CSV_escaped   as MySQL
 * writes it by itself: tabs between fields, LF after rows, no quotes; a backslash makes a letter of what follows; \0 is
 * a NUL byte, \N NULL. */
#ifndef DJEMBE_CATALOG_IMPORT_CSV_H
#define DJEMBE_CATALOG_IMPORT_CSV_H

#include "proto/fault.h"
#include "services/common/arena.h"

#define CSV_FIELDS_MAX 200

enum csv_form { CSV_quoted, CSV_escaped };

struct csv {
    struct slice text;
    enum csv_form form;
    size_t at;     /* where the next row begins */
    uint64_t line; /* the same in lines, from 1 */
};

struct csv_field {
    struct slice raw;  /* without its quotes */
    bool null, marked; /* marked: raw is not the text itself, csv_text makes it */
};

struct csv_row {
    struct csv_field fields[CSV_FIELDS_MAX];
    size_t count;
    size_t at;
    uint64_t line;
};

/* False at the end of the text. A row that cannot be read has no fields and a `why`; the next one begins with the line
 * after. Empty lines are passed over. */
bool csv_next(struct csv *csv, struct csv_row *into, struct fault *why);

/* Empty for NULL. In the arena when it is not in the text as it is. */
struct slice csv_text(enum csv_form form, const struct csv_field *field, struct arena *arena);

#endif
