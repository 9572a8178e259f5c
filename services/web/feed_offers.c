/* /feed/KEY/backup.rss and .json: what a member should hold next (RULES 4.1), for a client or a script that knows
 * nothing but the address. Only this member's offers of now, each under a number that stays its own; reading it is
 * noted with ratio, which offers to those alone whose feed was read within a day (2.7), and changes nothing else. */
#include "services/web/backup_parts.h"
#include "services/web/format.h"
#include "services/web/gather.h"
#include "services/web/json.h"
#include "services/web/names.h"
#include "services/web/page.h"
#include "services/web/rss.h"
#include "services/web/web.h"

#define NAMES_MOST 500 /* of one request to the catalog */

struct feed {
    const struct answer *list, *profile, *names;
    const struct offer_row *offers;
    const struct deletable_row *deletable;
    size_t offers_count, deletable_count;
    bool as_json;
};

static struct torrent_name name_of(struct visit *visit, uint64_t version)
{
    const struct feed *feed = visit->page;
    const struct catalog_torrent_names_reply *reply = feed->names->reply;
    struct torrent_name name;
    for (size_t i = 0; reply != NULL && i < rows_count(reply->torrents); i++)
        if (row_read(&torrent_name_row, &name, rows_at(reply->torrents, i), NULL) && name.torrent == version)
            return name;
    const char *title = arena_print(visit->arena, "Backup, version %llu", (unsigned long long)version);
    return (struct torrent_name){.title = slice_text(title), .href = slice_text("/backup/offers")};
}

static const char *download_url(struct visit *visit, uint64_t version)
{
    return arena_print(visit->arena, "%s/feed/%s/%llu.torrent", web.url, visit->me.feed_key,
                       (unsigned long long)version);
}

/* ---- RSS 2.0 ---- */

static void add_item(struct visit *visit, struct buffer *into, const struct offer_row *row)
{
    struct torrent_name name = name_of(visit, row->version);
    char size[FORMAT_MAX], until[FORMAT_MAX];
    buffer_print(into, "<item>\n");
    rss_element(into, "title",
                arena_print(visit->arena, "%.*s [%s]", SLICE_ARGS(name.title), format_size(row->size, size)));
    rss_element(into, "link", arena_print(visit->arena, "%s%.*s", web.url, SLICE_ARGS(name.href)));
    buffer_print(into, "<guid isPermaLink=\"false\">offer-%llu-%llu</guid>\n", (unsigned long long)row->version,
                 (unsigned long long)row->offer);
    rss_element(into, "description",
                arena_print(visit->arena, "Tier %llu. The offer ends %s.", (unsigned long long)row->tier,
                            format_stamp(row->expires_at, until)));
    buffer_print(into, "<enclosure url=\"");
    rss_text(into, slice_text(download_url(visit, row->version)));
    buffer_print(into, "\" length=\"%llu\" type=\"application/x-bittorrent\"/>\n</item>\n",
                 (unsigned long long)row->size);
}

static void write_rss(struct visit *visit, struct buffer *into)
{
    const struct feed *feed = visit->page;
    rss_begin(into, arena_print(visit->arena, "%s: what %s should hold next", web.site_name, visit->me.name),
              arena_print(visit->arena, "%s/backup/offers", web.url),
              "Copies of other members' backups that are offered to you now.");
    for (size_t i = 0; i < feed->offers_count; i++)
        add_item(visit, into, &feed->offers[i]);
    rss_end(into);
}

/* ---- JSON ---- */

static void write_name(struct visit *visit, uint64_t version, uint64_t size)
{
    struct torrent_name name = name_of(visit, version);
    tree_count(visit->out, "version", version);
    tree_text(visit->out, "title", name.title);
    tree_print(visit->out, "href", "%s%.*s", web.url, SLICE_ARGS(name.href));
    tree_count(visit->out, "size", size);
}

static void write_offers(struct visit *visit)
{
    const struct feed *feed = visit->page;
    tree_open_array(visit->out, "offers");
    for (size_t i = 0; i < feed->offers_count; i++) {
        const struct offer_row *row = &feed->offers[i];
        tree_open_map(visit->out, NULL);
        tree_print(visit->out, "id", "offer-%llu-%llu", (unsigned long long)row->version,
                   (unsigned long long)row->offer);
        write_name(visit, row->version, row->size);
        tree_count(visit->out, "tier", row->tier);
        tree_number(visit->out, "expires_at", row->expires_at);
        tree_string(visit->out, "torrent", download_url(visit, row->version));
        tree_close(visit->out);
    }
    tree_close(visit->out);
}

