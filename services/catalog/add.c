/* See add.h. One upload at a time writes in this process, so that those who wait for the database's lock never hold all
 * of its connections; the others wait in a queue that holds no connection. */
#include "services/catalog/add.h"

#include "services/catalog/attrs.h"
#include "services/catalog/change.h"
#include "services/catalog/fact.h"
#include "services/catalog/form.h"
#include "services/catalog/news.h"
#include "services/catalog/text.h"
#include "services/catalog/welcome.h"
#include "services/common/clock.h"
#include "services/common/log.h"

#include <inttypes.h>
#include <sys/queue.h>

#define TITLE_MAX 1024

struct upload {
    STAILQ_ENTRY(upload) link;
    struct changing changing;
    const struct catalog_torrent_add *ask;
    struct adding adding;
    struct fault unwelcome;
};

static STAILQ_HEAD(, upload) waiting = STAILQ_HEAD_INITIALIZER(waiting);
static struct upload *running;

static void run_next(void);

/* ---- the end ---- */

/* Lets the next upload run. */
static void on_over(void *owner, const struct fault *why)
{
    struct upload *upload = owner;
    if (why != NULL) {
        catalog.refused++;
        log_info("upload refused", "user=%" PRIu64 " status=%s field=%s", upload->adding.actor,
                 status_name(why->status), why->field);
    }
    if (running != upload)
        return;
    running = NULL;
    run_next();
}

static void on_made(void *owner)
{
    const struct adding *adding = &((const struct upload *)owner)->adding;
    catalog.added++;
    feed_published(catalog.feed);
    if (STAILQ_EMPTY(&waiting)) /* else the next one lets all be told: it needs the processor more */
        news_published();
    log_info("torrent added", "user=%" PRIu64 " torrent=%" PRIu64 " group=%" PRIu64 " plugin=%s size=%" PRIu64,
             adding->actor, adding->torrent, adding->group, adding->plugin->name, adding->metainfo.size);
}

/* ---- what is told of it ---- */

static struct slice upload_title(const struct adding *adding)
{
    struct buffer title = {0};
    struct line_source source = {
        .plugin = adding->plugin,
        .values = &adding->submission.values,
        .credits = adding->group_line,
        .name = adding->group_name,
    };
    line_write_whole(&source, &title);
    struct slice text = arena_copy(adding->arena, text_cut(buffer_slice(&title), TITLE_MAX));
    buffer_free(&title);
    return text;
}

static void upload_done(struct upload *upload)
{
    struct adding *adding = &upload->adding;
    struct slice page = shelf_href(adding->plugin, LEVEL_group, adding->group, adding->arena);
    struct catalog_torrent_add_reply reply = {
        .torrent = adding->torrent,
        .info_hash = slice_of(adding->metainfo.info_hash, 20),
        .entity = adding->unit,
        .href = slice_text(arena_print(adding->arena, "%.*s#t%" PRIu64, SLICE_ARGS(page), adding->torrent)),
        .title = upload_title(adding),
        .rehashed = adding->metainfo.rehashed,
        .joined = adding->joined,
        .warning = adding->warning,
    };
    changing_done(&upload->changing, &reply);
}

static void fact_step(struct adding *adding)
{
    const struct metainfo *metainfo = &adding->metainfo;
    struct torrent_fact fact = {
        .torrent = adding->torrent,
        .info_hash = slice_of(metainfo->info_hash, 20),
        .info_hash_v2 = slice_of(metainfo->info_hash_v2, metainfo->v2 ? 32 : 0),
        .size = metainfo->size,
        .owner = adding->actor,
        .active = true,
        .depends_on = adding->base,
    };
    fact_of_plugin(&fact, adding->plugin, &adding->submission.values, adding->group);
    fact_write(adding->tx, &fact);
}

static void on_last_step(struct adding *adding)
{
    change_touch(adding->tx, adding->group);
}

static void on_steps_done(struct adding *adding)
{
    struct upload *upload = adding->owner;
    if (adding->torrent == 0) {
        changing_fail(&upload->changing, &adding->why);
        return;
    }
    change_log(adding->tx,
               &(struct change){.entity = adding->unit, .group = adding->group, .actor = adding->actor, .what = "add"});
    if (plugin_talks(adding->plugin))
        for (enum news_kind what = NEWS_torrent; what <= NEWS_search; what++)
            news_add(adding->tx, &(struct news){.what = what,
                                                .entity = adding->group,
                                                .of = adding->torrent,
                                                .actor = adding->actor,
                                                .text = upload_title(adding)});
    fact_step(adding);
    upload_done(upload);
}

static void on_turn(void *owner)
{
    struct upload *upload = owner;
    upload->adding.tx = upload->changing.tx;
    adding_run(&upload->adding);
}

static void run_next(void)
{
    struct upload *upload = STAILQ_FIRST(&waiting);
    if (running != NULL || upload == NULL)
        return;
    STAILQ_REMOVE_HEAD(&waiting, link);
    running = upload;
    changing_start(&upload->changing);
}

/* ---- the beginning ---- */

/* Fills what the form lacks, and checks it all. */
static bool upload_check(struct upload *upload, struct fault *why)
{
    struct adding *adding = &upload->adding;
    struct form *form = arena_take(adding->arena, sizeof *form);
    if (!form_read(adding->plugin, upload->ask->fields.object, adding->arena, form, why))
        return false;
    if (upload->ask->guess && adding->plugin->guess != NULL)
        adding->plugin->guess(&adding->metainfo, adding->arena, form);
    form_complete(form, clock_now(), adding->arena);
    return form_check(form, adding->from, LEVEL_unit, &adding->metainfo, adding->arena, &adding->submission, why);
}

