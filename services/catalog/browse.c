/* See browse.h. What is asked is folded and looked up in PostgreSQL (migrations/0014_search.sql; the newer functions
 * are in 0039_marks.sql and 0043_frequent.sql): there a page is found by what stands at the end of the one before, so
 * that nothing is shown twice or left out when something is added meanwhile.
 *
 *   read -> page -> its shelf
 *               -> a sample: facets -> their tags' names */
#include "services/catalog/browse.h"

#include "services/catalog/facets.h"
#include "services/catalog/page.h"
#include "services/catalog/query.h"
#include "services/catalog/text.h"
#include "services/common/encode.h"

#include <inttypes.h>
#include <stdlib.h>

#define SAMPLED_MAX 100    /* groups that are looked at for facets, of few */
#define SAMPLED_OF_MANY 64 /* and of many, as catalog.find has it */

/* What a page is put in order by, and its column. */
static const struct sort {
    const char *name, *column;
} sorts[] = {
    {"time", "added"},      {"year", "year"},         {"size", "size"},      {"snatches", "snatches"},
    {"seeders", "seeders"}, {"leechers", "leechers"}, {"random", "shuffle"},
};

struct browsing {
    struct bus_request *request;
    const struct catalog_browse *ask;
    struct arena *arena;
    const struct plugin *plugin; /* NULL: of all */
    const struct sort *sort;
    bool random, rising;
    bool each; /* torrents, not groups */
    struct slice text;
    struct query query;
    struct slice whole, below; /* the query of groups and of torrents, as PostgreSQL writes them */
    struct slice files;        /* and of the names of their files */
    struct slice above;        /* the part of it that groups are looked up by; empty: the whole */
    int64_t key, id;           /* what the page begins after */

