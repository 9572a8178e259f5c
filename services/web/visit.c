/* Leads a request to its page: finds the route, reads cookies and forms, asks the table who that is, checks who may and
 * that a form is ours, then calls the page. Knows nothing of any page. A visit lives in its request's arena until the
 * answer. */
#include "services/web/visit.h"

#include "services/common/clock.h"
#include "services/common/encode.h"
#include "services/web/cookie.h"
#include "services/web/csrf.h"
#include "services/web/page.h"
#include "services/web/session.h"
#include "services/web/token.h"
#include "services/web/web.h"

const char *visit_session_cookie(void)
{
    return web.secure ? "__Host-djembe" : "djembe";
}

const char *visit_guest_cookie(void)
{
    return web.secure ? "__Host-djembe_guest" : "djembe_guest";
}

const char *visit_flash_cookie(void)
{
    return web.secure ? "__Host-djembe_flash" : "djembe_flash";
}

void visit_set_cookie(struct visit *visit, const char *name, const char *value, int64_t seconds)
{
    char line[COOKIE_LINE_MAX];
    if (cookie_set(line, name, value, seconds, web.secure))
        http_set(visit->http, "Set-Cookie", line);
}

void visit_know_guest(struct visit *visit)
{
    if (visit->cookie.size > 0)
        return;
    struct secret guest;
    secret_make(&guest);
    visit->cookie = arena_copy(visit->arena, slice_text(guest.text));
    visit_set_cookie(visit, visit_guest_cookie(), guest.text, 0);
}

const char *visit_address(struct visit *visit)
{
    char *text = arena_take(visit->arena, INET6_ADDRSTRLEN);
    ip_write(visit->ip, text);
    return text;
}

const char *visit_announce(struct visit *visit)
{
    char *url = arena_take(visit->arena, WEB_URL_MAX);
    web_announce_url(slice_text(visit->me.passkey), url);
    return url;
}

void visit_secret(struct visit *visit, const char *purpose, struct secret *into)
{
    struct slice once = form_get(&visit->form, "once");
    if (visit->cookie.size == 0 || once.size < 32 || once.size > 64) {
        secret_make(into);
        return;
    }
    /* Nobody who sees the page's source alone can tell the secret: the session's own is its key. */
    const char *key = arena_print(visit->arena, "%.*s %.*s", SLICE_ARGS(visit->cookie), SLICE_ARGS(once));
    secret_derive(slice_text(key), purpose, into);
}

const char *visit_once(struct visit *visit)
{
    char bytes[16], *text = arena_take(visit->arena, 2 * sizeof bytes + 1);
    random_bytes(bytes, sizeof bytes);
    hex_write(slice_of(bytes, sizeof bytes), text);
    return text;
}

bool visit_is_staff(const struct visit *visit)
{
    return account_class_is_staff(slice_text(visit->me.class_name));
}

void visit_missing(struct visit *visit, const char *part, const char *text)
{
    for (size_t i = 0; i < visit->missing_count; i++)
        if (strcmp(visit->missing[i].part, part) == 0)
            return;
    if (visit->missing_count < VISIT_MISSING_MAX)
        visit->missing[visit->missing_count++] = (struct missing){part, text};
}

/* ---- forms ---- */

static const struct multipart_limits file_limits = {
    .parts = FORM_FIELDS_MAX, .text_size = 64 << 10, .files = 4, .file_size = WEB_FILE_MAX};

