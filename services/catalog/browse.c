/* See browse.h. A page is found by what stands at its end (the newest torrent's time and the group's id), so that
 * nothing is shown twice or left out when something is added meanwhile. */
#include "services/catalog/browse.h"

#include "services/catalog/page.h"
#include "services/catalog/text.h"
#include "services/common/encode.h"

#include <inttypes.h>
#include <stdlib.h>

#define NEVER_US 253370764800000000 /* year 9999: before the first page */

struct browsing {
    struct bus_request *request;
    const struct catalog_browse *ask;
    struct slice query;
    int64_t *groups;
    size_t count;
    int64_t before_us, before_id; /* where the page begins */
    int64_t last_us;              /* where it ends */
    bool more;
    uint64_t total;
    unsigned waiting;
    struct fault why;
};

/* ---- the reply ---- */

static void on_shelf(void *arg, const struct shelf *shelf, const struct fault *why)
{
    struct browsing *browsing = arg;
    if (why != NULL) {
        bus_fail(browsing->request, why);
        return;
    }
    struct tree_writer tree;
    tree_start(&tree);
    tree_array(&tree, NULL);
    for (size_t i = 0; i < shelf->count; i++)
        page_group(&tree, &shelf->groups[i], bus_actor(browsing->request), (struct slice){0});
    tree_end(&tree);
    struct catalog_browse_reply reply = {.count = browsing->total, .groups = tree_done(&tree)};
    if (browsing->more)
        reply.next = slice_text(arena_print(bus_arena(browsing->request), "%" PRIx64 "-%" PRIx64, browsing->last_us,
                                            browsing->groups[browsing->count - 1]));
    bus_reply(browsing->request, &reply);
    tree_free(&tree);
}

static void browsing_step(struct browsing *browsing, const struct fault *why)
{
    if (why != NULL && browsing->why.status == STATUS_ok)
        browsing->why = *why;
    if (--browsing->waiting > 0)
        return;
    if (browsing->why.status != STATUS_ok)
        bus_fail(browsing->request, &browsing->why);
    else
        shelf_load(service_db(), bus_arena(browsing->request), browsing->groups, browsing->count, false, on_shelf,
                   browsing);
}

/* ---- which groups ---- */

#define OF_PLUGIN " kind = 1 AND newest_at IS NOT NULL AND ($1 = '' OR plugin = $1)"
#define MICROSECONDS "(extract(epoch FROM newest_at) * 1000000)::bigint"
#define PAGE                                                                                                           \
    " AND (newest_at, id) < (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3::bigint)"                 \
    " ORDER BY newest_at DESC, id DESC LIMIT $4"

/* Without a query: straight down the index. */
static const struct statement browse_all = {
    "browse_all",
    "SELECT id, " MICROSECONDS " FROM catalog.entity WHERE" OF_PLUGIN PAGE,
};
/* By plugins' names, which the index begins with: nothing but the index is read. */
static const struct statement browse_all_count = {
    "browse_all_count",
    "SELECT count(*) FROM catalog.entity WHERE kind = 1 AND newest_at IS NOT NULL AND plugin = ANY($1::text[])",
};
/* The words are folded once, not for each row: hence the SELECT around them. What they find is taken from their own
 * index whole (MATERIALIZED), and counted on the way: else a rare word is looked for down the list of all groups. */
static const struct statement browse_words = {
    "browse_words",
    "WITH hits AS MATERIALIZED (SELECT id, newest_at FROM catalog.entity"
    "  WHERE search @@ (SELECT catalog.query($5)) AND" OF_PLUGIN ")"
    " SELECT id, " MICROSECONDS ", (SELECT count(*) FROM hits) FROM hits WHERE true" PAGE,
};
static const struct statement browse_hash = {
    "browse_hash",
    "SELECT DISTINCT u.grp FROM catalog.torrent t JOIN catalog.entity u ON u.id = t.entity"
    " WHERE t.active AND ($1 = '' OR u.plugin = $1)"
    " AND (t.info_hash = $2 OR (t.info_hash_v2 IS NOT NULL AND substr(t.info_hash_v2, 1, 20) = $2))",
};

