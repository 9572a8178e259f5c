/* See torrent.h. Titles are made of the whole group, so each request finds the groups of its torrents and loads those.
 */
#include "services/catalog/torrent.h"

#include "services/catalog/shelf.h"
#include "services/catalog/text.h"

#include <inttypes.h>

#define TITLE_MAX 1024
#define NAMES_MOST 500 /* of one request, as it is declared */

/* A request, with the torrents that it is about. */
struct asking {
    struct bus_request *request;
    struct arena *arena;
    int64_t *torrents, *groups; /* as many of each */
    size_t count;
    uint64_t total;
    struct catalog_torrent_get_reply get;
};

static struct asking *asking_new(struct bus_request *request)
{
    struct asking *asking = arena_take(bus_arena(request), sizeof *asking);
    *asking = (struct asking){.request = request, .arena = bus_arena(request)};
    return asking;
}

static struct slice unit_title(const struct shelf_group *group, const struct shelf_unit *unit, struct arena *arena)
{
    struct buffer title = {0};
    struct line_source source = shelf_source(group, &unit->values);
    line_write_whole(&source, &title);
    struct slice text = arena_copy(arena, text_cut(buffer_slice(&title), TITLE_MAX));
    buffer_free(&title);
    return text;
}

/* ---- catalog.torrent.get ---- */

/* A version of a backup is its owner's to restore for 30 days after it was deleted (RESTORE_OPEN_MS). */
static const struct statement torrent_get = {
    "torrent_get",
    "SELECT t.info_hash, t.metainfo, u.grp, t.active, u.plugin FROM catalog.torrent t"
    " JOIN catalog.entity u ON u.id = t.entity WHERE t.id = $1"
    " AND (t.active OR (t.uploader = $2 AND t.deleted_at > now() - interval '30 days'))",
};

static bool not_found(struct fault *why)
{
    return fault_set(why, STATUS_not_found, "torrent", "There is no such torrent (any more).");
}

static bool may_get(const struct db_rows *rows)
{
    const struct plugin *plugin = plugin_find(db_get_text(rows, 0, 4));
    return db_get_flag(rows, 0, 3) || (plugin != NULL && plugin->redundancy != NULL);
}

/* What was deleted is on no shelf any more. */
static void reply_deleted(struct asking *asking)
{
    asking->get.title = slice_text(arena_print(asking->arena, "Deleted version %" PRIu64, asking->get.torrent));
    asking->get.file_name = asking->get.title;
    bus_reply(asking->request, &asking->get);
}

static void on_get_shelf(void *arg, const struct shelf *shelf, const struct fault *why)
{
    struct asking *asking = arg;
    struct fault missing = {0};
    const struct shelf_group *group;
    const struct shelf_unit *unit = why == NULL ? shelf_find(shelf, asking->get.torrent, &group) : NULL;
    if (unit == NULL) {
        not_found(&missing);
        bus_fail(asking->request, why != NULL ? why : &missing);
        return;
    }
    struct buffer name = {0};
    struct line_source source = shelf_source(group, &unit->values);
    line_write_file_name(&source, &name);
    asking->get.file_name = buffer_slice(&name);
    asking->get.title = unit_title(group, unit, asking->arena);
    asking->get.accounting = slice_text(group->plugin->accounting);
    asking->get.owner = unit->uploader;
    bus_reply(asking->request, &asking->get);
    buffer_free(&name);
}

static void on_get_rows(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    struct fault missing = {0};
    if (why != NULL || db_count(rows) == 0 || !may_get(rows)) {
        not_found(&missing);
        bus_fail(asking->request, why != NULL ? why : &missing);
        return;
    }
    asking->get.info_hash = arena_copy(asking->arena, db_get_bytes(rows, 0, 0));
    asking->get.metainfo = arena_copy(asking->arena, db_get_bytes(rows, 0, 1));
    int64_t group = db_get_int(rows, 0, 2);
    if (!db_get_flag(rows, 0, 3)) {
        reply_deleted(asking);
        return;
    }
    shelf_load(service_db(), asking->arena, &group, 1, SHELF_lines, on_get_shelf, asking);
}

