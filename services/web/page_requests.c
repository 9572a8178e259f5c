/* /requests: what members miss, by votes, and what was filled; and the form to ask for something. */
#include "services/web/extras.h"
#include "services/web/format.h"
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/plugins.h"
#include "services/web/text_form.h"
#include "services/web/web.h"

#define REQUESTS_SHOWN 50

struct list {
    const struct answer *answer;
};

/* The plugins of which something can be asked for: what is sealed cannot. */
static void write_plugins(struct visit *visit, struct slice chosen)
{
    const msgpack_object *list = plugins_list();
    tree_open_array(visit->out, "kinds");
    for (size_t i = 0; i < look_size(list); i++) {
        const msgpack_object *plugin = look_at(list, i);
        if (!look_flag(plugin, "talks"))
            continue;
        tree_open_map(visit->out, NULL);
        tree_text(visit->out, "name", look_text(plugin, "name"));
        tree_text(visit->out, "title", look_text(plugin, "title"));
        tree_flag(visit->out, "selected", slice_equal(chosen, look_text(plugin, "name")));
        tree_close(visit->out);
    }
    tree_close(visit->out);
}

/* ---- the list ---- */

static void show_list(struct visit *visit)
{
    const struct list *list = visit->page;
    const struct catalog_request_list_reply *reply = list->answer->reply;
    const msgpack_object *requests = reply->requests.object;
    struct slice plugin = form_get(&visit->query, "plugin");
    bool filled = form_has(&visit->query, "filled");
    char text[FORMAT_MAX];
    page_begin(visit, "Requests", "requests");
    tree_flag(visit->out, "filled", filled);
    tree_string(visit->out, "count_text", format_number(reply->count, text));
    tree_flag(visit->out, "all", plugin.size == 0);
    write_plugins(visit, plugin);
    tree_flag(visit->out, "has_requests", look_size(requests) > 0);
    tree_decorate(visit->out, "requests", requests, extras_known(visit->extras));
    const char *path = arena_print(visit->arena, "/requests?%splugin=%.*s", filled ? "filled=1&" : "",
                                   plugins_find(plugin) != NULL ? (int)plugin.size : 0, plugin.at);
    page_pager(visit, path, "before", reply->next);
    page_end(visit, 200, "requests", NULL);
}

static void on_list(struct visit *visit)
{
    const struct list *list = visit->page;
    const struct catalog_request_list_reply *reply = list->answer->reply;
    if (reply == NULL)
        page_fail(visit, &list->answer->why, "catalog");
    else
        extras_ask(visit, &reply->requests.object, 1, show_list);
}

void page_requests(struct visit *visit)
{
    struct catalog_request_list ask = {
        .plugin = form_get(&visit->query, "plugin"),
        .filled = form_has(&visit->query, "filled"),
        .before = form_id(&visit->query, "before"),
        .limit = REQUESTS_SHOWN,
    };
    struct list *list = visit->page = arena_take(visit->arena, sizeof *list);
    struct gather *gather = gather_new(visit, on_list);
    list->answer = gather_must(gather, &catalog_request_list_message, &ask);
    gather_go(gather);
}

/* ---- asking for something ---- */

static void show_form(struct visit *visit, const struct fault *why)
{
    bool again = why->status != STATUS_ok;
    struct slice typed = form_get(&visit->form, "plugin");
    page_begin(visit, "Ask for something", "requests");
    write_plugins(visit, typed.size > 0 ? typed : form_get(&visit->query, "plugin"));
    tree_string(visit->out, "action", "/requests");
    tree_string(visit->out, "way_back", "/requests");
    tree_text(visit->out, "wanted", form_get(&visit->form, "title"));
    tree_text(visit->out, "text", form_get(&visit->form, "text"));
    tree_string(visit->out, "once", visit_once(visit));
    if (again)
        page_form_fault(visit, why);
    page_end(visit, again ? status_http(why->status) : 200, "request_new", NULL);
}

void page_request_new(struct visit *visit)
{
    show_form(visit, &(struct fault){0});
}

static void on_added(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct catalog_request_add_reply *added = reply;
    (void)body;
    if (why == NULL)
        page_redirect(visit, arena_print(visit->arena, "/request/%llu", (unsigned long long)added->request), FLASH_good,
                      "Asked for. Others can vote for it now, and fill it.");
    else if (form_shows(why))
        show_form(visit, why);
    else
        page_fail(visit, why, "catalog");
}

void page_request_add_post(struct visit *visit)
{
    struct bus_call call = {.actor = visit->me.id};
    struct fault why = {0};
    struct catalog_request_add ask = {
        .key = page_form_key(visit),
        .plugin = form_get(&visit->form, "plugin"),
        .title = form_trim(form_get(&visit->form, "title")),
        .text = form_get(&visit->form, "text"),
    };
    if (ask.plugin.size == 0)
        fault_set(&why, STATUS_invalid, "plugin", "Choose what kind of thing it is.");
    else if (ask.title.size == 0)
        fault_set(&why, STATUS_invalid, "title", "What you miss: this is needed, please fill it in.");
    if (why.status == STATUS_ok)
        bus_ask(service_bus(), NULL, &catalog_request_add_message, &ask, &call, on_added, visit);
    else
        show_form(visit, &why);
}
