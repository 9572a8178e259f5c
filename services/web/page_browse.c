/* Lists of groups: the newest of each plugin on the front page, and what a search in one plugin finds. */
#include "services/web/extras.h"
#include "services/web/format.h"
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/plugins.h"
#include "services/web/searches.h"

#include "services/common/encode.h"

#define HOME_GROUPS 8
#define BROWSE_GROUPS 50
#define PLUGINS_MAX 16
#define NEAR_NAMES 6

static const char catalog_away[] = "What there is to find cannot be listed for the moment.";

static const msgpack_object *groups_of(const struct answer *answer)
{
    const struct catalog_browse_reply *reply = answer->reply;
    return reply != NULL ? reply->groups.object : NULL;
}

/* ---- / ---- */

struct home {
    const struct answer *answers[PLUGINS_MAX];
    struct slice names[PLUGINS_MAX], titles[PLUGINS_MAX];
    size_t count;
};

static void write_section(struct visit *visit, const struct home *home, size_t i)
{
    struct tree_writer *out = visit->out;
    const msgpack_object *groups = groups_of(home->answers[i]);
    tree_open_map(out, NULL);
    tree_text(out, "name", home->names[i]);
    tree_text(out, "title", home->titles[i]);
    tree_print(out, "href", "/%.*s", SLICE_ARGS(home->names[i]));
    tree_print(out, "upload_href", "/upload/%.*s", SLICE_ARGS(home->names[i]));
    tree_flag(out, "has_groups", look_size(groups) > 0);
    if (groups != NULL)
        tree_decorate(out, "groups", groups, extras_known(visit->extras));
    tree_close(out);
}

static void show_home(struct visit *visit)
{
    const struct home *home = visit->page;
    page_begin(visit, "Home", "home");
    tree_open_array(visit->out, "sections");
    for (size_t i = 0; i < home->count; i++)
        if (home->answers[i]->reply != NULL)
            write_section(visit, home, i);
    tree_close(visit->out);
    page_end(visit, 200, "home", NULL);
}

static void decorate_home(struct visit *visit)
{
    struct home *home = visit->page;
    const msgpack_object *trees[PLUGINS_MAX];
    for (size_t i = 0; i < home->count; i++) {
        trees[i] = groups_of(home->answers[i]);
        if (home->answers[i]->reply == NULL)
            visit_missing(visit, "catalog", catalog_away);
    }
    extras_ask(visit, trees, home->count, show_home);
}

void page_home(struct visit *visit)
{
    struct home *home = arena_take(visit->arena, sizeof *home);
    const msgpack_object *list = plugins_list();
    struct gather *gather = gather_new(visit, decorate_home);
    visit->page = home;
    if (list == NULL)
        visit_missing(visit, "catalog", catalog_away);
    for (size_t i = 0; i < look_size(list) && home->count < PLUGINS_MAX; i++) {
        struct slice name = arena_copy(visit->arena, look_text(look_at(list, i), "name"));
        struct catalog_browse ask = {.plugin = name, .limit = HOME_GROUPS};
        home->names[home->count] = name;
        home->titles[home->count] = arena_copy(visit->arena, look_text(look_at(list, i), "title"));
        home->answers[home->count++] = gather_may(gather, &catalog_browse_message, &ask);
    }
    gather_go(gather);
}

/* ---- /PLUGIN?q=&sort=&order=&view=&cursor= ---- */

struct browse {
    struct slice plugin, title, query, cursor, sort;
    bool rising, flat;
    const struct answer *answer, *near;
    const struct answer *opens; /* the searches with which lists begin; NULL: something was asked for */
};

static const struct order {
    const char *name, *title;
} orders[] = {
    {"time", "Newest"},     {"year", "Year"},         {"size", "Size"},     {"snatches", "Snatches"},
    {"seeders", "Seeders"}, {"leechers", "Leechers"}, {"random", "Random"},
};