static void on_get(struct bus_request *request, const void *body, void *arg)
{
    (void)arg;
    const struct catalog_torrent_get *ask = body;
    struct asking *asking = asking_new(request);
    asking->get.torrent = ask->torrent;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->torrent), (int64_t)bus_actor(request));
    db_ask(service_db(), &torrent_get, args, on_get_rows, asking);
}

/* ---- names ---- */

static size_t name_pack(const struct shelf *shelf, uint64_t torrent, struct arena *arena, msgpack_packer *packer)
{
    const struct shelf_group *group;
    const struct shelf_unit *unit = shelf_find(shelf, torrent, &group);
    if (unit == NULL)
        return 0;
    struct torrent_name name = {
        .torrent = torrent,
        .title = unit_title(group, unit, arena),
        .href = slice_text(arena_print(arena, "%.*s#t%" PRIu64, SLICE_ARGS(group->href), torrent)),
        .size = unit->size,
        .added_at = unit->added_at,
        .uploader = unit->uploader,
    };
    row_pack(&torrent_name_row, &name, packer);
    return 1;
}

/* The rows of all torrents that the shelf has, packed in their order. */
static struct tree names_pack(const struct asking *asking, const struct shelf *shelf)
{
    msgpack_sbuffer rows, all;
    msgpack_packer packer;
    size_t count = 0;
    msgpack_sbuffer_init(&rows);
    msgpack_packer_init(&packer, &rows, msgpack_sbuffer_write);
    for (size_t i = 0; i < asking->count; i++)
        count += name_pack(shelf, (uint64_t)asking->torrents[i], asking->arena, &packer);
    msgpack_sbuffer_init(&all);
    msgpack_packer_init(&packer, &all, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, count);
    if (rows.size > 0)
        msgpack_sbuffer_write(&all, rows.data, rows.size);
    struct slice packed = arena_copy(asking->arena, slice_of(all.data, all.size));
    msgpack_sbuffer_destroy(&rows);
    msgpack_sbuffer_destroy(&all);
    return (struct tree){.packed = packed};
}

/* Rows of (torrent, group). */
static void pairs_read(struct asking *asking, const struct db_rows *rows)
{
    asking->count = db_count(rows);
    asking->torrents = arena_take(asking->arena, (asking->count + 1) * sizeof *asking->torrents);
    asking->groups = arena_take(asking->arena, (asking->count + 1) * sizeof *asking->groups);
    for (size_t i = 0; i < asking->count; i++) {
        asking->torrents[i] = db_get_int(rows, i, 0);
        asking->groups[i] = db_get_int(rows, i, 1);
    }
}

static const struct statement torrent_names = {
    "torrent_names",
    "SELECT t.id, u.grp FROM catalog.torrent t JOIN catalog.entity u ON u.id = t.entity"
    " WHERE t.id = ANY($1::bigint[]) AND t.active ORDER BY u.grp, t.id",
};

static void on_names_shelf(void *arg, const struct shelf *shelf, const struct fault *why)
{
    struct asking *asking = arg;
    if (why != NULL) {
        bus_fail(asking->request, why);
        return;
    }
    struct catalog_torrent_names_reply reply = {.torrents = names_pack(asking, shelf)};
    bus_reply(asking->request, &reply);
}

static void on_names_rows(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    if (why != NULL) {
        bus_fail(asking->request, why);
        return;
    }
    pairs_read(asking, rows);
    shelf_load(service_db(), asking->arena, asking->groups, asking->count, SHELF_lines, on_names_shelf, asking);
}

/* The ids of a request; what is none is 0, which nothing has. */
static int64_t *ids_read(struct asking *asking, struct tree tree, size_t *count)
{
    const msgpack_object *list = tree.object;
    *count = list != NULL && list->type == MSGPACK_OBJECT_ARRAY ? list->via.array.size : 0;
    int64_t *ids = arena_take(asking->arena, (*count + 1) * sizeof *ids);
    for (size_t i = 0; i < *count; i++) {
        const msgpack_object *id = &list->via.array.ptr[i];
        ids[i] = id->type == MSGPACK_OBJECT_POSITIVE_INTEGER && id->via.u64 <= ID_MAX ? (int64_t)id->via.u64 : 0;
    }
    return ids;
}