static void on_groups(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct browsing *browsing = arg;
    size_t count = rows != NULL ? db_count(rows) : 0;
    browsing->more = count > browsing->ask->limit;
    browsing->count = browsing->more ? browsing->ask->limit : count;
    browsing->groups = arena_take(bus_arena(browsing->request), (count + 1) * sizeof *browsing->groups);
    for (size_t i = 0; i < browsing->count; i++) {
        browsing->groups[i] = db_get_int(rows, i, 0);
        browsing->last_us = db_get_int(rows, i, 1);
    }
    if (count > 0 && browsing->query.size > 0)
        browsing->total = (uint64_t)db_get_int(rows, 0, 2);
    browsing_step(browsing, why);
}

static void on_count(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct browsing *browsing = arg;
    browsing->total = rows != NULL ? (uint64_t)db_get_int(rows, 0, 0) : 0;
    browsing_step(browsing, why);
}

static void on_hash(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct browsing *browsing = arg;
    browsing->count = rows != NULL && db_count(rows) > 0;
    browsing->total = browsing->count;
    browsing->groups = arena_take(bus_arena(browsing->request), sizeof *browsing->groups);
    if (browsing->count > 0)
        *browsing->groups = db_get_int(rows, 0, 0);
    browsing_step(browsing, why);
}

static struct db_args *page_args(const struct browsing *browsing)
{
    struct db_args *args = db_text(db_args(), browsing->ask->plugin);
    db_int(db_int(args, browsing->before_us), browsing->before_id);
    return db_int(args, (int64_t)browsing->ask->limit + 1);
}

static struct db_args *count_args(const struct browsing *browsing)
{
    struct slice *names = arena_take(bus_arena(browsing->request), (plugins_count + 1) * sizeof *names);
    for (size_t i = 0; i < plugins_count; i++)
        names[i] = slice_text(plugins[i]->name);
    if (browsing->ask->plugin.size > 0)
        names[0] = browsing->ask->plugin;
    return db_texts(db_args(), names, browsing->ask->plugin.size > 0 ? 1 : plugins_count);
}

static void groups_find(struct browsing *browsing)
{
    struct db *db = service_db();
    struct slice plugin = browsing->ask->plugin;
    uint8_t hash[20];
    browsing->waiting = 1;
    if (hex_read(browsing->query, hash, sizeof hash)) {
        db_ask(db, &browse_hash, db_bytes(db_text(db_args(), plugin), slice_of(hash, sizeof hash)), on_hash, browsing);
    } else if (browsing->query.size > 0) {
        db_ask(db, &browse_words, db_text(page_args(browsing), browsing->query), on_groups, browsing);
    } else {
        browsing->waiting = 2;
        db_ask(db, &browse_all, page_args(browsing), on_groups, browsing);
        db_ask(db, &browse_all_count, count_args(browsing), on_count, browsing);
    }
}

/* One of a cursor's two numbers, in hex. */
static bool number_read(struct slice hex, int64_t most, int64_t *into)
{
    char digits[17] = "", *end;
    memcpy(digits, hex.at, hex.size < sizeof digits ? hex.size : 0);
    unsigned long long number = strtoull(digits, &end, 16);
    *into = (int64_t)number;
    return *digits != '\0' && *end == '\0' && number <= (unsigned long long)most;
}

static bool cursor_read(struct browsing *browsing, struct fault *why)
{
    struct slice cursor = browsing->ask->cursor;
    browsing->before_us = NEVER_US;
    browsing->before_id = ID_MAX;
    if (cursor.size == 0)
        return true;
    const char *dash = memchr(cursor.at, '-', cursor.size);
    size_t first = dash != NULL ? (size_t)(dash - cursor.at) : cursor.size;
    if (dash == NULL || !number_read(slice_of(cursor.at, first), NEVER_US, &browsing->before_us) ||
        !number_read(slice_of(dash + 1, cursor.size - first - 1), ID_MAX, &browsing->before_id))
        return fault_set(why, STATUS_invalid, "cursor", "That page is not known: begin at the first one.");
    return true;
}

static void on_browse(struct bus_request *request, const void *body, void *arg)
{
    (void)arg;
    struct fault why = {0};
    struct browsing *browsing = arena_take(bus_arena(request), sizeof *browsing);
    *browsing = (struct browsing){.request = request, .ask = body};
    browsing->query = text_line(browsing->ask->query, bus_arena(request));
    if (cursor_read(browsing, &why))
        groups_find(browsing);
    else
        bus_fail(request, &why);
}

void browse_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_browse_message, on_browse, NULL);
}

const struct statement *const browse_statements[] = {
    &browse_all,
    &browse_all_count,
    &browse_words,
    &browse_hash,
};
const size_t browse_statements_count = sizeof browse_statements / sizeof *browse_statements;
