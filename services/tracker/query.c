/* The raw query string and path of an announce or scrape (TRACKERS 6 lists what clients send). Knows nothing of what
 * the parameters mean. */
#include "services/tracker/query.h"

#include "services/common/encode.h"

static bool is_separator(char c)
{
    return c == '&' || c == '?';
}

bool query_next(struct slice *rest, struct slice *name, struct slice *value)
{
    while (rest->size > 0 && is_separator(*rest->at))
        *rest = slice_of(rest->at + 1, rest->size - 1);
    if (rest->size == 0)
        return false;
    size_t end = 0;
    while (end < rest->size && !is_separator(rest->at[end]))
        end++;
    const char *equals = memchr(rest->at, '=', end);
    size_t name_size = equals != NULL ? (size_t)(equals - rest->at) : end;
    *name = slice_of(rest->at, name_size);
    *value = equals != NULL ? slice_of(equals + 1, end - name_size - 1) : slice_of(NULL, 0);
    *rest = slice_of(rest->at + end, rest->size - end);
    return true;
}

bool query_is(struct slice encoded, const char *name)
{
    if (slice_is(encoded, name))
        return true;
    char decoded[16];
    if (encoded.size == 0 || memchr(encoded.at, '%', encoded.size) == NULL)
        return false;
    size_t size = percent_read(encoded, decoded, sizeof decoded);
    return size != SIZE_MAX && slice_is(slice_of(decoded, size), name);
}

bool query_bytes(struct slice encoded, void *into, size_t size)
{
    return percent_read(encoded, into, size) == size;
}

bool query_number(struct slice encoded, int64_t *into)
{
    char digits[24];
    size_t size = percent_read(encoded, digits, sizeof digits);
    if (size == SIZE_MAX || size == 0)
        return false;
    bool negative = digits[0] == '-';
    int64_t value = 0;
    for (size_t i = negative ? 1 : 0; i < size; i++) {
        if (digits[i] < '0' || digits[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digits[i] - '0', &value))
            return false;
    }
    *into = negative ? -value : value;
    return !(negative && size == 1);
}

void query_target(struct slice target, struct slice *path, struct slice *query)
{
    const char *scheme = target.size > 0 && target.at[0] != '/' ? memmem(target.at, target.size, "://", 3) : NULL;
    if (scheme != NULL) {
        struct slice host = slice_of(scheme + 3, target.size - (size_t)(scheme + 3 - target.at));
        const char *slash = memchr(host.at, '/', host.size);
        target = slash != NULL ? slice_of(slash, host.size - (size_t)(slash - host.at)) : slice_of(host.at, 0);
    }
    const char *mark = memchr(target.at, '?', target.size);
    size_t size = mark != NULL ? (size_t)(mark - target.at) : target.size;
    *path = slice_of(target.at, size);
    *query = mark != NULL ? slice_of(mark + 1, target.size - size - 1) : slice_of(NULL, 0);
}

static struct slice next_segment(struct slice *path)
{
    while (path->size > 0 && *path->at == '/')
        *path = slice_of(path->at + 1, path->size - 1);
    size_t end = 0;
    while (end < path->size && path->at[end] != '/')
        end++;
    struct slice segment = slice_of(path->at, end);
    *path = slice_of(path->at + end, path->size - end);
    return segment;
}

static struct slice without_spaces(struct slice path)
{
    for (;;) {
        if (path.size >= 1 && path.at[path.size - 1] == ' ')
            path.size -= 1;
        else if (path.size >= 3 && memcmp(path.at + path.size - 3, "%20", 3) == 0)
            path.size -= 3;
        else
            return path;
    }
}

enum query_path query_path(struct slice path, struct slice *passkey)
{
    struct slice rest = without_spaces(path);
    struct slice first = next_segment(&rest), second = next_segment(&rest);
    *passkey = second.size > 0 ? first : slice_of(NULL, 0);
    struct slice what = second.size > 0 ? second : first;
    if (next_segment(&rest).size > 0)
        return PATH_other;
    if (slice_is(what, "announce"))
        return PATH_announce;
    return slice_is(what, "scrape") ? PATH_scrape : PATH_other;
}
