/* /edit/ID: what a group, an edition or a unit says of itself, as a form, and what becomes of it. With `change` it
 * shows what stood there before that change: sent, it undoes it. A form that is refused comes back with what was typed,
 * also when somebody else has changed it meanwhile. */
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/plugins.h"
#include "services/web/upload_form.h"
#include "services/web/web.h"

#define EDIT_MS 8000
#define REASON_MAX 400

struct edit {
    uint64_t entity;
    const struct answer *answer; /* catalog.entity.form */
    struct fault why;            /* of the attempt before */
};

static void write_form(struct visit *visit, const struct catalog_entity_form_reply *reply, const msgpack_object *plugin)
{
    const struct edit *edit = visit->page;
    bool again = slice_is(http_method(visit->http), "POST"), refused = edit->why.status != STATUS_ok;
    struct form now = {.count = 0};
    upload_form_add(reply->fields.object, visit->arena, &now);
    bool marked = upload_form_write_levels(visit->out, plugin, &reply->level, 1, reply->fields.object,
                                           again ? &visit->form : &now, refused ? &edit->why : NULL,
                                           form_get(&visit->form, "more"));
    /* After somebody else's change the next attempt is from what is there now. */
    bool crossed = strcmp(edit->why.field, "revision") == 0;
    uint64_t revision = again && !crossed ? form_id(&visit->form, "revision") : reply->revision;
    tree_count(visit->out, "revision", revision != 0 ? revision : reply->revision);
    tree_text(visit->out, "reason", form_get(&visit->form, "reason"));
    if (!refused)
        return;
    bool of_reason = strcmp(edit->why.field, "reason") == 0;
    if (edit->why.status == STATUS_conflict)
        page_write_there(visit, edit->entity, edit->why.text);
    tree_string(visit->out, "error", marked || of_reason ? "Correct what is marked." : edit->why.text);
    if (of_reason)
        tree_string(visit->out, "error_reason", edit->why.text);
}

static void show(struct visit *visit)
{
    const struct edit *edit = visit->page;
    const struct catalog_entity_form_reply *reply = edit->answer->reply;
    const msgpack_object *plugin = reply != NULL ? plugins_find(reply->plugin) : NULL;
    if (reply == NULL) {
        page_fail(visit, &edit->answer->why, "catalog");
        return;
    }
    if (plugin == NULL || reply->fields.object->type != MSGPACK_OBJECT_MAP) {
        page_error(visit, 503, "Edits cannot be taken for the moment: try again in a minute.", "catalog");
        return;
    }
    page_begin(visit, arena_print(visit->arena, "Edit %.*s", SLICE_ARGS(reply->name)), NULL);
    tree_print(visit->out, "action", "/edit/%llu", (unsigned long long)edit->entity);
    tree_text(visit->out, "plugin", reply->plugin);
    tree_text(visit->out, "name", reply->name);
    tree_text(visit->out, "href", reply->href);
    const char *slash = memrchr(reply->href.at, '/', reply->href.size);
    if (slash != NULL)
        tree_print(visit->out, "history_href", "/history%.*s", (int)(reply->href.at + reply->href.size - slash), slash);
    tree_string(visit->out, "once", visit_once(visit));
    write_form(visit, reply, plugin);
    page_end(visit, edit->why.status != STATUS_ok ? status_http(edit->why.status) : 200, "edit", NULL);
}

static void ask_form(struct visit *visit)
{
    struct edit *edit = visit->page;
    struct gather *gather = gather_new(visit, show);
    struct catalog_entity_form ask = {
        .entity = edit->entity, .change = form_id(&visit->query, "change"), .staff = visit_is_staff(visit)};
    edit->answer = gather_must(gather, &catalog_entity_form_message, &ask);
    gather_go(gather);
}

static struct edit *edit_new(struct visit *visit)
{
    struct edit *edit = visit->page = arena_take(visit->arena, sizeof *edit);
    *edit = (struct edit){.entity = id_read(visit->params[0])};
    if (edit->entity != 0)
        return edit;
    page_error(visit, 404, "There is no page at that address.", NULL);
    return NULL;
}

void page_edit(struct visit *visit)
{
    if (edit_new(visit) != NULL)
        ask_form(visit);
}

/* ---- what becomes of it ---- */

static void on_edited(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    struct edit *edit = visit->page;
    const struct catalog_entity_edit_reply *edited = reply;
    (void)body;
    if (why == NULL) {
        page_redirect(visit, arena_copy(visit->arena, edited->href).at, FLASH_good, "Changed.");
        return;
    }
    if (why->status != STATUS_invalid && why->status != STATUS_conflict) {
        page_fail(visit, why, "catalog");
        return;
    }
    edit->why = *why;
    ask_form(visit);
}

/* `plugin` stands in the form: the catalog checks the fields against the entity's own. */
static void edit_it(struct visit *visit)
{
    struct edit *edit = visit->page;
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = EDIT_MS};
    const msgpack_object *plugin = plugins_find(form_get(&visit->form, "plugin"));
    struct slice reason = form_trim(form_get(&visit->form, "reason"));
    if (plugin == NULL)
        fault_set(&edit->why, STATUS_invalid, NULL, "This form is not from here: open the page again.");
    else if (reason.size == 0 || reason.size > REASON_MAX)
        fault_set(&edit->why, STATUS_invalid, "reason", "Say why it is changed, in at most %d letters.", REASON_MAX);
    if (edit->why.status != STATUS_ok || form_has(&visit->form, "more")) {
        if (form_has(&visit->form, "more"))
            edit->why = (struct fault){0};
        ask_form(visit);
        return;
    }
    struct tree_writer *fields = tree_new();
    upload_form_read(fields, plugin, &visit->form);
    struct catalog_entity_edit ask = {
        .key = page_form_key(visit),
        .entity = edit->entity,
        .revision = form_id(&visit->form, "revision"),
        .fields = {.object = tree_finish(fields)},
        .reason = reason,
        .staff = visit_is_staff(visit),
    };
    bus_ask(service_bus(), NULL, &catalog_entity_edit_message, &ask, &call, on_edited, visit);
    tree_destroy(&fields);
}

void page_edit_post(struct visit *visit)
{
    if (edit_new(visit) != NULL)
        edit_it(visit);
}
