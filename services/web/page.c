/* The parts that every page has, and the one place where a page is rendered. Knows no page in particular. */
#include "services/web/page.h"

#include "services/common/log.h"
#include "services/web/assets.h"
#include "services/web/cookie.h"
#include "services/web/csrf.h"
#include "services/web/json.h"
#include "services/web/look.h"
#include "services/web/plugins.h"
#include "services/web/web.h"

#include <stdio.h>

void page_headers(struct http_request *http)
{
    /* Nothing but our own files, no script or style in the page itself, nobody's frame. */
    page_headers_under(
        http, "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'");
}

void page_headers_under(struct http_request *http, const char *policy)
{
    http_set(http, "Content-Security-Policy", policy);
    http_set(http, "X-Content-Type-Options", "nosniff");
    http_set(http, "Referrer-Policy", "same-origin");
    http_set(http, "Cross-Origin-Opener-Policy", "same-origin");
    http_set(http, "Cross-Origin-Resource-Policy", "same-origin");
    http_set(http, "Permissions-Policy", "camera=(), geolocation=(), microphone=()");
    if (web.secure)
        http_set(http, "Strict-Transport-Security", "max-age=31536000");
}

/* ---- the common part of the context ---- */

static void add_site(struct tree_writer *out)
{
    tree_open_map(out, "site");
    tree_string(out, "name", web.site_name);
    tree_string(out, "url", web.url);
    tree_flag(out, "open", strcmp(web.sign_up, "open") == 0);
    tree_close(out);
}

static void add_me(struct visit *visit, const char *csrf)
{
    struct tree_writer *out = visit->out;
    tree_open_map(out, "me");
    tree_count(out, "user", visit->me.id);
    tree_string(out, "name", visit->me.name);
    tree_string(out, "class", account_class_title(slice_text(visit->me.class_name)));
    tree_print(out, "href", "/member/%s", visit->me.name);
    tree_string(out, "csrf", csrf);
    tree_flag(out, "is_staff", visit_is_staff(visit));
    tree_string(out, "announce", visit_announce(visit));
    tree_count(out, "unread", visit->inbox.unread);
    tree_flag(out, "unread_one", visit->inbox.unread == 1);
    tree_close(out);
}

/* What ratio says about downloading, on every page while it is stopped or will be. */
static void add_watch(struct visit *visit)
{
    struct tree_writer *out = visit->out;
    const struct inbox_state *inbox = &visit->inbox;
    if (!inbox->on_watch && !inbox->stopped)
        return;
    tree_open_map(out, "watch");
    tree_flag(out, "stopped", inbox->stopped);
    tree_string(out, "reason", inbox->reason);
    if (inbox->on_watch)
        tree_time(out, "ends_at", inbox->watch_ends_at, visit->now);
    tree_close(out);
}

static void add_plugins(struct visit *visit)
{
    struct tree_writer *out = visit->out;
    const msgpack_object *list = plugins_list();
    tree_open_array(out, "plugins");
    for (size_t i = 0; i < look_size(list); i++) {
        struct slice name = look_text(look_at(list, i), "name");
        tree_open_map(out, NULL);
        tree_text(out, "name", name);
        tree_text(out, "title", look_text(look_at(list, i), "title"));
        tree_print(out, "href", "/%.*s", SLICE_ARGS(name));
        tree_print(out, "upload_href", "/upload/%.*s", SLICE_ARGS(name));
        tree_flag(out, "current", slice_equal(name, visit->params[0]));
        tree_flag(out, "talks", look_flag(look_at(list, i), "talks"));
        tree_close(out);
    }
    tree_close(out);
}

/* The box at the top searches the plugin of this page, else the first; the link beside it leads to its upload form. */
static void add_search(struct visit *visit)
{
    const msgpack_object *list = plugins_list(), *plugin = plugins_find(visit->params[0]);
    if (plugin == NULL && look_size(list) > 0)
        plugin = look_at(list, 0);
    if (plugin == NULL)
        return;
    tree_open_map(visit->out, "search");
    tree_print(visit->out, "action", "/%.*s", SLICE_ARGS(look_text(plugin, "name")));
    tree_text(visit->out, "title", look_text(plugin, "title"));
    tree_print(visit->out, "suggest", "/suggest/%.*s", SLICE_ARGS(look_text(plugin, "name")));
    tree_print(visit->out, "upload_href", "/upload/%.*s", SLICE_ARGS(look_text(plugin, "name")));
    tree_close(visit->out);
}

