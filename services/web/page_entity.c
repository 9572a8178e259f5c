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

static bool is_staff(const struct visit *visit)
{
    return account_class_is_staff(slice_text(visit->me.class_name));
}

static void write_torrent(void *arg, struct tree_writer *out, const msgpack_object *map)
{
    struct visit *visit = arg;
    tree_flag(out, "may_delete", look_count(map, "uploader") == visit->me.id || is_staff(visit));
    if (visit->peers != NULL)
        peers_write(visit->peers, out, look_count(map, "torrent"), look_count(map, "size"));
}

/* Where the group can be added to, and taken away, by those who may. */
static void write_doors(struct visit *visit, const struct entity *entity, const msgpack_object *group)
{
    bool owned = look_count(group, "owner") != 0, own = look_flag(group, "own");
    if (!owned || own)
        tree_print(visit->out, "upload_href", "/upload/%s?group=%llu", entity->plugin,
                   (unsigned long long)look_count(group, "entity"));
    if (own || is_staff(visit))
        tree_print(visit->out, "group_delete_href", "%.*s/delete", SLICE_ARGS(look_text(group, "href")));
}

static void show(struct visit *visit)
{
    struct tree_extra extra = *extras_known(visit->extras);
    extra.torrent = write_torrent;
    extra.torrent_arg = visit;
    const struct entity *entity = visit->page;
    const msgpack_object *group = look_map(entity->page, "group");
    bool is_group = slice_is(look_text(entity->page, "kind"), "group");
    page_begin(visit, text_of(visit, is_group ? look_text(group, "title") : look_text(entity->page, "name")), "browse");
    tree_decorate(visit->out, "page", entity->page, &extra);
    if (is_group)
        write_doors(visit, entity, group);
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
