/* /person/ID…: what a person is called, also otherwise, and what is said of them. */
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/text_form.h"
#include "services/web/web.h"

#define PERSON_MS 60000 /* lists learn of all that the person is named in */

struct person {
    uint64_t id, alias;
    const struct answer *answer; /* catalog.person.form, or of a spelling catalog.entity.get */
    struct fault why;            /* of the attempt before */
};

static struct person *person_new(struct visit *visit)
{
    struct person *person = visit->page = arena_take(visit->arena, sizeof *person);
    *person = (struct person){.id = id_read(visit->params[0]), .alias = id_read(visit->params[1])};
    if (person->id != 0)
        return person;
    page_error(visit, 404, "There is no page at that address.", NULL);
    return NULL;
}

static void ask_form(struct visit *visit, void (*show)(struct visit *visit))
{
    struct person *person = visit->page;
    struct gather *gather = gather_new(visit, show);
    struct catalog_person_form ask = {.person = person->id, .change = form_id(&visit->query, "change")};
    person->answer = gather_must(gather, &catalog_person_form_message, &ask);
    gather_go(gather);
}

/* NULL, and answered, when the catalog said no. */
static const struct catalog_person_form_reply *form_of(struct visit *visit)
{
    const struct person *person = visit->page;
    if (person->answer->reply == NULL)
        page_fail(visit, &person->answer->why, "catalog");
    return person->answer->reply;
}

/* What the catalog made of it: back to the page, or the form again. */
static void go_on(struct visit *visit, struct slice href, const char *told, const struct fault *why,
                  void (*show)(struct visit *visit))
{
    struct person *person = visit->page;
    if (why == NULL) {
        page_redirect(visit, arena_copy(visit->arena, href).at, FLASH_good, told);
    } else if (form_shows(why)) {
        person->why = *why;
        ask_form(visit, show);
    } else {
        page_fail(visit, why, "catalog");
    }
}

/* ---- editing ---- */

static void show_edit(struct visit *visit)
{
    const struct person *person = visit->page;
    const struct catalog_person_form_reply *form = form_of(visit);
    bool again = person->why.status != STATUS_ok, crossed = strcmp(person->why.field, "revision") == 0;
    uint64_t revision = again && !crossed ? form_id(&visit->form, "revision") : 0;
    if (form == NULL)
        return;
    page_begin(visit, arena_print(visit->arena, "Edit %.*s", SLICE_ARGS(form->called)), NULL);
    tree_print(visit->out, "action", "/person/%llu/edit", (unsigned long long)person->id);
    tree_text(visit->out, "called", form->called);
    tree_text(visit->out, "level", form->level);
    tree_text(visit->out, "href", form->href);
    tree_print(visit->out, "history_href", "/history/%llu", (unsigned long long)person->id);
    tree_string(visit->out, "once", visit_once(visit));
    tree_count(visit->out, "revision", revision != 0 ? revision : form->revision);
    tree_text(visit->out, "name", again ? form_get(&visit->form, "name") : form->name);
    tree_text(visit->out, "text", again ? form_get(&visit->form, "text") : form->text);
    tree_text(visit->out, "reason", form_get(&visit->form, "reason"));
    if (crossed)
        tree_string(visit->out, "error", person->why.text);
    else if (again)
        page_form_fault(visit, &person->why);
    if (person->why.status == STATUS_conflict)
        page_write_there(visit, person->id, person->why.text);
    page_end(visit, again ? status_http(person->why.status) : 200, "person_edit", NULL);
}

void page_person_edit(struct visit *visit)
{
    if (person_new(visit) != NULL)
        ask_form(visit, show_edit);
}

static void on_edited(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct catalog_person_edit_reply *edited = reply;
    (void)body;
    go_on(arg, why == NULL ? edited->href : slice_text(NULL), "Changed.", why, show_edit);
}

void page_person_edit_post(struct visit *visit)
{
    struct person *person = person_new(visit);
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = PERSON_MS};
    if (person == NULL)
        return;
    struct catalog_person_edit ask = {
        .key = page_form_key(visit),
        .person = person->id,
        .revision = form_id(&visit->form, "revision"),
        .name = form_trim(form_get(&visit->form, "name")),
        .text = form_get(&visit->form, "text"),
        .reason = removal_reason(visit, &person->why),
    };
    if (ask.name.size == 0)
        fault_set(&person->why, STATUS_invalid, "name", "Name: this is needed, please fill it in.");
    else if (ask.revision == 0)
        fault_set(&person->why, STATUS_invalid, NULL, "This form is not from here: open the page again.");
    if (person->why.status == STATUS_ok)
        bus_ask(service_bus(), NULL, &catalog_person_edit_message, &ask, &call, on_edited, visit);
    else
        ask_form(visit, show_edit);
}

