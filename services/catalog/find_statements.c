/* See find_statements.h. */
#include "services/catalog/find_statements.h"

#include "services/common/bencode.h"

#include <stdio.h>

static const struct order {
    const char *column;
    bool tallied;
} orders[FIND_orders] = {
    {"added", false},   {"year", false},   {"size", false},    {"shuffle", false},
    {"snatches", true}, {"seeders", true}, {"leechers", true},
};
static const unsigned parts[] = {0, 4, 6, 8, 10, 12};
#define PARTS (sizeof parts / sizeof *parts)

static const struct statement *by_order[FIND_orders][FIND_kinds][2][2][2];
static const struct statement *by_walk[FIND_orders][FIND_kinds][2];
static const struct statement *by_lookup[FIND_kinds], *few[FIND_kinds];
static const struct statement *recent[FIND_tiers], *samples[PARTS], *sample_of_all;

const char *find_column(enum find_order order)
{
    return orders[order].column;
}

bool find_is_tallied(enum find_order order)
{
    return orders[order].tallied;
}

static const struct statement *add(struct db *db, const char *name, struct buffer *sql)
{
    buffer_add(sql, "", 1);
    const struct statement *added = db_add_statement(db, name, sql->at);
    buffer_free(sql);
    return added;
}

/* ---- along an order ---- */

/* `at`: what has the order. */
static void page_write(struct buffer *sql, const char *at, const char *column, bool rising)
{
    const char *after = rising ? ">" : "<", *falls = rising ? "ASC" : "DESC";
    buffer_print(sql, " AND (%s.%s, %s.id) %s ((SELECT $2::bigint), (SELECT $3::bigint)) ORDER BY %s.%s %s, %s.id %s",
                 at, column, at, after, at, column, falls, at, falls);
}

/* The inner limit is a number, so that PostgreSQL knows that it is small. */
static void limit_begin(struct buffer *sql)
{
    buffer_print(sql, "SELECT * FROM (");
}

static void limit_end(struct buffer *sql)
{
    buffer_print(sql, " LIMIT %d) AS page LIMIT $4::bigint", FIND_MOST);
}

static void order_add(struct db *db, enum find_order order, enum find_rows rows, unsigned bits)
{
    bool rising = bits & 1, every = bits & 2, asked = bits & 4, flat = rows == FIND_torrents;
    const char *at = orders[order].tallied ? "n" : "l";
    struct buffer sql = {0};
    limit_begin(&sql);
    buffer_print(&sql, "SELECT l.id, l.%s, %s.%s", flat ? "grp" : "id", at, orders[order].column);
    if (!asked)
        buffer_print(&sql, ", (SELECT sum(%s)::bigint FROM catalog.plugin WHERE $1 IN ('', name))",
                     flat ? "torrents" : "groups");
    buffer_print(&sql, " FROM catalog.listed%s l", flat ? "_unit" : "");
    if (orders[order].tallied)
        buffer_print(&sql, " JOIN catalog.tally%s n ON n.id = l.id", flat ? "_unit" : "");
    if (flat && asked)
        buffer_print(&sql, " JOIN catalog.listed g ON g.id = l.grp AND ((SELECT $5::tsquery) IS NULL"
                           " OR ts_match_vq(g.search, (SELECT $5::tsquery)))");
    if (every)
        buffer_print(&sql, " WHERE $1::text = ''");
    else
        buffer_print(&sql, " WHERE %s.plugin = (SELECT $1::text)", at);
    if (asked && flat)
        buffer_print(&sql, " AND ((SELECT $6::tsquery) IS NULL OR ts_match_vq(l.terms, (SELECT $6::tsquery)))");
    else if (asked)
        buffer_print(&sql, " AND $6::tsquery IS NULL AND ts_match_vq(l.search, (SELECT $5::tsquery))");
    page_write(&sql, at, orders[order].column, rising);
    limit_end(&sql);
    char name[64];
    snprintf(name, sizeof name, "find_order_%d_%d_%u", (int)order, (int)rows, bits);
    by_order[order][rows][rising][every][asked] = add(db, name, &sql);
}