/* The address of the same list with another query, or of another page of it. */
static const char *page_href(struct visit *visit, const struct browse *browse, struct slice query, struct slice cursor)
{
    char *typed = arena_take(visit->arena, 3 * query.size + 1);
    char *next = arena_take(visit->arena, 3 * cursor.size + 1);
    percent_write(query, typed);
    percent_write(cursor, next);
    return arena_print(visit->arena, "/%.*s?q=%s%s%.*s%s%s%s%s", SLICE_ARGS(browse->plugin), typed,
                       browse->sort.size > 0 ? "&sort=" : "", SLICE_ARGS(browse->sort),
                       browse->rising ? "&order=rising" : "", browse->flat ? "&view=flat" : "",
                       cursor.size > 0 ? "&cursor=" : "", next);
}

static void write_orders(struct visit *visit, const struct browse *browse)
{
    tree_open_array(visit->out, "orders");
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        tree_open_map(visit->out, NULL);
        tree_string(visit->out, "value", orders[i].name);
        tree_string(visit->out, "title", orders[i].title);
        tree_flag(visit->out, "selected", slice_is(browse->sort, orders[i].name));
        tree_close(visit->out);
    }
    tree_close(visit->out);
}

/* Where a part of the query stands in it, between spaces; NULL: it does not. */
static const char *part_find(struct slice query, struct slice part)
{
    if (query.size == 0 || part.size == 0)
        return NULL;
    const char *at = query.at, *end = query.at + query.size;
    for (; (at = memmem(at, (size_t)(end - at), part.at, part.size)) != NULL; at++)
        if ((at == query.at || at[-1] == ' ') && (at + part.size == end || at[part.size] == ' '))
            return at;
    return NULL;
}

/* The query with the part, or without it where it has it. */
static struct slice part_toggle(struct visit *visit, struct slice query, struct slice part, const char *at)
{
    if (at == NULL)
        return form_trim(slice_text(arena_print(visit->arena, "%.*s %.*s", SLICE_ARGS(query), SLICE_ARGS(part))));
    size_t before = (size_t)(at - query.at);
    struct slice head = form_trim(slice_of(query.at, before));
    struct slice tail = form_trim(slice_of(at + part.size, query.size - before - part.size));
    return form_trim(slice_text(arena_print(visit->arena, "%.*s %.*s", SLICE_ARGS(head), SLICE_ARGS(tail))));
}

static void write_facet(struct visit *visit, const struct browse *browse, const msgpack_object *facet)
{
    const msgpack_object *values = look_array(facet, "values");
    tree_open_map(visit->out, NULL);
    tree_text(visit->out, "name", look_text(facet, "name"));
    tree_text(visit->out, "label", look_text(facet, "label"));
    tree_open_array(visit->out, "values");
    for (size_t i = 0; i < look_size(values); i++) {
        const msgpack_object *value = look_at(values, i);
        struct slice part = look_text(value, "query");
        const char *at = part_find(browse->query, part);
        char count[FORMAT_MAX];
        tree_open_map(visit->out, NULL);
        tree_text(visit->out, "value", look_text(value, "value"));
        tree_string(visit->out, "count_text", format_number(look_count(value, "count"), count));
        tree_flag(visit->out, "about", look_flag(value, "about"));
        tree_flag(visit->out, "chosen", at != NULL);
        tree_string(visit->out, "href",
                    page_href(visit, browse, part_toggle(visit, browse->query, part, at), slice_text(NULL)));
        tree_close(visit->out);
    }
    tree_close(visit->out);
    tree_close(visit->out);
}

static void write_facets(struct visit *visit, const struct browse *browse, const msgpack_object *facets)
{
    tree_open_array(visit->out, "facets");
    for (size_t i = 0; i < look_size(facets); i++)
        write_facet(visit, browse, look_at(facets, i));
    tree_close(visit->out);
    tree_flag(visit->out, "has_facets", look_size(facets) > 0);
}

/* What can be searched by its name, for the page's own help. */
static void write_fields(struct visit *visit, const struct browse *browse)
{
    const msgpack_object *plugin = plugins_find(browse->plugin);
    if (plugin != NULL && map_find(plugin, "search") != NULL)
        tree_object(visit->out, "fields", map_find(plugin, "search"));
}

