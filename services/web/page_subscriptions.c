/* /subscriptions: the pages of which the member is told what is new; and the button that subscribes. */
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/web.h"

#define SUBSCRIPTIONS_SHOWN 50

struct list {
    const struct answer *answer;
};

static void show(struct visit *visit)
{
    const struct list *list = visit->page;
    const struct catalog_subscription_list_reply *reply = list->answer->reply;
    if (reply == NULL) {
        page_fail(visit, &list->answer->why, "catalog");
        return;
    }
    const msgpack_object *subscriptions = reply->subscriptions.object;
    size_t count = look_size(subscriptions);
    page_begin(visit, "Subscriptions", "subscriptions");
    tree_flag(visit->out, "has_subscriptions", count > 0);
    tree_decorate(visit->out, "subscriptions", subscriptions, &(struct tree_extra){.now = visit->now});
    page_pager(visit, "/subscriptions", "before",
               count == SUBSCRIPTIONS_SHOWN ? look_count(look_at(subscriptions, count - 1), "subscription") : 0);
    page_end(visit, 200, "subscriptions", NULL);
}

void page_subscriptions(struct visit *visit)
{
    struct catalog_subscription_list ask = {.before = form_id(&visit->query, "before"), .limit = SUBSCRIPTIONS_SHOWN};
    struct list *list = visit->page = arena_take(visit->arena, sizeof *list);
    struct gather *gather = gather_new(visit, show);
    list->answer = gather_must(gather, &catalog_subscription_list_message, &ask);
    gather_go(gather);
}

/* Back to the page, or to the list when that is where it was pressed. */
static void on_set(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct catalog_subscription_set_reply *set = reply;
    (void)body;
    if (why != NULL)
        page_fail(visit, why, "catalog");
    else if (form_has(&visit->form, "list"))
        page_redirect(visit, "/subscriptions", FLASH_none, NULL);
    else
        page_redirect(visit, arena_copy(visit->arena, set->href).at, FLASH_none, NULL);
}

void page_subscription_post(struct visit *visit)
{
    struct bus_call call = {.actor = visit->me.id};
    struct catalog_subscription_set ask = {.entity = id_read(visit->params[0]),
                                           .on = !slice_is(form_get(&visit->form, "on"), "0")};
    if (ask.entity == 0)
        page_error(visit, 404, "There is no page at that address.", NULL);
    else
        bus_ask(service_bus(), NULL, &catalog_subscription_set_message, &ask, &call, on_set, visit);
}