/* ---- other spellings ---- */

static void show_alias(struct visit *visit)
{
    const struct person *person = visit->page;
    const struct catalog_person_form_reply *form = form_of(visit);
    if (form == NULL)
        return;
    struct text_form again = {
        .title = "Another spelling",
        .action = arena_print(visit->arena, "/person/%llu/alias", (unsigned long long)person->id),
        .of = form->called,
        .of_href = form->href,
        .field = "name",
        .label = "Another spelling of the name",
        .help = "Who searches or uploads by it finds this page.",
        .button = "Add",
        .value = form_get(&visit->form, "name"),
        .why = &person->why,
    };
    text_form_show(visit, &again);
}

static void on_alias(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct catalog_alias_add_reply *added = reply;
    (void)body;
    go_on(arg, why == NULL ? added->href : slice_text(NULL), "That name leads here now.", why, show_alias);
}

void page_alias_add_post(struct visit *visit)
{
    struct person *person = person_new(visit);
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = PERSON_MS};
    if (person == NULL)
        return;
    struct catalog_alias_add ask = {
        .key = page_form_key(visit), .person = person->id, .name = form_trim(form_get(&visit->form, "name"))};
    if (ask.name.size > 0) {
        bus_ask(service_bus(), NULL, &catalog_alias_add_message, &ask, &call, on_alias, visit);
        return;
    }
    fault_set(&person->why, STATUS_invalid, "name", "This is needed, please fill it in.");
    ask_form(visit, show_alias);
}

static void show_removal(struct visit *visit)
{
    const struct person *person = visit->page;
    const struct catalog_entity_get_reply *reply = person->answer->reply;
    const msgpack_object *aliases = reply != NULL ? look_array(reply->page.object, "aliases") : NULL, *alias = NULL;
    if (reply == NULL) {
        page_fail(visit, &person->answer->why, "catalog");
        return;
    }
    for (size_t i = 0; i < look_size(aliases); i++)
        if (look_count(look_at(aliases, i), "alias") == person->alias)
            alias = look_at(aliases, i);
    if (alias == NULL) {
        page_error(visit, 404, "There is no such spelling (any more).", NULL);
        return;
    }
    struct removal removal = {
        .action = arena_print(visit->arena, "/person/%llu/alias/%llu/remove", (unsigned long long)person->id,
                              (unsigned long long)person->alias),
        .about = "That name leads here no more: who uploads by it makes a page of its own.",
        .what = look_text(alias, "name"),
        .href = look_text(reply->page.object, "href"),
        .why = &person->why,
    };
    removal_show(visit, &removal);
}

static void ask_aliases(struct visit *visit)
{
    struct person *person = visit->page;
    struct gather *gather = gather_new(visit, show_removal);
    struct catalog_entity_get ask = {.entity = person->id};
    person->answer = gather_must(gather, &catalog_entity_get_message, &ask);
    gather_go(gather);
}

void page_alias_remove(struct visit *visit)
{
    if (person_new(visit) != NULL)
        ask_aliases(visit);
}

static void on_removed(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct catalog_alias_remove_reply *removed = reply;
    (void)body;
    if (why == NULL)
        page_redirect(visit, arena_copy(visit->arena, removed->href).at, FLASH_good, "Removed.");
    else
        page_fail(visit, why, "catalog");
}

void page_alias_remove_post(struct visit *visit)
{
    struct person *person = person_new(visit);
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = PERSON_MS};
    if (person == NULL)
        return;
    struct catalog_alias_remove ask = {
        .key = page_form_key(visit),
        .alias = person->alias,
        .reason = removal_reason(visit, &person->why),
        .staff = visit_is_staff(visit),
    };
    if (ask.alias == 0)
        page_error(visit, 404, "There is no page at that address.", NULL);
    else if (person->why.status != STATUS_ok)
        ask_aliases(visit);
    else
        bus_ask(service_bus(), NULL, &catalog_alias_remove_message, &ask, &call, on_removed, visit);
}
