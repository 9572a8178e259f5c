/* /tag/ENTITY…: tags of a group are added, voted on and removed. The page of the group has the forms; a form that is
 * refused comes back by itself, with what was typed. */
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/text_form.h"
#include "services/web/web.h"

#include <stdlib.h>

struct tagging {
    uint64_t entity, tag;
    const struct answer *talk;
    struct fault why; /* of the attempt before */
};

static struct tagging *tagging_new(struct visit *visit, bool with_tag)
{
    struct tagging *tagging = visit->page = arena_take(visit->arena, sizeof *tagging);
    *tagging = (struct tagging){
        .entity = id_read(visit->params[0]),
        .tag = with_tag ? id_read(visit->params[1]) : 0,
    };
    if (tagging->entity != 0 && (tagging->tag != 0 || !with_tag))
        return tagging;
    page_error(visit, 404, "There is no page at that address.", NULL);
    return NULL;
}

static void tagging_ask(struct visit *visit, void (*done)(struct visit *visit))
{
    struct tagging *tagging = visit->page;
    struct catalog_talk_get ask = {.entity = tagging->entity};
    struct gather *gather = gather_new(visit, done);
    tagging->talk = gather_must(gather, &catalog_talk_get_message, &ask);
    gather_go(gather);
}

/* Back to the group, or with what was wrong to `again`. */
static void go_on(struct visit *visit, struct slice href, const struct fault *why, void (*again)(struct visit *visit))
{
    struct tagging *tagging = visit->page;
    if (why == NULL) {
        const char *path = arena_print(visit->arena, "%.*s#tags", SLICE_ARGS(href));
        page_redirect(visit, path, FLASH_none, NULL);
    } else if (again != NULL && form_shows(why)) {
        tagging->why = *why;
        tagging_ask(visit, again);
    } else {
        page_fail(visit, why, "catalog");
    }
}

/* ---- adding ---- */

static void show_adding(struct visit *visit)
{
    const struct tagging *tagging = visit->page;
    const struct catalog_talk_get_reply *talk = tagging->talk->reply;
    if (talk == NULL) {
        page_fail(visit, &tagging->talk->why, "catalog");
        return;
    }
    struct text_form form = {
        .title = "Add tags",
        .action = arena_print(visit->arena, "/tag/%llu", (unsigned long long)tagging->entity),
        .of = talk->name,
        .of_href = talk->href,
        .field = "tags",
        .label = "Tags",
        .help = "Separated by commas.",
        .button = "Add them",
        .value = form_get(&visit->form, "tags"),
        .why = &tagging->why,
    };
    text_form_show(visit, &form);
}

static void on_added(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct catalog_tag_add_reply *added = reply;
    (void)body;
    go_on(arg, why == NULL ? added->href : slice_text(NULL), why, show_adding);
}

void page_tag_add_post(struct visit *visit)
{
    struct tagging *tagging = tagging_new(visit, false);
    struct bus_call call = {.actor = visit->me.id};
    if (tagging == NULL)
        return;
    struct catalog_tag_add ask = {.entity = tagging->entity, .tags = form_trim(form_get(&visit->form, "tags"))};
    if (ask.tags.size > 0) {
        bus_ask(service_bus(), NULL, &catalog_tag_add_message, &ask, &call, on_added, visit);
        return;
    }
    fault_set(&tagging->why, STATUS_invalid, "tags", "Tags: this is needed, please fill it in.");
    tagging_ask(visit, show_adding);
}

/* ---- voting ---- */

static void on_voted(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct catalog_tag_vote_reply *voted = reply;
    (void)body;
    go_on(arg, why == NULL ? voted->href : slice_text(NULL), why, NULL);
}

void page_tag_vote_post(struct visit *visit)
{
    struct tagging *tagging = tagging_new(visit, true);
    struct slice vote = form_get(&visit->form, "vote");
    struct bus_call call = {.actor = visit->me.id};
    if (tagging == NULL)
        return;
    if (!slice_is(vote, "1") && !slice_is(vote, "-1") && !slice_is(vote, "0")) {
        page_error(visit, 400, "A vote is 1, -1, or 0 to take it back.", NULL);
        return;
    }
    struct catalog_tag_vote ask = {.entity = tagging->entity, .tag = tagging->tag, .vote = strtol(vote.at, NULL, 10)};
    bus_ask(service_bus(), NULL, &catalog_tag_vote_message, &ask, &call, on_voted, visit);
}

/* ---- removing ---- */

static void show_removal(struct visit *visit)
{
    const struct tagging *tagging = visit->page;
    const struct catalog_talk_get_reply *talk = tagging->talk->reply;
    struct slice name = slice_text(NULL);
    if (talk == NULL) {
        page_fail(visit, &tagging->talk->why, "catalog");
        return;
    }
    for (size_t i = 0; i < look_size(talk->tags.object); i++)
        if (look_count(look_at(talk->tags.object, i), "tag") == tagging->tag)
            name = look_text(look_at(talk->tags.object, i), "name");
    if (name.size == 0) {
        page_error(visit, 404, "There is no such tag here (any more).", NULL);
        return;
    }
    struct removal removal = {
        .action = arena_print(visit->arena, "/tag/%llu/%llu/remove", (unsigned long long)tagging->entity,
                              (unsigned long long)tagging->tag),
        .about = "The tag goes from this page, with all votes on it.",
        .what = name,
        .href = talk->href,
        .why = &tagging->why,
    };
    removal_show(visit, &removal);
}

static void on_removed(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct catalog_tag_remove_reply *removed = reply;
    (void)body;
    go_on(arg, why == NULL ? removed->href : slice_text(NULL), why, show_removal);
}

void page_tag_remove(struct visit *visit)
{
    if (tagging_new(visit, true) != NULL)
        tagging_ask(visit, show_removal);
}

void page_tag_remove_post(struct visit *visit)
{
    struct tagging *tagging = tagging_new(visit, true);
    struct bus_call call = {.actor = visit->me.id};
    if (tagging == NULL)
        return;
    struct catalog_tag_remove ask = {
        .entity = tagging->entity,
        .tag = tagging->tag,
        .reason = removal_reason(visit, &tagging->why),
        .staff = visit_is_staff(visit),
    };
    if (tagging->why.status == STATUS_ok)
        bus_ask(service_bus(), NULL, &catalog_tag_remove_message, &ask, &call, on_removed, visit);
    else
        tagging_ask(visit, show_removal);
}
