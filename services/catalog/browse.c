/* See browse.h. A page is found by what stands at the end of the one before, so that nothing is shown twice or left out
 * when something is added meanwhile (find.h).
 *
 *   read -> page -> its shelf
 *               -> a sample: facets -> their tags' names */
#include "services/catalog/browse.h"

#include "services/catalog/facets.h"
#include "services/catalog/find.h"
#include "services/catalog/memo.h"
#include "services/catalog/page.h"
#include "services/catalog/text.h"
#include "services/common/encode.h"

#include <inttypes.h>
#include <stdlib.h>

#define SAMPLED_MAX 100 /* groups that are looked at for facets, of few */

static const char *const sorts[FIND_orders] = {
    [FIND_added] = "time",        [FIND_year] = "year",       [FIND_size] = "size",         [FIND_shuffle] = "random",
    [FIND_snatches] = "snatches", [FIND_seeders] = "seeders", [FIND_leechers] = "leechers",
};

struct browsing {
    struct bus_request *request;
    const struct catalog_browse *ask;
    struct arena *arena;
    const struct plugin *plugin; /* NULL: of all */
    enum find_order order;
    bool rising;
    bool each; /* torrents, not groups */
    struct slice text;
    struct query query;
    int64_t key, id; /* what the page begins after */

    struct found found;
    struct slice next;
    const struct shelf *shelf; /* of the page */
    struct slice counted;      /* facets, as they were told for the same search */
    struct facets facets;
    struct facet_row *tags; /* of these */
    size_t tags_count;
    uint64_t sampled; /* groups that these were counted in */
    unsigned waiting;
    struct fault why;
};

/* ---- the reply ---- */

static void groups_write(struct tree_writer *tree, const struct browsing *browsing)
{
    uint64_t actor = bus_actor(browsing->request);
    tree_array(tree, NULL);
    for (size_t i = 0; i < browsing->shelf->count; i++)
        if (browsing->shelf->groups[i].editions_count > 0)
            page_group(tree, &browsing->shelf->groups[i], actor, (struct slice){0});
    tree_end(tree);
}

/* What was counted in a sample is kept, for other pages and orders of the same search that finds about as much. */
static struct memo counted;

static struct slice counted_asked(const struct browsing *browsing)
{
    return slice_text(arena_print(browsing->arena, "%.*s %.1e %.*s", SLICE_ARGS(browsing->ask->plugin),
                                  (double)browsing->found.groups_total, SLICE_ARGS(browsing->found.whole)));
}

static struct tree facets_told(struct browsing *browsing, struct tree_writer *tree)
{
    if (browsing->counted.size > 0)
        return (struct tree){.packed = browsing->counted};
    facets_write(tree, browsing->plugin, &browsing->facets, browsing->sampled, browsing->found.groups_total);
    struct tree told = tree_done(tree);
    if (browsing->sampled > 0 && browsing->sampled < browsing->found.groups_total)
        memo_keep(&counted, counted_asked(browsing), told.packed);
    return told;
}

static void reply(struct browsing *browsing)
{
    struct tree_writer groups, facets;
    tree_start(&groups);
    tree_start(&facets);
    groups_write(&groups, browsing);
    struct catalog_browse_reply told = {.count = browsing->found.total,
                                        .about = browsing->found.about,
                                        .groups = tree_done(&groups),
                                        .next = browsing->next};
    if (browsing->ask->facets && browsing->plugin != NULL)
        told.facets = facets_told(browsing, &facets);
    bus_reply(browsing->request, &told);
    tree_free(&groups);
    tree_free(&facets);
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
        reply(browsing);
}

static void on_shelf(void *arg, const struct shelf *shelf, const struct fault *why)
{
    struct browsing *browsing = arg;
    browsing->shelf = shelf;
    browsing_step(browsing, why);
}

/* Of groups the torrents that fit; torrents fit as they were found. */
static void shelf_ask(struct browsing *browsing)
{
    const struct found *found = &browsing->found;
    browsing->waiting++;
    if (browsing->each)
        shelf_load_torrents(service_db(), browsing->arena, found->groups, found->ids, found->count, on_shelf, browsing);
    else
        shelf_load_fitting(service_db(), browsing->arena, found->groups, found->count, found->below, found->files,
                           on_shelf, browsing);
}

/* ---- page, facets ---- */

