/* Facts (ARCHITECTURE, "The bus"): an owner writes a fact in the transaction of the change it tells of; consumers apply
 * each exactly once, in order. */
#ifndef DJEMBE_COMMON_FEED_H
#define DJEMBE_COMMON_FEED_H

#include "services/common/bus.h"
#include "services/common/db.h"

/* ---- owner ---- */

struct feed;

/* Serves <name>.since and <name>.snapshot out of `schema`, and publishes. Its tables come with
 * services/common/migrations/0000_schema.sql, which every schema gets first. The owner adds a fact in SQL, inside its
 * transaction: SELECT <schema>.feed_add('<name>', key, fact)      -- fact: one packed row, bytea and calls
 * feed_published when that transaction has committed. */
struct feed *feed_new(struct bus *bus, struct db *db, const char *name, const char *schema);
void feed_destroy(struct feed **feed);
void feed_published(struct feed *feed);
/* One fact, packed into the arena. */
struct slice feed_packed(struct arena *arena, const struct row *row, const void *from);

/* ---- consumer ---- */

struct feed_reader;

/* Applies facts in order. `seq` is the newest sequence number among them, to be stored with what is applied; `snapshot`
 * tells that they replace what is known about their keys and `seq` jumps to it at the last page only. The consumer
 * calls feed_applied(reader, true) when they are stored, or false to be given them again later. */
struct feed_batch {
    const struct feed_row *facts;
    size_t count;
    uint64_t seq;
    bool snapshot, last; /* last: no more pages of this snapshot */
};
typedef void feed_apply_fn(void *arg, const struct feed_batch *batch);

/* `seq`: the last fact already applied (0: none; the reader then starts with a snapshot). Facts that were applied may
 * come again after a snapshot. A reader is destroyed before its bus. */
struct feed_reader *feed_read(struct bus *bus, const char *name, uint64_t seq, feed_apply_fn *apply, void *arg);
void feed_applied(struct feed_reader *reader, bool stored);
/* Another replica moved the stored number on: go on from there. Ends a batch like feed_applied, in its place. */
void feed_seek(struct feed_reader *reader, uint64_t seq);
void feed_reader_destroy(struct feed_reader **reader);
/* Has it reached the feed's head at least once since it started? For /readyz. */
bool feed_ready(const struct feed_reader *reader);
/* Unix ms of the last answer from the owner. */
int64_t feed_heard(const struct feed_reader *reader);

#endif
