/* See listing.h. What each group is found by is worked out in PostgreSQL (catalog.list) in the transaction of its
 * change, from its attributes and the description given here. Groups that wait to be listed again go in small batches
 * that take turns with changes, so that nobody waits long; any number of replicas do it together. */
#include "services/catalog/listing.h"

#include "services/catalog/catalog.h"
#include "services/catalog/change.h"
#include "services/catalog/query.h"

#define BATCH 10
#define PAUSE_MS 5
#define RETRY_MS 2000

enum { FLAG_searched = 1, FLAG_suggested = 2, FLAG_year = 4 };

static struct loop_timer *timer;
static bool stopped;
static struct listing {
    struct db_tx *tx;
    bool more;
} listing;

static void describe(void *arg);

static void list_more(void *arg);

static void again(uint32_t ms, loop_timer_fn *what)
{
    if (!stopped)
        timer = loop_timer_new(service_loop(), ms, 0, what, NULL);
}

/* ---- the groups that wait ---- */

static const struct statement listing_more = {"listing_more", "SELECT catalog.list_more($1)"};

static void on_listed(void *arg, const struct fault *why, bool uncertain)
{
    (void)arg, (void)uncertain;
    if (why != NULL)
        again(RETRY_MS, list_more);
    else if (listing.more)
        again(PAUSE_MS, list_more);
}

static void on_more(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    listing.more = why == NULL && db_get_flag(rows, 0, 0);
    db_commit(listing.tx, on_listed, NULL);
}

static void list_more(void *arg)
{
    (void)arg;
    timer = NULL;
    listing.tx = db_begin(service_db());
    change_begin_behind(listing.tx);
    db_tx_ask(listing.tx, &listing_more, db_int(db_args(), BATCH), on_more, NULL);
}

/* ---- the description ---- */

static const struct statement listing_describe = {
    "listing_describe",
    "SELECT catalog.describe($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::text[])",
};

struct description {
    struct slice plugins[ATTRIBUTES_MAX], names[ATTRIBUTES_MAX], types[ATTRIBUTES_MAX], leads[ATTRIBUTES_MAX];
    int64_t kinds[ATTRIBUTES_MAX], flags[ATTRIBUTES_MAX];
    size_t count;
};

static void attribute_add(struct description *into, const struct plugin *plugin, const struct attribute *attribute)
{
    static const char *const types[] = {"text", "long", "number", "choice", "flag", "tags", "credit", "date"};
    size_t at = into->count++;
    bool year = plugin->year != NULL && strcmp(plugin->year, attribute->name) == 0;
    into->plugins[at] = slice_text(plugin->name);
    into->names[at] = slice_text(attribute->name);
    into->kinds[at] = attribute->level;
    into->types[at] = slice_text(types[attribute->type]);
    into->flags[at] = (attribute->searched ? FLAG_searched : 0) | (attribute->suggested ? FLAG_suggested : 0) |
                      (year ? FLAG_year : 0);
    into->leads[at] = slice_text(attribute->roles != NULL ? attribute->roles[0].name : "");
}

static void plugin_describe(struct db_tx *tx, const struct plugin *plugin)
{
    struct description told = {.count = 0};
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++)
        if (query_knows(attribute))
            attribute_add(&told, plugin, attribute);
    struct db_args *args = db_texts(db_texts(db_args(), told.plugins, told.count), told.names, told.count);
    args = db_texts(db_ints(args, told.kinds, told.count), told.types, told.count);
    db_tx_ask(tx, &listing_describe, db_texts(db_ints(args, told.flags, told.count), told.leads, told.count), NULL,
              NULL);
}

static void on_described(void *arg, const struct fault *why, bool uncertain)
{
    (void)arg, (void)uncertain;
    again(why != NULL ? RETRY_MS : PAUSE_MS, why != NULL ? describe : list_more);
}

static void describe(void *arg)
{
    (void)arg;
    struct db_tx *tx = db_begin(service_db());
    timer = NULL;
    change_begin(tx);
    for (size_t i = 0; i < plugins_count; i++)
        plugin_describe(tx, plugins[i]);
    db_commit(tx, on_described, NULL);
}

void listing_start(void)
{
    describe(NULL);
}

void listing_stop(void)
{
    stopped = true;
    if (timer != NULL)
        loop_timer_cancel(&timer);
}

const struct statement *const listing_statements[] = {&listing_more, &listing_describe};
const size_t listing_statements_count = sizeof listing_statements / sizeof *listing_statements;
