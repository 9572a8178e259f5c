/* Reads the cookies that a browser sends back and writes those that it is given. Values of ours are letters, digits,
 * `-`, `_`, `.` and `~` only, so nothing is ever escaped; whatever else arrives under our names was not written by us
 * and reads as empty. */
#include "services/web/cookie.h"

#include <inttypes.h>
#include <stdio.h>

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == '~';
}

static struct slice plain_or_empty(struct slice value)
{
    for (size_t i = 0; i < value.size; i++)
        if (!is_plain(value.at[i]))
            return slice_of(NULL, 0);
    return value;
}

struct slice cookie_get(struct slice header, const char *name)
{
    size_t name_size = strlen(name), i = 0;
    while (i < header.size) {
        while (i < header.size && (header.at[i] == ' ' || header.at[i] == ';' || header.at[i] == '\t'))
            i++;
        size_t end = i;
        while (end < header.size && header.at[end] != ';')
            end++;
        size_t size = end - i;
        if (size > name_size && memcmp(header.at + i, name, name_size) == 0 && header.at[i + name_size] == '=')
            return plain_or_empty(slice_of(header.at + i + name_size + 1, size - name_size - 1));
        i = end;
    }
    return slice_of(NULL, 0);
}

bool cookie_set(char into[COOKIE_LINE_MAX], const char *name, const char *value, int64_t seconds, bool secure)
{
    char age[40] = "";
    if (seconds != 0)
        snprintf(age, sizeof age, "; Max-Age=%" PRId64, seconds > 0 ? seconds : 0);
    int size = snprintf(into, COOKIE_LINE_MAX, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", name, value,
                        secure ? "; Secure" : "", age);
    return size > 0 && size < COOKIE_LINE_MAX;
}
