/* /request/ID: one thing that members miss: votes for it, what fills it, and its end. */
#include "services/web/address.h"
#include "services/web/extras.h"
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/text_form.h"
#include "services/web/web.h"

struct request {
    uint64_t id;
    const struct answer *answer;
    void (*show)(struct visit *visit);
    struct fault why; /* of the attempt before */
};

static const msgpack_object *tree_of(const struct visit *visit)
{
    const struct request *request = visit->page;
    const struct catalog_request_get_reply *reply = request->answer->reply;
    return reply->request.object;
}

static void on_request(struct visit *visit)
{
    struct request *request = visit->page;
    if (request->answer->reply == NULL) {
        page_fail(visit, &request->answer->why, "catalog");
        return;
    }
    const msgpack_object *tree = tree_of(visit);
    extras_ask(visit, &tree, 1, request->show);
}

static void ask_request(struct visit *visit, void (*show)(struct visit *visit))
{
    struct request *request = visit->page;
    struct catalog_request_get ask = {.request = request->id};
    struct gather *gather = gather_new(visit, on_request);
    request->show = show;
    request->answer = gather_must(gather, &catalog_request_get_message, &ask);
    gather_go(gather);
}

static struct request *request_new(struct visit *visit)
{
    struct request *request = visit->page = arena_take(visit->arena, sizeof *request);
    *request = (struct request){.id = id_read(visit->params[0])};
    if (request->id != 0)
        return request;
    page_error(visit, 404, "There is no page at that address.", NULL);
    return NULL;
}

static const char *path_of(struct visit *visit)
{
    const struct request *request = visit->page;
    return arena_print(visit->arena, "/request/%llu", (unsigned long long)request->id);
}

/* ---- the page ---- */

static void show(struct visit *visit)
{
    const struct request *request = visit->page;
    const msgpack_object *tree = tree_of(visit);
    bool again = request->why.status != STATUS_ok, filled = look_count(tree, "filler") != 0;
    bool own = look_flag(tree, "own"), staff = visit_is_staff(visit);
    page_begin(visit, arena_print(visit->arena, "%.*s", SLICE_ARGS(look_text(tree, "title"))), "requests");
    tree_decorate(visit->out, "request", tree, extras_known(visit->extras));
    tree_flag(visit->out, "filled", filled);
    tree_flag(visit->out, "votes_one", look_count(tree, "votes") == 1);
    tree_flag(visit->out, "may_edit", own || staff);
    tree_flag(visit->out, "may_reopen", filled && (own || staff || look_count(tree, "filler") == visit->me.id));
    tree_flag(visit->out, "may_delete", staff || (own && !filled && look_flag(tree, "alone")));
    tree_string(visit->out, "once", visit_once(visit));
    tree_text(visit->out, "typed", form_get(&visit->form, "torrent"));
    if (again)
        page_form_fault(visit, &request->why);
    page_end(visit, again ? status_http(request->why.status) : 200, "request", NULL);
}

void page_request(struct visit *visit)
{
    if (request_new(visit) != NULL)
        ask_request(visit, show);
}

/* Back to the page, or with what was wrong to `again`. */
static void go_on(struct visit *visit, const struct fault *why, void (*again)(struct visit *visit))
{
    struct request *request = visit->page;
    if (why == NULL) {
        page_redirect(visit, path_of(visit), FLASH_none, NULL);
    } else if (form_shows(why)) {
        request->why = *why;
        ask_request(visit, again);
    } else {
        page_fail(visit, why, "catalog");
    }
}

static void on_shown_again(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    (void)reply;
    (void)body;
    go_on(arg, why, show);
}

void page_request_vote_post(struct visit *visit)
{
    struct request *request = request_new(visit);
    struct bus_call call = {.actor = visit->me.id};
    if (request == NULL)
        return;
    struct catalog_request_vote ask = {.request = request->id, .on = !slice_is(form_get(&visit->form, "on"), "0")};
    bus_ask(service_bus(), NULL, &catalog_request_vote_message, &ask, &call, on_shown_again, visit);
}

void page_request_fill_post(struct visit *visit)
{
    struct request *request = request_new(visit);
    struct bus_call call = {.actor = visit->me.id};
    if (request == NULL)
        return;
    struct catalog_request_fill ask = {
        .key = page_form_key(visit),
        .request = request->id,
        .torrent = address_torrent(form_get(&visit->form, "torrent"), true),
    };
    if (ask.torrent != 0) {
        bus_ask(service_bus(), NULL, &catalog_request_fill_message, &ask, &call, on_shown_again, visit);
        return;
    }
    fault_set(&request->why, STATUS_invalid, "torrent",
              "Give the torrent's address, as its row on the page has it (…#t34), or its number.");
    ask_request(visit, show);
}

