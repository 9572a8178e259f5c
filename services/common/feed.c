/* The owner's side of a feed: serves its facts out of the schema's tables, and tells readers at each commit that there
 * is more. Facts are written by the owner's own transactions (feed_add in migrations/0000_schema.sql), not here. */
#include "services/common/feed.h"
#include "services/common/bus_private.h"
#include "services/common/log.h"

#include <stdlib.h>

struct feed {
    struct bus *bus;
    struct db *db;
    char *name;
    char *methods[2];
    const struct statement *since, *snapshot, *head;
    unsigned looking;  /* asks under way that will call back */
    bool looking_head; /* one of them looks up what to publish */
    bool again;        /* published while it did */
    bool destroyed;
};

/* One request being answered. */
struct serving {
    struct feed *feed;
    struct bus_request *request;
    uint64_t seq, limit;
};

static void let_go(struct feed *feed)
{
    if (!feed->destroyed || feed->looking > 0)
        return;
    free(feed->methods[0]);
    free(feed->methods[1]);
    free(feed->name);
    free(feed);
}

/* ---- answering ---- */

static void facts_pack(const struct db_rows *rows, size_t count, msgpack_sbuffer *into)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, into, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, count);
    for (size_t i = 0; i < count; i++) {
        struct feed_row row = {
            .seq = (uint64_t)db_get_int(rows, i, 2),
            .key = (uint64_t)db_get_int(rows, i, 3),
            .fact = db_get_bytes(rows, i, 4),
        };
        row_pack(&feed_row_row, &row, &packer);
    }
}

/* Both statements give one row without a fact when there are no facts, because of what they tell besides. */
static size_t facts_count(const struct db_rows *rows)
{
    return db_count(rows) == 1 && db_is_null(rows, 0, 2) ? 0 : db_count(rows);
}

static void serving_end(struct serving *serving)
{
    serving->feed->looking--;
    let_go(serving->feed);
    free(serving);
}

/* Facts are kept from `oldest` on; a reader ahead of the head has seen facts that a restored backup no longer knows. */
static bool is_too_far(uint64_t seq, uint64_t head, uint64_t oldest)
{
    return seq > head || (seq < head && (oldest == 0 || seq + 1 < oldest));
}

static void on_since_rows(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct serving *serving = arg;
    if (rows == NULL) {
        bus_fail(serving->request, why);
        serving_end(serving);
        return;
    }
    msgpack_sbuffer facts;
    msgpack_sbuffer_init(&facts);
    struct feed_since_reply reply = {.head = (uint64_t)db_get_int(rows, 0, 0)};
    reply.too_far = is_too_far(serving->seq, reply.head, (uint64_t)db_get_int(rows, 0, 1));
    facts_pack(rows, reply.too_far ? 0 : facts_count(rows), &facts);
    reply.facts.packed = slice_of(facts.data, facts.size);
    bus_reply(serving->request, &reply);
    msgpack_sbuffer_destroy(&facts);
    serving_end(serving);
}

static void on_snapshot_rows(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct serving *serving = arg;
    if (rows == NULL) {
        bus_fail(serving->request, why);
        serving_end(serving);
        return;
    }
    msgpack_sbuffer facts;
    msgpack_sbuffer_init(&facts);
    size_t count = facts_count(rows);
    struct feed_snapshot_reply reply = {.head = (uint64_t)db_get_int(rows, 0, 0), .more = count > serving->limit};
    facts_pack(rows, reply.more ? serving->limit : count, &facts);
    reply.facts.packed = slice_of(facts.data, facts.size);
    bus_reply(serving->request, &reply);
    msgpack_sbuffer_destroy(&facts);
    serving_end(serving);
}

static struct serving *serving_new(struct feed *feed, struct bus_request *request, uint64_t seq, uint64_t limit)
{
    struct serving *serving = mem_zero(1, sizeof *serving);
    *serving = (struct serving){feed, request, seq, limit};
    feed->looking++;
    return serving;
}

static struct db_args *arguments(const struct feed *feed, uint64_t from, uint64_t limit)
{
    return db_int(db_int(db_text(db_args(), slice_text(feed->name)), (int64_t)from), (int64_t)limit);
}

static void on_since(struct bus_request *request, const void *ask, void *arg)
{
    struct feed *feed = arg;
    const struct feed_since *since = ask;
    struct serving *serving = serving_new(feed, request, since->seq, since->limit);
    db_ask(feed->db, feed->since, arguments(feed, since->seq, since->limit), on_since_rows, serving);
}

