/* /report/… and /reports: a member tells staff of a page, a torrent or a comment, and reads what came of it; staff see
 * everybody's and answer them. */
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/people.h"
#include "services/web/text_form.h"
#include "services/web/web.h"

#define REPORTS_SHOWN 30

static const struct {
    const char *name, *title;
} kinds[] = {
#define REPORT(name, title) {#name, title},
#include "proto/reports.def"
};
static const size_t kinds_count = sizeof kinds / sizeof *kinds;

/* ---- telling ---- */

struct reporting {
    struct slice about;
    uint64_t of;
    const struct answer *answer; /* what it is about */
    struct slice name, href;
    struct fault why; /* of the attempt before */
};

static bool found(struct reporting *reporting)
{
    struct torrent_name torrent;
    if (slice_is(reporting->about, "entity")) {
        const struct catalog_talk_get_reply *talk = reporting->answer->reply;
        reporting->name = talk->name;
        reporting->href = talk->href;
    } else if (slice_is(reporting->about, "comment")) {
        const struct catalog_comment_get_reply *comment = reporting->answer->reply;
        reporting->name = comment->name;
        reporting->href = comment->href;
    } else {
        const struct catalog_torrent_names_reply *names = reporting->answer->reply;
        if (rows_count(names->torrents) == 0 ||
            !row_read(&torrent_name_row, &torrent, rows_at(names->torrents, 0), NULL))
            return false;
        reporting->name = torrent.title;
        reporting->href = torrent.href;
    }
    return true;
}

static void write_kinds(struct visit *visit)
{
    struct slice chosen = form_get(&visit->form, "kind");
    tree_open_array(visit->out, "kinds");
    for (size_t i = 0; i < kinds_count; i++) {
        tree_open_map(visit->out, NULL);
        tree_string(visit->out, "name", kinds[i].name);
        tree_string(visit->out, "title", kinds[i].title);
        tree_flag(visit->out, "selected", slice_is(chosen, kinds[i].name));
        tree_close(visit->out);
    }
    tree_close(visit->out);
}

static void show_form(struct visit *visit)
{
    struct reporting *reporting = visit->page;
    bool again = reporting->why.status != STATUS_ok;
    if (reporting->answer->reply == NULL) {
        page_fail(visit, &reporting->answer->why, "catalog");
        return;
    }
    if (!found(reporting)) {
        page_error(visit, 404, "What you report is not here (any more).", NULL);
        return;
    }
    page_begin(visit, "Report", NULL);
    tree_print(visit->out, "action", "/report/%.*s/%llu", SLICE_ARGS(reporting->about),
               (unsigned long long)reporting->of);
    tree_text(visit->out, "of", reporting->name);
    tree_text(visit->out, "of_href", reporting->href);
    tree_flag(visit->out, "comment", slice_is(reporting->about, "comment"));
    tree_text(visit->out, "text", form_get(&visit->form, "text"));
    tree_string(visit->out, "once", visit_once(visit));
    write_kinds(visit);
    if (again)
        page_form_fault(visit, &reporting->why);
    page_end(visit, again ? status_http(reporting->why.status) : 200, "report", NULL);
}

static void ask_about(struct visit *visit)
{
    struct reporting *reporting = visit->page;
    struct gather *gather = gather_new(visit, show_form);
    struct catalog_talk_get talk = {.entity = reporting->of};
    struct catalog_comment_get comment = {.comment = reporting->of};
    struct catalog_torrent_names names = {.torrents = ask_ids(visit, &reporting->of, 1)};
    reporting->answer = slice_is(reporting->about, "entity") ? gather_must(gather, &catalog_talk_get_message, &talk)
                        : slice_is(reporting->about, "comment")
                            ? gather_must(gather, &catalog_comment_get_message, &comment)
                            : gather_must(gather, &catalog_torrent_names_message, &names);
    gather_go(gather);
}

