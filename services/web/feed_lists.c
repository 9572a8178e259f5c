/* /feed/KEY/…rss: the newest torrents of a plugin, of a search that the member keeps, or of what the member has
 * bookmarked, each with the address at which a client gets it without signing in. */
#include "services/web/format.h"
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/plugins.h"
#include "services/web/rss.h"
#include "services/web/web.h"

#include <stdlib.h>
#include <time.h>

#define ITEMS_MOST 50

struct feed {
    const char *title, *link;
    const struct answer *search, *list; /* the one kept; the groups, of browse or of bookmarks */
    bool bookmarks;
    const msgpack_object *items[2000];
    size_t count;
};

static void items_take(struct feed *feed, const msgpack_object *groups)
{
    const size_t most = sizeof feed->items / sizeof *feed->items;
    for (size_t g = 0; g < look_size(groups); g++) {
        const msgpack_object *editions = look_array(look_at(groups, g), "editions");
        for (size_t e = 0; e < look_size(editions); e++) {
            const msgpack_object *formats = look_array(look_at(editions, e), "formats");
            for (size_t f = 0; f < look_size(formats) && feed->count < most; f++)
                feed->items[feed->count++] = look_at(formats, f);
        }
    }
}

static int newest_first(const void *a, const void *b)
{
    uint64_t at[2] = {look_count(*(const msgpack_object *const *)a, "added_at"),
                      look_count(*(const msgpack_object *const *)b, "added_at")};
    return at[0] < at[1] ? 1 : at[0] > at[1] ? -1 : 0;
}

static void item_write(struct visit *visit, struct buffer *into, const msgpack_object *item)
{
    unsigned long long torrent = look_count(item, "torrent");
    time_t added = (time_t)(look_count(item, "added_at") / 1000);
    char size[FORMAT_MAX], when[64];
    struct tm at;
    strftime(when, sizeof when, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&added, &at));
    buffer_print(into, "<item>\n");
    rss_element(into, "title", arena_print(visit->arena, "%.*s", SLICE_ARGS(look_text(item, "release"))));
    rss_element(into, "link", arena_print(visit->arena, "%s%.*s", web.url, SLICE_ARGS(look_text(item, "href"))));
    buffer_print(into, "<guid isPermaLink=\"false\">torrent-%llu</guid>\n", torrent);
    rss_element(into, "pubDate", when);
    rss_element(into, "description", format_size(look_count(item, "size"), size));
    buffer_print(into, "<enclosure url=\"");
    rss_text(into,
             slice_text(arena_print(visit->arena, "%s/feed/%s/%llu.torrent", web.url, visit->me.feed_key, torrent)));
    buffer_print(into, "\" length=\"%llu\" type=\"application/x-bittorrent\"/>\n</item>\n",
                 (unsigned long long)look_count(item, "size"));
}

static void show(struct visit *visit)
{
    struct feed *feed = visit->page;
    struct buffer body = {NULL, 0, 0};
    if (feed->list->reply == NULL) {
        page_fail(visit, &feed->list->why, "catalog");
        return;
    }
    const struct catalog_bookmark_list_reply *marked = feed->list->reply;
    const struct catalog_browse_reply *found = feed->list->reply;
    items_take(feed, feed->bookmarks ? marked->groups.object : found->groups.object);
    qsort(feed->items, feed->count, sizeof *feed->items, newest_first);
    rss_begin(&body, arena_print(visit->arena, "%s: %s", web.site_name, feed->title),
              arena_print(visit->arena, "%s%s", web.url, feed->link), "The newest first.");
    for (size_t i = 0; i < feed->count && i < ITEMS_MOST; i++)
        item_write(visit, &body, feed->items[i]);
    rss_end(&body);
    feed_answer(visit, buffer_slice(&body), RSS_TYPE);
    buffer_free(&body);
}

static struct feed *feed_begin(struct visit *visit, const char *title, const char *link)
{
    struct feed *feed = visit->page = arena_take(visit->arena, sizeof *feed);
    *feed = (struct feed){.title = title, .link = link};
    return feed;
}

static void browse_ask(struct visit *visit, struct slice plugin, struct slice query)
{
    struct feed *feed = visit->page;
    struct catalog_browse ask = {.plugin = plugin, .query = query, .flat = true, .limit = ITEMS_MOST};
    struct gather *gather = gather_new(visit, show);
    feed->list = gather_must(gather, &catalog_browse_message, &ask);
    gather_go(gather);
}

void page_feed_newest(struct visit *visit)
{
    const msgpack_object *plugin = plugins_find(visit->params[1]);
    if (plugin == NULL || !look_flag(plugin, "talks")) {
        page_error(visit, 404, "There is no feed at that address.", NULL);
        return;
    }
    struct slice name = arena_copy(visit->arena, look_text(plugin, "name"));
    feed_begin(visit, arena_copy(visit->arena, look_text(plugin, "title")).at,
               arena_print(visit->arena, "/%s", name.at));
    browse_ask(visit, name, slice_text(""));
}

void page_feed_bookmarks(struct visit *visit)
{
    struct feed *feed = feed_begin(visit, "Bookmarks", "/bookmarks");
    struct catalog_bookmark_list ask = {.limit = 100};
    struct gather *gather = gather_new(visit, show);
    feed->bookmarks = true;
    feed->list = gather_must(gather, &catalog_bookmark_list_message, &ask);
    gather_go(gather);
}

static void on_search(struct visit *visit)
{
    struct feed *feed = visit->page;
    const struct catalog_search_list_reply *reply = feed->search->reply;
    const msgpack_object *search = reply != NULL ? look_at(reply->searches.object, 0) : NULL;
    if (reply == NULL) {
        page_fail(visit, &feed->search->why, "catalog");
    } else if (search == NULL) {
        page_error(visit, 404, "You have no such search (any more).", NULL);
    } else {
        feed->title = arena_copy(visit->arena, look_text(search, "name")).at;
        browse_ask(visit, look_text(search, "plugin"), look_text(search, "query"));
    }
}

void page_feed_search(struct visit *visit)
{
    struct catalog_search_list ask = {.search = id_read(visit->params[1])};
    struct feed *feed =
        feed_begin(visit, "", arena_print(visit->arena, "/search/%llu", (unsigned long long)ask.search));
    struct gather *gather;
    if (ask.search == 0) {
        page_error(visit, 404, "There is no feed at that address.", NULL);
        return;
    }
    gather = gather_new(visit, on_search);
    feed->search = gather_must(gather, &catalog_search_list_message, &ask);
    gather_go(gather);
}