static void on_snapshot(struct bus_request *request, const void *ask, void *arg)
{
    struct feed *feed = arg;
    const struct feed_snapshot *snapshot = ask;
    struct serving *serving = serving_new(feed, request, snapshot->after, snapshot->limit);
    /* one more than asked tells whether there is another page */
    db_ask(feed->db, feed->snapshot, arguments(feed, snapshot->after, snapshot->limit + 1), on_snapshot_rows, serving);
}

/* ---- publishing ---- */

static void on_head(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct feed *feed = arg;
    (void)why; /* readers look by themselves every few seconds */
    feed->looking--;
    feed->looking_head = false;
    if (!feed->destroyed && rows != NULL && db_count(rows) == 1)
        bus_facts_publish(feed->bus, feed->name, (uint64_t)db_get_int(rows, 0, 0));
    if (!feed->destroyed && feed->again)
        feed_published(feed);
    let_go(feed);
}

void feed_published(struct feed *feed)
{
    feed->again = feed->looking_head;
    if (feed->looking_head)
        return;
    feed->looking_head = true;
    feed->looking++;
    db_ask(feed->db, feed->head, db_text(db_args(), slice_text(feed->name)), on_head, feed);
}

struct slice feed_packed(struct arena *arena, const struct row *row, const void *from)
{
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    row_pack(row, from, &packer);
    struct slice packed = arena_copy(arena, slice_of(buffer.data, buffer.size));
    msgpack_sbuffer_destroy(&buffer);
    return packed;
}

/* ---- opening ---- */

static char *print(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *print(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        fatal("out of memory");
    va_end(args);
    return text;
}

static const struct statement *statement_make(struct db *db, char *name, char *sql)
{
    const struct statement *made = db_add_statement(db, name, sql);
    free(name);
    free(sql);
    return made;
}

/* Each is one statement, so that head and facts are of one moment. */
static void statements_make(struct feed *feed, const char *s)
{
    feed->since =
        statement_make(feed->db, print("feed_since %s", feed->name),
                       print("SELECT state.head, state.oldest, fact.seq, fact.key, fact.fact FROM"
                             " (SELECT coalesce((SELECT seq FROM %s.feed_head WHERE feed = $1), 0) AS head,"
                             "  coalesce((SELECT min(seq) FROM %s.feed_fact WHERE feed = $1), 0) AS oldest) AS state"
                             " LEFT JOIN LATERAL (SELECT seq, key, fact FROM %s.feed_fact WHERE feed = $1 AND seq > $2"
                             "  ORDER BY seq LIMIT $3) AS fact ON true ORDER BY fact.seq",
                             s, s, s));
    feed->snapshot =
        statement_make(feed->db, print("feed_snapshot %s", feed->name),
                       print("SELECT state.head, 0::bigint, fact.seq, fact.key, fact.fact FROM"
                             " (SELECT coalesce((SELECT seq FROM %s.feed_head WHERE feed = $1), 0) AS head) AS state"
                             " LEFT JOIN LATERAL (SELECT seq, key, fact FROM %s.feed_latest"
                             "  WHERE feed = $1 AND key > $2 ORDER BY key LIMIT $3) AS fact ON true ORDER BY fact.key",
                             s, s));
    feed->head = statement_make(feed->db, print("feed_head %s", feed->name),
                                print("SELECT coalesce((SELECT seq FROM %s.feed_head WHERE feed = $1), 0)", s));
}

struct feed *feed_new(struct bus *bus, struct db *db, const char *name, const char *schema)
{
    struct fault why;
    struct feed *feed = mem_zero(1, sizeof *feed);
    feed->bus = bus;
    feed->db = db;
    feed->name = mem_text(slice_text(name));
    feed->methods[0] = print("%s.since", name);
    feed->methods[1] = print("%s.snapshot", name);
    statements_make(feed, schema);
    if (!bus_facts_open(bus, &why))
        fatal("%s", why.text);
    bus_serve(bus, feed->methods[0], &feed_since_message, on_since, feed);
    bus_serve(bus, feed->methods[1], &feed_snapshot_message, on_snapshot, feed);
    return feed;
}

void feed_destroy(struct feed **handle)
{
    struct feed *feed = *handle;
    *handle = NULL;
    if (feed == NULL)
        return;
    feed->destroyed = true;
    let_go(feed);
}
