/* How often each torrent was completed there, told to ratio; the last number told stands, so it may be told again. */
#include "services/catalog/import/import.h"

#include "services/common/encode.h"

#define STEP "snatches"
#define TORRENTS_MOST 800 /* of a batch; of a group all or none */
#define ROWS_MOST 1000    /* of a message */

struct batch {
    struct import *import;
    int64_t *sources;
    uint64_t *snatches;
    size_t count;
};

/* The rows of the groups after `from`; *to is the last group. Rows that cannot be read were told with the albums. */
static void batch_read(struct batch *batch, uint64_t from, uint64_t *to)
{
    struct import *import = batch->import;
    const struct table *table = &import->tables[GAZELLE_torrents];
    const struct table_entry *at = table_find(table, from + 1).at, *end = table->entries + table->count;
    batch->sources = arena_take(import->arena, ROWS_MOST * sizeof *batch->sources);
    batch->snatches = arena_take(import->arena, ROWS_MOST * sizeof *batch->snatches);
    *to = from;
    for (; at < end && (batch->count < TORRENTS_MOST || at->key == *to); at++) {
        struct slice row[TABLE_COLUMNS_MAX];
        struct fault why;
        uint64_t source, snatches;
        *to = at->key;
        if (batch->count == ROWS_MOST || !table_read(table, at, import->arena, row, &why) ||
            !table_number(row[TORRENT_id], &source) || !table_number(row[TORRENT_snatched], &snatches) || snatches == 0)
            continue;
        batch->sources[batch->count] = (int64_t)source;
        batch->snatches[batch->count++] = snatches;
    }
}

static void on_opened(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    (void)arg, (void)reply, (void)body, (void)why;
}

static bool batch_tell(struct batch *batch, const struct import_ids *known, struct fault *why)
{
    unsigned char key[16];
    msgpack_sbuffer packed;
    msgpack_packer packer;
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++)
        count += import_id(known, (uint64_t)batch->sources[i]) != 0;
    random_bytes(key, sizeof key);
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, count);
    for (size_t i = 0; i < batch->count; i++) {
        struct opening_torrent opening = {.torrent = import_id(known, (uint64_t)batch->sources[i]),
                                          .snatches = batch->snatches[i]};
        if (opening.torrent != 0)
            row_pack(&opening_torrent_row, &opening, &packer);
    }
    struct ratio_opening_add ask = {.key = slice_of(key, sizeof key),
                                    .torrents.packed = slice_of(packed.data, packed.size)};
    bool good = count == 0 || import_tell(batch->import, &ratio_opening_add_message, &ask, on_opened, NULL, why);
    msgpack_sbuffer_destroy(&packed);
    return good;
}

static enum import_end snatches_run(struct import *import, uint64_t from, uint64_t *to, struct fault *why)
{
    struct batch batch = {.import = import};
    struct import_ids known;
    batch_read(&batch, from, to);
    if (*to == from)
        return IMPORT_done;
    if (!import_known(import, "torrents", batch.sources, batch.count, &known, why))
        return why->status == STATUS_unavailable ? IMPORT_again : IMPORT_failed;
    if (!batch_tell(&batch, &known, why))
        return IMPORT_failed;
    return import_commit(import, db_begin(import->db), STEP, from, *to, why);
}

bool import_snatches(struct import *import, struct fault *why)
{
    return import_run(import, STEP, GAZELLE_torrents, snatches_run, why);
}
