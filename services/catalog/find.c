/* See find.h.
 *
 *   query -> few
 *         -> newest -> recent -> order, walk or lookup
 *         -> order, walk or lookup -> in random order, from its other end
 *
 * Costs are compared in rows that are looked at, some 2 us each with 100 000 albums. */
#include "services/catalog/find.h"

#include "services/catalog/catalog.h"
#include "services/catalog/expected.h"
#include "services/catalog/memo.h"
#include "services/common/bencode.h"

#include <inttypes.h>
#include <math.h>

#define COUNTED_BELOW 500 /* is expected to be few, and counted */
#define FRESH 1000    /* groups are not vacuumed yet, about: half of what migrations/0053_vacuumed_sooner.sql says */
#define SELECTIVE 256 /* what one group of so many has is looked up alone */

static const double tiers[FIND_tiers] = {[FIND_newest] = 10000, [FIND_recent] = 100000}; /* groups */

struct finding {
    struct arena *arena;
    struct find_ask ask;
    struct find_left {
        int64_t key, id;
        size_t most;
    } left; /* to be found */
    struct found found;
    const struct tsquery *whole, *below, *above;
    struct slice asked;   /* plugin and terms */
    struct slice grouped; /* what is asked of groups beside torrents */
    struct slice marks;
    unsigned marked; /* so many */
    uint64_t all_groups, all_torrents;
    int64_t from[FIND_tiers]; /* of these is all that was added since */
    enum find_tier tier;      /* the next */
    bool around;              /* in random order, from the other end */
    find_done_fn *done;
    void *arg;
};

static void finding_end(struct finding *finding, const struct fault *why)
{
    finding->done(finding->arg, why == NULL ? &finding->found : NULL, why);
}

/* Up to where a random order began. */
static void rows_take(struct finding *finding, const struct db_rows *rows)
{
    struct found *found = &finding->found;
    for (size_t i = 0; i < db_count(rows) && finding->left.most > 0; i++) {
        int64_t key = db_get_int(rows, i, 2);
        if (finding->around && key <= finding->ask.key)
            return;
        found->ids[found->count] = finding->left.id = db_get_int(rows, i, 0);
        found->groups[found->count] = db_get_int(rows, i, 1);
        found->keys[found->count++] = finding->left.key = key;
        finding->left.most--;
    }
}

static struct db_args *page_args(const struct finding *finding)
{
    struct db_args *args = db_int(db_text(db_args(), finding->ask.plugin), finding->left.key);
    return db_int(db_int(args, finding->left.id), (int64_t)finding->left.most);
}

static enum find_rows rows_of(const struct finding *finding)
{
    return finding->ask.flat ? FIND_torrents : FIND_groups;
}

static struct slice asked_of_torrents(const struct finding *finding)
{
    return finding->ask.flat ? finding->found.below : (struct slice){0};
}

/* ---- by the words ---- */

static struct db_args *lookup_args(const struct finding *finding)
{
    const struct find_ask *ask = &finding->ask;
    struct find_left left = finding->left;
    if (ask->rising) {
        left.key = left.key == INT64_MIN ? INT64_MAX : -left.key;
        left.id = -left.id;
    }
    struct db_args *args = db_int(db_int(db_text(db_args(), ask->plugin), left.key), left.id);
    args = find_query_arg(db_int(args, (int64_t)left.most), finding->found.whole);
    args = find_query_arg(find_query_arg(args, finding->found.above), asked_of_torrents(finding));
    return db_flag(db_text(args, slice_text(find_column(ask->order))), ask->rising);
}

static void on_lookup(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct finding *finding = arg;
    if (rows != NULL)
        rows_take(finding, rows);
    finding_end(finding, why);
}

/* ---- along an order ---- */

static void along(struct finding *finding);

static void on_along(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct finding *finding = arg;
    if (rows != NULL && finding->whole == NULL && db_count(rows) > 0)
        finding->found.total = (uint64_t)db_get_int(rows, 0, 3);
    if (rows != NULL)
        rows_take(finding, rows);
    if (rows == NULL || finding->ask.order != FIND_shuffle || finding->left.most == 0 || finding->around) {
        finding_end(finding, why);
        return;
    }
    finding->around = true;
    finding->left.key = finding->left.id = INT64_MAX;
    along(finding);
}

/* ---- what it costs ---- */

/* To look at a row, in that of a word: what is asked of torrents is looked for at the places of each. */
static double row_cost(const struct finding *finding)
{
    return finding->below != NULL && !finding->ask.flat ? 4 : 1;
}

/* What an order leads past, until there is enough. */
static double led_past(const struct finding *finding)
{
    return (double)finding->ask.most * (double)finding->all_groups / (double)finding->found.groups_total;
}

static double along_cost(const struct finding *finding)
{
    return led_past(finding) * row_cost(finding);
}