static void write_deletable(struct visit *visit)
{
    const struct feed *feed = visit->page;
    tree_open_array(visit->out, "may_delete");
    for (size_t i = 0; i < feed->deletable_count; i++) {
        tree_open_map(visit->out, NULL);
        write_name(visit, feed->deletable[i].version, feed->deletable[i].size);
        tree_text(visit->out, "why", feed->deletable[i].why);
        tree_close(visit->out);
    }
    tree_close(visit->out);
}

static void write_summary(struct visit *visit)
{
    const struct feed *feed = visit->page;
    const struct ratio_backup_profile_reply *p = feed->profile->reply;
    struct tree_writer *out = visit->out;
    tree_open_map(out, "summary");
    tree_count(out, "debt", p->debt);
    tree_count(out, "surplus", p->surplus);
    tree_open_map(out, "clock");
    tree_count(out, "seconds", p->clock_seconds);
    tree_number(out, "direction", p->clock_direction);
    tree_count(out, "overdue_at", p->overdue_seconds);
    tree_count(out, "release_at", p->release_seconds);
    tree_flag(out, "overdue", p->overdue);
    tree_close(out);
    tree_open_map(out, "points");
    tree_count(out, "total", p->points_total);
    tree_count(out, "assigned", p->points_assigned);
    tree_count(out, "free", p->points_free);
    tree_close(out);
    tree_close(out);
}

static void write_json(struct visit *visit, struct buffer *into)
{
    visit->out = tree_new();
    write_offers(visit);
    write_deletable(visit);
    write_summary(visit);
    json_write(tree_finish(visit->out), into);
    buffer_add(into, "\n", 1);
}

/* ---- answering ---- */

static void show(struct visit *visit)
{
    const struct feed *feed = visit->page;
    struct buffer body = {NULL, 0, 0};
    if (feed->as_json)
        write_json(visit, &body);
    else
        write_rss(visit, &body);
    feed_answer(visit, buffer_slice(&body), feed->as_json ? "application/json" : RSS_TYPE);
    buffer_free(&body);
}

static void on_list(struct visit *visit)
{
    struct feed *feed = visit->page;
    const struct ratio_offer_list_reply *list = feed->list->reply;
    if (list == NULL || feed->profile->reply == NULL) {
        backup_fail(visit, NULL, list == NULL ? &feed->list->why : &feed->profile->why);
        return;
    }
    feed->offers = answer_rows(visit, list->offers, &offer_row_row, &feed->offers_count);
    if (feed->as_json)
        feed->deletable = answer_rows(visit, list->may_delete, &deletable_row_row, &feed->deletable_count);
    uint64_t versions[NAMES_MOST];
    size_t count = 0;
    for (size_t i = 0; i < feed->offers_count && count < NAMES_MOST; i++)
        versions[count++] = feed->offers[i].version;
    for (size_t i = 0; i < feed->deletable_count && count < NAMES_MOST; i++)
        versions[count++] = feed->deletable[i].version;
    struct gather *gather = gather_new(visit, show);
    feed->names = names_ask(gather, visit, versions, count);
    gather_go(gather);
}

static void ask(struct visit *visit, bool as_json)
{
    struct feed *feed = visit->page = arena_take(visit->arena, sizeof *feed);
    struct ratio_offer_list list = {.user = visit->me.id};
    struct ratio_backup_profile profile = {.user = visit->me.id};
    struct ratio_space_set read = {.user = visit->me.id};
    feed->as_json = as_json;
    struct gather *gather = gather_new(visit, on_list);
    feed->list = gather_must(gather, &ratio_offer_list_message, &list);
    feed->profile = gather_must(gather, &ratio_backup_profile_message, &profile);
    gather_may(gather, &ratio_space_set_message, &read);
    gather_go(gather);
}

void page_feed_rss(struct visit *visit)
{
    ask(visit, false);
}

void page_feed_json(struct visit *visit)
{
    ask(visit, true);
}
