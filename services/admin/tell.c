/* The tool's mouth. */
#include "services/admin/tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* At once, without exit handlers: the messaging library's would wait for sockets that are still open. */
static void leave(void) __attribute__((noreturn));
static void leave(void)
{
    fflush(NULL);
    _exit(1);
}

void tell_wrong(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("djembe-admin: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    leave();
}

void tell_fault(const struct fault *why)
{
    const char *text = why->text[0] != '\0' ? why->text : status_text(why->status);
    if (why->field[0] != '\0')
        tell_wrong("%s (%s: %s)", text, status_name(why->status), why->field);
    tell_wrong("%s (%s)", text, status_name(why->status));
}

void tell_reply(json_t *reply)
{
    json_dumpf(reply, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(reply);
}
