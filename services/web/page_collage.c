/* /collage/ID: a list that members have made: what is in it, what may be added, in which order, and its end. */
#include "services/web/collage.h"
#include "services/web/extras.h"
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/text_form.h"
#include "services/web/web.h"

#define GROUPS_SHOWN 50

struct collage {
    uint64_t id, limit;
    const struct answer *answer;
    void (*show)(struct visit *visit);
    struct fault why;                   /* of the attempt before */
    const char *href, *told;            /* where a change leads, and what is said there (NULL: nothing) */
    void (*again)(struct visit *visit); /* shows its form with what is wrong; NULL: it has none */
};

static const struct catalog_collage_get_reply *reply_of(const struct visit *visit)
{
    const struct collage *collage = visit->page;
    return collage->answer->reply;
}

static const msgpack_object *about_of(const struct visit *visit)
{
    return reply_of(visit)->collage.object;
}

static void on_collage(struct visit *visit)
{
    struct collage *collage = visit->page;
    if (collage->answer->reply == NULL) {
        page_fail(visit, &collage->answer->why, "catalog");
        return;
    }
    const msgpack_object *trees[] = {about_of(visit), reply_of(visit)->groups.object};
    extras_ask(visit, trees, 2, collage->show);
}

static void ask_collage(struct visit *visit, void (*show)(struct visit *visit))
{
    struct collage *collage = visit->page;
    struct catalog_collage_get ask = {
        .collage = collage->id, .after = form_id(&visit->query, "after"), .limit = collage->limit};
    struct gather *gather = gather_new(visit, on_collage);
    collage->show = show;
    collage->answer = gather_must(gather, &catalog_collage_get_message, &ask);
    gather_go(gather);
}

static struct collage *collage_new(struct visit *visit)
{
    struct collage *collage = visit->page = arena_take(visit->arena, sizeof *collage);
    *collage = (struct collage){.id = id_read(visit->params[0])};
    if (collage->id != 0)
        return collage;
    page_error(visit, 404, "There is no page at that address.", NULL);
    return NULL;
}

static const char *path_of(struct visit *visit)
{
    const struct collage *collage = visit->page;
    return arena_print(visit->arena, "/collage/%llu", (unsigned long long)collage->id);
}

static void on_changed(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    struct collage *collage = visit->page;
    (void)reply;
    (void)body;
    if (why == NULL) {
        page_redirect(visit, collage->href, collage->told != NULL ? FLASH_good : FLASH_none, collage->told);
    } else if (collage->again != NULL && (form_shows(why) || why->status == STATUS_not_found)) {
        collage->why = *why;
        collage->again(visit);
    } else {
        page_fail(visit, why, "catalog");
    }
}

/* May the visitor say what it is, and in which order? */
static bool may_edit(const struct visit *visit)
{
    const msgpack_object *about = about_of(visit);
    return visit_is_staff(visit) || (look_flag(about, "own") && !look_flag(about, "locked"));
}

static const char *title_of(struct visit *visit)
{
    return arena_print(visit->arena, "%.*s", SLICE_ARGS(look_text(about_of(visit), "title")));
}

/* ---- the page ---- */

static void show(struct visit *visit)
{
    const struct collage *collage = visit->page;
    const struct catalog_collage_get_reply *reply = reply_of(visit);
    const msgpack_object *about = about_of(visit), *entries = reply->entries.object;
    bool again = collage->why.status != STATUS_ok, staff = visit_is_staff(visit), edits = may_edit(visit);
    bool personal = slice_is(look_text(about, "category"), "personal");
    bool of_people = slice_is(look_text(about, "category"), "artists");
    page_begin(visit, title_of(visit), "collages");
    tree_decorate(visit->out, "collage", about, extras_known(visit->extras));
    tree_string(visit->out, "category_title", collage_category(look_text(about, "category")));
    tree_flag(visit->out, "may_edit", edits);
    tree_flag(visit->out, "may_add", edits || (!personal && !look_flag(about, "locked")));
    tree_flag(visit->out, "may_delete", staff || (edits && look_flag(about, "alone")));
    tree_flag(visit->out, "has_entries", look_size(entries) > 0);
    tree_flag(visit->out, "of_people", of_people);
    if (of_people)
        tree_object(visit->out, "people", entries);
    tree_flag(visit->out, "has_groups", look_size(reply->groups.object) > 0);
    tree_decorate(visit->out, "groups", reply->groups.object, extras_known(visit->extras));
    tree_text(visit->out, "typed", form_get(&visit->form, "entry"));
    page_pager(visit, path_of(visit), "after", reply->next);
    if (again)
        page_form_fault(visit, &collage->why);
    page_end(visit, again ? status_http(collage->why.status) : 200, "collage", NULL);
}