/* Names like what was typed and not found. */
static void write_near(struct visit *visit, const struct browse *browse)
{
    const struct catalog_suggest_reply *reply = browse->near != NULL ? browse->near->reply : NULL;
    const msgpack_object *names = reply != NULL ? reply->names.object : NULL;
    tree_open_array(visit->out, "near");
    for (size_t i = 0; i < look_size(names); i++) {
        const msgpack_object *name = look_at(names, i);
        struct slice href = look_text(name, "href");
        tree_open_map(visit->out, NULL);
        tree_text(visit->out, "name", look_text(name, "name"));
        tree_text(visit->out, "label", look_text(name, "label"));
        tree_text(visit->out, "hint", look_text(name, "hint"));
        if (href.size == 0)
            href = slice_text(
                page_href(visit, browse,
                          slice_text(arena_print(visit->arena, "%.*s:\"%.*s\"", SLICE_ARGS(look_text(name, "field")),
                                                 SLICE_ARGS(look_text(name, "name")))),
                          slice_text(NULL)));
        tree_text(visit->out, "href", href);
        tree_close(visit->out);
    }
    tree_close(visit->out);
    tree_flag(visit->out, "has_near", look_size(names) > 0);
}

static void write_search(struct visit *visit, const struct browse *browse)
{
    struct tree_writer *out = visit->out;
    tree_text(out, "plugin", browse->plugin);
    tree_text(out, "plugin_title", browse->title);
    tree_text(out, "query", browse->query);
    tree_print(out, "action", "/%s", browse->plugin.at);
    tree_print(out, "suggest", "/suggest/%s", browse->plugin.at);
    tree_print(out, "upload_href", "/upload/%s", browse->plugin.at);
    tree_flag(out, "rising", browse->rising);
    tree_flag(out, "flat", browse->flat);
    write_orders(visit, browse);
    write_fields(visit, browse);
}

/* Where the search is saved: not of what is sealed, and not what cannot be read. */
static void write_save(struct visit *visit, const struct browse *browse)
{
    char *typed = arena_take(visit->arena, 3 * browse->query.size + 1);
    if (!look_flag(plugins_find(browse->plugin), "talks"))
        return;
    percent_write(browse->query, typed);
    tree_print(visit->out, "save_href", "/searches/new?plugin=%s&q=%s&sort=%.*s&order=%s&view=%s", browse->plugin.at,
               typed, SLICE_ARGS(browse->sort), browse->rising ? "rising" : "", browse->flat ? "flat" : "");
}

static void show_browse(struct visit *visit)
{
    const struct browse *browse = visit->page;
    const struct catalog_browse_reply *reply = browse->answer->reply;
    struct tree_writer *out;
    char count[FORMAT_MAX];
    page_begin(visit, browse->title.at, "browse");
    out = visit->out;
    write_search(visit, browse);
    write_save(visit, browse);
    tree_count(out, "count", reply->count);
    tree_string(out, "count_text", format_number(reply->count, count));
    tree_flag(out, "about", reply->about);
    tree_flag(out, "has_groups", look_size(reply->groups.object) > 0);
    tree_decorate(out, "groups", reply->groups.object, extras_known(visit->extras));
    write_facets(visit, browse, reply->facets.object);
    write_near(visit, browse);
    if (reply->next.size > 0)
        tree_string(out, "next_href", page_href(visit, browse, browse->query, reply->next));
    if (browse->cursor.size > 0)
        tree_string(out, "first_href", page_href(visit, browse, browse->query, slice_text(NULL)));
    page_end(visit, 200, "browse", browse->plugin.at);
}

/* What was typed cannot be read: it stays in its place, with what is wrong above it. */
static void show_refused(struct visit *visit)
{
    const struct browse *browse = visit->page;
    page_begin(visit, browse->title.at, "browse");
    write_search(visit, browse);
    tree_string(visit->out, "error", browse->answer->why.text);
    page_end(visit, 400, "browse", browse->plugin.at);
}

