/* Matches paths segment by segment. A path that does not decode to UTF-8 matches nothing. */
#include "services/web/route.h"

#include "services/common/encode.h"

static struct slice take_segment(struct slice *path)
{
    size_t size = 1;
    while (size < path->size && path->at[size] != '/')
        size++;
    struct slice segment = slice_of(path->at + 1, size - 1);
    *path = slice_of(path->at + size, path->size - size);
    return segment;
}

/* `:name.ext` against a segment: what stands for the name. */
static bool match_param(struct slice pattern, struct slice segment, struct slice *param)
{
    const char *dot = memchr(pattern.at, '.', pattern.size);
    struct slice end = slice_of(NULL, 0);
    if (dot != NULL)
        end = slice_of(dot, pattern.size - (size_t)(dot - pattern.at));
    if (segment.size <= end.size)
        return false;
    *param = slice_of(segment.at, segment.size - end.size);
    return slice_equal(end, slice_of(segment.at + param->size, end.size));
}

static bool match_path(const char *pattern_text, struct slice path, struct slice params[ROUTE_PARAMS_MAX])
{
    struct slice pattern = slice_text(pattern_text);
    size_t count = 0;
    while (pattern.size > 0 && path.size > 0) {
        struct slice wanted = take_segment(&pattern), segment = take_segment(&path);
        if (wanted.size == 0 || wanted.at[0] != ':') {
            if (!slice_equal(wanted, segment))
                return false;
        } else if (count == ROUTE_PARAMS_MAX || !match_param(wanted, segment, &params[count++])) {
            return false;
        }
    }
    return pattern.size == 0 && path.size == 0;
}

static bool decode(struct slice params[ROUTE_PARAMS_MAX], struct arena *arena)
{
    for (size_t i = 0; i < ROUTE_PARAMS_MAX; i++) {
        char *text = arena_take(arena, params[i].size + 1);
        size_t size = percent_read(params[i], text, params[i].size);
        if (size == SIZE_MAX || memchr(text, '\0', size) != NULL || !utf8_valid(slice_of(text, size)))
            return false;
        text[size] = '\0';
        params[i] = slice_of(text, size);
    }
    return true;
}

static bool match_method(const struct route *route, struct slice method)
{
    return slice_is(method, route->method) || (slice_is(method, "HEAD") && slice_is(slice_text(route->method), "GET"));
}

enum route_found route_find(const struct route *table, size_t count, struct slice method, struct slice path,
                            struct arena *arena, const struct route **route, struct slice params[ROUTE_PARAMS_MAX])
{
    enum route_found found = ROUTE_none;
    if (path.size == 0 || path.at[0] != '/')
        return ROUTE_none;
    for (size_t i = 0; i < count; i++) {
        memset(params, 0, ROUTE_PARAMS_MAX * sizeof *params);
        if (!match_path(table[i].pattern, path, params))
            continue;
        if (match_method(&table[i], method)) {
            *route = &table[i];
            return decode(params, arena) ? ROUTE_found : ROUTE_none;
        }
        found = ROUTE_other_method;
    }
    return found;
}