static void ask_page(struct visit *visit)
{
    struct collage *collage = visit->page;
    collage->limit = GROUPS_SHOWN;
    ask_collage(visit, show);
}

void page_collage(struct visit *visit)
{
    if (collage_new(visit) != NULL)
        ask_page(visit);
}

/* The page that somebody means: its number, or its address (…/music/album/12). */
static uint64_t entry_of(struct slice typed, struct arena *arena)
{
    char *text = arena_take(arena, typed.size + 1);
    struct slice trimmed = form_trim(typed);
    memcpy(text, trimmed.at, trimmed.size);
    text[trimmed.size] = '\0';
    text[strcspn(text, "?#")] = '\0';
    const char *slash = strrchr(text, '/');
    return id_read(slice_text(slash != NULL ? slash + 1 : text));
}

void page_collage_put_post(struct visit *visit)
{
    struct collage *collage = collage_new(visit);
    struct bus_call call = {.actor = visit->me.id};
    if (collage == NULL)
        return;
    struct catalog_collage_put ask = {
        .collage = collage->id,
        .entity = entry_of(form_get(&visit->form, "entry"), visit->arena),
        .staff = visit_is_staff(visit),
    };
    collage->href = path_of(visit);
    collage->told = "Added, at the end.";
    collage->again = ask_page;
    if (ask.entity != 0) {
        bus_ask(service_bus(), NULL, &catalog_collage_put_message, &ask, &call, on_changed, visit);
        return;
    }
    fault_set(&collage->why, STATUS_invalid, "entity", "Give the address of its page.");
    ask_page(visit);
}

void page_collage_subscription_post(struct visit *visit)
{
    struct collage *collage = collage_new(visit);
    struct bus_call call = {.actor = visit->me.id};
    if (collage == NULL)
        return;
    struct catalog_subscription_set ask = {.collage = collage->id, .on = !slice_is(form_get(&visit->form, "on"), "0")};
    collage->href = form_has(&visit->form, "list") ? "/subscriptions" : path_of(visit);
    bus_ask(service_bus(), NULL, &catalog_subscription_set_message, &ask, &call, on_changed, visit);
}

/* ---- what is in it, to be put in order ---- */

static void show_order(struct visit *visit)
{
    const msgpack_object *entries = reply_of(visit)->entries.object;
    bool edits = may_edit(visit);
    page_begin(visit, title_of(visit), "collages");
    tree_text(visit->out, "name", look_text(about_of(visit), "title"));
    tree_string(visit->out, "way_back", path_of(visit));
    tree_flag(visit->out, "may_edit", edits);
    tree_flag(visit->out, "has_rows", look_size(entries) > 0);
    tree_open_array(visit->out, "rows");
    for (size_t i = 0; i < look_size(entries); i++) {
        const msgpack_object *entry = look_at(entries, i);
        tree_open_map(visit->out, NULL);
        tree_count(visit->out, "entity", look_count(entry, "entity"));
        tree_text(visit->out, "href", look_text(entry, "href"));
        tree_text(visit->out, "name", look_text(entry, "name"));
        tree_count(visit->out, "place", look_count(entry, "place"));
        tree_flag(visit->out, "may_take", edits || (look_flag(entry, "own") && !look_flag(about_of(visit), "locked")));
        tree_close(visit->out);
    }
    tree_close(visit->out);
    page_end(visit, 200, "collage_order", NULL);
}

void page_collage_order(struct visit *visit)
{
    if (collage_new(visit) != NULL)
        ask_collage(visit, show_order);
}

/* Moves one, or with `take` takes it out. */
void page_collage_order_post(struct visit *visit)
{
    struct collage *collage = collage_new(visit);
    struct bus_call call = {.actor = visit->me.id};
    uint64_t entity = form_id(&visit->form, "entity"), place = form_id(&visit->form, "place");
    bool staff = visit_is_staff(visit), takes = form_has(&visit->form, "take");
    if (collage == NULL)
        return;
    struct catalog_collage_take take = {.collage = collage->id, .entity = entity, .staff = staff};
    struct catalog_collage_move move = {.collage = collage->id, .entity = entity, .place = place, .staff = staff};
    collage->href = arena_print(visit->arena, "%s/order", path_of(visit));
    if (entity == 0 || (!takes && place == 0))
        page_error(visit, 400, "Say at which place it is to stand: 1 is the first.", NULL);
    else if (takes)
        bus_ask(service_bus(), NULL, &catalog_collage_take_message, &take, &call, on_changed, visit);
    else
        bus_ask(service_bus(), NULL, &catalog_collage_move_message, &move, &call, on_changed, visit);
}