static void ask_near(struct visit *visit)
{
    struct browse *browse = visit->page;
    struct catalog_suggest ask = {.plugin = browse->plugin, .text = browse->query, .limit = NEAR_NAMES};
    struct gather *gather = gather_new(visit, show_browse);
    browse->near = gather_may(gather, &catalog_suggest_message, &ask);
    gather_go(gather);
}

static bool is_info_hash(struct slice query)
{
    char hash[32];
    return hex_read(query, hash, 20) || hex_read(query, hash, 32);
}

/* The page of the only torrent in the list. */
static struct slice torrent_href(const msgpack_object *groups)
{
    const msgpack_object *edition = look_at(look_array(look_at(groups, 0), "editions"), 0);
    return look_text(look_at(look_array(edition, "formats"), 0), "href");
}

/* The search with which the member's list of the plugin begins; NULL: with everything. */
static const msgpack_object *opening(const struct browse *browse)
{
    const struct catalog_search_list_reply *reply = browse->opens != NULL ? browse->opens->reply : NULL;
    for (size_t i = 0; reply != NULL && i < look_size(reply->searches.object); i++)
        if (slice_equal(look_text(look_at(reply->searches.object, i), "plugin"), browse->plugin))
            return look_at(reply->searches.object, i);
    return NULL;
}

static void on_browsed(struct visit *visit)
{
    const struct browse *browse = visit->page;
    const msgpack_object *search = opening(browse);
    const struct fault *why = &browse->answer->why;
    const msgpack_object *groups = groups_of(browse->answer);
    if (search != NULL)
        page_redirect(visit, search_href(visit, search), FLASH_none, NULL);
    else if (browse->answer->reply == NULL && why->status == STATUS_invalid && strcmp(why->field, "query") == 0)
        show_refused(visit);
    else if (browse->answer->reply == NULL)
        page_fail(visit, why, "catalog");
    else if (look_size(groups) == 1 && is_info_hash(browse->query))
        page_redirect(visit, arena_copy(visit->arena, torrent_href(groups)).at, FLASH_none, NULL);
    else if (look_size(groups) == 0 && browse->query.size > 0)
        extras_ask(visit, &groups, 1, ask_near);
    else
        extras_ask(visit, &groups, 1, show_browse);
}

void page_browse(struct visit *visit)
{
    struct browse *browse = arena_take(visit->arena, sizeof *browse);
    const msgpack_object *plugin = plugins_find(visit->params[0]);
    if (plugins_list() != NULL && plugin == NULL) {
        page_error(visit, 404, "There is no page at that address.", NULL);
        return;
    }
    browse->plugin = visit->params[0];
    browse->title = plugin != NULL ? arena_copy(visit->arena, look_text(plugin, "title")) : browse->plugin;
    browse->query = form_trim(form_get(&visit->query, "q"));
    browse->cursor = form_get(&visit->query, "cursor");
    browse->rising = slice_is(form_get(&visit->query, "order"), "rising");
    browse->flat = slice_is(form_get(&visit->query, "view"), "flat");
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (slice_is(form_get(&visit->query, "sort"), orders[i].name))
            browse->sort = slice_text(orders[i].name);
    if (browse->query.size > 256 || browse->cursor.size > 64 || browse->plugin.size > 32) {
        page_error(visit, 400, "That search is longer than this site reads.", NULL);
        return;
    }
    struct catalog_browse ask = {
        .plugin = browse->plugin,
        .query = browse->query,
        .cursor = browse->cursor,
        .sort = browse->sort,
        .rising = browse->rising,
        .flat = browse->flat,
        .facets = browse->cursor.size == 0,
        .limit = BROWSE_GROUPS,
    };
    struct catalog_search_list opens = {.opens = true};
    struct gather *gather = gather_new(visit, on_browsed);
    visit->page = browse;
    browse->answer = gather_must(gather, &catalog_browse_message, &ask);
    if (visit->query.count == 0)
        browse->opens = gather_may(gather, &catalog_search_list_message, &opens);
    gather_go(gather);
}
