/* /collages: lists that members make of what is here, the one added to last first; and the form to make one. */
#include "services/web/collage.h"
#include "services/web/extras.h"
#include "services/web/format.h"
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/text_form.h"
#include "services/web/web.h"

#include "services/common/encode.h"

#define COLLAGES_SHOWN 50

static const struct {
    const char *name, *title;
} categories[] = {
#define COLLAGE(name, title) {#name, title},
#include "proto/collages.def"
};
static const size_t categories_count = sizeof categories / sizeof *categories;

const char *collage_category(struct slice name)
{
    for (size_t i = 0; i < categories_count; i++)
        if (slice_is(name, categories[i].name))
            return categories[i].title;
    return "";
}

void collage_categories(struct visit *visit, struct slice chosen, bool staff)
{
    tree_open_array(visit->out, "categories");
    for (size_t i = 0; i < categories_count; i++) {
        if (!staff && strcmp(categories[i].name, "staff") == 0)
            continue;
        tree_open_map(visit->out, NULL);
        tree_string(visit->out, "name", categories[i].name);
        tree_string(visit->out, "title", categories[i].title);
        tree_flag(visit->out, "selected", slice_is(chosen, categories[i].name));
        tree_close(visit->out);
    }
    tree_close(visit->out);
}

/* ---- the list ---- */

struct list {
    const struct answer *answer;
};

static void write_collages(struct visit *visit, const msgpack_object *collages)
{
    const struct tree_extra *known = extras_known(visit->extras);
    tree_open_array(visit->out, "collages");
    for (size_t i = 0; i < look_size(collages); i++) {
        const msgpack_object *collage = look_at(collages, i);
        tree_open_map(visit->out, NULL);
        tree_string(visit->out, "category_title", collage_category(look_text(collage, "category")));
        tree_decorate(visit->out, "collage", collage, known);
        tree_close(visit->out);
    }
    tree_close(visit->out);
}

static void show_list(struct visit *visit)
{
    const struct list *list = visit->page;
    const struct catalog_collage_list_reply *reply = list->answer->reply;
    const msgpack_object *collages = reply->collages.object;
    struct slice category = form_get(&visit->query, "category"), words = form_get(&visit->query, "words");
    uint64_t entity = form_id(&visit->query, "entity");
    size_t count = look_size(collages);
    char text[FORMAT_MAX], *typed = arena_take(visit->arena, 3 * words.size + 1);
    percent_write(words, typed);
    page_begin(visit, "Collages", "collages");
    tree_string(visit->out, "count_text", format_number(reply->count, text));
    tree_text(visit->out, "words", words);
    tree_text(visit->out, "chosen", category);
    tree_flag(visit->out, "all", category.size == 0);
    collage_categories(visit, category, true);
    tree_flag(visit->out, "has_collages", count > 0);
    write_collages(visit, collages);
    const char *path = arena_print(visit->arena, "/collages?category=%s&words=%s&entity=%llu",
                                   collage_category(category)[0] != '\0' ? arena_copy(visit->arena, category).at : "",
                                   typed, (unsigned long long)entity);
    page_pager(visit, path, "before",
               count == COLLAGES_SHOWN ? look_count(look_at(collages, count - 1), "collage") : 0);
    page_end(visit, 200, "collages", NULL);
}

static void on_list(struct visit *visit)
{
    const struct list *list = visit->page;
    const struct catalog_collage_list_reply *reply = list->answer->reply;
    if (reply == NULL)
        page_fail(visit, &list->answer->why, "catalog");
    else
        extras_ask(visit, &reply->collages.object, 1, show_list);
}

void page_collages(struct visit *visit)
{
    struct catalog_collage_list ask = {
        .category = form_get(&visit->query, "category"),
        .words = form_get(&visit->query, "words"),
        .entity = form_id(&visit->query, "entity"),
        .before = form_id(&visit->query, "before"),
        .limit = COLLAGES_SHOWN,
    };
    if (ask.category.size > 32 || ask.words.size > 256) {
        page_error(visit, 400, "That search is longer than this site reads.", NULL);
        return;
    }
    struct list *list = visit->page = arena_take(visit->arena, sizeof *list);
    struct gather *gather = gather_new(visit, on_list);
    list->answer = gather_must(gather, &catalog_collage_list_message, &ask);
    gather_go(gather);
}

/* ---- a new one ---- */

static void show_form(struct visit *visit, const struct fault *why)
{
    bool again = why->status != STATUS_ok;
    page_begin(visit, "Make a collage", "collages");
    tree_flag(visit->out, "is_new", true);
    collage_categories(visit, form_get(&visit->form, "category"), visit_is_staff(visit));
    tree_string(visit->out, "action", "/collages");
    tree_string(visit->out, "way_back", "/collages");
    tree_text(visit->out, "named", form_get(&visit->form, "title"));
    tree_text(visit->out, "text", form_get(&visit->form, "text"));
    tree_string(visit->out, "once", visit_once(visit));
    if (again)
        page_form_fault(visit, why);
    page_end(visit, again ? status_http(why->status) : 200, "collage_form", NULL);
}

void page_collage_new(struct visit *visit)
{
    show_form(visit, &(struct fault){0});
}

static void on_added(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct catalog_collage_add_reply *added = reply;
    (void)body;
    if (why == NULL)
        page_redirect(visit, arena_print(visit->arena, "/collage/%llu", (unsigned long long)added->collage), FLASH_good,
                      "Made. Now add to it.");
    else if (form_shows(why))
        show_form(visit, why);
    else
        page_fail(visit, why, "catalog");
}

void page_collage_add_post(struct visit *visit)
{
    struct bus_call call = {.actor = visit->me.id};
    struct fault why = {0};
    struct catalog_collage_add ask = {
        .key = page_form_key(visit),
        .category = form_get(&visit->form, "category"),
        .title = form_trim(form_get(&visit->form, "title")),
        .text = form_get(&visit->form, "text"),
        .staff = visit_is_staff(visit),
    };
    if (ask.category.size == 0)
        fault_set(&why, STATUS_invalid, "category", "Choose what it is about.");
    else if (ask.title.size == 0)
        fault_set(&why, STATUS_invalid, "title", "Title: this is needed, please fill it in.");
    if (why.status == STATUS_ok)
        bus_ask(service_bus(), NULL, &catalog_collage_add_message, &ask, &call, on_added, visit);
    else
        show_form(visit, &why);
}
