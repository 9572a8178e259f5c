/* Lists of groups: the newest of each plugin on the front page, and what a search in one plugin finds. */
#include "services/web/extras.h"
#include "services/web/format.h"
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/plugins.h"

#include "services/common/encode.h"

#define HOME_GROUPS 8
#define BROWSE_GROUPS 50
#define PLUGINS_MAX 16

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

/* ---- /PLUGIN?q=&cursor= ---- */

struct browse {
    struct slice plugin, title, query, cursor;
    const struct answer *answer;
};

static const char *page_href(struct visit *visit, const struct browse *browse, struct slice cursor)
{
    char *query = arena_take(visit->arena, 3 * browse->query.size + 1);
    char *next = arena_take(visit->arena, 3 * cursor.size + 1);
    percent_write(browse->query, query);
    percent_write(cursor, next);
    return arena_print(visit->arena, "/%.*s?q=%s%s%s", SLICE_ARGS(browse->plugin), query,
                       cursor.size > 0 ? "&cursor=" : "", next);
}

static void show_browse(struct visit *visit)
{
    const struct browse *browse = visit->page;
    const struct catalog_browse_reply *reply = browse->answer->reply;
    struct tree_writer *out;
    char count[FORMAT_MAX];
    page_begin(visit, browse->title.at, "browse");
    out = visit->out;
    tree_text(out, "plugin", browse->plugin);
    tree_text(out, "plugin_title", browse->title);
    tree_text(out, "query", browse->query);
    tree_print(out, "action", "/%s", browse->plugin.at);
    tree_print(out, "upload_href", "/upload/%s", browse->plugin.at);
    tree_count(out, "count", reply->count);
    tree_string(out, "count_text", format_number(reply->count, count));
    tree_flag(out, "has_groups", look_size(reply->groups.object) > 0);
    tree_decorate(out, "groups", reply->groups.object, extras_known(visit->extras));
    if (reply->next.size > 0)
        tree_string(out, "next_href", page_href(visit, browse, reply->next));
    if (browse->cursor.size > 0)
        tree_string(out, "first_href", page_href(visit, browse, slice_text(NULL)));
    page_end(visit, 200, "browse", browse->plugin.at);
}

static bool is_info_hash(struct slice query)
{
    char hash[20];
    return hex_read(query, hash, sizeof hash);
}

static void on_browsed(struct visit *visit)
{
    const struct browse *browse = visit->page;
    const msgpack_object *groups = groups_of(browse->answer);
    if (browse->answer->reply == NULL) {
        page_fail(visit, &browse->answer->why, "catalog");
        return;
    }
    struct slice href = look_text(look_at(groups, 0), "href");
    if (look_size(groups) == 1 && is_info_hash(browse->query) && href.size > 0) {
        page_redirect(visit, arena_copy(visit->arena, href).at, FLASH_none, NULL);
        return;
    }
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
    if (browse->query.size > 256 || browse->cursor.size > 64 || browse->plugin.size > 32) {
        page_error(visit, 400, "That search is longer than this site reads.", NULL);
        return;
    }
    struct catalog_browse ask = {
        .plugin = browse->plugin, .query = browse->query, .cursor = browse->cursor, .limit = BROWSE_GROUPS};
    struct gather *gather = gather_new(visit, on_browsed);
    visit->page = browse;
    browse->answer = gather_must(gather, &catalog_browse_message, &ask);
    gather_go(gather);
}
