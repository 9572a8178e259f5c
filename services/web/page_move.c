/* /move/ID: a unit is put into another edition, an edition into another group: one of the page's, one elsewhere by its
 * address, or one that is named in the form. With `to` (a link that undoes a move) that one is chosen. */
#include "services/web/address.h"
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/plugins.h"
#include "services/web/text_form.h"
#include "services/web/upload_form.h"
#include "services/web/web.h"

#define MOVE_MS 20000

struct move {
    uint64_t entity;
    const struct answer *page; /* catalog.entity.get */
    const struct answer *self; /* catalog.entity.form, of it, of its edition and of its group */
    const struct answer *edition, *group;
    struct fault why; /* of the attempt before */
};

static const msgpack_object *page_of(const struct visit *visit)
{
    const struct move *move = visit->page;
    const struct catalog_entity_get_reply *reply = move->page->reply;
    return reply->page.object;
}

/* The unit that moves, and its edition; NULL: it is an edition itself. */
static const msgpack_object *unit_find(const struct visit *visit, uint64_t *edition)
{
    const struct move *move = visit->page;
    const msgpack_object *editions = look_array(look_map(page_of(visit), "group"), "editions");
    for (size_t i = 0; i < look_size(editions); i++) {
        const msgpack_object *formats = look_array(look_at(editions, i), "formats");
        for (size_t k = 0; k < look_size(formats); k++) {
            const msgpack_object *format = look_at(formats, k);
            if (look_count(format, "entity") != move->entity)
                continue;
            *edition = look_count(format, "edition");
            if (*edition == 0)
                *edition = look_count(look_at(editions, i), "entity");
            return format;
        }
    }
    *edition = move->entity;
    return NULL;
}

/* ---- the form ---- */

static void write_choice(struct visit *visit, const char *value, const char *title, bool selected)
{
    tree_open_map(visit->out, NULL);
    tree_string(visit->out, "value", value);
    tree_string(visit->out, "title", title);
    tree_flag(visit->out, "selected", selected);
    tree_close(visit->out);
}

/* The page's other editions. */
static void write_editions(struct visit *visit, uint64_t edition, const char *chosen)
{
    const msgpack_object *places = look_array(look_map(page_of(visit), "group"), "places");
    for (size_t i = 0; i < look_size(places); i++) {
        uint64_t id = look_count(look_at(places, i), "entity");
        const char *value = arena_print(visit->arena, "%llu", (unsigned long long)id);
        if (id != edition)
            write_choice(visit, value,
                         arena_print(visit->arena, "%.*s", SLICE_ARGS(look_text(look_at(places, i), "title"))),
                         strcmp(value, chosen) == 0);
    }
}

static void write_places(struct visit *visit, bool unit, uint64_t edition)
{
    const msgpack_object *levels = look_map(page_of(visit), "levels");
    struct slice posted = form_get(&visit->form, "where"), linked = form_get(&visit->query, "to");
    const char *chosen = arena_copy(visit->arena, posted.size > 0 ? posted : linked).at;
    struct slice group = look_text(levels, "group"), level = look_text(levels, "edition");
    tree_open_array(visit->out, "places");
    if (unit && level.size > 0) {
        write_editions(visit, edition, chosen);
        if (posted.size == 0 && id_read(linked) != 0) /* it may be elsewhere by now, or have no torrent left */
            write_choice(visit, chosen, "Where it was before", true);
        write_choice(visit, "here", arena_print(visit->arena, "Here, in the %.*s named below", SLICE_ARGS(level)),
                     strcmp(chosen, "here") == 0);
    }
    write_choice(visit, "there", arena_print(visit->arena, "Elsewhere, at the address below"),
                 strcmp(chosen, "there") == 0);
    write_choice(visit, "own", arena_print(visit->arena, "In the %.*s named below", SLICE_ARGS(group)),
                 strcmp(chosen, "own") == 0);
    tree_close(visit->out);
}

/* Of what the form can name: the level above, and the group. */
static bool write_fields(struct visit *visit, const msgpack_object *plugin, bool unit)
{
    const struct move *move = visit->page;
    const struct catalog_entity_form_reply *edition = move->edition != NULL ? move->edition->reply : NULL;
    const struct catalog_entity_form_reply *group = move->group->reply;
    bool again = slice_is(http_method(visit->http), "POST");
    struct slice levels[2];
    struct form now = {.count = 0};
    size_t count = 0;
    if (edition != NULL && unit) {
        upload_form_add(edition->fields.object, visit->arena, &now);
        levels[count++] = edition->level;
    }
    if (group != NULL) {
        upload_form_add(group->fields.object, visit->arena, &now);
        levels[count++] = group->level;
    }
    return upload_form_write_levels(visit->out, plugin, levels, count, NULL, again ? &visit->form : &now,
                                    move->why.status != STATUS_ok ? &move->why : NULL, form_get(&visit->form, "more"));
}

