/* /merge/ID: staff make a group part of another, or two people one. With `into` it shows what that is. /unmerge/CHANGE
 * undoes it, from the history. */
#include "services/web/address.h"
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/text_form.h"
#include "services/web/web.h"

#define MERGE_MS 60000 /* lists learn of all that a person is named in */

struct merge {
    uint64_t entity;
    struct slice typed;               /* into what */
    const struct answer *lost, *kept; /* catalog.entity.get; kept: NULL when nothing was typed */
    struct fault why;                 /* of the attempt before */
};

/* A group's page or a person's, as `into` puts it down under `key`. */
static void write_one(struct tree_writer *out, const char *key, const msgpack_object *page)
{
    const msgpack_object *group = look_map(page, "group");
    tree_open_map(out, key);
    tree_text(out, "name", group != NULL ? look_text(group, "title") : look_text(page, "name"));
    tree_text(out, "href", look_text(page, "href"));
    tree_count(out, "count", group != NULL ? look_count(group, "torrents_count") : look_count(page, "groups_count"));
    tree_close(out);
}

static void show(struct visit *visit)
{
    const struct merge *merge = visit->page;
    const struct catalog_entity_get_reply *lost = merge->lost->reply;
    const struct catalog_entity_get_reply *kept = merge->kept != NULL ? merge->kept->reply : NULL;
    bool again = merge->why.status != STATUS_ok;
    if (lost == NULL) {
        page_fail(visit, &merge->lost->why, "catalog");
        return;
    }
    const msgpack_object *page = lost->page.object, *levels = look_map(page, "levels");
    bool group = slice_is(look_text(page, "kind"), "group");
    page_begin(visit, "Merge", NULL);
    tree_print(visit->out, "action", "/merge/%llu", (unsigned long long)merge->entity);
    tree_flag(visit->out, "group", group);
    tree_text(visit->out, "level", look_text(levels, group ? "group" : "person"));
    write_one(visit->out, "lost", page);
    if (kept != NULL && look_count(kept->page.object, "entity") != merge->entity)
        write_one(visit->out, "kept", kept->page.object);
    tree_text(visit->out, "into", merge->typed);
    tree_text(visit->out, "reason", form_get(&visit->form, "reason"));
    tree_string(visit->out, "once", visit_once(visit));
    if (again)
        page_form_fault(visit, &merge->why);
    page_end(visit, again ? status_http(merge->why.status) : 200, "merge", NULL);
}

static void ask_both(struct visit *visit)
{
    struct merge *merge = visit->page;
    struct gather *gather = gather_new(visit, show);
    struct catalog_entity_get lost = {.entity = merge->entity}, kept = {.entity = address_entity(merge->typed)};
    merge->lost = gather_must(gather, &catalog_entity_get_message, &lost);
    if (kept.entity != 0)
        merge->kept = gather_may(gather, &catalog_entity_get_message, &kept);
    gather_go(gather);
}

static struct merge *merge_new(struct visit *visit, const struct form *from)
{
    struct merge *merge = visit->page = arena_take(visit->arena, sizeof *merge);
    *merge = (struct merge){.entity = id_read(visit->params[0]), .typed = form_trim(form_get(from, "into"))};
    if (merge->entity != 0)
        return merge;
    page_error(visit, 404, "There is no page at that address.", NULL);
    return NULL;
}

void page_merge(struct visit *visit)
{
    if (merge_new(visit, &visit->query) != NULL)
        ask_both(visit);
}

static void on_merged(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    struct merge *merge = visit->page;
    const struct catalog_entity_merge_reply *merged = reply;
    (void)body;
    if (why == NULL) {
        page_redirect(visit, arena_copy(visit->arena, merged->href).at, FLASH_good,
                      "Merged: all that was there is here now.");
    } else if (form_shows(why)) {
        merge->why = *why;
        ask_both(visit);
    } else {
        page_fail(visit, why, "catalog");
    }
}

void page_merge_post(struct visit *visit)
{
    struct merge *merge = merge_new(visit, &visit->form);
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = MERGE_MS};
    if (merge == NULL)
        return;
    struct catalog_entity_merge ask = {
        .key = page_form_key(visit),
        .entity = merge->entity,
        .into = address_entity(merge->typed),
        .reason = removal_reason(visit, &merge->why),
        .staff = visit_is_staff(visit),
    };
    if (ask.into == 0)
        fault_set(&merge->why, STATUS_invalid, "into", "Give the other one's address, as its page has it.");
    if (merge->why.status == STATUS_ok)
        bus_ask(service_bus(), NULL, &catalog_entity_merge_message, &ask, &call, on_merged, visit);
    else
        ask_both(visit);
}

/* ---- undone ---- */

static void on_unmerged(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct catalog_entity_unmerge_reply *unmerged = reply;
    (void)body;
    if (why == NULL)
        page_redirect(visit, arena_copy(visit->arena, unmerged->href).at, FLASH_good,
                      "Undone: this is by itself again, with all that was its own.");
    else
        page_fail(visit, why, "catalog");
}

void page_unmerge_post(struct visit *visit)
{
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = MERGE_MS};
    struct catalog_entity_unmerge ask = {
        .key = page_form_key(visit),
        .change = id_read(visit->params[0]),
        .reason = slice_text("Undone."),
        .staff = visit_is_staff(visit),
    };
    if (ask.change == 0)
        page_error(visit, 404, "There is no page at that address.", NULL);
    else
        bus_ask(service_bus(), NULL, &catalog_entity_unmerge_message, &ask, &call, on_unmerged, visit);
}
