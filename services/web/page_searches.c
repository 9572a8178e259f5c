/* /searches and /search/ID: searches that the member keeps: one click opens one again, a notice tells what it finds. */
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/plugins.h"
#include "services/web/searches.h"
#include "services/web/text_form.h"
#include "services/web/web.h"

#include "services/common/encode.h"

struct searches {
    uint64_t id; /* 0: all of them, or a new one */
    const struct answer *answer;
    void (*show)(struct visit *visit);
    struct fault why; /* of the attempt before */
};

static const msgpack_object *list_of(const struct visit *visit)
{
    const struct searches *searches = visit->page;
    const struct catalog_search_list_reply *reply = searches->answer->reply;
    return reply->searches.object;
}

static void on_list(struct visit *visit)
{
    const struct searches *searches = visit->page;
    if (searches->answer->reply == NULL)
        page_fail(visit, &searches->answer->why, "catalog");
    else if (searches->id != 0 && look_size(list_of(visit)) == 0)
        page_error(visit, 404, "You have no such search (any more).", NULL);
    else
        searches->show(visit);
}

static void ask_list(struct visit *visit, void (*show)(struct visit *visit))
{
    struct searches *searches = visit->page;
    struct catalog_search_list ask = {.search = searches->id};
    struct gather *gather = gather_new(visit, on_list);
    searches->show = show;
    searches->answer = gather_must(gather, &catalog_search_list_message, &ask);
    gather_go(gather);
}

static struct searches *searches_new(struct visit *visit)
{
    struct searches *searches = visit->page = arena_take(visit->arena, sizeof *searches);
    *searches = (struct searches){0};
    return searches;
}

/* One by the address; NULL: there is none, and it is answered. */
static struct searches *search_of(struct visit *visit)
{
    struct searches *searches = searches_new(visit);
    searches->id = id_read(visit->params[0]);
    if (searches->id != 0)
        return searches;
    page_error(visit, 404, "There is no page at that address.", NULL);
    return NULL;
}

/* ---- the list ---- */

static void show_list(struct visit *visit)
{
    const msgpack_object *list = list_of(visit);
    page_begin(visit, "Saved searches", "searches");
    tree_flag(visit->out, "has_searches", look_size(list) > 0);
    tree_decorate(visit->out, "searches", list, &(struct tree_extra){.now = visit->now});
    tree_print(visit->out, "feeds", "%s/feed/%s", web.url, visit->me.feed_key);
    page_end(visit, 200, "searches", NULL);
}

void page_searches(struct visit *visit)
{
    searches_new(visit);
    ask_list(visit, show_list);
}

/* ---- opened again ---- */

const char *search_href(struct visit *visit, const msgpack_object *search)
{
    struct slice query = look_text(search, "query"), sort = look_text(search, "sort");
    char *typed = arena_take(visit->arena, 3 * query.size + 1);
    percent_write(query, typed);
    return arena_print(visit->arena, "/%.*s?q=%s%s%.*s%s%s", SLICE_ARGS(look_text(search, "plugin")), typed,
                       sort.size > 0 ? "&sort=" : "", SLICE_ARGS(sort),
                       look_flag(search, "rising") ? "&order=rising" : "",
                       look_flag(search, "flat") ? "&view=flat" : "");
}

static void open_again(struct visit *visit)
{
    page_redirect(visit, search_href(visit, look_at(list_of(visit), 0)), FLASH_none, NULL);
}

void page_search(struct visit *visit)
{
    if (search_of(visit) != NULL)
        ask_list(visit, open_again);
}

/* ---- saved ---- */

static void end_form(struct visit *visit)
{
    const struct searches *searches = visit->page;
    bool again = searches->why.status != STATUS_ok;
    tree_string(visit->out, "once", visit_once(visit));
    if (again)
        page_form_fault(visit, &searches->why);
    page_end(visit, again ? status_http(searches->why.status) : 200, "search_form", NULL);
}

/* What is saved comes with the address, and again with the form. */
static void show_new(struct visit *visit)
{
    const struct searches *searches = visit->page;
    bool again = searches->why.status != STATUS_ok;
    const struct form *from = again ? &visit->form : &visit->query;
    const msgpack_object *plugin = plugins_find(form_get(from, "plugin"));
    page_begin(visit, "Save the search", "searches");
    tree_string(visit->out, "action", "/searches");
    tree_flag(visit->out, "is_new", true);
    tree_text(visit->out, "plugin", form_get(from, "plugin"));
    tree_text(visit->out, "plugin_title", look_text(plugin, "title"));
    tree_text(visit->out, "q", form_get(from, "q"));
    tree_text(visit->out, "sort", form_get(from, "sort"));
    tree_text(visit->out, "order", form_get(from, "order"));
    tree_text(visit->out, "view", form_get(from, "view"));
    tree_text(visit->out, "named", form_get(from, again ? "name" : "q"));
    tree_flag(visit->out, "tell", !again || form_has(from, "tell"));
    tree_flag(visit->out, "opens", form_has(from, "opens"));
    end_form(visit);
}

