/* See reports.h. A report changes nothing of what exists: it is in no log, its reporter and staff see it. */
#include "services/catalog/reports.h"

#include "services/catalog/change.h"
#include "services/catalog/comments.h"
#include "services/catalog/shelf.h"
#include "services/catalog/text.h"
#include "services/catalog/tree.h"
#include "services/common/log.h"
#include "services/common/notices.h"

#include <inttypes.h>

#define LETTERS_MAX 1000
#define ANSWER_MAX 400
#define OPEN_MAX 50 /* of one member */

static const char *const kinds[] = {
#define REPORT(name, title) #name,
#include "proto/reports.def"
};

struct reporting {
    struct changing changing;
    struct arena *arena;
    const struct catalog_report_add *ask;
    uint64_t actor, report;
    struct slice text;
    struct slice href;
};

static bool is_known(struct slice kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (slice_is(kind, kinds[i]))
            return true;
    return false;
}

/* Where that stands which a report is about. */
static struct slice about_href(const struct plugin *plugin, enum level_kind kind, uint64_t entity, struct slice about,
                               uint64_t of, struct arena *arena)
{
    struct slice page = shelf_href(plugin, kind, entity, arena);
    if (slice_is(about, "comment"))
        return comment_href(plugin, kind, entity, of, arena);
    if (slice_is(about, "torrent"))
        return slice_text(arena_print(arena, "%.*s#t%" PRIu64, SLICE_ARGS(page), of));
    return page;
}

/* ---- reporting ---- */

static void on_made(void *owner)
{
    const struct reporting *reporting = owner;
    log_info("reported", "user=%" PRIu64 " report=%" PRIu64 " about=%.*s of=%" PRIu64, reporting->actor,
             reporting->report, SLICE_ARGS(reporting->ask->about), reporting->ask->of);
}

static const struct statement report_add = {
    "report_add",
    "WITH said AS (SELECT count(*) AS open, coalesce(bool_or(about = $1 AND of = $2), false) AS again"
    "  FROM catalog.report WHERE reporter = $6 AND resolved_at IS NULL),"
    " made AS (INSERT INTO catalog.report (about, of, entity, kind, text, reporter) SELECT $1, $2, $3, $4, $5, $6 FROM "
    "said"
    "  WHERE open < $7 AND NOT again RETURNING id)"
    " SELECT coalesce(made.id, 0), said.again FROM said LEFT JOIN made ON true",
};

static void on_added(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct reporting *reporting = arg;
    struct fault wrong = {0};
    if (why == NULL && db_get_flag(rows, 0, 1))
        fault_set(&wrong, STATUS_conflict, NULL, "You have reported this already, and staff have not answered yet.");
    else if (why == NULL && db_get_int(rows, 0, 0) == 0)
        fault_set(&wrong, STATUS_conflict, NULL, "You have %d reports that wait for staff: let them answer first.",
                  OPEN_MAX);
    if (!changing_goes_on(&reporting->changing, why, &wrong))
        return;
    reporting->report = (uint64_t)db_get_int(rows, 0, 0);
    struct catalog_report_add_reply reply = {.report = reporting->report, .href = reporting->href};
    changing_done(&reporting->changing, &reply);
}

static const struct statement report_about = {
    "report_about",
    "SELECT e.plugin, e.kind, e.id FROM catalog.entity e WHERE e.deleted_at IS NULL AND e.kind <= 1 AND e.id = CASE $1"
    " WHEN 'entity' THEN catalog.led($2) WHEN 'comment' THEN (SELECT entity FROM catalog.comment WHERE id = $2 AND "
    "deleted_at IS "
    "NULL)"
    " ELSE (SELECT u.grp FROM catalog.torrent t JOIN catalog.entity u ON u.id = t.entity WHERE t.id = $2 AND t.active) "
    "END",
};