static struct reporting *reporting_new(struct visit *visit)
{
    struct reporting *reporting = visit->page = arena_take(visit->arena, sizeof *reporting);
    *reporting = (struct reporting){.about = visit->params[0], .of = id_read(visit->params[1])};
    bool known = slice_is(reporting->about, "entity") || slice_is(reporting->about, "torrent") ||
                 slice_is(reporting->about, "comment");
    if (known && reporting->of != 0)
        return reporting;
    page_error(visit, 404, "There is no page at that address.", NULL);
    return NULL;
}

void page_report(struct visit *visit)
{
    if (reporting_new(visit) != NULL)
        ask_about(visit);
}

static void on_reported(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    struct reporting *reporting = visit->page;
    const struct catalog_report_add_reply *added = reply;
    (void)body;
    if (why == NULL) {
        page_redirect(visit, arena_copy(visit->arena, added->href).at, FLASH_good,
                      "Staff have been told. What comes of it stands among your reports.");
    } else if (form_shows(why)) {
        reporting->why = *why;
        ask_about(visit);
    } else {
        page_fail(visit, why, "catalog");
    }
}

void page_report_post(struct visit *visit)
{
    struct reporting *reporting = reporting_new(visit);
    struct bus_call call = {.actor = visit->me.id};
    if (reporting == NULL)
        return;
    struct slice kind = form_get(&visit->form, "kind"), text = form_get(&visit->form, "text");
    if (kind.size == 0)
        fault_set(&reporting->why, STATUS_invalid, "kind", "What is wrong: choose one of the list.");
    else if (form_trim(text).size == 0)
        fault_set(&reporting->why, STATUS_invalid, "text", "Report: this is needed, please fill it in.");
    if (reporting->why.status != STATUS_ok) {
        ask_about(visit);
        return;
    }
    struct catalog_report_add ask = {
        .key = page_form_key(visit), .about = reporting->about, .of = reporting->of, .kind = kind, .text = text};
    bus_ask(service_bus(), NULL, &catalog_report_add_message, &ask, &call, on_reported, visit);
}

/* ---- the list ---- */

struct reports {
    const struct answer *answer;
    const struct people *people;
    uint64_t wrong;   /* the report whose answer was refused; 0: none */
    struct fault why; /* and why */
};

static const char *kind_title(struct slice kind)
{
    for (size_t i = 0; i < kinds_count; i++)
        if (slice_is(kind, kinds[i].name))
            return kinds[i].title;
    return "Something else";
}

static void write_report(struct visit *visit, const msgpack_object *report)
{
    const struct reports *reports = visit->page;
    struct tree_writer *out = visit->out;
    uint64_t id = look_count(report, "report"), claimed = look_count(report, "claimed_by");
    uint64_t resolved = look_count(report, "resolved_at");
    bool comment = slice_is(look_text(report, "about"), "comment");
    tree_open_map(out, NULL);
    tree_count(out, "report", id);
    tree_string(out, "kind", kind_title(look_text(report, "kind")));
    tree_text(out, "text", look_text(report, "text"));
    tree_text(out, "level", comment ? slice_text("comment on") : look_text(report, "level"));
    tree_text(out, "name", look_text(report, "name"));
    tree_text(out, "href", look_text(report, "href"));
    tree_time(out, "reported_at", (int64_t)look_count(report, "reported_at"), visit->now);
    people_write(out, "reporter", reports->people, look_count(report, "reporter"));
    tree_flag(out, "claimed", claimed != 0 && resolved == 0);
    tree_flag(out, "mine", claimed == visit->me.id);
    people_write(out, "claimer", reports->people, claimed);
    tree_flag(out, "resolved", resolved != 0);
    if (resolved != 0) {
        tree_time(out, "resolved_at", (int64_t)resolved, visit->now);
        people_write(out, "resolver", reports->people, look_count(report, "resolved_by"));
        tree_text(out, "answer", look_text(report, "answer"));
    }
    if (reports->wrong == id) {
        tree_string(out, "wrong", reports->why.text);
        tree_text(out, "typed", form_get(&visit->form, "answer"));
    }
    tree_close(out);
}