/* One that was added before, and is sent again because its answer was lost, does not count against itself. */
static void on_kept(void *arg, struct slice reply, const struct fault *why)
{
    struct upload *upload = arg;
    if (why == NULL && reply.size > 0)
        bus_reply_packed(upload->changing.request, reply);
    else
        changing_fail(&upload->changing, &upload->unwelcome);
}

static void on_welcome(void *arg, const struct fault *why)
{
    struct upload *upload = arg;
    if (why != NULL) {
        upload->unwelcome = *why;
        kept_find(catalog.kept, upload->ask->key, on_kept, upload);
        return;
    }
    STAILQ_INSERT_TAIL(&waiting, upload, link);
    run_next();
}

static void upload_queue(struct upload *upload)
{
    struct fault why = {0};
    if (upload_check(upload, &why))
        welcome_ask(&upload->adding, bus_trace(upload->changing.request), on_welcome, upload);
    else
        changing_fail(&upload->changing, &why);
}

const struct statement add_parent = {
    "add_parent",
    "SELECT p.plugin, p.kind, g.id, g.name, g.attrs::text, CASE WHEN p.kind = 2 THEN p.attrs::text ELSE '{}' END,"
    " g.added_by, p.id FROM catalog.entity p JOIN catalog.entity g ON g.id = coalesce(p.grp, p.id)"
    " WHERE p.id = catalog.led($1) AND p.deleted_at IS NULL AND g.deleted_at IS NULL",
};

/* Reads the levels that are there already into the submission. */
bool add_parent_read(struct adding *adding, const struct db_rows *rows, struct fault *why)
{
    if (db_count(rows) == 0)
        return fault_set(why, STATUS_not_found, "parent", "What you want to add to is not here (any more).");
    enum level_kind kind = (enum level_kind)db_get_int(rows, 0, 1);
    if (!slice_is(db_get_text(rows, 0, 0), adding->plugin->name) || (kind != LEVEL_group && kind != LEVEL_edition))
        return fault_set(why, STATUS_invalid, "parent", "Nothing can be added to that: open the page of its %s.",
                         adding->plugin->levels[LEVEL_group].title);
    if (adding->plugin->owned && (uint64_t)db_get_int(rows, 0, 6) != adding->actor)
        return fault_set(why, STATUS_forbidden, "parent", "This %s is another member's: make one of your own.",
                         adding->plugin->levels[LEVEL_group].title);
    adding->group = (uint64_t)db_get_int(rows, 0, 2);
    adding->group_name = arena_copy(adding->arena, db_get_text(rows, 0, 3));
    adding->joined = true;
    adding->edition = kind == LEVEL_edition ? (uint64_t)db_get_int(rows, 0, 7) : 0;
    adding->from =
        kind == LEVEL_group && adding->plugin->levels[LEVEL_edition].name != NULL ? LEVEL_edition : LEVEL_unit;
    attrs_read(adding->plugin, db_get_text(rows, 0, 4), adding->arena, &adding->submission.values);
    attrs_read(adding->plugin, db_get_text(rows, 0, 5), adding->arena, &adding->submission.values);
    return true;
}

static void on_parent(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct upload *upload = arg;
    struct fault wrong = {0};
    if (why == NULL && add_parent_read(&upload->adding, rows, &wrong))
        upload_queue(upload);
    else
        changing_fail(&upload->changing, why != NULL ? why : &wrong);
}

/* Is the file a torrent that this plugin takes? */
static bool torrent_check(struct adding *adding, struct slice file, struct fault *why)
{
    const struct plugin *plugin = adding->plugin;
    if (!metainfo_read(file, &catalog.limits, adding->arena, &adding->metainfo, why))
        return false;
    if (plugin->untouched && adding->metainfo.rehashed)
        return fault_set(why, STATUS_invalid, "metainfo",
                         "This torrent is not private: make it again with \"private\" set (mktorrent -p), and seed "
                         "that one.");
    if (!plugin_admits(plugin, &adding->metainfo, adding->arena, why))
        return false;
    if (plugin->warn != NULL)
        adding->warning = plugin->warn(&adding->metainfo, adding->arena);
    return true;
}

static void on_add(struct bus_request *request, const void *body, void *arg)
{
    (void)arg;
    struct arena *arena = bus_arena(request);
    struct upload *upload = arena_take(arena, sizeof *upload);
    struct fault why = {0};
    upload->ask = body;
    upload->changing = (struct changing){
        .request = request, .key = upload->ask->key, .run = on_turn, .made = on_made, .over = on_over, .owner = upload};
    upload->adding = (struct adding){
        .arena = arena,
        .plugin = plugin_find(upload->ask->plugin),
        .from = LEVEL_group,
        .to = LEVEL_unit,
        .actor = bus_actor(request),
        .member = upload->ask->member,
        .last = on_last_step,
        .done = on_steps_done,
        .owner = upload,
    };
    if (upload->adding.plugin == NULL)
        fault_set(&why, STATUS_invalid, "plugin", "There is no plugin of that name: choose one of the list.");
    else if (upload->adding.actor == 0)
        fault_set(&why, STATUS_forbidden, NULL, "A torrent is added by a member: say by which one.");
    if (why.status != STATUS_ok || !torrent_check(&upload->adding, upload->ask->metainfo, &why)) {
        changing_fail(&upload->changing, &why);
        return;
    }
    if (upload->ask->parent == 0)
        upload_queue(upload);
    else
        db_ask(service_db(), &add_parent, db_int(db_args(), (int64_t)upload->ask->parent), on_parent, upload);
}

void add_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_torrent_add_message, on_add, NULL);
}

const struct statement *const add_statements[] = {&add_parent};
const size_t add_statements_count = sizeof add_statements / sizeof *add_statements;