static void on_about(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct reporting *reporting = arg;
    const struct catalog_report_add *ask = reporting->ask;
    struct fault missing = {0};
    const struct plugin *plugin = why == NULL && db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (plugin == NULL) {
        fault_set(&missing, STATUS_not_found, "of", "What you report is not here (any more).");
        changing_fail(&reporting->changing, why != NULL ? why : &missing);
        return;
    }
    enum level_kind kind = (enum level_kind)db_get_int(rows, 0, 1);
    uint64_t entity = (uint64_t)db_get_int(rows, 0, 2);
    reporting->href = about_href(plugin, kind, entity, ask->about, ask->of, reporting->arena);
    struct db_args *args = db_int(db_text(db_args(), ask->about), (int64_t)ask->of);
    db_text(db_text(db_int(args, (int64_t)entity), ask->kind), reporting->text);
    db_int(db_int(args, (int64_t)reporting->actor), OPEN_MAX);
    db_tx_ask(reporting->changing.tx, &report_add, args, on_added, reporting);
}

static void on_turn(void *owner)
{
    struct reporting *reporting = owner;
    struct db_args *args = db_int(db_text(db_args(), reporting->ask->about), (int64_t)reporting->ask->of);
    db_tx_ask(reporting->changing.tx, &report_about, args, on_about, reporting);
}

static bool report_check(struct reporting *reporting, struct fault *why)
{
    const struct catalog_report_add *ask = reporting->ask;
    reporting->text = text_lines(ask->text, reporting->arena);
    if (reporting->actor == 0)
        return fault_set(why, STATUS_forbidden, NULL, "A report is a member's: say which one's.");
    if (!slice_is(ask->about, "entity") && !slice_is(ask->about, "torrent") && !slice_is(ask->about, "comment"))
        return fault_set(why, STATUS_invalid, "about", "A report is about an entity, a torrent or a comment.");
    if (!is_known(ask->kind))
        return fault_set(why, STATUS_invalid, "kind", "What is wrong: choose one of the list.");
    if (reporting->text.size == 0)
        return fault_set(why, STATUS_invalid, "text", "Report: this is needed, please fill it in.");
    return text_letters(reporting->text) <= LETTERS_MAX ||
           fault_set(why, STATUS_invalid, "text", "Report: at most %d letters.", LETTERS_MAX);
}

static void on_report_add(struct bus_request *request, const void *body, void *arg)
{
    struct reporting *reporting = arena_take(bus_arena(request), sizeof *reporting);
    struct fault why = {0};
    (void)arg;
    *reporting = (struct reporting){.arena = bus_arena(request), .ask = body, .actor = bus_actor(request)};
    reporting->changing = (struct changing){
        .request = request, .key = reporting->ask->key, .run = on_turn, .made = on_made, .owner = reporting};
    report_check(reporting, &why);
    changing_try(&reporting->changing, &why);
}

/* ---- listing ---- */

static const struct statement report_list = {
    "report_list",
    "SELECT r.id, r.about, r.of, r.kind, r.text, r.reporter, r.at, coalesce(r.claimed_by, 0), r.resolved_at,"
    " coalesce(r.resolved_by, 0), coalesce(r.answer, ''), e.plugin, e.kind, e.id, e.name, o.open,"
    " CASE WHEN $3 THEN (SELECT count(*) FROM catalog.report WHERE resolved_at IS NOT NULL"
    "  AND ($1::boolean OR reporter = $2)) ELSE o.open END FROM (SELECT count(*) AS open FROM catalog.report"
    "  WHERE resolved_at IS NULL AND ($1::boolean OR reporter = $2)) AS o"
    " LEFT JOIN LATERAL (SELECT * FROM catalog.report WHERE (resolved_at IS NOT NULL) = $3::boolean"
    "  AND ($1::boolean OR reporter = $2) AND id < $4 ORDER BY id DESC LIMIT $5) AS r ON true"
    " LEFT JOIN catalog.entity e ON e.id = r.entity ORDER BY r.id DESC",
};