static void show_list(struct visit *visit)
{
    const struct reports *reports = visit->page;
    const struct catalog_report_list_reply *reply = reports->answer->reply;
    const msgpack_object *list = reply->reports.object;
    size_t count = look_size(list);
    bool resolved = form_has(&visit->query, "resolved"), again = reports->why.status != STATUS_ok;
    page_begin(visit, "Reports", "reports");
    tree_flag(visit->out, "staff", visit_is_staff(visit));
    tree_flag(visit->out, "resolved", resolved);
    tree_count(visit->out, "open", reply->open);
    tree_count(visit->out, "count", reply->count);
    tree_flag(visit->out, "has_reports", count > 0);
    tree_open_array(visit->out, "reports");
    for (size_t i = 0; i < count; i++)
        write_report(visit, look_at(list, i));
    tree_close(visit->out);
    page_pager(visit, resolved ? "/reports?resolved=1" : "/reports", "before", reply->next);
    page_end(visit, again ? status_http(reports->why.status) : 200, "reports", NULL);
}

static void on_list(struct visit *visit)
{
    struct reports *reports = visit->page;
    const struct catalog_report_list_reply *reply = reports->answer->reply;
    uint64_t users[3 * REPORTS_SHOWN];
    size_t count = 0;
    if (reply == NULL) {
        page_fail(visit, &reports->answer->why, "catalog");
        return;
    }
    for (size_t i = 0; i < look_size(reply->reports.object) && i < REPORTS_SHOWN; i++) {
        const msgpack_object *report = look_at(reply->reports.object, i);
        users[count++] = look_count(report, "reporter");
        users[count++] = look_count(report, "claimed_by");
        users[count++] = look_count(report, "resolved_by");
    }
    struct gather *gather = gather_new(visit, show_list);
    reports->people = people_ask(gather, visit, users, count);
    gather_go(gather);
}

static void ask_list(struct visit *visit)
{
    struct reports *reports = visit->page;
    struct catalog_report_list ask = {
        .staff = visit_is_staff(visit),
        .resolved = form_has(&visit->query, "resolved"),
        .before = form_id(&visit->query, "before"),
        .limit = REPORTS_SHOWN,
    };
    struct gather *gather = gather_new(visit, on_list);
    reports->answer = gather_must(gather, &catalog_report_list_message, &ask);
    gather_go(gather);
}

void page_reports(struct visit *visit)
{
    visit->page = arena_take(visit->arena, sizeof(struct reports));
    *(struct reports *)visit->page = (struct reports){0};
    ask_list(visit);
}

/* ---- what staff do with one ---- */

static void on_handled(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    struct reports *reports = visit->page;
    (void)reply;
    (void)body;
    if (why == NULL) {
        page_redirect(visit, "/reports", FLASH_none, NULL);
    } else if (strcmp(why->field, "answer") == 0) {
        reports->why = *why;
        ask_list(visit);
    } else if (why->status == STATUS_conflict) {
        page_redirect(visit, "/reports", FLASH_bad, why->text);
    } else {
        page_fail(visit, why, "catalog");
    }
}

void page_report_handle_post(struct visit *visit)
{
    struct reports *reports = visit->page = arena_take(visit->arena, sizeof *reports);
    struct bus_call call = {.actor = visit->me.id};
    *reports = (struct reports){.wrong = id_read(visit->params[0])};
    struct catalog_report_handle ask = {
        .report = reports->wrong,
        .act = form_get(&visit->form, "act"),
        .answer = form_get(&visit->form, "answer"),
        .staff = true,
    };
    if (ask.report == 0 || ask.act.size == 0)
        page_error(visit, 404, "There is no page at that address.", NULL);
    else
        bus_ask(service_bus(), NULL, &catalog_report_handle_message, &ask, &call, on_handled, visit);
}
