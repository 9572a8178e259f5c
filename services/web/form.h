/* Query strings and application/x-www-form-urlencoded bodies. Pure. */
#ifndef DJEMBE_WEB_FORM_H
#define DJEMBE_WEB_FORM_H

#include "proto/codec.h"
#include "services/common/arena.h"

#define FORM_FIELDS_MAX 1024

struct form_field {
    struct slice name, value; /* decoded UTF-8 without NUL; NUL-terminated behind the last byte */
};

struct form {
    const struct form_field *fields; /* in the order in which they came */
    size_t count;
};

/* Reads `text` into the arena. False: not UTF-8, a cut escape, a NUL, or too many fields. An empty text is an empty
 * form. */
bool form_read(struct slice text, struct arena *arena, struct form *into, struct fault *why);

/* The first value of that name; empty when there is none. */
struct slice form_get(const struct form *form, const char *name);
bool form_has(const struct form *form, const char *name);

/* The i-th value of that name; false when there are not so many. */
bool form_nth(const struct form *form, const char *name, size_t i, struct slice *value);
size_t form_count(const struct form *form, const char *name);

/* The value as a positive id; 0 when it is not one. */
uint64_t form_id(const struct form *form, const char *name);

/* The value as a whole number; ID_MAX when it is none: whoever reads it then refuses it. */
uint64_t form_number(const struct form *form, const char *name);

/* A size that stands in two fields: a number, perhaps with up to three decimals (1.5 or 1,5), and MiB, GiB or TiB (GiB
 * when it is none of them). False when the first is no such number, or it is 2^63 bytes or more. */
bool form_size(const struct form *form, const char *amount, const char *unit, uint64_t *bytes);

/* Decimal digits only, below 2^63; 0 when it is anything else. */
uint64_t id_read(struct slice text);

/* The text without white space around it. */
struct slice form_trim(struct slice text);

#endif