    int64_t *found, *groups; /* groups or torrents, and the groups of these */
    size_t count;
    struct slice next;
    uint64_t total, groups_total; /* facets are counted in groups, also beside torrents */
    bool about;
    const struct shelf *shelf; /* of the page */
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

static void reply(struct browsing *browsing)
{
    struct tree_writer groups, facets;
    tree_start(&groups);
    tree_start(&facets);
    groups_write(&groups, browsing);
    struct catalog_browse_reply told = {
        .count = browsing->total, .about = browsing->about, .groups = tree_done(&groups), .next = browsing->next};
    if (browsing->ask->facets && browsing->plugin != NULL) {
        facets_write(&facets, browsing->plugin, &browsing->facets, browsing->sampled, browsing->groups_total);
        told.facets = tree_done(&facets);
    }
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
    browsing->waiting++;
    if (browsing->each)
        shelf_load_torrents(service_db(), browsing->arena, browsing->groups, browsing->found, browsing->count, on_shelf,
                            browsing);
    else
        shelf_load_fitting(service_db(), browsing->arena, browsing->groups, browsing->count, browsing->below,
                           browsing->files, on_shelf, browsing);
}

/* ---- page, facets ---- */

static const struct statement browse_find = {
    "browse_find",
    "WITH query AS MATERIALIZED (SELECT *, whole::text AS whole_text, below::text AS below_text, above::text AS "
    "above_text"
    "  FROM catalog.query($1::bigint[], $2::bigint[], $3::text[], $4::text[]))"
    " SELECT f.found, f.of, f.at, f.total, f.about, CASE WHEN row_number() OVER () = 1 THEN f.sample::text END,"
    " q.whole_text, CASE WHEN f.looked THEN q.above_text END, q.below_text, f.groups, NULL::text FROM query q"
    " CROSS JOIN LATERAL catalog.find($5, q.whole, q.below, q.above, $6, $7, $8, $9, $10, $11, $12, q.marks) AS f",
};

/* The same of a search that asks for files or texts, too. */
static const struct statement browse_written = {
    "browse_written",
    "WITH query AS MATERIALIZED (SELECT q.whole, q.below, q.whole::text AS whole_text, q.below::text AS below_text,"
    "  f.above AS files, t.above AS texts"
    "  FROM catalog.query($1::bigint[], $2::bigint[], $3::text[], $4::text[]) AS q,"
    "  catalog.query($13::bigint[], $14::bigint[], $15::text[], $16::text[]) AS f,"
    "  catalog.query($17::bigint[], $18::bigint[], $19::text[], $20::text[]) AS t)"
    " SELECT f.found, f.of, f.at, f.total, f.about, CASE WHEN row_number() OVER () = 1 THEN f.sample::text END,"
    " q.whole_text, NULL::text, q.below_text, f.groups, q.files::text FROM query q"
    " CROSS JOIN LATERAL catalog.find_written($5, q.whole, q.below, q.files, q.texts, $6, $7, $8, $9, $10, $11, $12)"
    " AS f",
};

/* Of few all, or a hundred: their ids. */
static const struct statement browse_few = {
    "browse_few",
    "SELECT tsvectorsend(search) FROM catalog.listed WHERE id = ANY($1::bigint[])",
};
static const struct statement browse_sample = {
    "browse_sample",
    "SELECT tsvectorsend(search) FROM catalog.sample($1::text, nullif($2, '')::tsquery, nullif($3, '')::tsquery, $4, "
    "$5)",
};
static const struct statement browse_tags = {
    "browse_tags",
    "SELECT folded, name FROM catalog.name WHERE plugin = $1 AND field = $2 AND folded = ANY($3::text[]) AND entity IS "
    "NULL",
};

/* Rows of found and of. */
static void rows_take(struct browsing *browsing, const struct db_rows *rows, size_t count)
{
    browsing->found = arena_take(browsing->arena, (count + 1) * sizeof *browsing->found);
    browsing->groups = arena_take(browsing->arena, (count + 1) * sizeof *browsing->groups);
    browsing->count = count;
    for (size_t i = 0; i < count; i++) {
        browsing->found[i] = db_get_int(rows, i, 0);
        browsing->groups[i] = db_get_int(rows, i, 1);
    }
}

static void facets_ask(struct browsing *browsing, struct slice sample);

static void on_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct browsing *browsing = arg;
    size_t count = rows != NULL ? db_count(rows) : 0;
    bool more = count > browsing->ask->limit;
    rows_take(browsing, rows, more ? browsing->ask->limit : count);
    if (count > 0) {
        browsing->total = (uint64_t)db_get_int(rows, 0, 3);
        browsing->about = db_get_flag(rows, 0, 4);
        browsing->whole = arena_copy(browsing->arena, db_get_text(rows, 0, 6));
        browsing->above = arena_copy(browsing->arena, db_get_text(rows, 0, 7));
        browsing->below = arena_copy(browsing->arena, db_get_text(rows, 0, 8));
        browsing->groups_total = (uint64_t)db_get_int(rows, 0, 9);
        browsing->files = arena_copy(browsing->arena, db_get_text(rows, 0, 10));
    }
    if (more && !browsing->random) /* which has no end */
        browsing->next =
            slice_text(arena_print(browsing->arena, "%" PRId64 ".%" PRId64, db_get_int(rows, browsing->count - 1, 2),
                                   browsing->found[browsing->count - 1]));
    if (count > 0 && browsing->ask->facets && browsing->plugin != NULL)
        facets_ask(browsing, db_get_text(rows, 0, 5));
    shelf_ask(browsing);
    browsing_step(browsing, why);
}

static void on_tags(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct browsing *browsing = arg;
    for (size_t i = 0; rows != NULL && i < db_count(rows); i++)
        for (size_t k = 0; k < browsing->tags_count; k++)
            if (slice_equal(browsing->tags[k].value, db_get_text(rows, i, 0)))
                browsing->tags[k].value = arena_copy(browsing->arena, db_get_text(rows, i, 1));
    browsing_step(browsing, why);
}

static void tags_ask(struct browsing *browsing)
{
    const struct attribute *attribute =
        facets_tags(browsing->plugin, &browsing->facets, &browsing->tags, &browsing->tags_count);
    if (attribute == NULL)
        return;
    browsing->waiting++;
    struct slice *folded = arena_take(browsing->arena, browsing->tags_count * sizeof *folded);
    for (size_t i = 0; i < browsing->tags_count; i++)
        folded[i] = browsing->tags[i].value;
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
        browsing->facets = facets_count(browsing->plugin, vectors, browsing->sampled, browsing->below, browsing->arena);
        tags_ask(browsing);
    }
    browsing_step(browsing, why);
}

