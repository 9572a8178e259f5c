/* See expected.h. */
#include "services/catalog/expected.h"

#include "services/catalog/catalog.h"
#include "services/catalog/likely.h"

#define LOOK_MS 5000 /* whether it has looked anew */

static struct loop_timer *timer;
static bool stopped;
static int64_t looked = -1; /* so often it had when these were read */
static struct words {
    struct arena *arena;
    struct likely likely;
} words[2];

static const struct statement expected_looked = {
    "expected_looked",
    "SELECT sum(pg_stat_get_analyze_count(c) + pg_stat_get_autoanalyze_count(c))"
    " FROM unnest(ARRAY['catalog.listed', 'catalog.listed_unit']::regclass[]) AS c",
};
/* The last frequencies of each are of no word. */
static const struct statement expected_words = {
    "expected_words",
    "SELECT s.tablename = 'listed_unit', w.word, (w.share * 1000000000)::bigint FROM pg_stats s CROSS JOIN LATERAL"
    " unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs::double precision[]) AS w (word, share)"
    " WHERE s.schemaname = 'catalog' AND w.word IS NOT NULL"
    " AND (s.tablename, s.attname) IN (('listed', 'search'), ('listed_unit', 'terms')) ORDER BY w.word COLLATE \"C\"",
};

static void look(void *arg);

static void again(void)
{
    if (!stopped)
        timer = loop_timer_new(service_loop(), LOOK_MS, 0, look, NULL);
}

static void words_take(const struct db_rows *rows, enum expected_of of)
{
    struct words *into = &words[of];
    arena_destroy(&into->arena);
    into->arena = arena_new();
    struct likely_word *taken = arena_take(into->arena, (db_count(rows) + 1) * sizeof *taken);
    into->likely = (struct likely){.of = taken};
    for (size_t i = 0; i < db_count(rows); i++)
        if (db_get_flag(rows, i, 0) == (of == EXPECTED_torrents))
            taken[into->likely.count++] = (struct likely_word){
                .text = arena_copy(into->arena, db_get_text(rows, i, 1)),
                .share = (double)db_get_int(rows, i, 2) / 1e9,
            };
}

static void on_words(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg, (void)why;
    if (rows != NULL) {
        words_take(rows, EXPECTED_groups);
        words_take(rows, EXPECTED_torrents);
    } else {
        looked = -1;
    }
    again();
}

static void on_looked(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg, (void)why;
    if (rows == NULL || db_get_int(rows, 0, 0) == looked) {
        again();
        return;
    }
    looked = db_get_int(rows, 0, 0);
    db_ask(service_db(), &expected_words, NULL, on_words, NULL);
}

static void look(void *arg)
{
    (void)arg;
    timer = NULL;
    db_ask(service_db(), &expected_looked, NULL, on_looked, NULL);
}

uint64_t expected(enum expected_of of, const struct tsquery *query, uint64_t all)
{
    double count = (double)all * (query != NULL ? likely_share(&words[of].likely, query) : 1);
    return count > 1 ? (uint64_t)(count + 0.5) : 1;
}

double expected_read(const struct tsquery *query, uint64_t all)
{
    return (double)all * likely_read(&words[EXPECTED_groups].likely, query);
}

void expected_start(void)
{
    look(NULL);
}

void expected_stop(void)
{
    stopped = true;
    if (timer != NULL)
        loop_timer_cancel(&timer);
    for (size_t i = 0; i < 2; i++)
        arena_destroy(&words[i].arena);
}

const struct statement *const expected_statements[] = {&expected_looked, &expected_words};
const size_t expected_statements_count = sizeof expected_statements / sizeof *expected_statements;
