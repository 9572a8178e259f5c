/* Which page answers a path. Matching is pure; the table of all routes is in routes.c. */
#ifndef DJEMBE_WEB_ROUTE_H
#define DJEMBE_WEB_ROUTE_H

#include "services/common/arena.h"

struct visit;

enum route_who {
    FOR_anyone,
    FOR_member,
    FOR_staff,
};

enum route_guard {
    GUARD_none,       /* changes nothing */
    GUARD_csrf,       /* a form of ours: carries the CSRF token */
    GUARD_csrf_files, /* the same, with files */
};

/* What may stand for a session: nothing, an API token, or (alone, and then the path's first parameter is it) a feed
 * key.
 */
enum route_token { NO_TOKEN, TOKEN, FEED_KEY };

#define ROUTE_PARAMS_MAX 4

struct route {
    const char *method;  /* "GET" answers HEAD too */
    const char *pattern; /* a segment `:name` is anything, `:name.ext` anything with that end */
    enum route_who who;
    enum route_guard guard;
    enum route_token token;
    void (*page)(struct visit *visit);
};

extern const struct route routes[];
extern const size_t routes_count;

enum route_found { ROUTE_found, ROUTE_none, ROUTE_other_method };

/* The first route of the table that fits; its parameters, decoded, in `params` in order. The path is as it was sent. */
enum route_found route_find(const struct route *table, size_t count, struct slice method, struct slice path,
                            struct arena *arena, const struct route **route, struct slice params[ROUTE_PARAMS_MAX]);

#endif
