/* How the tool speaks to its operator: JSON on stdout, one line on stderr when something is wrong. */
#ifndef DJEMBE_ADMIN_TELL_H
#define DJEMBE_ADMIN_TELL_H

#include "proto/fault.h"

#include <jansson.h>

/* One line on stderr; ends the process with status 1. */
void tell_wrong(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void tell_fault(const struct fault *why) __attribute__((noreturn));

/* Prints a reply and lets go of it. */
void tell_reply(json_t *reply);

#endif
