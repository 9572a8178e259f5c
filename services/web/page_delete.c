/* /torrent/ID/delete and /PLUGIN/LEVEL/ID/delete: are you sure, and why; then it is gone. Whether somebody may is the
 * catalog's to say: it is told who asks, and whether that is staff. Tools send the reason with an API token. */
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/web.h"

#include "services/common/log.h"

#include <openssl/sha.h>

#define KEY_SIZE 16
#define DELETE_MS 8000

struct deletion {
    bool whole; /* a group with everything below it */
    uint64_t id;
    const char *action;
    const struct answer *answer;
    struct slice title, href;    /* of it */
    const msgpack_object *group; /* when whole */
    struct fault why;            /* of the attempt before */
};

/* ---- the question ---- */

/* Finds what it is about in the catalog's answer. */
static bool found(struct visit *visit)
{
    struct deletion *deletion = visit->page;
    if (!deletion->whole) {
        const struct catalog_torrent_names_reply *reply = deletion->answer->reply;
        struct torrent_name name;
        if (rows_count(reply->torrents) == 0 || !row_read(&torrent_name_row, &name, rows_at(reply->torrents, 0), NULL))
            return false;
        deletion->title = name.title;
        deletion->href = name.href;
        return true;
    }
    const struct catalog_entity_get_reply *reply = deletion->answer->reply;
    deletion->group = look_map(reply->page.object, "group");
    deletion->title = look_text(deletion->group, "title");
    deletion->href = look_text(deletion->group, "href");
    return slice_equal(look_text(deletion->group, "plugin"), visit->params[0]);
}

static void show(struct visit *visit)
{
    const struct deletion *deletion = visit->page;
    if (deletion->answer->reply == NULL) {
        page_fail(visit, &deletion->answer->why, "catalog");
        return;
    }
    if (!found(visit)) {
        page_error(visit, 404, "There is nothing at that address to delete (any more).", NULL);
        return;
    }
    page_begin(visit, "Delete", NULL);
    tree_flag(visit->out, "whole", deletion->whole);
    tree_string(visit->out, "action", deletion->action);
    tree_text(visit->out, "what", deletion->title);
    tree_text(visit->out, "href", deletion->href);
    tree_text(visit->out, "reason", form_get(&visit->form, "reason"));
    if (deletion->group != NULL) {
        uint64_t count = look_count(deletion->group, "torrents_count");
        tree_count(visit->out, "torrents_count", count);
        tree_flag(visit->out, "torrents_count_one", count == 1);
        tree_size(visit->out, "size", look_count(deletion->group, "size"));
    }
    bool again = deletion->why.status != STATUS_ok;
    if (again)
        page_form_fault(visit, &deletion->why);
    page_end(visit, again ? status_http(deletion->why.status) : 200, "delete", NULL);
}

static void ask_what(struct visit *visit)
{
    struct deletion *deletion = visit->page;
    struct gather *gather = gather_new(visit, show);
    struct catalog_entity_get group = {.entity = deletion->id};
    struct catalog_torrent_names names = {.torrents = ask_ids(visit, &deletion->id, 1)};
    deletion->answer = deletion->whole ? gather_must(gather, &catalog_entity_get_message, &group)
                                       : gather_must(gather, &catalog_torrent_names_message, &names);
    gather_go(gather);
}

static bool deletion_new(struct visit *visit, bool whole)
{
    struct deletion *deletion = visit->page = arena_take(visit->arena, sizeof *deletion);
    deletion->whole = whole;
    deletion->id = id_read(visit->params[whole ? 2 : 0]);
    deletion->action = whole ? arena_print(visit->arena, "/%.*s/%.*s/%llu/delete", SLICE_ARGS(visit->params[0]),
                                           SLICE_ARGS(visit->params[1]), (unsigned long long)deletion->id)
                             : arena_print(visit->arena, "/torrent/%llu/delete", (unsigned long long)deletion->id);
    if (deletion->id == 0)
        page_error(visit, 404, "There is no page at that address.", NULL);
    return deletion->id != 0;
}

void page_torrent_delete(struct visit *visit)
{
    if (deletion_new(visit, false))
        ask_what(visit);
}

void page_entity_delete(struct visit *visit)
{
    if (deletion_new(visit, true))
        ask_what(visit);
}

/* ---- the deed ---- */

static void tell(struct visit *visit, struct slice href, uint64_t count)
{
    const struct deletion *deletion = visit->page;
    log_info("deleted", "%s=%llu member=%llu", deletion->whole ? "group" : "torrent", (unsigned long long)deletion->id,
             (unsigned long long)visit->me.id);
    if (!visit->by_token) {
        page_redirect(visit, arena_copy(visit->arena, href).at, FLASH_good, "Deleted.");
        return;
    }
    visit->out = tree_new();
    tree_count(visit->out, "deleted", count);
    tree_print(visit->out, "href", "%s%.*s", web.url, SLICE_ARGS(href));
    page_json(visit, 200);
}

static void refused(struct visit *visit, const struct fault *why)
{
    struct deletion *deletion = visit->page;
    if (visit->by_token || strcmp(why->field, "reason") != 0) {
        page_fail(visit, why, "catalog");
        return;
    }
    deletion->why = *why;
    ask_what(visit);
}

static void on_torrent(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct catalog_torrent_delete_reply *done = reply;
    (void)body;
    if (why != NULL)
        refused(arg, why);
    else
        tell(arg, done->href, done->deleted);
}

static void on_group(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct catalog_entity_delete_reply *done = reply;
    (void)body;
    if (why != NULL)
        refused(arg, why);
    else
        tell(arg, done->href, done->deleted);
}

/* A second click gets the first one's answer: what is deleted makes the key, and who deletes it. */
static struct slice make_key(struct visit *visit)
{
    const struct deletion *deletion = visit->page;
    unsigned char *key = arena_take(visit->arena, SHA256_DIGEST_LENGTH);
    const char *text = arena_print(visit->arena, "delete %s %llu", deletion->action, (unsigned long long)visit->me.id);
    SHA256((const unsigned char *)text, strlen(text), key);
    return slice_of((const char *)key, KEY_SIZE);
}

static void delete_it(struct visit *visit)
{
    const struct deletion *deletion = visit->page;
    struct slice reason = form_trim(form_get(&visit->form, "reason"));
    struct bus_call call = {.actor = visit->me.id, .deadline_ms = DELETE_MS};
    bool staff = visit_is_staff(visit);
    struct fault why = {0};
    if (reason.size == 0 || reason.size > 400) {
        fault_set(&why, STATUS_invalid, "reason", "Say why it goes, in at most 400 letters.");
        refused(visit, &why);
        return;
    }
    struct catalog_entity_delete group = {
        .key = make_key(visit), .entity = deletion->id, .reason = reason, .staff = staff};
    struct catalog_torrent_delete torrent = {
        .key = group.key, .torrent = deletion->id, .reason = reason, .staff = staff};
    if (deletion->whole)
        bus_ask(service_bus(), NULL, &catalog_entity_delete_message, &group, &call, on_group, visit);
    else
        bus_ask(service_bus(), NULL, &catalog_torrent_delete_message, &torrent, &call, on_torrent, visit);
}

void page_torrent_delete_post(struct visit *visit)
{
    if (deletion_new(visit, false))
        delete_it(visit);
}

void page_entity_delete_post(struct visit *visit)
{
    if (deletion_new(visit, true))
        delete_it(visit);
}