/* Of few all, or a hundred: their ids. */
static const struct statement browse_few = {
    "browse_few",
    "SELECT tsvectorsend(search) FROM catalog.listed WHERE id = ANY($1::bigint[])",
};
static const struct statement browse_tags = {
    "browse_tags",
    "SELECT folded, name FROM catalog.name WHERE plugin = $1 AND field = $2 AND folded = ANY($3::text[]) AND entity IS "
    "NULL",
};

static void facets_ask(struct browsing *browsing);

static void on_found(void *arg, const struct found *found, const struct fault *why)
{
    struct browsing *browsing = arg;
    size_t limit = browsing->ask->limit;
    if (found != NULL)
        browsing->found = *found;
    if (browsing->found.count > limit) {
        browsing->found.count = limit;
        if (browsing->order != FIND_shuffle) /* which has no end */
            browsing->next = slice_text(arena_print(browsing->arena, "%" PRId64 ".%" PRId64,
                                                    browsing->found.keys[limit - 1], browsing->found.ids[limit - 1]));
    }
    if (browsing->found.count > 0 && browsing->ask->facets && browsing->plugin != NULL)
        facets_ask(browsing);
    if (found != NULL)
        shelf_ask(browsing);
    browsing_step(browsing, why);
}

/* ---- the names of tags, which are counted folded ---- */

static struct memo tags;

static struct slice tag_asked(const struct browsing *browsing, struct slice folded)
{
    return slice_text(arena_print(browsing->arena, "%s %.*s", browsing->plugin->name, SLICE_ARGS(folded)));
}

/* True: none is left to be asked. */
static bool tags_name(struct browsing *browsing)
{
    size_t left = browsing->tags_count;
    for (size_t i = 0; i < browsing->tags_count; i++) {
        struct slice name = memo_find(&tags, tag_asked(browsing, browsing->tags[i].value));
        if (name.size == 0)
            continue;
        browsing->tags[i].value = arena_copy(browsing->arena, name);
        left--;
    }
    return left == 0;
}

static void on_tags(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct browsing *browsing = arg;
    for (size_t i = 0; rows != NULL && i < db_count(rows); i++)
        memo_keep(&tags, tag_asked(browsing, db_get_text(rows, i, 0)), db_get_text(rows, i, 1));
    tags_name(browsing);
    browsing_step(browsing, why);
}

static void tags_ask(struct browsing *browsing)
{
    const struct attribute *attribute =
        facets_tags(browsing->plugin, &browsing->facets, &browsing->tags, &browsing->tags_count);
    if (attribute == NULL)
        return;
    struct slice *folded = arena_take(browsing->arena, browsing->tags_count * sizeof *folded);
    for (size_t i = 0; i < browsing->tags_count; i++)
        folded[i] = browsing->tags[i].value;
    if (tags_name(browsing))
        return;
    browsing->waiting++;
    struct db_args *args = db_text(db_text(db_args(), browsing->ask->plugin), slice_text(attribute->name));
    db_ask(service_db(), &browse_tags, db_texts(args, folded, browsing->tags_count), on_tags, browsing);
}

static void on_sample(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct browsing *browsing = arg;
    if (rows != NULL) {
        browsing->sampled = db_count(rows);
        struct slice *vectors = arena_take(browsing->arena, (browsing->sampled + 1) * sizeof *vectors);
        for (size_t i = 0; i < browsing->sampled; i++)
            vectors[i] = arena_copy(browsing->arena, db_get_bytes(rows, i, 0));
        browsing->facets =
            facets_count(browsing->plugin, vectors, browsing->sampled, browsing->found.below, browsing->arena);
        tags_ask(browsing);
    }
    browsing_step(browsing, why);
}

static void facets_ask(struct browsing *browsing)
{
    const struct found *found = &browsing->found;
    if (found->sample.size == 0)
        browsing->counted = arena_copy(browsing->arena, memo_find(&counted, counted_asked(browsing)));
    if (browsing->counted.size > 0)
        return;
    browsing->waiting++;
    if (found->sample.size > 0) {
        size_t count;
        const int64_t *ids = shelf_ids(found->sample, browsing->arena, &count);
        db_ask(service_db(), &browse_few, db_ints(db_args(), ids, count), on_sample, browsing);
    } else {
        find_sample(browsing->arena, browsing->ask->plugin, found, on_sample, browsing);
    }
}

static void groups_find(struct browsing *browsing)
{
    const struct find_ask ask = {
        .query = &browsing->query,
        .plugin = browsing->ask->plugin,
        .order = browsing->order,
        .rising = browsing->rising,
        .flat = browsing->ask->flat,
        .key = browsing->key,
        .id = browsing->id,
        .most = browsing->ask->limit + 1,
        .sampled = browsing->ask->facets ? SAMPLED_MAX : 0,
    };
    browsing->waiting = 1;
    find(browsing->arena, &ask, on_found, browsing);
}