/* Of these a walk looks at what has the marks; it leads past the others in a fifth of the time. Of the newest some were
 * not vacuumed since they changed: their rows are looked for. */
static double walk_cost(const struct finding *finding)
{
    const struct find_ask *ask = &finding->ask;
    double past = led_past(finding), fresh = 0, has = 1;
    if (finding->marked == 0 || find_is_tallied(ask->order) || ask->plugin.size == 0)
        return INFINITY;
    if (ask->order == FIND_added && !ask->rising)
        fresh = past < FRESH ? past : FRESH;
    for (unsigned i = 0; i < finding->marked; i++)
        has *= 0.2;
    return fresh * 0.6 + (past - fresh) * 0.2 + (past * has + (double)ask->most) * row_cost(finding);
}

static double order_cost(const struct finding *finding)
{
    double along = along_cost(finding), walk = walk_cost(finding);
    return walk < along ? walk : along;
}

/* All that is found, of words. What is asked of torrents has a place in each group that has such ones: the index has
 * to unpack these, and where they stand is looked at in the row. */
static double lookup_cost(const struct finding *finding)
{
    double found = (double)finding->found.groups_total;
    if (finding->below == NULL)
        return found;
    return found * 3 + expected_read(finding->whole, finding->all_groups) * 0.3;
}

static void along(struct finding *finding)
{
    const struct find_ask *ask = &finding->ask;
    bool asked = finding->whole != NULL;
    struct db_args *args = page_args(finding);
    if (asked)
        args = find_query_arg(find_query_arg(args, finding->grouped), asked_of_torrents(finding));
    if (asked && walk_cost(finding) < along_cost(finding))
        db_ask(service_db(), find_walk_statement(ask->order, rows_of(finding), ask->rising),
               db_text(args, finding->marks), on_along, finding);
    else
        db_ask(service_db(),
               find_order_statement(ask->order, rows_of(finding), ask->rising, ask->plugin.size == 0, asked), args,
               on_along, finding);
}

static void much(struct finding *finding)
{
    if (lookup_cost(finding) < order_cost(finding))
        db_ask(service_db(), find_lookup_statement(rows_of(finding)), lookup_args(finding), on_lookup, finding);
    else
        along(finding);
}

/* Where they are far more than was expected, they are found as much is. */
static void on_few(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct finding *finding = arg;
    struct found *found = &finding->found;
    bool any = rows != NULL && db_count(rows) > 0;
    found->total = any ? (uint64_t)db_get_int(rows, 0, 3) : 0;
    if (found->total == FIND_COUNTED) {
        found->about = true;
        found->groups_total = FIND_COUNTED;
        much(finding);
        return;
    }
    found->groups_total = any ? (uint64_t)db_get_int(rows, 0, 4) : 0;
    if (any) {
        rows_take(finding, rows);
        found->sample = arena_copy(finding->arena, db_get_text(rows, 0, 5));
    }
    finding_end(finding, why);
}

/* ---- the newest ---- */

/* Looked up among them, by their share of all; among fewer only where these should have the page. */
static bool tier_helps(const struct finding *finding, enum find_tier tier)
{
    const struct find_ask *ask = &finding->ask;
    double all = (double)finding->all_groups, share = all > tiers[tier] ? tiers[tier] / all : 1;
    return ask->order == FIND_added && !ask->rising && !ask->flat && ask->plugin.size > 0 &&
           finding->from[tier] < finding->left.key && lookup_cost(finding) * share < order_cost(finding) &&
           (tier == FIND_recent || (double)finding->found.groups_total * share > (double)ask->most * 2);
}

static void newest_first(struct finding *finding);

/* What they have not is older. */
static void on_recent(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct finding *finding = arg;
    if (rows != NULL)
        rows_take(finding, rows);
    if (rows == NULL || finding->left.most == 0)
        finding_end(finding, why);
    else
        newest_first(finding);
}

static void newest_first(struct finding *finding)
{
    while (finding->tier < FIND_tiers && !tier_helps(finding, finding->tier))
        finding->tier++;
    if (finding->tier == FIND_tiers) {
        much(finding);
        return;
    }
    struct db_args *args =
        find_query_arg(find_query_arg(page_args(finding), finding->found.whole), finding->found.above);
    db_ask(service_db(), find_recent_statement(finding->tier++), args, on_recent, finding);
}

/* ---- what to do ---- */

/* How much there is. */
static void expect(struct finding *finding)
{
    const struct find_ask *ask = &finding->ask;
    struct found *found = &finding->found;
    uint64_t all = finding->all_groups > 0 ? finding->all_groups : 1;
    found->groups_total = expected(EXPECTED_groups, finding->whole, finding->all_groups);
    found->total = found->groups_total;
    if (!ask->flat)
        return;
    if (finding->below == NULL) {
        found->total = finding->all_torrents * found->groups_total / all;
        return;
    }
    found->total = expected(EXPECTED_torrents, finding->below, finding->all_torrents);
    if (finding->above != NULL)
        found->total = found->total * expected(EXPECTED_groups, finding->above, all) / all;
    if (ask->sampled == 0)
        found->groups_total = found->total < all ? found->total : all;
}