static void walk_add(struct db *db, enum find_order order, enum find_rows rows, bool rising)
{
    bool flat = rows == FIND_torrents;
    const char *column = orders[order].column, *falls = rising ? "ASC" : "DESC";
    struct buffer sql = {0};
    limit_begin(&sql);
    buffer_print(&sql,
                 "SELECT l.id, l.%s, w.at FROM (SELECT m.id, m.%s AS at FROM catalog.listed%s m"
                 " WHERE m.plugin = (SELECT $1::text) AND m.marks & (SELECT $7::bit(256)) = (SELECT $7::bit(256))",
                 flat ? "grp" : "id", column, flat ? "_unit" : "");
    page_write(&sql, "m", column, rising);
    buffer_print(&sql, " OFFSET 0) AS w JOIN catalog.listed%s l ON l.id = w.id", flat ? "_unit" : "");
    if (flat)
        buffer_print(&sql, " AND ((SELECT $6::tsquery) IS NULL OR ts_match_vq(l.terms, (SELECT $6::tsquery)))"
                           " JOIN catalog.listed g ON g.id = l.grp AND ((SELECT $5::tsquery) IS NULL"
                           " OR ts_match_vq(g.search, (SELECT $5::tsquery)))");
    else
        buffer_print(&sql, " AND $6::tsquery IS NULL AND ts_match_vq(l.search, (SELECT $5::tsquery))");
    buffer_print(&sql, " ORDER BY w.at %s, w.id %s", falls, falls);
    limit_end(&sql);
    char name[64];
    snprintf(name, sizeof name, "find_walk_%d_%d_%d", (int)order, (int)rows, rising);
    by_walk[order][rows][rising] = add(db, name, &sql);
}

/* ---- by the words ---- */

#define BY_WORDS(table)                                                                                                \
    " WHERE (SELECT $1::text) IN ('', " table ".plugin) AND " table ".search @@ (SELECT coalesce($6, $5::tsquery))"    \
    " AND ((SELECT $6::tsquery) IS NULL OR ts_match_vq(" table ".search, (SELECT $5::tsquery)))"

/* Id, group, key, place in the random order. */
static void hits_write(struct buffer *sql, enum find_rows rows)
{
    bool flat = rows == FIND_torrents;
    buffer_print(sql, "SELECT l.id, l.%s AS grp, CASE (SELECT $8::text)", flat ? "grp" : "id");
    for (enum find_order order = 0; order < FIND_orders; order++)
        if (orders[order].tallied)
            buffer_print(sql, " WHEN '%s' THEN (SELECT n.%s FROM catalog.tally%s n WHERE n.id = l.id)",
                         orders[order].column, orders[order].column, flat ? "_unit" : "");
        else
            buffer_print(sql, " WHEN '%s' THEN l.%s", orders[order].column, orders[order].column);
    buffer_print(sql, " END AS at, l.shuffle");
    if (flat)
        buffer_print(sql, " FROM catalog.listed g JOIN catalog.listed_unit l ON l.grp = g.id" BY_WORDS(
                              "g") " AND ((SELECT $7::tsquery) IS NULL OR ts_match_vq(l.terms, (SELECT $7::tsquery)))");
    else
        buffer_print(sql, " FROM catalog.listed l" BY_WORDS("l") " AND $7::tsquery IS NULL");
}

/* In random order from the key on, and from the other end up to it. */
static void hits_order(struct buffer *sql)
{
    buffer_print(sql, " WHERE $8 = 'shuffle' OR (h.at * h.sign, h.id * h.sign) < ($2::bigint, $3::bigint)"
                      " ORDER BY $8 = 'shuffle' AND h.at < $2 DESC, h.at * h.sign DESC, h.id * h.sign DESC"
                      " LIMIT $4::bigint");
}

static void lookup_add(struct db *db, enum find_rows rows)
{
    struct buffer sql = {0};
    buffer_print(&sql, "SELECT h.id, h.grp, h.at FROM (SELECT hits.*, CASE WHEN $9::boolean THEN -1 ELSE 1 END AS sign"
                       " FROM (");
    hits_write(&sql, rows);
    buffer_print(&sql, ") AS hits) AS h");
    hits_order(&sql);
    by_lookup[rows] = add(db, rows == FIND_torrents ? "find_lookup_torrents" : "find_lookup_groups", &sql);
}