/* ---- said otherwise ---- */

static void show_edit(struct visit *visit)
{
    const struct collage *collage = visit->page;
    const msgpack_object *about = about_of(visit);
    bool again = collage->why.status != STATUS_ok, crossed = strcmp(collage->why.field, "revision") == 0;
    uint64_t revision = again && !crossed ? form_id(&visit->form, "revision") : 0;
    page_begin(visit, "Edit the collage", "collages");
    tree_print(visit->out, "action", "%s/edit", path_of(visit));
    tree_string(visit->out, "way_back", path_of(visit));
    tree_count(visit->out, "revision", revision != 0 ? revision : look_count(about, "revision"));
    tree_text(visit->out, "named", again ? form_get(&visit->form, "title") : look_text(about, "title"));
    tree_text(visit->out, "text", again ? form_get(&visit->form, "text") : look_text(about, "text"));
    tree_flag(visit->out, "may_lock", visit_is_staff(visit));
    tree_flag(visit->out, "locked", again ? form_has(&visit->form, "locked") : look_flag(about, "locked"));
    tree_string(visit->out, "once", visit_once(visit));
    if (crossed)
        tree_string(visit->out, "error", collage->why.text);
    else if (again)
        page_form_fault(visit, &collage->why);
    page_end(visit, again ? status_http(collage->why.status) : 200, "collage_form", NULL);
}

static void ask_edit(struct visit *visit)
{
    ask_collage(visit, show_edit);
}

void page_collage_edit(struct visit *visit)
{
    if (collage_new(visit) != NULL)
        ask_edit(visit);
}

void page_collage_edit_post(struct visit *visit)
{
    struct collage *collage = collage_new(visit);
    struct bus_call call = {.actor = visit->me.id};
    if (collage == NULL)
        return;
    struct catalog_collage_edit ask = {
        .key = page_form_key(visit),
        .collage = collage->id,
        .revision = form_id(&visit->form, "revision"),
        .title = form_trim(form_get(&visit->form, "title")),
        .text = form_get(&visit->form, "text"),
        .locked = form_has(&visit->form, "locked"),
        .staff = visit_is_staff(visit),
    };
    collage->href = path_of(visit);
    collage->again = ask_edit;
    if (ask.title.size > 0) {
        bus_ask(service_bus(), NULL, &catalog_collage_edit_message, &ask, &call, on_changed, visit);
        return;
    }
    fault_set(&collage->why, STATUS_invalid, "title", "Title: this is needed, please fill it in.");
    ask_edit(visit);
}

/* ---- taken away ---- */

static void show_delete(struct visit *visit)
{
    const struct collage *collage = visit->page;
    struct removal removal = {
        .action = arena_print(visit->arena, "%s/delete", path_of(visit)),
        .about = "Nobody sees the collage any more. What is in it stays as it is.",
        .what = look_text(about_of(visit), "title"),
        .href = slice_text(path_of(visit)),
        .why = &collage->why,
    };
    removal_show(visit, &removal);
}

static void ask_delete(struct visit *visit)
{
    ask_collage(visit, show_delete);
}

void page_collage_delete(struct visit *visit)
{
    if (collage_new(visit) != NULL)
        ask_delete(visit);
}

void page_collage_delete_post(struct visit *visit)
{
    struct collage *collage = collage_new(visit);
    struct bus_call call = {.actor = visit->me.id};
    if (collage == NULL)
        return;
    struct catalog_collage_delete ask = {
        .key = page_form_key(visit),
        .collage = collage->id,
        .reason = removal_reason(visit, &collage->why),
        .staff = visit_is_staff(visit),
    };
    collage->href = "/collages";
    collage->told = "Deleted.";
    collage->again = ask_delete;
    if (collage->why.status == STATUS_ok)
        bus_ask(service_bus(), NULL, &catalog_collage_delete_message, &ask, &call, on_changed, visit);
    else
        ask_delete(visit);
}