/* What is asked of groups finds little: it is looked up alone. */
static bool looks(const struct finding *finding)
{
    uint64_t selective = finding->all_groups / SELECTIVE;
    return !finding->ask.flat && finding->above != NULL && finding->below != NULL && finding->found.total < selective &&
           expected(EXPECTED_groups, finding->above, finding->all_groups) < selective;
}

static void decide(struct finding *finding)
{
    struct found *found = &finding->found;
    finding->grouped = finding->ask.flat && finding->below != NULL ? found->above : found->whole;
    if (finding->whole == NULL) {
        found->groups_total = finding->all_groups;
        along(finding);
        return;
    }
    expect(finding);
    found->about = found->groups_total >= COUNTED_BELOW;
    if (!looks(finding))
        found->above = (struct slice){0};
    if (!found->about) {
        db_ask(service_db(), find_few_statement(rows_of(finding)),
               db_int(lookup_args(finding), (int64_t)finding->ask.sampled), on_few, finding);
        return;
    }
    if (finding->ask.flat && found->total < found->groups_total)
        found->total = found->groups_total;
    newest_first(finding);
}

static const struct statement find_query = {
    "find_query",
    "SELECT q.whole::text, q.below::text, q.above::text, q.marks::text, p.groups, p.torrents, p.newest_from, "
    "p.recent_from"
    " FROM catalog.query($1::bigint[], $2::bigint[], $3::text[], $4::text[]) AS q,"
    " (SELECT coalesce(sum(groups), 0)::bigint AS groups, coalesce(sum(torrents), 0)::bigint AS torrents,"
    "   coalesce(max(newest_from), 0) AS newest_from, coalesce(max(recent_from), 0) AS recent_from FROM catalog.plugin "
    "WHERE $5::text IN ('', name)) AS p",
};

/* What it told, as it is kept. Texts follow: whole, below, above, marks, a NUL behind each. */
struct made {
    uint64_t all_groups, all_torrents;
    int64_t from[FIND_tiers];
};
/* No more than a minute old: how many groups there are is here for what is expected alone. */
static struct memo queries;

static struct slice text_next(struct slice *left)
{
    struct slice text = slice_of(left->at, strlen(left->at));
    *left = slice_of(left->at + text.size + 1, left->size - text.size - 1);
    return text;
}

static void made_read(struct finding *finding, struct slice told)
{
    struct arena *arena = finding->arena;
    struct found *found = &finding->found;
    struct made made;
    memcpy(&made, told.at, sizeof made);
    struct slice left = slice_of(told.at + sizeof made, told.size - sizeof made);
    found->whole = arena_copy(arena, text_next(&left));
    found->below = arena_copy(arena, text_next(&left));
    found->above = arena_copy(arena, text_next(&left));
    finding->marks = arena_copy(arena, text_next(&left));
    finding->whole = tsquery_read(found->whole, arena);
    finding->below = tsquery_read(found->below, arena);
    finding->above = tsquery_read(found->above, arena);
    for (size_t i = 0; i < finding->marks.size; i++)
        finding->marked += finding->marks.at[i] == '1';
    finding->all_groups = made.all_groups;
    finding->all_torrents = made.all_torrents;
    memcpy(finding->from, made.from, sizeof finding->from);
    decide(finding);
}

static void on_query(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct finding *finding = arg;
    if (rows == NULL) {
        finding_end(finding, why);
        return;
    }
    const struct made made = {
        .all_groups = (uint64_t)db_get_int(rows, 0, 4),
        .all_torrents = (uint64_t)db_get_int(rows, 0, 5),
        .from = {db_get_int(rows, 0, 6), db_get_int(rows, 0, 7)},
    };
    struct buffer told = {0};
    buffer_add(&told, &made, sizeof made);
    for (int column = 0; column < 4; column++) {
        struct slice text = db_get_text(rows, 0, column);
        buffer_add(&told, text.at, text.size);
        buffer_add(&told, "", 1);
    }
    memo_keep(&queries, finding->asked, buffer_slice(&told));
    made_read(finding, buffer_slice(&told));
    buffer_free(&told);
}

