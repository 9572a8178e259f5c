/* Members as web tells of them, and the permits that follow. A permit is published when it changes, in the transaction
 * that learns of it. */
#include "services/common/feed.h"
#include "services/ratio/books/books.h"
#include "services/ratio/permit.h"
#include "services/ratio/ratio.h"
#include "services/ratio/statements.h"

#include "services/common/log.h"
#include "services/common/position.h"

#include <inttypes.h>

static struct {
    struct feed *permits;
    struct position *position;
} members;

/* The facts of a batch, a column each. */
struct columns {
    size_t count;
    int64_t *users, *seqs, *may_leech;
    struct slice *names, *standings, *classes, *reasons, *permits;
};

static struct columns columns_take(struct arena *arena, size_t count)
{
    size_t numbers = (count + 1) * sizeof(int64_t), texts = (count + 1) * sizeof(struct slice);
    return (struct columns){
        .users = arena_take(arena, numbers),
        .seqs = arena_take(arena, numbers),
        .may_leech = arena_take(arena, numbers),
        .names = arena_take(arena, texts),
        .standings = arena_take(arena, texts),
        .classes = arena_take(arena, texts),
        .reasons = arena_take(arena, texts),
        .permits = arena_take(arena, texts),
    };
}

static void column_add(struct columns *into, struct arena *arena, const struct feed_row *row)
{
    struct member_fact member;
    struct fault why = {0};
    msgpack_object object;
    msgpack_zone *zone = msgpack_zone_new(1024);
    if (!object_read(row->fact, row->fact.size, zone, &object, &why) ||
        !row_read(&member_fact_row, &member, &object, &why)) {
        log_error("fact not understood", "feed=web.members seq=%" PRIu64 " why=\"%s\"", row->seq, why.text);
        msgpack_zone_free(zone);
        return;
    }
    struct permit_fact permit = permit_of(&member);
    size_t i = into->count++;
    into->users[i] = (int64_t)member.user;
    into->seqs[i] = (int64_t)row->seq;
    into->may_leech[i] = permit.may_leech;
    into->names[i] = arena_copy(arena, member.name);
    into->standings[i] = arena_copy(arena, member.standing);
    into->classes[i] = arena_copy(arena, member.class);
    into->reasons[i] = permit.reason;
    into->permits[i] = feed_packed(arena, &permit_fact_row, &permit);
    msgpack_zone_free(zone);
}

/* The row in standing is locked first, as the tick does: whoever comes second sees what the first has made of the
 * permit. Of a member in good standing it is the watch's, as soon as there was a look at the figures. */
const struct statement members_store = {
    .name = "members_store",
    .sql = "WITH told AS (SELECT DISTINCT ON (user_id) *"
           " FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[],"
           " $8::bytea[]) AS n(user_id, name, standing, class, seq, may_leech, reason, fact)"
           " ORDER BY user_id, seq DESC),"
           " stood AS (INSERT INTO ratio.standing AS old (user_id) SELECT user_id FROM told"
           " ON CONFLICT (user_id) DO UPDATE SET due_at = old.due_at"
           " RETURNING old.user_id, old.may_leech, old.reason, old.fact),"
           " permits AS (SELECT t.user_id,"
           " CASE WHEN watched THEN s.may_leech ELSE t.may_leech <> 0 END AS may_leech,"
           " CASE WHEN watched THEN s.reason ELSE t.reason END AS reason,"
           " CASE WHEN watched THEN s.fact ELSE t.fact END AS fact"
           " FROM told t JOIN stood s USING (user_id)"
           " CROSS JOIN LATERAL (SELECT t.standing = 'active' AND s.fact IS NOT NULL AS watched) w),"
           " learnt AS (INSERT INTO ratio.member AS old (user_id, name, standing, class, seq)"
           " SELECT user_id, name, standing, class, seq FROM told"
           " ON CONFLICT (user_id) DO UPDATE SET name = excluded.name, standing = excluded.standing,"
           " class = excluded.class, seq = excluded.seq WHERE old.seq < excluded.seq RETURNING old.user_id),"
           " booked AS (INSERT INTO ratio.book_inbox (kind, user_id, amount)"
           " SELECT 'member', user_id, (standing <> 'active')::integer FROM learnt JOIN told USING (user_id)"
           " ORDER BY user_id),"
           " changed AS (INSERT INTO ratio.permit AS old (user_id, may_leech, reason, fact)"
           " SELECT user_id, may_leech, reason, fact FROM permits JOIN learnt USING (user_id)"
           " ON CONFLICT (user_id) DO UPDATE SET may_leech = excluded.may_leech, reason = excluded.reason,"
           " fact = excluded.fact WHERE old.fact IS DISTINCT FROM excluded.fact RETURNING old.user_id)"
           " SELECT ratio.feed_add('ratio.permits', user_id, fact) FROM changed JOIN permits USING (user_id)"
           " ORDER BY user_id"};

static void store(struct db_tx *tx, const struct feed_batch *batch, db_done_fn *done, void *arg)
{
    struct arena *arena = arena_new();
    struct columns columns = columns_take(arena, batch->count);
    for (size_t i = 0; i < batch->count; i++)
        column_add(&columns, arena, &batch->facts[i]);
    size_t count = columns.count;
    struct db_args *args = db_texts(db_ints(db_args(), columns.users, count), columns.names, count);
    args = db_texts(db_texts(args, columns.standings, count), columns.classes, count);
    args = db_ints(db_ints(args, columns.seqs, count), columns.may_leech, count);
    args = db_blobs(db_texts(args, columns.reasons, count), columns.permits, count);
    db_tx_ask(tx, &members_store, args, done, arg);
    arena_destroy(&arena);
}

void members_published(void)
{
    feed_published(members.permits);
}

static void stored(void)
{
    members_published();
    books_wake();
}

void members_publish(struct bus *bus, struct db *db)
{
    members.permits = feed_new(bus, db, "ratio.permits", "ratio");
}

void members_read(struct loop *loop, struct bus *bus, struct db *db)
{
    members.position = position_follow(loop, bus, db, &ratio_positions, "web.members", store, stored);
}

/* The feed stays for those who ask for its facts while the bus is drained. */
void members_stop(void)
{
    position_destroy(&members.position);
}

bool members_ready(void)
{
    return position_ready(members.position);
}