void page_search_new(struct visit *visit)
{
    searches_new(visit);
    show_new(visit);
}

static void on_added(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    struct searches *searches = visit->page;
    (void)reply;
    (void)body;
    if (why == NULL) {
        page_redirect(visit, "/searches", FLASH_good, "Saved.");
    } else if (form_shows(why)) {
        searches->why = *why;
        show_new(visit);
    } else {
        page_fail(visit, why, "catalog");
    }
}

static bool has_name(struct searches *searches, struct slice name)
{
    return name.size > 0 || fault_set(&searches->why, STATUS_invalid, "name", "Give it a name.");
}

void page_search_add_post(struct visit *visit)
{
    struct searches *searches = searches_new(visit);
    struct bus_call call = {.actor = visit->me.id};
    struct catalog_search_add ask = {
        .key = page_form_key(visit),
        .plugin = form_get(&visit->form, "plugin"),
        .name = form_trim(form_get(&visit->form, "name")),
        .query = form_trim(form_get(&visit->form, "q")),
        .sort = form_get(&visit->form, "sort"),
        .rising = slice_is(form_get(&visit->form, "order"), "rising"),
        .flat = slice_is(form_get(&visit->form, "view"), "flat"),
        .tell = form_has(&visit->form, "tell"),
        .opens = form_has(&visit->form, "opens"),
    };
    if (ask.plugin.size == 0)
        page_error(visit, 400, "Which search is to be saved is not said.", NULL);
    else if (has_name(searches, ask.name))
        bus_ask(service_bus(), NULL, &catalog_search_add_message, &ask, &call, on_added, visit);
    else
        show_new(visit);
}

/* ---- changed, and forgotten ---- */

static void show_edit(struct visit *visit)
{
    const struct searches *searches = visit->page;
    const msgpack_object *search = look_at(list_of(visit), 0);
    bool again = searches->why.status != STATUS_ok;
    page_begin(visit, "Change the search", "searches");
    tree_print(visit->out, "action", "/search/%llu/edit", (unsigned long long)searches->id);
    tree_text(visit->out, "plugin_title", look_text(search, "plugin_title"));
    tree_text(visit->out, "q", look_text(search, "query"));
    tree_text(visit->out, "named", again ? form_get(&visit->form, "name") : look_text(search, "name"));
    tree_flag(visit->out, "tell", again ? form_has(&visit->form, "tell") : look_flag(search, "tell"));
    tree_flag(visit->out, "opens", again ? form_has(&visit->form, "opens") : look_flag(search, "opens"));
    end_form(visit);
}

void page_search_edit(struct visit *visit)
{
    if (search_of(visit) != NULL)
        ask_list(visit, show_edit);
}

static void on_edited(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    struct searches *searches = visit->page;
    (void)reply;
    (void)body;
    if (why == NULL) {
        page_redirect(visit, "/searches", FLASH_none, NULL);
    } else if (form_shows(why)) {
        searches->why = *why;
        ask_list(visit, show_edit);
    } else {
        page_fail(visit, why, "catalog");
    }
}

void page_search_edit_post(struct visit *visit)
{
    struct searches *searches = search_of(visit);
    struct bus_call call = {.actor = visit->me.id};
    if (searches == NULL)
        return;
    struct catalog_search_edit ask = {
        .search = searches->id,
        .name = form_trim(form_get(&visit->form, "name")),
        .tell = form_has(&visit->form, "tell"),
        .opens = form_has(&visit->form, "opens"),
    };
    if (has_name(searches, ask.name))
        bus_ask(service_bus(), NULL, &catalog_search_edit_message, &ask, &call, on_edited, visit);
    else
        ask_list(visit, show_edit);
}

static void on_deleted(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    (void)reply;
    (void)body;
    if (why == NULL)
        page_redirect(arg, "/searches", FLASH_none, NULL);
    else
        page_fail(arg, why, "catalog");
}

void page_search_delete_post(struct visit *visit)
{
    struct bus_call call = {.actor = visit->me.id};
    const struct searches *searches = search_of(visit);
    if (searches == NULL)
        return;
    struct catalog_search_delete ask = {.search = searches->id};
    bus_ask(service_bus(), NULL, &catalog_search_delete_message, &ask, &call, on_deleted, visit);
}