static void few_add(struct db *db, enum find_rows rows)
{
    struct buffer sql = {0};
    buffer_print(&sql, "WITH hits AS MATERIALIZED (");
    hits_write(&sql, rows);
    buffer_print(&sql,
                 " LIMIT %d) SELECT page.id, page.grp, page.at, (SELECT count(*) FROM hits),"
                 " CASE WHEN $10::bigint > 0 THEN (SELECT count(DISTINCT grp) FROM hits) END,"
                 " CASE WHEN $10 > 0 AND row_number() OVER () = 1 THEN array(SELECT grp FROM hits GROUP BY grp"
                 "  ORDER BY min(shuffle) LIMIT (SELECT CASE WHEN count(*) > $10 THEN %d ELSE $10 END FROM hits))::text"
                 " END FROM (SELECT h.* FROM (SELECT hits.*, CASE WHEN $9::boolean THEN -1 ELSE 1 END AS sign"
                 "  FROM hits) AS h",
                 FIND_COUNTED, FIND_SAMPLED);
    hits_order(&sql);
    buffer_print(&sql, ") AS page");
    few[rows] = add(db, rows == FIND_torrents ? "find_few_torrents" : "find_few_groups", &sql);
}

static void recent_add(struct db *db, enum find_tier tier)
{
    struct buffer sql = {0};
    buffer_print(&sql,
                 "SELECT l.id, l.id, l.added FROM catalog.%s l" BY_WORDS(
                     "l") " AND (l.added + 0, l.id)"
                          " < ($2::bigint, $3::bigint) ORDER BY l.added + 0 DESC, l.id DESC LIMIT $4::bigint",
                 tier == FIND_newest ? "newest" : "recent");
    recent[tier] = add(db, tier == FIND_newest ? "find_newest" : "find_recent", &sql);
}

static void sample_add(struct db *db, size_t part)
{
    struct buffer sql = {0};
    buffer_print(&sql, "SELECT tsvectorsend(l.search) FROM catalog.listed l WHERE (SELECT $1::text) IN ('', l.plugin)"
                       " AND l.search @@ (SELECT coalesce($3, $2::tsquery))"
                       " AND ((SELECT $3::tsquery) IS NULL OR ts_match_vq(l.search, (SELECT $2::tsquery)))");
    if (parts[part] > 0)
        buffer_print(&sql, " AND l.shuffle >> %u = %d", 64 - parts[part], -(1 << (parts[part] - 1)));
    buffer_print(&sql, " ORDER BY l.shuffle # 0 LIMIT %d", FIND_SAMPLED);
    char name[64];
    snprintf(name, sizeof name, "find_sample_%u", parts[part]);
    samples[part] = add(db, name, &sql);
}

static void sample_all_add(struct db *db)
{
    struct buffer sql = {0};
    buffer_print(&sql,
                 "SELECT tsvectorsend(search) FROM catalog.listed WHERE plugin = (SELECT $1::text) ORDER BY shuffle"
                 " LIMIT %d",
                 FIND_SAMPLED);
    sample_of_all = add(db, "find_sample_all", &sql);
}

/* ---- all of them ---- */

struct db_args *find_query_arg(struct db_args *args, struct slice query)
{
    return query.size > 0 ? db_text(args, query) : db_null(args);
}

const struct statement *find_order_statement(enum find_order order, enum find_rows rows, bool rising, bool every_plugin,
                                             bool asked)
{
    return by_order[order][rows][rising][every_plugin][asked];
}

const struct statement *find_walk_statement(enum find_order order, enum find_rows rows, bool rising)
{
    return by_walk[order][rows][rising];
}

const struct statement *find_lookup_statement(enum find_rows rows)
{
    return by_lookup[rows];
}

const struct statement *find_few_statement(enum find_rows rows)
{
    return few[rows];
}

const struct statement *find_recent_statement(enum find_tier tier)
{
    return recent[tier];
}

const struct statement *find_sample_statement(unsigned bits)
{
    size_t part = 0;
    while (parts[part] != bits)
        part++;
    return samples[part];
}

const struct statement *find_sample_all_statement(void)
{
    return sample_of_all;
}

void find_statements_start(struct db *db)
{
    for (enum find_rows rows = 0; rows < FIND_kinds; rows++) {
        for (enum find_order order = 0; order < FIND_orders; order++) {
            for (unsigned bits = 0; bits < 8; bits++)
                order_add(db, order, rows, bits);
            for (int rising = 0; rising < 2 && !orders[order].tallied; rising++)
                walk_add(db, order, rows, rising);
        }
        lookup_add(db, rows);
        few_add(db, rows);
    }
    for (enum find_tier tier = 0; tier < FIND_tiers; tier++)
        recent_add(db, tier);
    for (size_t part = 0; part < PARTS; part++)
        sample_add(db, part);
    sample_all_add(db);
}