static void on_names(struct bus_request *request, const void *body, void *arg)
{
    (void)arg;
    const struct catalog_torrent_names *ask = body;
    struct asking *asking = asking_new(request);
    size_t count;
    int64_t *ids = ids_read(asking, ask->torrents, &count);
    db_ask(service_db(), &torrent_names, db_ints(db_args(), ids, count), on_names_rows, asking);
}

/* ---- catalog.entity.names ---- */

static const struct statement entity_names = {
    "entity_names",
    "SELECT id, plugin, name FROM catalog.entity WHERE id = ANY($1::bigint[]) AND kind = 1 AND deleted_at IS NULL",
};

static void on_entity_rows(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    struct entity_name names[NAMES_MOST];
    size_t count = 0;
    for (size_t i = 0; rows != NULL && i < db_count(rows) && count < NAMES_MOST; i++) {
        const struct plugin *plugin = plugin_find(db_get_text(rows, i, 1));
        uint64_t id = (uint64_t)db_get_int(rows, i, 0);
        if (plugin != NULL)
            names[count++] = (struct entity_name){.entity = id,
                                                  .name = text_cut(db_get_text(rows, i, 2), TITLE_MAX),
                                                  .href = shelf_href(plugin, LEVEL_group, id, asking->arena)};
    }
    if (why != NULL) {
        bus_fail(asking->request, why);
        return;
    }
    msgpack_sbuffer packed;
    msgpack_packer packer;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, count);
    for (size_t i = 0; i < count; i++)
        row_pack(&entity_name_row, &names[i], &packer);
    struct catalog_entity_names_reply reply = {.entities.packed = slice_of(packed.data, packed.size)};
    bus_reply(asking->request, &reply);
    msgpack_sbuffer_destroy(&packed);
}

static void on_entity_names(struct bus_request *request, const void *body, void *arg)
{
    (void)arg;
    const struct catalog_entity_names *ask = body;
    struct asking *asking = asking_new(request);
    size_t count;
    int64_t *ids = ids_read(asking, ask->entities, &count);
    db_ask(service_db(), &entity_names, db_ints(db_args(), ids, count), on_entity_rows, asking);
}

/* ---- catalog.upload.list ---- */

static const struct statement upload_list = {
    "upload_list",
    "SELECT t.id, u.grp, (SELECT count(*) FROM catalog.torrent WHERE uploader = $1 AND active)"
    " FROM catalog.torrent t JOIN catalog.entity u ON u.id = t.entity"
    " WHERE t.uploader = $1 AND t.id < $2 AND t.active ORDER BY t.id DESC LIMIT $3",
};

static void on_uploads_shelf(void *arg, const struct shelf *shelf, const struct fault *why)
{
    struct asking *asking = arg;
    if (why != NULL) {
        bus_fail(asking->request, why);
        return;
    }
    struct catalog_upload_list_reply reply = {.count = asking->total, .torrents = names_pack(asking, shelf)};
    bus_reply(asking->request, &reply);
}

static void on_uploads_rows(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    if (why != NULL) {
        bus_fail(asking->request, why);
        return;
    }
    pairs_read(asking, rows);
    asking->total = asking->count > 0 ? (uint64_t)db_get_int(rows, 0, 2) : 0;
    shelf_load(service_db(), asking->arena, asking->groups, asking->count, SHELF_lines, on_uploads_shelf, asking);
}

static void on_uploads(struct bus_request *request, const void *body, void *arg)
{
    (void)arg;
    const struct catalog_upload_list *ask = body;
    struct db_args *args = db_int(db_args(), (int64_t)ask->user);
    db_int(args, ask->before != 0 ? (int64_t)ask->before : ID_MAX);
    db_ask(service_db(), &upload_list, db_int(args, (int64_t)ask->limit), on_uploads_rows, asking_new(request));
}

void torrent_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_torrent_get_message, on_get, NULL);
    bus_serve(service_bus(), NULL, &catalog_torrent_names_message, on_names, NULL);
    bus_serve(service_bus(), NULL, &catalog_entity_names_message, on_entity_names, NULL);
    bus_serve(service_bus(), NULL, &catalog_upload_list_message, on_uploads, NULL);
}

const struct statement *const torrent_statements[] = {&torrent_get, &torrent_names, &entity_names, &upload_list};
const size_t torrent_statements_count = sizeof torrent_statements / sizeof *torrent_statements;
