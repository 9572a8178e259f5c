/* /backup: where a member stands with its backups: what it owes and holds, the debt clock, points, free space, and its
 * own backups. With a search (`q`) or a `cursor` it is the list of everybody's. */
#include "services/web/backup_parts.h"
#include "services/web/format.h"
#include "services/web/names.h"
#include "services/web/page.h"
#include "services/web/web.h"

#define BACKUPS_SHOWN 500
#define SPACE_NO_LIMIT (UINT64_C(1) << 62) /* ratio.space.set */

struct dashboard {
    const struct answer *profile, *explained, *backups, *offers, *holdings, *names;
    const struct book_backup *rows;
    size_t count;
    struct seen seen;
    struct fault why; /* of the form for free space, when it was refused */
};

/* ---- figures ---- */

/* A length of a bar 1000 long. */
static uint64_t share(uint64_t part, uint64_t whole)
{
    while (whole > UINT64_MAX / 1000) {
        whole >>= 1;
        part >>= 1;
    }
    return whole == 0 ? 0 : part >= whole ? 1000 : part * 1000 / whole;
}

static void write_bar(struct tree_writer *out, const struct ratio_backup_profile_reply *p)
{
    uint64_t most = p->obligation > p->contribution ? p->obligation : p->contribution;
    if (p->lent > most)
        most = p->lent;
    tree_count(out, "obligation_bar", share(p->obligation, most));
    tree_count(out, "contribution_bar", share(p->contribution, most));
    tree_count(out, "lent_bar", share(p->lent, most));
}

/* 2.4: what is held is rounded down, what is owed up. */
static void write_figures(struct visit *visit, const struct ratio_backup_profile_reply *p)
{
    struct tree_writer *out = visit->out;
    tree_open_map(out, "figures");
    tree_size_up(out, "size_obligation", p->obligation);
    tree_size_down(out, "size_contribution", p->contribution);
    tree_size(out, "size_lent", p->lent);
    tree_size_up(out, "size_debt", p->debt);
    tree_size_down(out, "size_surplus", p->surplus);
    tree_flag(out, "owes", p->debt > 0);
    tree_flag(out, "overdue", p->overdue);
    tree_flag(out, "barred", p->barred);
    tree_flag(out, "safe_mode", p->safe_mode);
    tree_count(out, "points_total", p->points_total);
    tree_count(out, "points_assigned", p->points_assigned);
    tree_count(out, "points_free", p->points_free);
    write_bar(out, p);
    tree_close(out);
}

static void write_span(struct tree_writer *out, const char *key, uint64_t seconds)
{
    char text[FORMAT_MAX];
    tree_string(out, key, seconds == 0 ? "0" : format_span(seconds, text));
}

static void write_clock(struct visit *visit, const struct ratio_backup_profile_reply *p)
{
    const struct dashboard *dashboard = visit->page;
    struct tree_writer *out = visit->out;
    tree_open_map(out, "clock");
    tree_flag(out, "runs", p->clock_direction > 0);
    tree_flag(out, "returns", p->clock_direction < 0);
    tree_flag(out, "stands", p->clock_direction == 0);
    tree_flag(out, "any", p->clock_seconds > 0);
    write_span(out, "text", p->clock_seconds);
    write_span(out, "overdue_text", p->overdue_seconds);
    write_span(out, "release_text", p->release_seconds);
    tree_count(out, "bar", share(p->clock_seconds, p->release_seconds));
    tree_count(out, "mark", share(p->overdue_seconds, p->release_seconds));
    tree_string(out, "why", backup_sentence(visit, dashboard->explained, "2.5"));
    tree_string(out, "limits", backup_sentence(visit, dashboard->explained, "Q22"));
    tree_close(out);
}

static void write_space(struct visit *visit, const struct ratio_backup_profile_reply *p)
{
    const struct dashboard *dashboard = visit->page;
    struct slice unit = form_get(&visit->form, "unit");
    struct tree_writer *out = visit->out;
    tree_open_map(out, "space");
    tree_flag(out, "declared", p->space_declared);
    tree_size_down(out, "size", p->space);
    tree_flag(out, "polled", p->polled_at != 0);
    tree_time(out, "polled_at", p->polled_at, visit->now);
    tree_text(out, "amount", form_get(&visit->form, "amount"));
    tree_flag(out, "mib", slice_is(unit, "MiB"));
    tree_flag(out, "tib", slice_is(unit, "TiB"));
    if (dashboard->why.status != STATUS_ok)
        tree_string(out, "error", dashboard->why.text);
    tree_close(out);
}

/* ---- own backups ---- */

static void write_backup(struct visit *visit, const struct book_backup *row)
{
    const struct dashboard *dashboard = visit->page;
    struct tree_writer *out = visit->out;
    tree_open_map(out, NULL);
    tree_string(out, "name", backup_name(visit, dashboard->names, row->backup));
    tree_print(out, "href", "/backup/own/%llu", (unsigned long long)row->backup);
    tree_size(out, "size", row->bytes);
    tree_count(out, "points", row->points);
    tree_count(out, "redundancy", row->redundancy);
    tree_count(out, "versions", row->versions);
    tree_flag(out, "has_worst", row->worst != 0);
    tree_flag(out, "thin", row->worst_counted < 2 && row->worst_counted < row->redundancy);
    backup_marks_write(out, row->worst_counted, row->redundancy);
    tree_close(out);
}

