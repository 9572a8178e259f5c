/* /PLUGIN/LEVEL/ID: the page of a group (an album with its releases and formats) or of a person, whatever the plugin.
 */
#include "services/web/extras.h"
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/peers.h"

struct entity {
    const struct answer *answer;
    const msgpack_object *page;
    const char *plugin;
};

static const char *text_of(struct visit *visit, struct slice text)
{
    return text.size > 0 ? arena_copy(visit->arena, text).at : "Page";
}

static void write_peers(void *arg, struct tree_writer *out, const msgpack_object *map)
{
    peers_write(arg, out, look_count(map, "torrent"), look_count(map, "size"));
}

static void show(struct visit *visit)
{
    struct tree_extra extra = *extras_known(visit->extras);
    extra.torrent = visit->peers != NULL ? write_peers : NULL;
    extra.torrent_arg = visit->peers;
    const struct entity *entity = visit->page;
    const msgpack_object *group = look_map(entity->page, "group");
    bool is_group = slice_is(look_text(entity->page, "kind"), "group");
    page_begin(visit, text_of(visit, is_group ? look_text(group, "title") : look_text(entity->page, "name")), "browse");
    tree_decorate(visit->out, "page", entity->page, &extra);
    if (is_group)
        tree_print(visit->out, "upload_href", "/upload/%s?group=%llu", entity->plugin,
                   (unsigned long long)look_count(group, "entity"));
    page_end(visit, 200, is_group ? "group" : "person", entity->plugin);
}

/* On a group's page the torrents are few: who shares them is shown too. */
static void ask_peers(struct visit *visit)
{
    const struct entity *entity = visit->page;
    if (slice_is(look_text(entity->page, "kind"), "group"))
        peers_ask(visit, entity->page, show);
    else
        show(visit);
}

static void on_entity(struct visit *visit)
{
    struct entity *entity = visit->page;
    const struct catalog_entity_get_reply *reply = entity->answer->reply;
    if (reply == NULL) {
        page_fail(visit, &entity->answer->why, "catalog");
        return;
    }
    entity->page = reply->page.object;
    /* An address made by hand for another plugin: one page has one address. */
    if (!slice_equal(look_text(entity->page, "plugin"), visit->params[0])) {
        page_error(visit, 404, "There is no page at that address.", NULL);
        return;
    }
    entity->plugin = visit->params[0].at;
    extras_ask(visit, &entity->page, 1, ask_peers);
}

void page_entity(struct visit *visit)
{
    struct entity *entity = arena_take(visit->arena, sizeof *entity);
    struct catalog_entity_get ask = {.entity = id_read(visit->params[2])};
    if (ask.entity == 0) {
        page_error(visit, 404, "There is no page at that address.", NULL);
        return;
    }
    struct gather *gather = gather_new(visit, on_entity);
    visit->page = entity;
    entity->answer = gather_must(gather, &catalog_entity_get_message, &ask);
    gather_go(gather);
}
