/* /bookmarks: what the member has marked; and the button that marks. */
#include "services/web/extras.h"
#include "services/web/format.h"
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/web.h"

#define BOOKMARKS_SHOWN 50

struct list {
    const struct answer *answer;
};

static void show(struct visit *visit)
{
    const struct list *list = visit->page;
    const struct catalog_bookmark_list_reply *reply = list->answer->reply;
    const msgpack_object *people = reply->people.object;
    bool first = !form_has(&visit->query, "before");
    char count[FORMAT_MAX];
    page_begin(visit, "Bookmarks", "bookmarks");
    tree_string(visit->out, "count_text", format_number(reply->count, count));
    tree_flag(visit->out, "has_groups", look_size(reply->groups.object) > 0);
    tree_decorate(visit->out, "groups", reply->groups.object, extras_known(visit->extras));
    tree_flag(visit->out, "has_people", first && look_size(people) > 0);
    if (first && look_size(people) > 0)
        tree_object(visit->out, "people", people);
    page_pager(visit, "/bookmarks", "before", reply->next);
    page_end(visit, 200, "bookmarks", NULL);
}

static void on_list(struct visit *visit)
{
    const struct list *list = visit->page;
    const struct catalog_bookmark_list_reply *reply = list->answer->reply;
    if (reply == NULL)
        page_fail(visit, &list->answer->why, "catalog");
    else
        extras_ask(visit, &reply->groups.object, 1, show);
}

void page_bookmarks(struct visit *visit)
{
    struct catalog_bookmark_list ask = {.before = form_id(&visit->query, "before"), .limit = BOOKMARKS_SHOWN};
    struct list *list = visit->page = arena_take(visit->arena, sizeof *list);
    struct gather *gather = gather_new(visit, on_list);
    list->answer = gather_must(gather, &catalog_bookmark_list_message, &ask);
    gather_go(gather);
}

static void on_set(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct catalog_bookmark_set_reply *set = reply;
    (void)body;
    if (why != NULL)
        page_fail(visit, why, "catalog");
    else
        page_redirect(visit, arena_copy(visit->arena, set->href).at, FLASH_none, NULL);
}

void page_bookmark_post(struct visit *visit)
{
    struct bus_call call = {.actor = visit->me.id};
    struct catalog_bookmark_set ask = {.entity = id_read(visit->params[0]),
                                       .on = !slice_is(form_get(&visit->form, "on"), "0")};
    if (ask.entity == 0)
        page_error(visit, 404, "There is no page at that address.", NULL);
    else
        bus_ask(service_bus(), NULL, &catalog_bookmark_set_message, &ask, &call, on_set, visit);
}