static void add_flash(struct visit *visit)
{
    struct tree_writer *out = visit->out;
    if (visit->flash.kind != FLASH_good && visit->flash.kind != FLASH_bad)
        return;
    tree_open_map(out, "flash");
    tree_string(out, "text", visit->flash.text);
    tree_flag(out, visit->flash.kind == FLASH_good ? "good" : "bad", true);
    tree_close(out);
}

static void add_missing(struct visit *visit)
{
    struct tree_writer *out = visit->out;
    if (visit->missing_count == 0)
        return;
    tree_open_array(out, "unavailable");
    for (size_t i = 0; i < visit->missing_count; i++) {
        tree_open_map(out, NULL);
        tree_string(out, "part", visit->missing[i].part);
        tree_string(out, "text", visit->missing[i].text);
        tree_close(out);
    }
    tree_close(out);
}

void page_begin(struct visit *visit, const char *title, const char *at)
{
    char csrf[PROOF_TEXT_MAX] = "";
    struct tree_writer *out = visit->out = tree_new();
    visit_read_flash(visit);
    if (visit->cookie.size > 0)
        csrf_make(visit->cookie, csrf);
    add_site(out);
    tree_string(out, "title", title);
    tree_text(out, "path", http_path(visit->http));
    tree_string(out, "csrf", csrf);
    if (visit->signed_in) {
        add_me(visit, csrf);
        add_watch(visit);
        add_plugins(visit);
        add_search(visit);
    }
    add_flash(visit);
    add_missing(visit);
    tree_open_map(out, "assets");
    assets_write(out);
    tree_close(out);
    if (at != NULL) {
        tree_open_map(out, "at");
        tree_flag(out, at, true);
        tree_close(out);
    }
}

void page_pager(struct visit *visit, const char *path, const char *param, uint64_t next)
{
    if (form_has(&visit->query, param))
        tree_string(visit->out, "first_href", path);
    if (next != 0)
        tree_print(visit->out, "next_href", "%s%c%s=%llu", path, strchr(path, '?') != NULL ? '&' : '?', param,
                   (unsigned long long)next);
}

/* Of all that the form says, so that a form gone back to and filled in otherwise is another one. */
struct slice page_form_key(struct visit *visit)
{
    struct secret *secret = arena_take(visit->arena, sizeof *secret);
    const char *purpose = arena_print(visit->arena, "form %.*s", SLICE_ARGS(http_path(visit->http)));
    if (form_get(&visit->form, "once").size > 0)
        secret_derive(http_body(visit->http), purpose, secret);
    else
        secret_make(secret);
    return slice_of(secret->hash, 16);
}

/* ---- answering ---- */

static void reply_plain(struct visit *visit, unsigned status, const char *text)
{
    page_headers(visit->http);
    http_set(visit->http, "Cache-Control", "no-store");
    http_reply(visit->http, status, "text/plain; charset=utf-8", slice_text(text));
}

void page_end(struct visit *visit, unsigned status, const char *template_name, const char *plugin)
{
    const char *own = plugin != NULL ? arena_print(visit->arena, "%s/%s", plugin, template_name) : template_name;
    const msgpack_object *context = tree_finish(visit->out);
    struct buffer html = {NULL, 0, 0};
    struct fault why;
    if (!mustache_render(web.templates, mustache_has(web.templates, own) ? own : template_name, context, &html, &why)) {
        char quoted[300];
        log_error("page not rendered", "template=%s error=%s", own,
                  log_quote(slice_text(why.text), quoted, sizeof quoted));
        reply_plain(visit, 500, status_text(STATUS_internal));
        return;
    }
    page_headers(visit->http);
    /* What is on the page is this member's own, and changes. */
    http_set(visit->http, "Cache-Control", "private, no-store");
    if (status == 503)
        http_set(visit->http, "Retry-After", "10");
    http_reply(visit->http, status, "text/html; charset=utf-8", buffer_slice(&html));
    buffer_free(&html);
}

void page_json(struct visit *visit, unsigned status)
{
    struct buffer json = {NULL, 0, 0};
    json_write(tree_finish(visit->out), &json);
    buffer_add(&json, "\n", 1);
    page_headers(visit->http);
    http_set(visit->http, "Cache-Control", "private, no-store");
    http_reply(visit->http, status, "application/json", buffer_slice(&json));
    buffer_free(&json);
}