/* `sample`: of few; of many there is none yet. */
static void facets_ask(struct browsing *browsing, struct slice sample)
{
    browsing->waiting++;
    if (sample.size > 0) {
        size_t count;
        const int64_t *ids = shelf_ids(sample, browsing->arena, &count);
        db_ask(service_db(), &browse_few, db_ints(db_args(), ids, count), on_sample, browsing);
    } else {
        struct db_args *args = db_text(db_text(db_args(), browsing->ask->plugin), browsing->whole);
        args = db_int(db_int(db_text(args, browsing->above), SAMPLED_OF_MANY), (int64_t)browsing->groups_total);
        db_ask(service_db(), &browse_sample, args, on_sample, browsing);
    }
}

struct db_args *browse_query_args(struct db_args *args, const struct query *query, unsigned bit, struct arena *arena)
{
    int64_t *clauses = arena_take(arena, (query->count + 1) * sizeof *clauses);
    int64_t *kinds = arena_take(arena, (query->count + 1) * sizeof *kinds);
    struct slice *tags = arena_take(arena, (query->count + 1) * sizeof *tags);
    struct slice *texts = arena_take(arena, (query->count + 1) * sizeof *texts);
    size_t count = 0;
    for (size_t i = 0; i < query->count; i++) {
        if ((query->terms[i].kind & (QUERY_files | QUERY_texts)) != bit)
            continue;
        clauses[count] = query->terms[i].clause;
        kinds[count] = query->terms[i].kind;
        tags[count] = query->terms[i].tag;
        texts[count++] = query->terms[i].text;
    }
    db_ints(db_ints(args, clauses, count), kinds, count);
    return db_texts(db_texts(args, tags, count), texts, count);
}

static void groups_find(struct browsing *browsing)
{
    const struct query *query = &browsing->query;
    bool written = false;
    for (size_t i = 0; i < query->count; i++)
        written |= (query->terms[i].kind & (QUERY_files | QUERY_texts)) != 0;
    struct db_args *args = browse_query_args(db_args(), query, 0, browsing->arena);
    db_text(args, browsing->ask->plugin);
    db_flag(args, browsing->ask->flat);
    db_text(args, slice_text(browsing->sort->column));
    args = db_int(db_int(db_flag(args, browsing->rising), browsing->key), browsing->id);
    args = db_int(db_int(args, (int64_t)browsing->ask->limit + 1), browsing->ask->facets ? SAMPLED_MAX : 0);
    browsing->waiting = 1;
    if (written) {
        args = browse_query_args(args, query, QUERY_files, browsing->arena);
        args = browse_query_args(args, query, QUERY_texts, browsing->arena);
    }
    db_ask(service_db(), written ? &browse_written : &browse_find, args, on_found, browsing);
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
    rows_take(browsing, rows, rows != NULL && db_count(rows) > 0);
    browsing->total = browsing->count;
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
    browsing->sort = &sorts[0];
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
        if (slice_is(browsing->ask->sort, sorts[i].name))
            browsing->sort = &sorts[i];
    browsing->random = strcmp(browsing->sort->name, "random") == 0;
    browsing->rising = browsing->ask->rising && !browsing->random;
    return browsing->ask->sort.size == 0 || slice_is(browsing->ask->sort, browsing->sort->name) ||
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
    if (browsing->random)
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
    if (!sort_read(browsing, &why) || !cursor_read(browsing, &why))
        bus_fail(request, &why);
    else if (hash_find(browsing))
        return;
    else if (!query_read(browsing->text, browsing->plugin, browsing->arena, &browsing->query, &why))
        bus_fail(request, &why);
    else
        groups_find(browsing);
}

void browse_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_browse_message, on_browse, NULL);
}

const struct statement *const browse_statements[] = {
    &browse_find, &browse_written, &browse_few, &browse_sample, &browse_tags, &browse_hash,
};
const size_t browse_statements_count = sizeof browse_statements / sizeof *browse_statements;