static void report_write(struct tree_writer *tree, const struct plugin *plugin, const struct db_rows *rows, size_t row,
                         struct arena *arena)
{
    struct slice about = db_get_text(rows, row, 1);
    uint64_t of = (uint64_t)db_get_int(rows, row, 2), entity = (uint64_t)db_get_int(rows, row, 13);
    enum level_kind kind = (enum level_kind)db_get_int(rows, row, 12);
    tree_map(tree, NULL);
    tree_count(tree, "report", (uint64_t)db_get_int(rows, row, 0));
    tree_text(tree, "about", about);
    tree_count(tree, "of", of);
    tree_text(tree, "level", slice_text(plugin->levels[slice_is(about, "torrent") ? LEVEL_unit : kind].title));
    tree_text(tree, "name", db_get_text(rows, row, 14));
    tree_text(tree, "href", about_href(plugin, kind, entity, about, of, arena));
    tree_text(tree, "kind", db_get_text(rows, row, 3));
    tree_text(tree, "text", db_get_text(rows, row, 4));
    tree_count(tree, "reporter", (uint64_t)db_get_int(rows, row, 5));
    tree_number(tree, "reported_at", db_get_time(rows, row, 6));
    if (db_get_int(rows, row, 7) != 0)
        tree_count(tree, "claimed_by", (uint64_t)db_get_int(rows, row, 7));
    if (!db_is_null(rows, row, 8)) {
        tree_number(tree, "resolved_at", db_get_time(rows, row, 8));
        tree_count(tree, "resolved_by", (uint64_t)db_get_int(rows, row, 9));
        tree_text(tree, "answer", db_get_text(rows, row, 10));
    }
    tree_end(tree);
}

struct listing {
    struct bus_request *request;
    const struct catalog_report_list *ask;
};

static void on_listed(void *arg, const struct db_rows *rows, const struct fault *why)
{
    const struct listing *listing = arg;
    struct tree_writer tree;
    if (why != NULL) {
        bus_fail(listing->request, why);
        return;
    }
    size_t count = db_is_null(rows, 0, 0) ? 0 : db_count(rows), shown = count;
    if (shown > listing->ask->limit)
        shown = listing->ask->limit;
    tree_start(&tree);
    tree_array(&tree, NULL);
    for (size_t i = 0; i < shown; i++) {
        const struct plugin *plugin = plugin_find(db_get_text(rows, i, 11));
        if (plugin != NULL)
            report_write(&tree, plugin, rows, i, bus_arena(listing->request));
    }
    tree_end(&tree);
    struct catalog_report_list_reply reply = {
        .open = (uint64_t)db_get_int(rows, 0, 15),
        .count = (uint64_t)db_get_int(rows, 0, 16),
        .next = count > shown ? (uint64_t)db_get_int(rows, shown - 1, 0) : 0,
        .reports = tree_done(&tree),
    };
    bus_reply(listing->request, &reply);
    tree_free(&tree);
}

static void on_report_list(struct bus_request *request, const void *body, void *arg)
{
    struct listing *listing = arena_take(bus_arena(request), sizeof *listing);
    uint64_t actor = bus_actor(request);
    (void)arg;
    *listing = (struct listing){.request = request, .ask = body};
    struct db_args *args = db_int(db_flag(db_args(), listing->ask->staff || actor == 0), (int64_t)actor);
    db_int(db_flag(args, listing->ask->resolved), listing->ask->before != 0 ? (int64_t)listing->ask->before : ID_MAX);
    db_ask(service_db(), &report_list, db_int(args, (int64_t)listing->ask->limit + 1), on_listed, listing);
}

/* ---- handling ---- */

struct handling {
    struct changing changing;
    const struct catalog_report_handle *ask;
    struct slice answer;
    bool told;
};

static const struct statement report_handle = {
    "report_handle",
    "WITH done AS (UPDATE catalog.report SET claimed_by = CASE $3 WHEN 'release' THEN NULL ELSE $2 END,"
    "  resolved_at = CASE $3 WHEN 'resolve' THEN now() END, resolved_by = CASE $3 WHEN 'resolve' THEN $2 END,"
    "  answer = nullif($4, '') WHERE id = $1 AND resolved_at IS NULL"
    "  AND (claimed_by IS NULL OR claimed_by = $2 OR $3 = 'release') RETURNING id)"
    " SELECT EXISTS (SELECT FROM done), r.resolved_at IS NOT NULL, r.reporter, r.about, r.of, e.plugin, e.kind, e.id,"
    "  e.name, clock_timestamp() FROM catalog.report r JOIN catalog.entity e ON e.id = r.entity WHERE r.id = $1",
};