static const char *status_title(unsigned status)
{
    static const struct {
        unsigned status;
        const char *title;
    } titles[] = {
        {400, "Not accepted"},  {403, "Not allowed"},          {404, "Not found"},
        {405, "Not like that"}, {409, "Already there"},        {413, "Too large"},
        {429, "Too often"},     {500, "Something went wrong"}, {503, "Away for the moment"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Error";
}

static void fail(struct visit *visit, unsigned status, const char *text, const char *field, const char *part)
{
    if (visit->by_feed) {
        reply_plain(visit, status, arena_print(visit->arena, "%s\n", text));
        return;
    }
    if (visit->by_token) {
        visit->out = tree_new();
        tree_string(visit->out, "error", text);
        if (field[0] != '\0')
            tree_string(visit->out, "field", field);
        page_json(visit, status);
        return;
    }
    page_begin(visit, status_title(status), NULL);
    tree_count(visit->out, "status", status);
    tree_string(visit->out, "status_title", status_title(status));
    tree_string(visit->out, "text", text);
    if (part != NULL)
        tree_string(visit->out, "part", part);
    page_end(visit, status, "error", NULL);
}

void page_error(struct visit *visit, unsigned status, const char *text, const char *part)
{
    fail(visit, status, text, "", part);
}

void page_fail(struct visit *visit, const struct fault *why, const char *part)
{
    fail(visit, status_http(why->status), why->text[0] != '\0' ? why->text : status_text(why->status), why->field,
         why->status == STATUS_unavailable ? part : NULL);
}

void page_form_fault(struct visit *visit, const struct fault *why)
{
    const char *text = why->text[0] != '\0' ? why->text : status_text(why->status);
    if (why->field[0] == '\0') {
        tree_string(visit->out, "error", text);
        return;
    }
    tree_open_map(visit->out, "errors");
    tree_string(visit->out, why->field, text);
    tree_close(visit->out);
}

void page_write_there(struct visit *visit, uint64_t entity, const char *text)
{
    const char *at = NULL;
    for (const char *see = text; (see = strstr(see, ": see /")) != NULL;) /* the last: a name may hold the same */
        at = see += strlen(": see ");
    if (at == NULL)
        return;
    struct slice href = slice_of(at, strspn(at, "/#-_abcdefghijklmnopqrstuvwxyz0123456789"));
    tree_text(visit->out, "error_href", href);
    if (entity != 0 && visit_is_staff(visit))
        tree_print(visit->out, "merge_href", "/merge/%llu?into=%.*s", (unsigned long long)entity, SLICE_ARGS(href));
}

struct wanted {
    struct visit *visit;
    void (*found)(struct visit *visit, const struct member *member);
};

static void on_member(void *arg, const struct member *member, struct slice password, const struct fault *why)
{
    const struct wanted *wanted = arg;
    (void)password;
    if (why != NULL)
        page_fail(wanted->visit, why, "accounts");
    else if (member == NULL)
        page_error(wanted->visit, 404, "Nobody here is called that.", NULL);
    else
        wanted->found(wanted->visit, member);
}

void page_find_member(struct visit *visit, void (*found)(struct visit *visit, const struct member *member))
{
    struct wanted *wanted = arena_take(visit->arena, sizeof *wanted);
    *wanted = (struct wanted){visit, found};
    if (visit->params[0].size > ACCOUNT_NAME_MAX)
        on_member(wanted, NULL, slice_text(NULL), NULL);
    else
        member_find_name(visit->params[0], on_member, wanted);
}

void page_redirect(struct visit *visit, const char *path, enum flash_kind kind, const char *text)
{
    if (text != NULL) {
        char cookie[FLASH_COOKIE_MAX];
        visit_know_guest(visit);
        flash_write(visit->cookie, kind, slice_text(text), cookie);
        visit_set_cookie(visit, visit_flash_cookie(), cookie, 60);
    }
    page_headers(visit->http);
    http_set(visit->http, "Location", path);
    http_set(visit->http, "Cache-Control", "no-store");
    http_reply(visit->http, 303, "text/plain; charset=utf-8", slice_text("See the page that this leads to.\n"));
}