static void show(struct visit *visit)
{
    struct move *move = visit->page;
    const struct catalog_entity_form_reply *self = move->self->reply;
    const msgpack_object *plugin = self != NULL ? plugins_find(self->plugin) : NULL;
    const msgpack_object *group = look_map(page_of(visit), "group");
    bool again = move->why.status != STATUS_ok;
    uint64_t edition;
    if (self == NULL || plugin == NULL) {
        page_fail(visit, &move->self->why, "catalog");
        return;
    }
    const msgpack_object *unit = unit_find(visit, &edition), *editions = look_array(group, "editions");
    struct slice title = look_text(unit, "title");
    for (size_t i = 0; unit == NULL && i < look_size(editions); i++)
        if (look_count(look_at(editions, i), "entity") == edition)
            title = look_text(look_at(editions, i), "title");
    page_begin(visit, "Move", NULL);
    tree_print(visit->out, "action", "/move/%llu", (unsigned long long)move->entity);
    tree_text(visit->out, "what", title);
    tree_text(visit->out, "of", look_text(group, "title"));
    tree_text(visit->out, "of_href", look_text(group, "href"));
    tree_text(visit->out, "plugin_name", self->plugin);
    tree_count(visit->out, "group_entity", look_count(group, "entity"));
    write_places(visit, unit != NULL, edition);
    tree_text(visit->out, "address", form_get(&visit->form, "address"));
    tree_text(visit->out, "reason", form_get(&visit->form, "reason"));
    tree_string(visit->out, "once", visit_once(visit));
    bool marked = write_fields(visit, plugin, unit != NULL);
    if (marked)
        tree_string(visit->out, "error", "Correct what is marked.");
    else if (again)
        page_form_fault(visit, &move->why);
    page_end(visit, again ? status_http(move->why.status) : 200, "move", NULL);
}

static struct catalog_entity_form form_ask(struct visit *visit, uint64_t entity)
{
    return (struct catalog_entity_form){.entity = entity, .staff = visit_is_staff(visit)};
}

static void on_page(struct visit *visit)
{
    struct move *move = visit->page;
    uint64_t edition;
    if (move->page->reply == NULL) {
        page_fail(visit, &move->page->why, "catalog");
        return;
    }
    unit_find(visit, &edition);
    struct gather *gather = gather_new(visit, show);
    struct catalog_entity_form self = form_ask(visit, move->entity), above = form_ask(visit, edition);
    struct catalog_entity_form group = form_ask(visit, look_count(page_of(visit), "entity"));
    move->self = gather_must(gather, &catalog_entity_form_message, &self);
    if (edition != 0)
        move->edition = gather_must(gather, &catalog_entity_form_message, &above);
    move->group = gather_must(gather, &catalog_entity_form_message, &group);
    gather_go(gather);
}

static void ask_page(struct visit *visit)
{
    struct move *move = visit->page;
    struct gather *gather = gather_new(visit, on_page);
    struct catalog_entity_get ask = {.entity = move->entity};
    move->page = gather_must(gather, &catalog_entity_get_message, &ask);
    gather_go(gather);
}

static struct move *move_new(struct visit *visit)
{
    struct move *move = visit->page = arena_take(visit->arena, sizeof *move);
    *move = (struct move){.entity = id_read(visit->params[0])};
    if (move->entity != 0)
        return move;
    page_error(visit, 404, "There is no page at that address.", NULL);
    return NULL;
}

void page_move(struct visit *visit)
{
    if (move_new(visit) != NULL)
        ask_page(visit);
}

/* ---- what becomes of it ---- */

static void on_moved(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    struct move *move = visit->page;
    const struct catalog_entity_move_reply *moved = reply;
    (void)body;
    if (why == NULL) {
        page_redirect(visit, arena_copy(visit->arena, moved->href).at, FLASH_good, "Moved: it is here now.");
    } else if (form_shows(why)) {
        move->why = *why;
        ask_page(visit);
    } else {
        page_fail(visit, why, "catalog");
    }
}

/* Where to, of what was chosen. */
static void target_read(struct visit *visit, struct catalog_entity_move *ask)
{
    struct move *move = visit->page;
    struct slice where = form_get(&visit->form, "where"), address = form_get(&visit->form, "address");
    if (slice_is(where, "here"))
        ask->into = form_id(&visit->form, "group");
    else if (slice_is(where, "there"))
        ask->beside = address_torrent(address, false);
    else if (!slice_is(where, "own"))
        ask->into = id_read(where);
    if (slice_is(where, "there") && ask->beside == 0)
        ask->into = address_entity(address);
    if (!slice_is(where, "own") && ask->into == 0 && ask->beside == 0)
        fault_set(&move->why, STATUS_invalid, "into",
                  "Give an address of this site: of a page, or of a torrent beside which it belongs (…#t34).");
}

void page_move_post(struct visit *visit)
{
    struct move *move = move_new(visit);
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = MOVE_MS};
    const msgpack_object *plugin = plugins_find(form_get(&visit->form, "plugin"));
    if (move == NULL)
        return;
    struct catalog_entity_move ask = {
        .key = page_form_key(visit), .entity = move->entity, .staff = visit_is_staff(visit)};
    if (form_has(&visit->form, "more")) {
        ask_page(visit);
        return;
    }
    ask.reason = removal_reason(visit, &move->why);
    target_read(visit, &ask);
    if (plugin == NULL)
        fault_set(&move->why, STATUS_invalid, NULL, "This form is not from here: open the page again.");
    if (move->why.status != STATUS_ok) {
        ask_page(visit);
        return;
    }
    struct tree_writer *fields = tree_new();
    upload_form_read(fields, plugin, &visit->form);
    ask.fields = (struct tree){.object = tree_finish(fields)};
    bus_ask(service_bus(), NULL, &catalog_entity_move_message, &ask, &call, on_moved, visit);
    tree_destroy(&fields);
}
