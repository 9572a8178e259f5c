/* /backup/holdings: copies of others' versions that a member holds, fetches or is offered, and which of them may go.
 * /backup/holdings/ID/drop: to say that one is deleted, after a question. */
#include "services/web/backup_parts.h"
#include "services/web/format.h"
#include "services/web/names.h"
#include "services/web/page.h"
#include "services/web/web.h"

#define COPIES_SHOWN 50

struct holdings {
    const struct answer *list, *offers, *names;
    struct seen seen;
    struct people *people;
    const struct book_copy *rows;
    const struct deletable_row *deletable;
    size_t count, deletable_count;
};

/* Why a copy may be deleted; NULL: it may not. */
static const char *reason_of(const struct holdings *holdings, uint64_t version)
{
    for (size_t i = 0; i < holdings->deletable_count; i++) {
        const struct deletable_row *row = &holdings->deletable[i];
        if (row->version != version)
            continue;
        return slice_is(row->why, "released")     ? "you may delete it: its owner owed too much for too long"
               : slice_is(row->why, "deleted")    ? "you may delete it: its owner deleted the version"
               : slice_is(row->why, "superseded") ? "you may delete it: it is superseded by a newer version"
                                                  : "you may delete it: enough others hold it";
    }
    return NULL;
}

static void write_copy(struct visit *visit, const struct book_copy *copy)
{
    const struct holdings *holdings = visit->page;
    struct tree_writer *out = visit->out;
    tree_open_map(out, NULL);
    tree_count(out, "version", copy->version);
    names_write(out, holdings->names, copy->version);
    people_write(out, "owner", holdings->people, copy->owner);
    tree_size(out, "size", copy->size);
    backup_copy_write(visit, copy);
    tree_string(out, "may_delete", reason_of(holdings, copy->version));
    tree_flag(out, "still_needed", copy->superseded && copy->counted);
    tree_close(out);
}

static void show(struct visit *visit)
{
    const struct holdings *holdings = visit->page;
    const struct ratio_holding_list_reply *reply = holdings->list->reply;
    names_missing(visit, holdings->names, "the versions");
    backup_begin(visit, "What you hold", "holdings");
    backup_seen_write(visit, &holdings->seen);
    tree_count(visit->out, "copies_count", reply->count);
    tree_flag(visit->out, "copies_count_one", reply->count == 1);
    tree_flag(visit->out, "has_copies", holdings->count > 0);
    tree_open_array(visit->out, "copies");
    for (size_t i = 0; i < holdings->count; i++)
        write_copy(visit, &holdings->rows[i]);
    tree_close(visit->out);
    page_pager(visit,
               holdings->seen.other
                   ? arena_print(visit->arena, "/backup/holdings?of=%llu", (unsigned long long)holdings->seen.user)
                   : "/backup/holdings",
               "after", reply->more && holdings->count > 0 ? holdings->rows[holdings->count - 1].version : 0);
    page_end(visit, 200, "holdings", "backup");
}

static void on_list(struct visit *visit)
{
    struct holdings *holdings = visit->page;
    const struct ratio_holding_list_reply *list = holdings->list->reply;
    const struct ratio_offer_list_reply *offers = holdings->offers->reply;
    if (list == NULL) {
        backup_fail(visit, &holdings->seen, &holdings->list->why);
        return;
    }
    holdings->rows = answer_rows(visit, list->copies, &book_copy_row, &holdings->count);
    if (offers != NULL)
        holdings->deletable = answer_rows(visit, offers->may_delete, &deletable_row_row, &holdings->deletable_count);
    struct gather *gather = gather_new(visit, show);
    holdings->names =
        names_ask(gather, visit, IDS_OF(visit, holdings->rows, holdings->count, version), holdings->count);
    holdings->people =
        people_ask(gather, visit, IDS_OF(visit, holdings->rows, holdings->count, owner), holdings->count);
    gather_go(gather);
}

void page_holdings(struct visit *visit)
{
    struct holdings *holdings = visit->page = arena_take(visit->arena, sizeof *holdings);
    if (!backup_seen(visit, &holdings->seen))
        return;
    struct ratio_holding_list list = {
        .user = holdings->seen.user, .after = form_id(&visit->query, "after"), .limit = COPIES_SHOWN};
    struct ratio_offer_list offers = {.user = holdings->seen.user};
    struct gather *gather = gather_new(visit, on_list);
    holdings->list = gather_must(gather, &ratio_holding_list_message, &list);
    holdings->offers = gather_may(gather, &ratio_offer_list_message, &offers);
    backup_seen_ask(gather, visit, &holdings->seen);
    gather_go(gather);
}

/* ---- /backup/holdings/ID/drop ---- */

struct drop {
    uint64_t version;
    const struct answer *copies, *names;
};

static bool own_copy(struct visit *visit, struct book_copy *copy)
{
    const struct drop *drop = visit->page;
    const struct ratio_version_get_reply *reply = drop->copies->reply;
    for (size_t i = 0; i < rows_count(reply->copies); i++)
        if (row_read(&book_copy_row, copy, rows_at(reply->copies, i), NULL) && copy->user == visit->me.id)
            return true;
    return false;
}

static void show_question(struct visit *visit)
{
    const struct drop *drop = visit->page;
    struct book_copy copy;
    if (drop->copies->reply == NULL) {
        page_fail(visit, &drop->copies->why, "ratio");
        return;
    }
    if (!own_copy(visit, &copy)) {
        page_error(visit, 404, "You have no copy of that version (any more).", NULL);
        return;
    }
    backup_begin(visit, "Drop a copy", NULL);
    tree_count(visit->out, "version", drop->version);
    names_write(visit->out, drop->names, drop->version);
    tree_size(visit->out, "size", copy.size);
    backup_copy_write(visit, &copy);
    tree_string(visit->out, "once", visit_once(visit));
    page_end(visit, 200, "drop", "backup");
}

void page_drop(struct visit *visit)
{
    struct drop *drop = visit->page = arena_take(visit->arena, sizeof *drop);
    drop->version = id_read(visit->params[0]);
    if (drop->version == 0) {
        page_error(visit, 404, "There is no page at that address.", NULL);
        return;
    }
    struct ratio_version_get ask = {.version = drop->version};
    struct gather *gather = gather_new(visit, show_question);
    drop->copies = gather_must(gather, &ratio_version_get_message, &ask);
    drop->names = names_ask(gather, visit, &drop->version, 1);
    gather_go(gather);
}

static void on_dropped(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct ratio_copy_drop_reply *now = reply;
    char held[FORMAT_MAX], owed[FORMAT_MAX];
    (void)body;
    if (why != NULL && backup_is_refusal(why))
        page_redirect(visit, "/backup/holdings", FLASH_bad, why->text);
    else if (why != NULL)
        page_fail(visit, why, "ratio");
    else
        page_redirect(visit, "/backup/holdings", FLASH_good,
                      arena_print(visit->arena, "Dropped. You now hold %s that counts, and owe %s.",
                                  format_size_down(now->contribution, held), format_size_up(now->debt, owed)));
}

void page_drop_post(struct visit *visit)
{
    struct bus_call call = {.actor = visit->me.id};
    struct ratio_copy_drop ask = {
        .key = page_form_key(visit), .user = visit->me.id, .version = id_read(visit->params[0])};
    if (ask.version == 0)
        page_error(visit, 404, "There is no page at that address.", NULL);
    else
        bus_ask(service_bus(), NULL, &ratio_copy_drop_message, &ask, &call, on_dropped, visit);
}