static bool read_form(struct visit *visit, struct fault *why)
{
    struct slice type = http_header(visit->http, "Content-Type"), body = http_body(visit->http);
    unsigned refused = http_refused(visit->http);
    if (!slice_is(http_method(visit->http), "POST"))
        return true;
    if (refused == 503)
        return fault_set(why, STATUS_unavailable, NULL,
                         "Many uploads are under way: send it again in a minute. When you go back, your text is still "
                         "there.");
    if (refused != 0)
        return fault_set(why, STATUS_too_large, NULL,
                         "Files have at most %d MiB here: make a .torrent with larger pieces, an image with fewer "
                         "pixels. When you go back, your text is still there.",
                         (int)(WEB_FILE_MAX >> 20));
    if (visit->route->guard == GUARD_csrf_files && multipart_is(type)) {
        bool whole = multipart_read(type, body, &file_limits, visit->arena, &visit->files, why);
        visit->form = visit->files.form;
        return whole;
    }
    if (body.size > WEB_FORM_MAX)
        return fault_set(why, STATUS_too_large, NULL, "That form is larger than this site reads.");
    return form_read(body, visit->arena, &visit->form, why);
}

static bool form_is_ours(const struct visit *visit)
{
    return visit->route->guard == GUARD_none || visit->by_token ||
           csrf_check(visit->cookie, form_get(&visit->form, "csrf"));
}

/* ---- who may ---- */

static void ask_to_sign_in(struct visit *visit)
{
    if (slice_is(http_method(visit->http), "POST")) {
        page_error(visit, 403, "Sign in first: your session is over.", NULL);
        return;
    }
    struct slice path = http_path(visit->http), query = http_query(visit->http);
    const char *whole =
        arena_print(visit->arena, "%.*s%s%.*s", SLICE_ARGS(path), query.size > 0 ? "?" : "", SLICE_ARGS(query));
    if (strcmp(whole, "/") == 0) {
        page_redirect(visit, "/sign-in", FLASH_none, NULL);
        return;
    }
    char *escaped = arena_take(visit->arena, 3 * strlen(whole) + 1);
    percent_write(slice_text(whole), escaped);
    page_redirect(visit, arena_print(visit->arena, "/sign-in?next=%s", escaped), FLASH_none, NULL);
}

static void run_page(struct visit *visit)
{
    const struct route *route = visit->route;
    struct fault why;
    if (route->who != FOR_anyone && !visit->signed_in)
        ask_to_sign_in(visit);
    else if (route->who == FOR_staff && !visit_is_staff(visit))
        page_error(visit, 403, "Only staff may see that.", NULL);
    else if (!read_form(visit, &why))
        page_fail(visit, &why, NULL);
    else if (!form_is_ours(visit))
        page_error(visit, 403, "That form is no longer valid: go back, load the page again and send it once more.",
                   NULL);
    else
        route->page(visit);
}

/* ---- who is it ---- */

void visit_read_flash(struct visit *visit)
{
    struct slice cookie = cookie_get(http_header(visit->http, "Cookie"), visit_flash_cookie());
    if (cookie.size == 0 || visit->cookie.size == 0)
        return;
    flash_read(visit->cookie, cookie, &visit->flash);
    visit_set_cookie(visit, visit_flash_cookie(), "", -1);
}

static void as_guest(struct visit *visit)
{
    struct slice cookies = http_header(visit->http, "Cookie");
    struct secret guest;
    if (secret_read(cookie_get(cookies, visit_guest_cookie()), &guest))
        visit->cookie = arena_copy(visit->arena, slice_text(guest.text));
    run_page(visit);
}

static void database_away(struct visit *visit, const struct fault *why)
{
    struct fault told = *why;
    if (told.status == STATUS_unavailable)
        fault_set(&told, STATUS_unavailable, NULL,
                  "Accounts cannot be read for the moment. You stay signed in: try again in a minute.");
    page_fail(visit, &told, "accounts");
}

static void on_session(void *arg, const struct session_found *found, const struct fault *why)
{
    struct visit *visit = arg;
    if (why != NULL) {
        visit->cookie = slice_text(NULL);
        database_away(visit, why);
        return;
    }
    if (found->member == NULL) {
        visit->cookie = slice_text(NULL);
        visit_set_cookie(visit, visit_session_cookie(), "", -1);
        as_guest(visit);
        return;
    }
    visit->me = *found->member;
    visit->signed_in = true;
    visit->session = found->session;
    visit->inbox = found->inbox;
    if (found->stale)
        visit_set_cookie(visit, visit_session_cookie(), visit->cookie.at, WEB_SESSION_MS / 1000);
    run_page(visit);
}

