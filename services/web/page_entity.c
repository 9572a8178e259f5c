/* /PLUGIN/LEVEL/ID: the page of a group (an album with its releases and formats) or of a person, whatever the plugin.
 */
#include "services/web/extras.h"
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/peers.h"
#include "services/web/plugins.h"
#include "services/web/talk.h"

struct entity {
    const struct answer *answer;
    const msgpack_object *page;
    const char *plugin;
    const struct answer *tokens; /* NULL: its downloads do not count anyway */
    const struct talk *talk;
};

static const char *text_of(struct visit *visit, struct slice text)
{
    return text.size > 0 ? arena_copy(visit->arena, text).at : "Page";
}

static bool is_used(const struct ratio_token_list_reply *tokens, uint64_t torrent)
{
    struct token_row token;
    for (size_t i = 0; i < rows_count(tokens->used); i++)
        if (row_read(&token_row_row, &token, rows_at(tokens->used, i), NULL) && token.torrent == torrent)
            return true;
    return false;
}

/* Its download does not count for anybody now. */
static bool is_free(const struct visit *visit, uint64_t torrent)
{
    const struct tree_extra *known = extras_known(visit->extras);
    for (size_t i = 0; i < known->snatches_count; i++)
        if (known->snatches[i].torrent == torrent)
            return known->snatches[i].has_factor && known->snatches[i].download_percent == 0;
    return false;
}

static void write_token(const struct visit *visit, struct tree_writer *out, uint64_t torrent)
{
    const struct entity *entity = visit->page;
    const struct ratio_token_list_reply *tokens = entity->tokens != NULL ? entity->tokens->reply : NULL;
    bool used = tokens != NULL && is_used(tokens, torrent);
    tree_flag(out, "token_used", used);
    tree_flag(out, "may_use_token", tokens != NULL && tokens->tokens > 0 && !used && !is_free(visit, torrent));
}

/* What is beside the counts of a torrent: who shares it, whether it may be deleted, whether a token can be used. */
static void write_torrent(void *arg, struct tree_writer *out, const msgpack_object *map)
{
    struct visit *visit = arg;
    const struct entity *entity = visit->page;
    bool own = look_count(map, "uploader") == visit->me.id || visit_is_staff(visit);
    tree_flag(out, "may_delete", own);
    tree_flag(out, "sees_snatches", own && entity->tokens != NULL);
    write_token(visit, out, look_count(map, "torrent"));
    if (visit->peers != NULL)
        peers_write(visit->peers, out, look_count(map, "torrent"), look_count(map, "size"));
}

/* Where the group can be added to, and taken away, by those who may. */
static void write_doors(struct visit *visit, const struct entity *entity, const msgpack_object *group)
{
    bool owned = look_count(group, "owner") != 0, own = look_flag(group, "own");
    unsigned long long id = look_count(group, "entity");
    tree_print(visit->out, "history_href", "/history/%llu", id);
    if (!owned || own) {
        tree_print(visit->out, "upload_href", "/upload/%s?group=%llu", entity->plugin, id);
        tree_print(visit->out, "edit_href", "/edit/%llu", id);
    }
    if (own || visit_is_staff(visit))
        tree_print(visit->out, "group_delete_href", "%.*s/delete", SLICE_ARGS(look_text(group, "href")));
    if (!owned && visit_is_staff(visit))
        tree_print(visit->out, "merge_href", "/merge/%llu", id);
}

/* What can be said of a person, unless that is a member. */
static void write_person_doors(struct visit *visit, const msgpack_object *page)
{
    unsigned long long id = look_count(page, "entity");
    if (look_flag(page, "owned"))
        return;
    tree_print(visit->out, "edit_href", "/person/%llu/edit", id);
    tree_print(visit->out, "history_href", "/history/%llu", id);
    tree_print(visit->out, "alias_href", "/person/%llu/alias", id);
    if (visit_is_staff(visit))
        tree_print(visit->out, "merge_href", "/merge/%llu", id);
}

static void show(struct visit *visit)
{
    struct tree_extra extra = *extras_known(visit->extras);
    extra.torrent = write_torrent;
    extra.torrent_arg = visit;
    const struct entity *entity = visit->page;
    const msgpack_object *group = look_map(entity->page, "group");
    bool is_group = slice_is(look_text(entity->page, "kind"), "group");
    talk_read(visit, entity->talk);
    page_begin(visit, text_of(visit, is_group ? look_text(group, "title") : look_text(entity->page, "name")), "browse");
    tree_decorate(visit->out, "page", entity->page, &extra);
    talk_write(visit, entity->talk, &extra);
    tree_string(visit->out, "once", visit_once(visit));
    if (is_group)
        write_doors(visit, entity, group);
    else
        write_person_doors(visit, entity->page);
    page_end(visit, 200, is_group ? "group" : "person", entity->plugin);
}

static void ask_tokens(struct visit *visit)
{
    struct entity *entity = visit->page;
    struct ratio_token_list ask = {.user = visit->me.id};
    struct gather *gather = gather_new(visit, show);
    if (slice_is(look_text(plugins_find(slice_text(entity->plugin)), "accounting"), "ratio"))
        entity->tokens = gather_may(gather, &ratio_token_list_message, &ask);
    gather_go(gather);
}

/* On a group's page the torrents are few: who shares them is shown too. */
static void ask_peers(struct visit *visit)
{
    const struct entity *entity = visit->page;
    if (slice_is(look_text(entity->page, "kind"), "group"))
        peers_ask(visit, entity->page, ask_tokens);
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
    /* One page has one address: what became part of another, and what is below a group, leads there. An address made by
     * hand for another plugin leads nowhere. */
    if (!slice_equal(look_text(entity->page, "plugin"), visit->params[0])) {
        page_error(visit, 404, "There is no page at that address.", NULL);
        return;
    }
    if (look_count(entity->page, "entity") != id_read(visit->params[2])) {
        struct slice query = http_query(visit->http);
        page_redirect(visit,
                      arena_print(visit->arena, "%.*s%s%.*s", SLICE_ARGS(look_text(entity->page, "href")),
                                  query.size > 0 ? "?" : "", SLICE_ARGS(query)),
                      FLASH_none, NULL);
        return;
    }
    entity->plugin = visit->params[0].at;
    const msgpack_object *const trees[] = {entity->page, talk_images(entity->talk), talk_comments(entity->talk)};
    extras_ask(visit, trees, 3, ask_peers);
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
    entity->talk = talk_ask(gather, visit, ask.entity);
    gather_go(gather);
}
