/* /member/NAME/ledger: the entries behind a member's totals, for the member and staff. */
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/names.h"
#include "services/web/page.h"

#define ENTRIES_SHOWN 50

struct ledger {
    struct member member;
    const struct answer *entries, *names, *explained;
    const struct ledger_row *rows;
    size_t count;
};

static void write_factor(struct tree_writer *out, const char *key, uint64_t factor)
{
    if (factor % 100 == 0)
        tree_print(out, key, "%llu %%", (unsigned long long)(factor / 100));
    else
        tree_print(out, key, "%llu.%02llu %%", (unsigned long long)(factor / 100), (unsigned long long)(factor % 100));
}

static void write_entry(struct visit *visit, const struct ledger_row *row)
{
    const struct ledger *ledger = visit->page;
    struct tree_writer *out = visit->out;
    tree_open_map(out, NULL);
    if (row->torrent != 0)
        names_write(out, ledger->names, row->torrent);
    else
        tree_string(out, "title", "Brought along from the site before");
    tree_size(out, "size_up", row->uploaded);
    tree_size(out, "size_down", row->downloaded);
    tree_size(out, "size_counted_up", row->credited_up);
    tree_size(out, "size_counted_down", row->credited_down);
    tree_flag(out, "changed", row->upload_factor != 10000 || row->download_factor != 10000);
    write_factor(out, "up_factor", row->upload_factor);
    write_factor(out, "down_factor", row->download_factor);
    tree_time(out, "last_at", row->last_at, visit->now);
    tree_close(out);
}

static void write_explained(struct visit *visit)
{
    const struct ledger *ledger = visit->page;
    const struct ratio_ratio_explain_reply *reply = ledger->explained->reply;
    const msgpack_object *list = reply != NULL ? reply->sentences.object : NULL;
    tree_flag(visit->out, "has_sentences", look_size(list) > 0);
    tree_open_array(visit->out, "sentences");
    for (size_t i = 0; i < look_size(list); i++)
        tree_object(visit->out, NULL, look_at(list, i));
    tree_close(visit->out);
}

static void show(struct visit *visit)
{
    const struct ledger *ledger = visit->page;
    size_t count = ledger->count;
    names_missing(visit, ledger->names, "the torrents");
    page_begin(visit, "Ledger", "member");
    tree_string(visit->out, "name", ledger->member.name);
    write_explained(visit);
    tree_flag(visit->out, "has_entries", count > 0);
    tree_open_array(visit->out, "entries");
    for (size_t i = 0; i < count; i++)
        write_entry(visit, &ledger->rows[i]);
    tree_close(visit->out);
    page_pager(visit, arena_print(visit->arena, "/member/%s/ledger", ledger->member.name), "before",
               count == ENTRIES_SHOWN ? ledger->rows[count - 1].entry : 0);
    page_end(visit, 200, "ledger", NULL);
}

static void on_entries(struct visit *visit)
{
    struct ledger *ledger = visit->page;
    const struct ratio_ledger_list_reply *reply = ledger->entries->reply;
    if (reply == NULL) {
        page_fail(visit, &ledger->entries->why, "ratio");
        return;
    }
    ledger->rows = answer_rows(visit, reply->entries, &ledger_row_row, &ledger->count);
    struct gather *gather = gather_new(visit, show);
    ledger->names = names_ask(gather, visit, IDS_OF(visit, ledger->rows, ledger->count, torrent), ledger->count);
    gather_go(gather);
}

static void on_found(struct visit *visit, const struct member *member)
{
    if (member->id != visit->me.id && !visit_is_staff(visit)) {
        page_error(visit, 403, "Only the member and staff may see that.", NULL);
        return;
    }
    struct ledger *ledger = visit->page = arena_take(visit->arena, sizeof *ledger);
    struct ratio_ledger_list ask = {
        .user = member->id, .before = form_id(&visit->query, "before"), .limit = ENTRIES_SHOWN};
    struct ratio_ratio_explain explain = {.user = member->id};
    ledger->member = *member;
    struct gather *gather = gather_new(visit, on_entries);
    ledger->entries = gather_must(gather, &ratio_ledger_list_message, &ask);
    ledger->explained = gather_may(gather, &ratio_ratio_explain_message, &explain);
    gather_go(gather);
}

void page_ledger(struct visit *visit)
{
    page_find_member(visit, on_found);
}
