/* /backup/offers: what a member should hold next, and where its feed is. Shows; the offers are made by ratio. */
#include "services/web/backup_parts.h"
#include "services/web/names.h"
#include "services/web/page.h"
#include "services/web/web.h"

struct offered {
    const struct answer *list, *profile, *names;
    struct people *people;
    const struct offer_row *rows;
    size_t count;
};

static void write_offer(struct visit *visit, const struct offer_row *row)
{
    const struct offered *offered = visit->page;
    struct tree_writer *out = visit->out;
    tree_open_map(out, NULL);
    tree_count(out, "version", row->version);
    names_write(out, offered->names, row->version);
    people_write(out, "owner", offered->people, row->owner);
    tree_size(out, "size", row->size);
    tree_count(out, "tier", row->tier);
    tree_time(out, "expires_at", row->expires_at, visit->now);
    tree_close(out);
}

static void show(struct visit *visit)
{
    const struct offered *offered = visit->page;
    const struct ratio_offer_list_reply *reply = offered->list->reply;
    const struct ratio_backup_profile_reply *profile = offered->profile->reply;
    names_missing(visit, offered->names, "the versions");
    backup_begin(visit, "What to hold next", "offers");
    struct tree_writer *out = visit->out;
    tree_flag(out, "has_offers", offered->count > 0);
    tree_open_array(out, "offers");
    for (size_t i = 0; i < offered->count; i++)
        write_offer(visit, &offered->rows[i]);
    tree_close(out);
    tree_count(out, "may_delete_count", rows_count(reply->may_delete));
    tree_print(out, "rss", "%s/feed/%s/backup.rss", web.url, visit->me.feed_key);
    tree_print(out, "json", "%s/feed/%s/backup.json", web.url, visit->me.feed_key);
    if (profile != NULL) {
        tree_size_up(out, "size_debt", profile->debt);
        tree_flag(out, "owes", profile->debt > 0);
        tree_flag(out, "polled", profile->polled_at != 0);
        tree_time(out, "polled_at", profile->polled_at, visit->now);
    }
    page_end(visit, 200, "offers", "backup");
}

static void on_list(struct visit *visit)
{
    struct offered *offered = visit->page;
    const struct ratio_offer_list_reply *reply = offered->list->reply;
    if (reply == NULL) {
        backup_fail(visit, NULL, &offered->list->why);
        return;
    }
    offered->rows = answer_rows(visit, reply->offers, &offer_row_row, &offered->count);
    struct gather *gather = gather_new(visit, show);
    offered->names = names_ask(gather, visit, IDS_OF(visit, offered->rows, offered->count, version), offered->count);
    offered->people = people_ask(gather, visit, IDS_OF(visit, offered->rows, offered->count, owner), offered->count);
    gather_go(gather);
}

void page_offers(struct visit *visit)
{
    struct offered *offered = visit->page = arena_take(visit->arena, sizeof *offered);
    struct ratio_offer_list list = {.user = visit->me.id};
    struct ratio_backup_profile profile = {.user = visit->me.id};
    struct gather *gather = gather_new(visit, on_list);
    offered->list = gather_must(gather, &ratio_offer_list_message, &list);
    offered->profile = gather_may(gather, &ratio_backup_profile_message, &profile);
    gather_go(gather);
}