static void on_token(void *arg, const struct member *member, const struct fault *why)
{
    struct visit *visit = arg;
    visit->by_token = true; /* errors go out as JSON */
    if (why != NULL) {
        database_away(visit, why);
        return;
    }
    if (member == NULL) {
        page_error(visit, 403,
                   "That API token is not known here, or was revoked: make a new one on your account's page.", NULL);
        return;
    }
    visit->me = *member;
    visit->signed_in = true;
    run_page(visit);
}

static void on_feed_key(void *arg, const struct member *member, struct slice password, const struct fault *why)
{
    struct visit *visit = arg;
    (void)password;
    if (why != NULL)
        database_away(visit, why);
    else if (member == NULL)
        page_error(visit, 404,
                   "This feed is not known here (any more): take its address anew from your account's page.", NULL);
    else if (!member_is_active(member))
        page_error(visit, 403, "This feed belongs to an account that is disabled.", NULL);
    else {
        visit->me = *member;
        visit->signed_in = true;
        run_page(visit);
    }
}

/* A header, or for addresses that a feed reader opens, the query. */
static struct slice find_token(struct visit *visit)
{
    struct slice token = token_bearer(http_header(visit->http, "Authorization"));
    if (token.size == 0 && slice_is(http_method(visit->http), "GET"))
        token = form_get(&visit->query, "token");
    return token;
}

static void find_member(struct visit *visit)
{
    struct secret secret;
    if (visit->route->token == FEED_KEY) {
        visit->by_feed = true; /* errors go out as a line of text */
        member_find_feed(visit->params[0], on_feed_key, visit);
        return;
    }
    struct slice token = visit->route->token == TOKEN ? find_token(visit) : slice_text(NULL);
    if (token.size > 0) {
        visit->by_token = true;
        if (secret_read(token, &secret))
            token_look(&secret, on_token, visit);
        else
            on_token(visit, NULL, NULL);
        return;
    }
    if (!secret_read(cookie_get(http_header(visit->http, "Cookie"), visit_session_cookie()), &secret)) {
        as_guest(visit);
        return;
    }
    visit->cookie = arena_copy(visit->arena, slice_text(secret.text));
    session_look(&secret, visit->now, on_session, visit);
}

/* ---- begin and end ---- */

static void visit_clear(void *arg)
{
    struct visit *visit = arg;
    msgpack_zone_free(visit->zone);
    if (visit->out != NULL)
        tree_destroy(&visit->out);
}

static bool find_route(struct visit *visit)
{
    enum route_found found = route_find(routes, routes_count, http_method(visit->http), http_path(visit->http),
                                        visit->arena, &visit->route, visit->params);
    if (found == ROUTE_none)
        page_error(visit, 404, "There is no page at that address.", NULL);
    else if (found == ROUTE_other_method)
        page_error(visit, 405, "That address takes another kind of request.", NULL);
    return found == ROUTE_found;
}

void visit_begin(struct http_request *http, void *arg)
{
    (void)arg;
    struct arena *arena = http_arena(http);
    struct visit *visit = arena_take(arena, sizeof *visit);
    visit->http = http;
    visit->arena = arena;
    visit->zone = msgpack_zone_new(4096);
    visit->now = clock_now();
    http_client(http, &web.proxies, visit->ip);
    http_on_done(http, visit_clear, visit);
    if (!find_route(visit))
        return;
    struct fault why;
    if (!form_read(http_query(http), arena, &visit->query, &why)) {
        page_fail(visit, &why, NULL);
        return;
    }
    if (visit->route->page == page_static || visit->route->page == page_favicon)
        visit->route->page(visit); /* the same for everybody: no cookie is looked at */
    else
        find_member(visit);
}
