/* The first question about a torrent reads its metainfo and stores where the hashes lie; later ones read twenty bytes.
 * A torrent of v2 alone is read each time: where a piece lies follows from all files before it. */
#include "services/catalog/piece.h"

#include "services/catalog/catalog.h"
#include "services/catalog/metainfo_pieces.h"

struct asking {
    struct bus_request *request;
    const struct catalog_torrent_piece *ask;
    struct slice info_hash;
    struct pieces_place place;
    struct piece_v2 found;
};

static void reply(struct asking *asking, struct slice sha1)
{
    const struct pieces_place *place = &asking->place;
    const struct piece_v2 *found = &asking->found;
    bus_reply(asking->request, &(struct catalog_torrent_piece_reply){.info_hash = asking->info_hash,
                                                                     .pieces = place->count,
                                                                     .piece_length = place->piece_length,
                                                                     .length = place->length,
                                                                     .sha1 = sha1,
                                                                     .root = found->root,
                                                                     .size = found->size,
                                                                     .leaves = found->leaves});
}

static bool has_piece(const struct asking *asking)
{
    return asking->ask->piece >= 0 && (uint64_t)asking->ask->piece < asking->place.count;
}

static const struct statement piece_place = {
    "piece_place",
    "UPDATE catalog.torrent SET piece_length = $2, pieces = $3, pieces_at = $4, content = $5 WHERE id = $1",
};

static const struct statement piece_metainfo = {
    "piece_metainfo",
    "SELECT metainfo FROM catalog.torrent WHERE id = $1",
};

static void on_metainfo(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    struct pieces_place *place = &asking->place;
    if (why != NULL || db_count(rows) == 0) {
        bus_fail(asking->request, why != NULL ? why
                                              : &(struct fault){.status = STATUS_not_found,
                                                                .text = "There is no such torrent (any more)."});
        return;
    }
    struct slice metainfo = db_get_bytes(rows, 0, 0);
    if (!pieces_find(metainfo, asking->ask->piece, bus_arena(asking->request), place, &asking->found)) {
        bus_fail(asking->request,
                 &(struct fault){.status = STATUS_internal, .text = "The torrent's metainfo cannot be read."});
        return;
    }
    if (place->at == 0) {
        reply(asking, slice_of(NULL, 0));
        return;
    }
    struct db_args *args = db_int(db_args(), (int64_t)asking->ask->torrent);
    args = db_int(db_int(args, (int64_t)place->piece_length), (int64_t)place->count);
    db_ask(service_db(), &piece_place, db_int(db_int(args, (int64_t)place->at), (int64_t)place->length), NULL, NULL);
    reply(asking, has_piece(asking) ? slice_of(metainfo.at + place->at + 20 * (size_t)asking->ask->piece, 20)
                                    : slice_of(NULL, 0));
}

static const struct statement piece_get = {
    "piece_get",
    "SELECT info_hash, piece_length, NULLIF(pieces, 0), pieces_at, content,"
    " CASE WHEN $2::bigint BETWEEN 0 AND pieces - 1 THEN substr(metainfo, (pieces_at + 20 * $2::bigint + 1)::int, 20)"
    " ELSE '' END FROM catalog.torrent WHERE id = $1 AND active",
};

static void on_piece(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    if (why != NULL || db_count(rows) == 0) {
        bus_fail(asking->request, why != NULL ? why
                                              : &(struct fault){.status = STATUS_not_found,
                                                                .field = "torrent",
                                                                .text = "There is no such torrent (any more)."});
        return;
    }
    asking->info_hash = arena_copy(bus_arena(asking->request), db_get_bytes(rows, 0, 0));
    if (db_is_null(rows, 0, 2)) {
        db_ask(service_db(), &piece_metainfo, db_int(db_args(), (int64_t)asking->ask->torrent), on_metainfo, asking);
        return;
    }
    asking->place = (struct pieces_place){.piece_length = (uint64_t)db_get_int(rows, 0, 1),
                                          .count = (uint64_t)db_get_int(rows, 0, 2),
                                          .at = (uint64_t)db_get_int(rows, 0, 3),
                                          .length = (uint64_t)db_get_int(rows, 0, 4)};
    reply(asking, has_piece(asking) ? db_get_bytes(rows, 0, 5) : slice_of(NULL, 0));
}

static void on_ask(struct bus_request *request, const void *message, void *arg)
{
    (void)arg;
    const struct catalog_torrent_piece *ask = message;
    struct asking *asking = arena_take(bus_arena(request), sizeof *asking);
    *asking = (struct asking){.request = request, .ask = ask};
    db_ask(service_db(), &piece_get, db_int(db_int(db_args(), (int64_t)ask->torrent), ask->piece), on_piece, asking);
}

void piece_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_torrent_piece_message, on_ask, NULL);
}

const struct statement *const piece_statements[] = {&piece_place, &piece_metainfo, &piece_get};
const size_t piece_statements_count = sizeof piece_statements / sizeof *piece_statements;