/* ---- said otherwise ---- */

static void show_edit(struct visit *visit)
{
    const struct request *request = visit->page;
    const msgpack_object *tree = tree_of(visit);
    bool again = request->why.status != STATUS_ok, crossed = strcmp(request->why.field, "revision") == 0;
    uint64_t revision = again && !crossed ? form_id(&visit->form, "revision") : 0;
    page_begin(visit, "Edit the request", "requests");
    tree_flag(visit->out, "editing", true);
    tree_print(visit->out, "action", "%s/edit", path_of(visit));
    tree_string(visit->out, "way_back", path_of(visit));
    tree_count(visit->out, "revision", revision != 0 ? revision : look_count(tree, "revision"));
    tree_text(visit->out, "wanted", again ? form_get(&visit->form, "title") : look_text(tree, "title"));
    tree_text(visit->out, "text", again ? form_get(&visit->form, "text") : look_text(tree, "text"));
    tree_string(visit->out, "once", visit_once(visit));
    if (crossed)
        tree_string(visit->out, "error", request->why.text);
    else if (again)
        page_form_fault(visit, &request->why);
    page_end(visit, again ? status_http(request->why.status) : 200, "request_new", NULL);
}

void page_request_edit(struct visit *visit)
{
    if (request_new(visit) != NULL)
        ask_request(visit, show_edit);
}

static void on_edited(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    (void)reply;
    (void)body;
    go_on(arg, why, show_edit);
}

void page_request_edit_post(struct visit *visit)
{
    struct request *request = request_new(visit);
    struct bus_call call = {.actor = visit->me.id};
    if (request == NULL)
        return;
    struct catalog_request_edit ask = {
        .key = page_form_key(visit),
        .request = request->id,
        .revision = form_id(&visit->form, "revision"),
        .title = form_trim(form_get(&visit->form, "title")),
        .text = form_get(&visit->form, "text"),
        .staff = visit_is_staff(visit),
    };
    if (ask.title.size > 0) {
        bus_ask(service_bus(), NULL, &catalog_request_edit_message, &ask, &call, on_edited, visit);
        return;
    }
    fault_set(&request->why, STATUS_invalid, "title", "What you miss: this is needed, please fill it in.");
    ask_request(visit, show_edit);
}

/* ---- opened again, and taken away ---- */

static void show_removal(struct visit *visit, const char *act, const char *about)
{
    const struct request *request = visit->page;
    struct removal removal = {
        .action = arena_print(visit->arena, "%s/%s", path_of(visit), act),
        .about = about,
        .what = look_text(tree_of(visit), "title"),
        .href = slice_text(path_of(visit)),
        .why = &request->why,
    };
    removal_show(visit, &removal);
}

static void show_reopen(struct visit *visit)
{
    show_removal(visit, "reopen", "What fills the request is taken from it, and others can fill it again.");
}

static void show_delete(struct visit *visit)
{
    show_removal(visit, "delete", "Nobody sees the request any more, nor the votes for it.");
}

void page_request_reopen(struct visit *visit)
{
    if (request_new(visit) != NULL)
        ask_request(visit, show_reopen);
}

void page_request_delete(struct visit *visit)
{
    if (request_new(visit) != NULL)
        ask_request(visit, show_delete);
}

static void on_reopened(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    (void)reply;
    (void)body;
    go_on(arg, why, show_reopen);
}

void page_request_reopen_post(struct visit *visit)
{
    struct request *request = request_new(visit);
    struct bus_call call = {.actor = visit->me.id};
    if (request == NULL)
        return;
    struct catalog_request_unfill ask = {
        .key = page_form_key(visit),
        .request = request->id,
        .reason = removal_reason(visit, &request->why),
        .staff = visit_is_staff(visit),
    };
    if (request->why.status == STATUS_ok)
        bus_ask(service_bus(), NULL, &catalog_request_unfill_message, &ask, &call, on_reopened, visit);
    else
        ask_request(visit, show_reopen);
}

static void on_deleted(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    (void)reply;
    (void)body;
    if (why == NULL)
        page_redirect(arg, "/requests", FLASH_good, "Deleted.");
    else
        go_on(arg, why, show_delete);
}

void page_request_delete_post(struct visit *visit)
{
    struct request *request = request_new(visit);
    struct bus_call call = {.actor = visit->me.id};
    if (request == NULL)
        return;
    struct catalog_request_delete ask = {
        .key = page_form_key(visit),
        .request = request->id,
        .reason = removal_reason(visit, &request->why),
        .staff = visit_is_staff(visit),
    };
    if (request->why.status == STATUS_ok)
        bus_ask(service_bus(), NULL, &catalog_request_delete_message, &ask, &call, on_deleted, visit);
    else
        ask_request(visit, show_delete);
}