/* The plugin and all terms, as one text. */
static struct slice asked_text(const struct find_ask *ask, struct arena *arena)
{
    struct buffer text = {0};
    buffer_print(&text, "%.*s", SLICE_ARGS(ask->plugin));
    for (size_t i = 0; i < ask->query->count; i++) {
        const struct query_term *term = &ask->query->terms[i];
        buffer_print(&text, "\n%" PRId64 " %u %zu %zu ", term->clause, term->kind, term->tag.size, term->text.size);
        buffer_add(&text, term->tag.at, term->tag.size);
        buffer_add(&text, term->text.at, term->text.size);
    }
    struct slice asked = arena_copy(arena, buffer_slice(&text));
    buffer_free(&text);
    return asked;
}

static void query_ask(struct finding *finding)
{
    const struct find_ask *ask = &finding->ask;
    finding->asked = asked_text(ask, finding->arena);
    struct slice told = memo_find(&queries, finding->asked);
    if (ask->query->count > 0 && told.size > 0)
        made_read(finding, told);
    else
        db_ask(service_db(), &find_query,
               db_text(find_query_args(db_args(), ask->query, 0, finding->arena), ask->plugin), on_query, finding);
}

/* ---- files and texts ---- */

/* PostgreSQL decides itself: such searches are few. */
static const struct statement find_written = {
    "find_written",
    "WITH query AS MATERIALIZED (SELECT q.whole, q.below, q.whole::text AS whole_text, q.below::text AS below_text,"
    "  f.above AS files, t.above AS texts"
    "  FROM catalog.query($1::bigint[], $2::bigint[], $3::text[], $4::text[]) AS q,"
    "  catalog.query($13::bigint[], $14::bigint[], $15::text[], $16::text[]) AS f,"
    "  catalog.query($17::bigint[], $18::bigint[], $19::text[], $20::text[]) AS t)"
    " SELECT f.found, f.of, f.at, f.total, f.groups, CASE WHEN row_number() OVER () = 1 THEN f.sample::text END,"
    "  f.about, q.whole_text, q.below_text, q.files::text FROM query q"
    " CROSS JOIN LATERAL catalog.find_written($5, q.whole, q.below, q.files, q.texts, $6, $7, $8, $9, $10, $11, $12)"
    " AS f",
};

static void on_written(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct finding *finding = arg;
    struct arena *arena = finding->arena;
    struct found *found = &finding->found;
    if (rows != NULL && db_count(rows) > 0) {
        rows_take(finding, rows);
        found->total = (uint64_t)db_get_int(rows, 0, 3);
        found->groups_total = (uint64_t)db_get_int(rows, 0, 4);
        found->sample = arena_copy(arena, db_get_text(rows, 0, 5));
        found->about = db_get_flag(rows, 0, 6);
        found->whole = arena_copy(arena, db_get_text(rows, 0, 7));
        found->below = arena_copy(arena, db_get_text(rows, 0, 8));
        found->files = arena_copy(arena, db_get_text(rows, 0, 9));
    }
    finding_end(finding, why);
}

static void written_ask(struct finding *finding)
{
    const struct find_ask *ask = &finding->ask;
    struct db_args *args = find_query_args(db_args(), ask->query, 0, finding->arena);
    args = db_flag(db_text(args, ask->plugin), ask->flat);
    args = db_flag(db_text(args, slice_text(find_column(ask->order))), ask->rising);
    args = db_int(db_int(args, ask->key), ask->id);
    args = db_int(db_int(args, (int64_t)ask->most), (int64_t)ask->sampled);
    args = find_query_args(args, ask->query, QUERY_files, finding->arena);
    args = find_query_args(args, ask->query, QUERY_texts, finding->arena);
    db_ask(service_db(), &find_written, args, on_written, finding);
}

/* ---- the beginning ---- */

struct db_args *find_query_args(struct db_args *args, const struct query *query, unsigned bit, struct arena *arena)
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

void find(struct arena *arena, const struct find_ask *ask, find_done_fn *done, void *arg)
{
    struct finding *finding = arena_take(arena, sizeof *finding);
    bool written = false;
    *finding =
        (struct finding){.arena = arena, .ask = *ask, .left = {ask->key, ask->id, ask->most}, .done = done, .arg = arg};
    finding->found.ids = arena_take(arena, FIND_MOST * sizeof *finding->found.ids);
    finding->found.groups = arena_take(arena, FIND_MOST * sizeof *finding->found.groups);
    finding->found.keys = arena_take(arena, FIND_MOST * sizeof *finding->found.keys);
    for (size_t i = 0; i < ask->query->count; i++)
        written |= (ask->query->terms[i].kind & (QUERY_files | QUERY_texts)) != 0;
    if (written)
        written_ask(finding);
    else if (ask->query->count == 0 && ask->sampled == 0)
        along(finding);
    else
        query_ask(finding);
}

/* ---- the start ---- */

void find_start(void)
{
    find_statements_start(service_db());
}

const struct statement *const find_own_statements[] = {&find_query, &find_written};
const size_t find_own_statements_count = sizeof find_own_statements / sizeof *find_own_statements;
