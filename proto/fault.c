/* The list of statuses as C tables. Knows nothing of who fails or who is told. */
#include "proto/fault.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name;
    unsigned http;
    const char *text;
} statuses[STATUS_COUNT] = {
#define ERROR(name, http, text) [STATUS_##name] = {#name, http, text},
#include "proto/errors.def"
};

/* A sentence cut in the middle of a letter would no longer be UTF-8 and could not be sent. */
static void cut_whole(char *text)
{
    size_t size = strlen(text);
    while (size > 0 && !utf8_valid(slice_of(text, size)) && size > sizeof((struct fault *)0)->text - 4)
        text[--size] = '\0';
}

bool fault_set(struct fault *why, enum status status, const char *field, const char *format, ...)
{
    if (why == NULL)
        return false;
    *why = (struct fault){.status = status};
    if (field != NULL)
        snprintf(why->field, sizeof why->field, "%s", field);
    va_list args;
    va_start(args, format);
    int size = vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    if (size >= (int)sizeof why->text)
        cut_whole(why->text);
    return false;
}

const char *status_name(enum status status)
{
    return statuses[status < STATUS_COUNT ? status : STATUS_internal].name;
}

unsigned status_http(enum status status)
{
    return statuses[status < STATUS_COUNT ? status : STATUS_internal].http;
}

const char *status_text(enum status status)
{
    return statuses[status < STATUS_COUNT ? status : STATUS_internal].text;
}

enum status status_of(struct slice name)
{
    for (unsigned i = 0; i < STATUS_COUNT; i++)
        if (slice_is(name, statuses[i].name))
            return (enum status)i;
    return STATUS_internal;
}
