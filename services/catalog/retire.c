/* See retire.h. A version is deleted, and the feed's position moved, in one transaction: once, whoever is killed when.
 * It is restored as any that its owner has deleted. */
#include "services/catalog/retire.h"

#include "services/catalog/attrs.h"
#include "services/catalog/change.h"
#include "services/catalog/delete.h"
#include "services/catalog/fact.h"
#include "services/common/log.h"
#include "services/common/position.h"

#include <inttypes.h>
#include <stdlib.h>

#define WHY "superseded: the backup's retention does not keep it"

static const struct statement retire_find = {"retire_find", POSITION_FIND("catalog")};
static const struct statement retire_move = {"retire_move", POSITION_MOVE("catalog")};
static const struct position_table positions = {&retire_find, &retire_move};
static struct position *position;
static size_t under_way; /* versions that the transaction deletes */

/* One batch of facts. */
struct retiring {
    struct db_tx *tx;
    struct arena *arena;
    db_done_fn *done;
    void *arg;
};

static const struct statement retire_doomed = {
    "retire_doomed",
    "SELECT t.id, t.info_hash, t.info_hash_v2, t.size, t.uploader, g.id, g.plugin, g.attrs::text, now(), u.id"
    " FROM catalog.torrent t JOIN catalog.entity u ON u.id = t.entity JOIN catalog.entity g ON g.id = u.grp"
    " WHERE t.id = ANY($1::bigint[]) AND t.active ORDER BY t.id",
};

static void fact_of_row(const struct retiring *retiring, const struct db_rows *rows, size_t row)
{
    const struct plugin *plugin = plugin_find(db_get_text(rows, row, 6));
    struct values values;
    struct torrent_fact fact = {
        .torrent = (uint64_t)db_get_int(rows, row, 0),
        .info_hash = db_get_bytes(rows, row, 1),
        .info_hash_v2 = db_get_bytes(rows, row, 2),
        .size = (uint64_t)db_get_int(rows, row, 3),
        .owner = (uint64_t)db_get_int(rows, row, 4),
        .restore_until = db_get_time(rows, row, 8) + RESTORE_OPEN_MS,
    };
    if (plugin == NULL)
        return;
    attrs_read(plugin, db_get_text(rows, row, 7), retiring->arena, &values);
    fact_of_plugin(&fact, plugin, &values, (uint64_t)db_get_int(rows, row, 5));
    fact_write(retiring->tx, &fact);
}

static void on_doomed(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct retiring retiring = *(struct retiring *)arg;
    free(arg);
    if (why != NULL) {
        retiring.done(retiring.arg, NULL, why);
        arena_destroy(&retiring.arena);
        return;
    }
    size_t count = under_way = db_count(rows);
    int64_t *torrents = arena_take(retiring.arena, (count + 1) * sizeof *torrents);
    int64_t *groups = arena_take(retiring.arena, (count + 1) * sizeof *groups);
    for (size_t i = 0; i < count; i++) {
        torrents[i] = db_get_int(rows, i, 0);
        groups[i] = db_get_int(rows, i, 5);
        fact_of_row(&retiring, rows, i);
        change_log(retiring.tx, &(struct change){.entity = (uint64_t)db_get_int(rows, i, 9),
                                                 .group = (uint64_t)groups[i],
                                                 .what = "delete",
                                                 .why = slice_text(WHY)});
    }
    delete_mark(retiring.tx, torrents, count, &(struct doom){.why = slice_text(WHY)});
    change_touch_all(retiring.tx, groups, count, retiring.done, retiring.arg);
    arena_destroy(&retiring.arena);
}

static size_t versions_read(const struct feed_batch *batch, int64_t *into)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct feed_row *row = &batch->facts[i];
        struct retired_fact fact;
        struct fault why = {0};
        msgpack_object object;
        msgpack_zone *zone = msgpack_zone_new(256);
        if (object_read(row->fact, row->fact.size, zone, &object, &why) &&
            row_read(&retired_fact_row, &fact, &object, &why))
            into[count++] = (int64_t)fact.version;
        else
            log_error("fact not understood", "feed=ratio.retired seq=%" PRIu64 " why=\"%s\"", row->seq, why.text);
        msgpack_zone_free(zone);
    }
    return count;
}

static void store(struct db_tx *tx, const struct feed_batch *batch, db_done_fn *done, void *arg)
{
    struct retiring *retiring = mem_take(sizeof *retiring);
    *retiring = (struct retiring){tx, arena_new(), done, arg};
    int64_t *versions = arena_take(retiring->arena, (batch->count + 1) * sizeof *versions);
    size_t count = versions_read(batch, versions);
    change_begin(tx);
    db_tx_ask(tx, &retire_doomed, db_ints(db_args(), versions, count), on_doomed, retiring);
}

static void stored(void)
{
    if (under_way == 0)
        return;
    log_info("retired", "versions=%zu", under_way);
    catalog.deleted += under_way;
    feed_published(catalog.feed);
}

void retire_start(void)
{
    position = position_follow(service_loop(), service_bus(), service_db(), &positions, "ratio.retired", store, stored);
}

void retire_stop(void)
{
    position_destroy(&position);
}

const struct statement *const retire_statements[] = {&retire_find, &retire_move, &retire_doomed};
const size_t retire_statements_count = sizeof retire_statements / sizeof *retire_statements;