/* The reporter reads what came of it. */
static void answer_tell(struct handling *handling, const struct db_rows *rows)
{
    struct arena *arena = bus_arena(handling->changing.request);
    const struct plugin *plugin = plugin_find(db_get_text(rows, 0, 5));
    uint64_t reporter = (uint64_t)db_get_int(rows, 0, 2);
    if (plugin == NULL || reporter == bus_actor(handling->changing.request))
        return;
    struct slice href = about_href(plugin, (enum level_kind)db_get_int(rows, 0, 6), (uint64_t)db_get_int(rows, 0, 7),
                                   db_get_text(rows, 0, 3), (uint64_t)db_get_int(rows, 0, 4), arena);
    struct notices notices = notices_take(arena, 1);
    const char *title =
        arena_print(arena, "Staff have answered your report on %.*s", SLICE_ARGS(db_get_text(rows, 0, 8)));
    notices_put_fact(&notices, &(struct notice_fact){
                                   .user = reporter,
                                   .kind = slice_text(notice_name(NOTICE_report_resolved)),
                                   .title = slice_text(title),
                                   .text = handling->answer,
                                   .href = href,
                                   .at = db_get_time(rows, 0, 9),
                               });
    notices_add(handling->changing.tx, &notices);
    handling->told = true;
}

static void on_handled(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct handling *handling = arg;
    struct fault wrong = {0};
    if (why == NULL && db_count(rows) == 0)
        fault_set(&wrong, STATUS_not_found, "report", "There is no such report.");
    else if (why == NULL && !db_get_flag(rows, 0, 0) && db_get_flag(rows, 0, 1))
        fault_set(&wrong, STATUS_conflict, "report", "This report was resolved already.");
    else if (why == NULL && !db_get_flag(rows, 0, 0))
        fault_set(&wrong, STATUS_conflict, "report", "Somebody else looks into this report: look at the list again.");
    if (!changing_goes_on(&handling->changing, why, &wrong))
        return;
    if (slice_is(handling->ask->act, "resolve"))
        answer_tell(handling, rows);
    changing_done(&handling->changing, &(struct catalog_report_handle_reply){.report = handling->ask->report});
}

static void on_handled_for_good(void *owner)
{
    const struct handling *handling = owner;
    if (handling->told)
        notices_published();
}

static void on_turn_to_handle(void *owner)
{
    struct handling *handling = owner;
    struct db_args *args = db_int(db_args(), (int64_t)handling->ask->report);
    db_text(db_int(args, (int64_t)bus_actor(handling->changing.request)), handling->ask->act);
    db_text(args, slice_is(handling->ask->act, "resolve") ? handling->answer : (struct slice){0});
    db_tx_ask(handling->changing.tx, &report_handle, args, on_handled, handling);
}

static bool handling_check(struct bus_request *request, const struct catalog_report_handle *ask, struct slice answer,
                           struct fault *why)
{
    bool resolves = slice_is(ask->act, "resolve");
    if (!ask->staff && bus_actor(request) != 0)
        return fault_set(why, STATUS_forbidden, NULL, "Reports are for staff to answer.");
    if (!resolves && !slice_is(ask->act, "claim") && !slice_is(ask->act, "release"))
        return fault_set(why, STATUS_invalid, "act", "A report is claimed, released or resolved.");
    if (resolves && answer.size == 0)
        return fault_set(why, STATUS_invalid, "answer", "Say what came of it: the reporter reads it.");
    return !resolves || text_letters(answer) <= ANSWER_MAX ||
           fault_set(why, STATUS_invalid, "answer", "Answer: at most %d letters.", ANSWER_MAX);
}

static void on_report_handle(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_report_handle *ask = body;
    struct slice answer = text_line(ask->answer, bus_arena(request));
    struct fault why = {0};
    (void)arg;
    if (!handling_check(request, ask, answer, &why)) {
        bus_fail(request, &why);
        return;
    }
    struct handling *handling = arena_take(bus_arena(request), sizeof *handling);
    *handling = (struct handling){.ask = ask, .answer = answer};
    handling->changing =
        (struct changing){.request = request, .run = on_turn_to_handle, .made = on_handled_for_good, .owner = handling};
    changing_start(&handling->changing);
}

void reports_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_report_add_message, on_report_add, NULL);
    bus_serve(service_bus(), NULL, &catalog_report_list_message, on_report_list, NULL);
    bus_serve(service_bus(), NULL, &catalog_report_handle_message, on_report_handle, NULL);
}

const struct statement *const reports_statements[] = {&report_add, &report_about, &report_list, &report_handle};
const size_t reports_statements_count = sizeof reports_statements / sizeof *reports_statements;
