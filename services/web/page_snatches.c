/* /torrent/ID/snatches: who completed a torrent, for its uploader and staff. */
#include "services/web/gather.h"
#include "services/web/page.h"
#include "services/web/people.h"
#include "services/web/web.h"

#define SNATCHES_SHOWN 50

struct snatches {
    uint64_t torrent;
    const struct answer *name, *list;
    struct torrent_name of;
    struct people *people;
    const struct snatch_row *rows;
    size_t count;
};

static void show(struct visit *visit)
{
    const struct snatches *snatches = visit->page;
    page_begin(visit, "Who completed it", "browse");
    struct tree_writer *out = visit->out;
    tree_text(out, "what", snatches->of.title);
    tree_text(out, "href", snatches->of.href);
    tree_flag(out, "has_snatches", snatches->count > 0);
    tree_open_array(out, "snatches");
    for (size_t i = 0; i < snatches->count; i++) {
        tree_open_map(out, NULL);
        people_write(out, "name", snatches->people, snatches->rows[i].user);
        tree_time(out, "snatched_at", snatches->rows[i].at, visit->now);
        tree_close(out);
    }
    tree_close(out);
    page_pager(visit, arena_print(visit->arena, "/torrent/%llu/snatches", (unsigned long long)snatches->torrent),
               "before", snatches->count == SNATCHES_SHOWN ? snatches->rows[snatches->count - 1].user : 0);
    page_end(visit, 200, "snatches", NULL);
}

static void on_list(struct visit *visit)
{
    struct snatches *snatches = visit->page;
    const struct ratio_snatch_list_reply *reply = snatches->list->reply;
    if (reply == NULL) {
        page_fail(visit, &snatches->list->why, "ratio");
        return;
    }
    snatches->rows = answer_rows(visit, reply->snatches, &snatch_row_row, &snatches->count);
    struct gather *gather = gather_new(visit, show);
    snatches->people = people_ask(gather, visit, IDS_OF(visit, snatches->rows, snatches->count, user), snatches->count);
    gather_go(gather);
}

static void on_name(struct visit *visit)
{
    struct snatches *snatches = visit->page;
    const struct catalog_torrent_names_reply *reply = snatches->name->reply;
    if (reply == NULL) {
        page_fail(visit, &snatches->name->why, "catalog");
    } else if (rows_count(reply->torrents) == 0 ||
               !row_read(&torrent_name_row, &snatches->of, rows_at(reply->torrents, 0), NULL)) {
        page_error(visit, 404, "There is no such torrent (any more).", NULL);
    } else if (snatches->of.uploader != visit->me.id && !visit_is_staff(visit)) {
        page_error(visit, 403, "Only its uploader and staff may see that.", NULL);
    } else {
        struct ratio_snatch_list ask = {
            .torrent = snatches->torrent, .before = form_id(&visit->query, "before"), .limit = SNATCHES_SHOWN};
        struct gather *gather = gather_new(visit, on_list);
        snatches->list = gather_must(gather, &ratio_snatch_list_message, &ask);
        gather_go(gather);
    }
}

void page_snatches(struct visit *visit)
{
    struct snatches *snatches = visit->page = arena_take(visit->arena, sizeof *snatches);
    *snatches = (struct snatches){.torrent = id_read(visit->params[0])};
    if (snatches->torrent == 0) {
        page_error(visit, 404, "There is no page at that address.", NULL);
        return;
    }
    struct catalog_torrent_names ask = {.torrents = ask_ids(visit, &snatches->torrent, 1)};
    struct gather *gather = gather_new(visit, on_name);
    snatches->name = gather_must(gather, &catalog_torrent_names_message, &ask);
    gather_go(gather);
}