/* ---- an info-hash ---- */

static const struct statement browse_hash = {
    "browse_hash",
    "SELECT t.id, u.grp FROM catalog.torrent t JOIN catalog.entity u ON u.id = t.entity"
    " WHERE t.active AND ($1 = '' OR u.plugin = $1)"
    " AND (t.info_hash = $2 OR (t.info_hash_v2 IS NOT NULL AND substr(t.info_hash_v2, 1, 20) = $2)"
    "  OR t.info_hash_v2 = $3)",
};

static void on_hash(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct browsing *browsing = arg;
    struct found *found = &browsing->found;
    found->total = found->count = rows != NULL && db_count(rows) > 0;
    found->ids = arena_take(browsing->arena, sizeof *found->ids);
    found->groups = arena_take(browsing->arena, sizeof *found->groups);
    if (found->count > 0) {
        found->ids[0] = db_get_int(rows, 0, 0);
        found->groups[0] = db_get_int(rows, 0, 1);
    }
    browsing->each = true;
    shelf_ask(browsing);
    browsing_step(browsing, why);
}

/* A v1 hash, or a v2 one, or that cut as trackers and clients do. */
static bool hash_find(struct browsing *browsing)
{
    uint8_t hash[32];
    bool cut = hex_read(browsing->text, hash, 20);
    if (!cut && !hex_read(browsing->text, hash, 32))
        return false;
    struct db_args *args = db_text(db_args(), browsing->ask->plugin);
    args = db_bytes(db_bytes(args, slice_of(hash, cut ? 20 : 0)), slice_of(hash, cut ? 0 : 32));
    browsing->waiting = 1;
    db_ask(service_db(), &browse_hash, args, on_hash, browsing);
    return true;
}

/* ---- the beginning ---- */

static bool sort_read(struct browsing *browsing, struct fault *why)
{
    enum find_order order = 0;
    if (browsing->ask->sort.size > 0)
        while (order < FIND_orders && !slice_is(browsing->ask->sort, sorts[order]))
            order++;
    browsing->order = order;
    browsing->rising = browsing->ask->rising && order != FIND_shuffle;
    return order < FIND_orders ||
           fault_set(why, STATUS_invalid, "sort",
                     "Lists are in order of time, year, size, snatches, seeders or leechers, or random.");
}

/* "KEY.ID". */
static bool cursor_read(struct browsing *browsing, struct fault *why)
{
    const char *cursor = arena_copy(browsing->arena, browsing->ask->cursor).at;
    char *end;
    browsing->key = browsing->rising ? INT64_MIN : INT64_MAX;
    browsing->id = browsing->rising ? 0 : INT64_MAX;
    if (browsing->order == FIND_shuffle)
        random_bytes(&browsing->key, sizeof browsing->key);
    if (browsing->ask->cursor.size == 0)
        return true;
    browsing->key = strtoll(cursor, &end, 10);
    if (end == cursor || *end != '.')
        return fault_set(why, STATUS_invalid, "cursor", "That page is not known: begin at the first one.");
    cursor = end + 1;
    browsing->id = strtoll(cursor, &end, 10);
    return (end > cursor && *end == '\0') ||
           fault_set(why, STATUS_invalid, "cursor", "That page is not known: begin at the first one.");
}

static void on_browse(struct bus_request *request, const void *body, void *arg)
{
    (void)arg;
    struct fault why = {0};
    struct browsing *browsing = arena_take(bus_arena(request), sizeof *browsing);
    browsing->request = request;
    browsing->ask = body;
    browsing->arena = bus_arena(request);
    browsing->plugin = plugin_find(browsing->ask->plugin);
    browsing->each = browsing->ask->flat;
    browsing->text = text_line(browsing->ask->query, browsing->arena);
    bool good = sort_read(browsing, &why) && cursor_read(browsing, &why);
    if (good && hash_find(browsing))
        return;
    if (good && query_read(browsing->text, browsing->plugin, browsing->arena, &browsing->query, &why))
        groups_find(browsing);
    else
        bus_fail(request, &why);
}

void browse_start(void)
{
    find_start();
    bus_serve(service_bus(), NULL, &catalog_browse_message, on_browse, NULL);
}

const struct statement *const browse_statements[] = {
    &browse_few,
    &browse_tags,
    &browse_hash,
};
const size_t browse_statements_count = sizeof browse_statements / sizeof *browse_statements;
