/* Why one request could not be answered as asked: a status of the fixed list, one sentence for a person, and the
 * input that is at fault where it is one. Filled by whoever refuses, logged or shown once by whoever is at the edge. */
#ifndef DJEMBE_PROTO_FAULT_H
#define DJEMBE_PROTO_FAULT_H

#include "proto/slice.h"

enum status {
#define ERROR(name, http, text) STATUS_##name,
#include "proto/errors.def"
    STATUS_COUNT
};

struct fault {
    enum status status; /* STATUS_ok: nothing wrong */
    char field[40];     /* the input at fault, "" when it is none or several */
    char text[512];     /* one sentence for a person, UTF-8 */
};

/* Fills `why` (which may be NULL) and returns false, so that a check can end in `return fault_set(...)`.
 * `field` may be NULL. */
bool fault_set(struct fault *why, enum status status, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

const char *status_name(enum status status);
unsigned status_http(enum status status);
const char *status_text(enum status status);

/* The status of that wire name; STATUS_internal for one that is not in the list. */
enum status status_of(struct slice name);

#endif
