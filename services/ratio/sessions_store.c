/* Sessions, snatches and sightings. A session is stored where its row is still the one that was read, so no lock is
 * held while the batch is worked out. */
#include "services/ratio/sessions_store.h"

#include "services/common/clock.h"
#include "services/ratio/books/books.h"
#include "services/ratio/books/event.h"
#include "services/ratio/columns.h"
#include "services/ratio/statements.h"

/* ---- sessions ---- */

enum { EPOCH, UP, DOWN, LEFT, STOPPED, SEEN_AT, VERSION, PLACE, USER, TORRENT, SESSION_NUMBERS };

typedef bool session_picks(const struct batch_session *session);

static bool stays(const struct batch_session *session)
{
    return session->stored.session && session->stays;
}

static bool moves(const struct batch_session *session)
{
    return session->stored.session && session->changed && !session->stays;
}

static bool begins(const struct batch_session *session)
{
    return !session->stored.session;
}

static struct columns session_columns(struct arena *arena, const struct batch *batch, session_picks *picks)
{
    struct columns columns = columns_take(arena, batch->sessions_count, SESSION_NUMBERS);
    for (size_t i = 0; i < batch->sessions_count; i++) {
        const struct batch_session *session = &batch->sessions[i];
        if (!picks(session))
            continue;
        const int64_t numbers[SESSION_NUMBERS] = {
            [EPOCH] = session->state.epoch,        [UP] = (int64_t)session->state.up,
            [DOWN] = (int64_t)session->state.down, [LEFT] = (int64_t)session->state.left,
            [STOPPED] = session->state.stopped,    [SEEN_AT] = session->state.seen_at,
            [VERSION] = session->stored.version,   [PLACE] = session->stored.place,
            [USER] = (int64_t)session->user,       [TORRENT] = (int64_t)session->torrent,
        };
        columns_put(&columns, numbers, SESSION_NUMBERS, session->peer_id);
    }
    return columns;
}

/* A row is found where it was read, and is the same one while its xmin, the transaction that wrote it, is. */
const struct statement sessions_stay = {
    .name = "sessions_stay",
    .sql = "WITH stayed AS (UPDATE ratio.session s SET seen_at = n.seen_at"
           " FROM unnest($1::timestamptz[], $2::bigint[], $3::tid[]) AS n(seen_at, version, place)"
           " WHERE s.ctid = n.place AND s.xmin = n.version::integer RETURNING 1)"
           " SELECT ratio.expect(count(*), cardinality($1)) FROM stayed"};

const struct statement sessions_move = {
    .name = "sessions_move",
    .sql = "WITH moved AS (UPDATE ratio.session s SET epoch = n.epoch, up = n.up, down = n.down,"
           " remaining = n.remaining, stopped = n.stopped <> 0, seen_at = n.seen_at"
           " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[],"
           " $7::bigint[], $8::tid[])"
           " AS n(epoch, up, down, remaining, stopped, seen_at, version, place)"
           " WHERE s.ctid = n.place AND s.xmin = n.version::integer RETURNING 1)"
           " SELECT ratio.expect(count(*), cardinality($1)) FROM moved"};

const struct statement sessions_begin = {
    .name = "sessions_begin",
    .sql = "WITH begun AS (INSERT INTO ratio.session"
           " (epoch, up, down, remaining, stopped, seen_at, user_id, torrent_id, peer_id)"
           " SELECT epoch, up, down, remaining, stopped <> 0, seen_at, user_id, torrent_id, peer_id"
           " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[],"
           " $7::bigint[], $8::bigint[], $9::bytea[])"
           " AS n(epoch, up, down, remaining, stopped, seen_at, user_id, torrent_id, peer_id)"
           " ON CONFLICT DO NOTHING RETURNING 1)"
           " SELECT ratio.expect(count(*), cardinality($1)) FROM begun"};

/* Each start of a client is a session of its own. Where a new one begins, those that ended half a year ago go: no
 * tracker remembers them any more. */
const struct statement sessions_prune = {
    .name = "sessions_prune",
    .sql = "DELETE FROM ratio.session s USING unnest($1::bigint[], $2::bigint[]) AS n(user_id, torrent_id)"
           " WHERE (s.user_id, s.torrent_id) = (n.user_id, n.torrent_id) AND s.seen_at < now() - interval '180 days'"};

static struct db_args *state_args(const struct columns *columns)
{
    return columns_times(columns_ints(db_args(), columns, EPOCH, SEEN_AT), columns, SEEN_AT, VERSION);
}

static struct db_args *place_args(struct db_args *args, const struct columns *columns)
{
    return db_tids(columns_ints(args, columns, VERSION, PLACE), columns->numbers[PLACE], columns->count);
}

void sessions_store(struct db_tx *tx, struct arena *arena, const struct batch *batch)
{
    struct columns stayed = session_columns(arena, batch, stays), moved = session_columns(arena, batch, moves);
    struct columns begun = session_columns(arena, batch, begins);
    if (stayed.count > 0) {
        struct db_args *args = columns_times(db_args(), &stayed, SEEN_AT, VERSION);
        db_tx_ask(tx, &sessions_stay, place_args(args, &stayed), NULL, NULL);
    }
    if (moved.count > 0)
        db_tx_ask(tx, &sessions_move, place_args(state_args(&moved), &moved), NULL, NULL);
    if (begun.count > 0) {
        struct db_args *args = columns_ints(state_args(&begun), &begun, USER, SESSION_NUMBERS);
        db_tx_ask(tx, &sessions_begin, columns_blobs(args, &begun), NULL, NULL);
        db_tx_ask(tx, &sessions_prune, columns_ints(db_args(), &begun, USER, SESSION_NUMBERS), NULL, NULL);
    }
}