static void write_backups(struct visit *visit)
{
    const struct dashboard *dashboard = visit->page;
    size_t shown = 0;
    tree_open_array(visit->out, "backups");
    for (size_t i = 0; i < dashboard->count; i++)
        if (!dashboard->rows[i].deleted) {
            write_backup(visit, &dashboard->rows[i]);
            shown++;
        }
    tree_close(visit->out);
    tree_flag(visit->out, "has_backups", shown > 0);
}

static void write_counts(struct visit *visit)
{
    const struct dashboard *dashboard = visit->page;
    const struct ratio_offer_list_reply *offers = dashboard->offers->reply;
    const struct ratio_holding_list_reply *holdings = dashboard->holdings->reply;
    tree_flag(visit->out, "offers_known", offers != NULL);
    tree_count(visit->out, "offers_count", offers != NULL ? rows_count(offers->offers) : 0);
    tree_count(visit->out, "may_delete_count", offers != NULL ? rows_count(offers->may_delete) : 0);
    tree_count(visit->out, "holdings_count", holdings != NULL ? holdings->count : 0);
    tree_flag(visit->out, "holdings_one", holdings != NULL && holdings->count == 1);
}

static void show(struct visit *visit)
{
    struct dashboard *dashboard = visit->page;
    const struct ratio_backup_profile_reply *p = dashboard->profile->reply;
    names_missing(visit, dashboard->names, "your backups");
    backup_begin(visit, "Backup", "dashboard");
    backup_seen_write(visit, &dashboard->seen);
    write_figures(visit, p);
    write_clock(visit, p);
    write_space(visit, p);
    write_counts(visit);
    write_backups(visit);
    page_end(visit, dashboard->why.status != STATUS_ok ? status_http(dashboard->why.status) : 200, "dashboard",
             "backup");
}

static void on_figures(struct visit *visit)
{
    struct dashboard *dashboard = visit->page;
    const struct ratio_backup_list_reply *backups = dashboard->backups->reply;
    if (dashboard->profile->reply == NULL || backups == NULL) {
        backup_fail(visit, &dashboard->seen,
                    dashboard->profile->reply == NULL ? &dashboard->profile->why : &dashboard->backups->why);
        return;
    }
    dashboard->rows = answer_rows(visit, backups->backups, &book_backup_row, &dashboard->count);
    struct gather *gather = gather_new(visit, show);
    dashboard->names =
        backup_names_ask(gather, visit, IDS_OF(visit, dashboard->rows, dashboard->count, backup), dashboard->count);
    gather_go(gather);
}

static void show_dashboard(struct visit *visit, const struct fault *why)
{
    struct dashboard *dashboard = visit->page = arena_take(visit->arena, sizeof *dashboard);
    if (why != NULL)
        dashboard->why = *why;
    if (!backup_seen(visit, &dashboard->seen))
        return;
    uint64_t user = dashboard->seen.user;
    struct ratio_backup_profile profile = {.user = user};
    struct ratio_explain explain = {.what = slice_text("profile"), .user = user};
    struct ratio_backup_list backups = {.user = user, .limit = BACKUPS_SHOWN};
    struct ratio_offer_list offers = {.user = user};
    struct ratio_holding_list holdings = {.user = user, .limit = 1};
    struct gather *gather = gather_new(visit, on_figures);
    dashboard->profile = gather_must(gather, &ratio_backup_profile_message, &profile);
    dashboard->backups = gather_must(gather, &ratio_backup_list_message, &backups);
    dashboard->explained = gather_may(gather, &ratio_explain_message, &explain);
    dashboard->offers = gather_may(gather, &ratio_offer_list_message, &offers);
    dashboard->holdings = gather_may(gather, &ratio_holding_list_message, &holdings);
    backup_seen_ask(gather, visit, &dashboard->seen);
    gather_go(gather);
}

void page_backup(struct visit *visit)
{
    if (form_has(&visit->query, "q") || form_has(&visit->query, "cursor")) {
        visit->params[0] = slice_text("backup");
        page_browse(visit);
    } else {
        show_dashboard(visit, NULL);
    }
}

/* ---- POST /backup/space ---- */

static void on_declared(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct ratio_space_set_reply *now = reply;
    char text[FORMAT_MAX];
    (void)body;
    if (why != NULL && backup_is_refusal(why))
        show_dashboard(visit, why);
    else if (why != NULL)
        page_fail(visit, why, "ratio");
    else if (form_has(&visit->form, "here"))
        page_redirect(visit, "/backup/offers", FLASH_good,
                      "Noted. What is free to hold is offered once a minute: look again then.");
    else if (now->space_declared)
        page_redirect(
            visit, "/backup", FLASH_good,
            arena_print(visit->arena, "You have %s free for others, as you say.", format_size_down(now->space, text)));
    else
        page_redirect(visit, "/backup", FLASH_good, "You have no limit now: offers follow what you owe alone.");
}

/* `here`: only that somebody is there to take offers, as when a feed is read; `unlimited`, or `amount` in `unit`. */
void page_space_post(struct visit *visit)
{
    struct bus_call call = {.actor = visit->me.id};
    struct ratio_space_set ask = {.user = visit->me.id, .declare = !form_has(&visit->form, "here")};
    struct fault why;
    if (form_has(&visit->form, "unlimited"))
        ask.bytes = SPACE_NO_LIMIT;
    else if (ask.declare && (!form_size(&visit->form, "amount", "unit", &ask.bytes) || ask.bytes >= SPACE_NO_LIMIT)) {
        fault_set(&why, STATUS_invalid, "amount", "Say how much is free as a number, such as 500 or 1.5.");
        show_dashboard(visit, &why);
        return;
    }
    bus_ask(service_bus(), NULL, &ratio_space_set_message, &ask, &call, on_declared, visit);
}