/* ---- snatches ---- */

const struct statement sessions_snatch = {
    .name = "sessions_snatch",
    .sql = "WITH fresh AS (INSERT INTO ratio.snatch (user_id, torrent_id, at)"
           " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS n(user_id, torrent_id, at)"
           " ORDER BY n.user_id, n.torrent_id ON CONFLICT DO NOTHING RETURNING torrent_id)"
           " INSERT INTO ratio.torrent_total AS old (torrent_id, snatches)"
           " SELECT torrent_id, count(*) FROM fresh GROUP BY torrent_id ORDER BY torrent_id"
           " ON CONFLICT (torrent_id) DO UPDATE SET snatches = old.snatches + excluded.snatches"};

void snatches_store(struct db_tx *tx, struct arena *arena, const struct batch *batch)
{
    struct columns columns = columns_take(arena, batch->entries_count, 3);
    for (size_t i = 0; i < batch->entries_count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        const int64_t numbers[] = {(int64_t)entry->user, (int64_t)entry->torrent, entry->completed_at};
        if (entry->completed_at != 0)
            columns_put(&columns, numbers, 3, entry->client);
    }
    if (columns.count > 0)
        db_tx_ask(tx, &sessions_snatch, columns_times(columns_ints(db_args(), &columns, 0, 2), &columns, 2, 3), NULL,
                  NULL);
}

/* ---- what the books of backups are told ---- */

/* One row of three numbers each (books/event.h). */
const struct statement book_sighted = {.name = "book_sighted",
                                       .sql = "INSERT INTO ratio.book_inbox (kind, payload) VALUES ('sightings', $1)"};

enum { SIGHTING_SIZE = 24 };

static char *put_number(char *at, uint64_t number)
{
    for (int i = 8; i-- > 0; number >>= 8)
        at[i] = (char)number;
    return at + 8;
}

static char *put_sighting(char *at, uint64_t user, uint64_t version, uint64_t number)
{
    return put_number(put_number(put_number(at, user), version), number);
}

static bool tell_books(struct db_tx *tx, const char *payload, const char *end)
{
    if (end > payload)
        db_tx_ask(tx, &book_sighted, db_bytes(db_args(), slice_of(payload, (size_t)(end - payload))), NULL, NULL);
    return end > payload;
}

/* What was announced before is told too late to be seen now. */
static int64_t oldest_seen(const struct batch *batch)
{
    return clock_now() - 2 * batch->rules->interval * 1000 - 600000;
}

/* Of a torrent that nobody has told of yet, torrents.c tells the books when it becomes a backup's. */
static bool is_sighting(const struct batch_session *session, int64_t oldest)
{
    return session->changed && session->stored.accounting == BATCH_BACKUP && session->state.seen_at >= oldest &&
           !(session->state.stopped && session->state.left > 0);
}

/* Of several clients of a member, the one that misses least; nothing of what is told too late to be seen now, nor of
 * who leaves before it has all: a goodbye asks for no slot. */
bool sightings_store(struct db_tx *tx, struct arena *arena, const struct batch *batch)
{
    int64_t oldest = oldest_seen(batch);
    char *payload = arena_take(arena, batch->sessions_count * SIGHTING_SIZE + 1), *end = payload;
    const struct batch_session *last = NULL;
    uint64_t least = 0;
    for (size_t i = 0; i < batch->sessions_count; i++) {
        const struct batch_session *session = &batch->sessions[i];
        if (!is_sighting(session, oldest))
            continue;
        bool again = last != NULL && last->user == session->user && last->torrent == session->torrent;
        if (again && least <= session->state.left)
            continue;
        end -= again ? SIGHTING_SIZE : 0;
        end = put_sighting(end, session->user, session->torrent, session->state.left);
        last = session;
        least = session->state.left;
    }
    return tell_books(tx, payload, end);
}

/* ---- where members are ---- */

uint8_t households_key[SIPHASH_KEY_SIZE];

/* An IPv4 address has 4 bytes and half of an IPv6 address has 8, so one is never taken for the other. */
static int64_t household_of(struct slice address)
{
    uint64_t hash = siphash(households_key, address.at, address.size) >> 1;
    return hash != 0 ? (int64_t)hash : 1;
}

/* Not what the books know, nor what was put for the member's session before: its other address, or the same one. */
static char *put_household(const char *payload, char *end, uint64_t user, struct slice address)
{
    if (address.size == 0)
        return end;
    int64_t household = household_of(address);
    if (books_know_household(user, household))
        return end;
    char *next = put_sighting(end, user, SIGHTING_HOUSEHOLD, (uint64_t)household);
    for (const char *at = end; at > payload && end - at < (ptrdiff_t)2 * SIGHTING_SIZE; at -= SIGHTING_SIZE)
        if (memcmp(at - SIGHTING_SIZE, end, SIGHTING_SIZE) == 0)
            return end;
    return next;
}

bool households_store(struct db_tx *tx, struct arena *arena, const struct batch *batch)
{
    int64_t oldest = oldest_seen(batch);
    char *payload = arena_take(arena, batch->sessions_count * 2 * SIGHTING_SIZE + 1), *end = payload;
    for (size_t i = 0; i < batch->sessions_count; i++) {
        const struct batch_session *session = &batch->sessions[i];
        const struct session_total *newest = &batch->rows[session->first + session->count - 1];
        if (!session->changed || session->state.seen_at < oldest)
            continue;
        end = put_household(payload, end, session->user, newest->ipv4);
        end = put_household(payload, end, session->user, newest->ipv6);
    }
    return tell_books(tx, payload, end);
}
