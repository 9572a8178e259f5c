/* See images.h. An image is decoded before its turn comes, so that no other change waits for it. All that changes a
 * page is in the log. */
#include "services/catalog/images.h"

#include "services/catalog/change.h"
#include "services/catalog/image_work.h"
#include "services/catalog/shelf.h"
#include "services/catalog/text.h"
#include "services/common/log.h"

#include <inttypes.h>
#include <openssl/sha.h>

#define PAGE_MAX 12   /* images of one page */
#define HOURLY_MAX 60 /* of one member */

enum act { ACT_add, ACT_first, ACT_remove };

struct imaging {
    struct changing changing;
    struct image_work work;
    struct arena *arena;
    enum act act;
    uint64_t actor, entity, image;
    struct image_made made[IMAGE_SIZES];
    uint8_t hash[SHA256_DIGEST_LENGTH];
    struct slice reason;
    bool staff;

    const struct plugin *plugin;
    enum level_kind kind; /* of what it shows */
};

static bool missing(struct fault *why)
{
    return fault_set(why, STATUS_not_found, "image", "There is no such image (any more).");
}

static struct slice hash_of(const struct imaging *imaging)
{
    return slice_of(imaging->hash, sizeof imaging->hash);
}

static void imaging_end(struct imaging *imaging)
{
    static const char *const whats[] = {"image", "cover", "unimage"};
    struct slice href = shelf_href(imaging->plugin, imaging->kind, imaging->entity, imaging->arena);
    struct catalog_image_add_reply added = {.image = imaging->image, .hash = hash_of(imaging), .href = href};
    struct catalog_image_first_reply first = {.href = href};
    struct catalog_image_remove_reply removed = {.href = href};
    const void *const replies[] = {&added, &first, &removed};
    if (imaging->kind == LEVEL_group)
        change_touch(imaging->changing.tx, imaging->entity);
    change_log(imaging->changing.tx, &(struct change){.entity = imaging->entity,
                                                      .group = imaging->entity,
                                                      .actor = imaging->actor,
                                                      .what = whats[imaging->act],
                                                      .why = imaging->reason});
    changing_done(&imaging->changing, replies[imaging->act]);
}

static void on_made(void *owner)
{
    static const char *const events[] = {"image added", "image made the first", "image removed"};
    const struct imaging *imaging = owner;
    catalog.images += imaging->act == ACT_add;
    log_info(events[imaging->act], "user=%" PRIu64 " image=%" PRIu64 " entity=%" PRIu64, imaging->actor, imaging->image,
             imaging->entity);
}

static struct imaging *imaging_new(struct bus_request *request, struct slice key, enum act act,
                                   void (*turn)(void *owner))
{
    struct imaging *imaging = arena_take(bus_arena(request), sizeof *imaging);
    *imaging = (struct imaging){
        .changing = {.request = request, .key = key, .run = turn, .made = on_made, .owner = imaging},
        .arena = bus_arena(request),
        .act = act,
        .actor = bus_actor(request),
    };
    return imaging;
}

/* ---- adding ---- */

static const struct statement image_store = {
    "image_store",
    "INSERT INTO catalog.picture (hash, size, width, height, data) SELECT $1, size - 1, width, height, data"
    " FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) WITH ORDINALITY AS made (width, height, data, size)"
    " ON CONFLICT DO NOTHING",
};

static void sizes_store(struct imaging *imaging)
{
    int64_t widths[IMAGE_SIZES], heights[IMAGE_SIZES];
    struct slice data[IMAGE_SIZES];
    for (int i = 0; i < IMAGE_SIZES; i++) {
        widths[i] = imaging->made[i].width;
        heights[i] = imaging->made[i].height;
        data[i] = imaging->made[i].jpeg;
    }
    struct db_args *args = db_ints(db_bytes(db_args(), hash_of(imaging)), widths, IMAGE_SIZES);
    db_tx_ask(imaging->changing.tx, &image_store, db_blobs(db_ints(args, heights, IMAGE_SIZES), data, IMAGE_SIZES),
              NULL, NULL);
}

static const struct statement image_put = {
    "image_put",
    "INSERT INTO catalog.image (entity, hash, place, added_by) SELECT $1, $2,"
    " (SELECT coalesce(max(place), 0) + 1 FROM catalog.image WHERE entity = $1 AND removed_at IS NULL), $3 RETURNING "
    "id",
};

static void on_put(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct imaging *imaging = arg;
    if (why != NULL) {
        changing_fail(&imaging->changing, why);
        return;
    }
    imaging->image = (uint64_t)db_get_int(rows, 0, 0);
    imaging_end(imaging);
}

static const struct statement image_entity = {
    "image_entity",
    "WITH page AS (SELECT id, plugin, kind FROM catalog.entity"
    "  WHERE id = (SELECT coalesce(grp, id) FROM catalog.entity WHERE id = $1) AND deleted_at IS NULL),"
    " there AS (SELECT i.hash FROM catalog.image i, page WHERE i.entity = page.id AND i.removed_at IS NULL)"
    " SELECT plugin, kind, id, (SELECT count(*) FROM there), EXISTS (SELECT FROM there WHERE hash = $2),"
    " (SELECT count(*) FROM catalog.image WHERE added_by = $3 AND added_at > now() - interval '1 hour') FROM page",
};

static bool entity_takes(struct imaging *imaging, const struct db_rows *rows, struct fault *why)
{
    imaging->plugin = db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (imaging->plugin == NULL)
        return fault_set(why, STATUS_not_found, "entity", "There is no such page (any more).");
    imaging->kind = (enum level_kind)db_get_int(rows, 0, 1);
    imaging->entity = (uint64_t)db_get_int(rows, 0, 2);
    const struct level *level = &imaging->plugin->levels[imaging->kind];
    if (level->image == NULL)
        return fault_set(why, STATUS_forbidden, NULL, "A %s has no images.", level->title);
    if (db_get_flag(rows, 0, 4))
        return fault_set(why, STATUS_conflict, "file", "This image is here already.");
    if (db_get_int(rows, 0, 3) >= PAGE_MAX)
        return fault_set(why, STATUS_conflict, "file", "There are %d images here, the most there may be.", PAGE_MAX);
    return db_get_int(rows, 0, 5) < HOURLY_MAX ||
           fault_set(why, STATUS_conflict, "file", "You have added %d images within an hour: wait a little.",
                     HOURLY_MAX);
}

static void on_entity(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct imaging *imaging = arg;
    struct fault wrong = {0};
    if (why == NULL)
        entity_takes(imaging, rows, &wrong);
    if (!changing_goes_on(&imaging->changing, why, &wrong))
        return;
    sizes_store(imaging);
    struct db_args *args = db_bytes(db_int(db_args(), (int64_t)imaging->entity), hash_of(imaging));
    db_tx_ask(imaging->changing.tx, &image_put, db_int(args, (int64_t)imaging->actor), on_put, imaging);
}

static void on_turn_to_add(void *owner)
{
    struct imaging *imaging = owner;
    struct db_args *args = db_bytes(db_int(db_args(), (int64_t)imaging->entity), hash_of(imaging));
    db_tx_ask(imaging->changing.tx, &image_entity, db_int(args, (int64_t)imaging->actor), on_entity, imaging);
}

/* The hash is that of what was made, so that it stands for just these bytes. */
static void on_decoded(void *owner, const struct image_answer *answer, const struct fault *why)
{
    struct imaging *imaging = owner;
    struct buffer hashes = {0};
    if (why != NULL) {
        bus_fail(imaging->changing.request, why);
        return;
    }
    memcpy(imaging->made, answer->made, sizeof imaging->made);
    for (int i = 0; i < IMAGE_SIZES; i++) {
        SHA256((const uint8_t *)answer->made[i].jpeg.at, answer->made[i].jpeg.size, imaging->hash);
        buffer_add(&hashes, imaging->hash, sizeof imaging->hash);
    }
    SHA256((const uint8_t *)hashes.at, hashes.size, imaging->hash);
    buffer_free(&hashes);
    changing_start(&imaging->changing);
}

static void on_add(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_image_add *ask = body;
    struct imaging *imaging = imaging_new(request, ask->key, ACT_add, on_turn_to_add);
    struct fault why = {0};
    (void)arg;
    imaging->entity = ask->entity;
    imaging->work = (struct image_work){
        .file = ask->file, .member = imaging->actor, .arena = imaging->arena, .done = on_decoded, .owner = imaging};
    if (imaging->actor == 0)
        fault_set(&why, STATUS_forbidden, NULL, "An image is a member's: say which one's.");
    if (why.status != STATUS_ok || !image_work_start(&imaging->work, &why))
        bus_fail(request, &why);
}

/* ---- one that is there ---- */

static const struct statement image_find = {
    "image_find",
    "SELECT e.plugin, e.kind, e.id, i.added_by, i.hash, e.name FROM catalog.image i"
    " JOIN catalog.entity e ON e.id = i.entity AND e.deleted_at IS NULL WHERE i.id = $1 AND i.removed_at IS NULL",
};
static const struct statement image_first = {
    "image_first",
    "UPDATE catalog.image i SET place = (SELECT min(o.place) - 1 FROM catalog.image o"
    " WHERE o.entity = i.entity AND o.removed_at IS NULL) WHERE id = $1",
};
static const struct statement image_remove = {
    "image_remove",
    "UPDATE catalog.image SET removed_at = now(), removed_by = $2, removed_why = $3 WHERE id = $1",
};
static const struct statement image_forget = {
    "image_forget",
    "DELETE FROM catalog.picture WHERE hash = $1"
    " AND NOT EXISTS (SELECT FROM catalog.image WHERE hash = $1 AND removed_at IS NULL)",
};

static bool image_read(struct imaging *imaging, const struct db_rows *rows, struct fault *why)
{
    imaging->plugin = db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (imaging->plugin == NULL)
        return missing(why);
    imaging->kind = (enum level_kind)db_get_int(rows, 0, 1);
    imaging->entity = (uint64_t)db_get_int(rows, 0, 2);
    bool own = (uint64_t)db_get_int(rows, 0, 3) == imaging->actor;
    return imaging->act != ACT_remove || own || imaging->staff || imaging->actor == 0 ||
           fault_set(why, STATUS_forbidden, NULL, "Another member added this image: report the page to staff instead.");
}

static void on_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct imaging *imaging = arg;
    struct fault wrong = {0};
    if (why == NULL)
        image_read(imaging, rows, &wrong);
    if (!changing_goes_on(&imaging->changing, why, &wrong))
        return;
    struct db_tx *tx = imaging->changing.tx;
    struct db_args *args = db_int(db_args(), (int64_t)imaging->image);
    if (imaging->act == ACT_first) {
        db_tx_ask(tx, &image_first, args, NULL, NULL);
    } else {
        db_tx_ask(tx, &image_remove, db_text(db_int(args, (int64_t)imaging->actor), imaging->reason), NULL, NULL);
        db_tx_ask(tx, &image_forget, db_bytes(db_args(), db_get_bytes(rows, 0, 4)), NULL, NULL);
    }
    imaging_end(imaging);
}

static void on_turn_to_change(void *owner)
{
    struct imaging *imaging = owner;
    db_tx_ask(imaging->changing.tx, &image_find, db_int(db_args(), (int64_t)imaging->image), on_found, imaging);
}

static void on_first(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_image_first *ask = body;
    struct imaging *imaging = imaging_new(request, (struct slice){0}, ACT_first, on_turn_to_change);
    struct fault why = {0};
    (void)arg;
    imaging->image = ask->image;
    if (imaging->actor == 0)
        fault_set(&why, STATUS_forbidden, NULL, "A member puts images in order: say which one.");
    changing_try(&imaging->changing, &why);
}

static void on_remove(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_image_remove *ask = body;
    struct imaging *imaging = imaging_new(request, ask->key, ACT_remove, on_turn_to_change);
    struct fault why = {0};
    (void)arg;
    imaging->image = ask->image;
    imaging->staff = ask->staff;
    imaging->reason = text_line(ask->reason, imaging->arena);
    if (imaging->reason.size == 0)
        fault_set(&why, STATUS_invalid, "reason", "Say why it goes.");
    changing_try(&imaging->changing, &why);
}

/* ---- reading ---- */

static void on_told(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct fault wrong = {0};
    const struct plugin *plugin = why == NULL && db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (plugin == NULL) {
        missing(&wrong);
        bus_fail(request, why != NULL ? why : &wrong);
        return;
    }
    enum level_kind kind = (enum level_kind)db_get_int(rows, 0, 1);
    struct catalog_image_find_reply reply = {
        .hash = db_get_bytes(rows, 0, 4),
        .called = slice_text(plugin->levels[kind].image),
        .name = db_get_text(rows, 0, 5),
        .href = shelf_href(plugin, kind, (uint64_t)db_get_int(rows, 0, 2), bus_arena(request)),
    };
    bus_reply(request, &reply);
}

static void on_find(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_image_find *ask = body;
    (void)arg;
    db_ask(service_db(), &image_find, db_int(db_args(), (int64_t)ask->image), on_told, request);
}

static const struct statement image_get = {
    "image_get",
    "SELECT data FROM catalog.picture WHERE hash = $1 AND size = $2 AND EXISTS (SELECT FROM catalog.image i"
    " JOIN catalog.entity e ON e.id = i.entity AND e.deleted_at IS NULL WHERE i.hash = $1 AND i.removed_at IS NULL)",
};

static void on_got(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct fault wrong = {0};
    if (why != NULL || db_count(rows) == 0) {
        missing(&wrong);
        bus_fail(request, why != NULL ? why : &wrong);
        return;
    }
    struct catalog_image_get_reply reply = {.data = db_get_bytes(rows, 0, 0)};
    bus_reply(request, &reply);
}

static void on_get(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_image_get *ask = body;
    struct fault why = {0};
    int size = 0;
    (void)arg;
    while (size < IMAGE_SIZES && !slice_is(ask->size, image_sizes[size].name))
        size++;
    if (size == IMAGE_SIZES) {
        fault_set(&why, STATUS_invalid, "size", "The sizes are thumb, medium and large.");
        bus_fail(request, &why);
        return;
    }
    db_ask(service_db(), &image_get, db_int(db_bytes(db_args(), ask->hash), size), on_got, request);
}

void images_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_image_add_message, on_add, NULL);
    bus_serve(service_bus(), NULL, &catalog_image_first_message, on_first, NULL);
    bus_serve(service_bus(), NULL, &catalog_image_remove_message, on_remove, NULL);
    bus_serve(service_bus(), NULL, &catalog_image_find_message, on_find, NULL);
    bus_serve(service_bus(), NULL, &catalog_image_get_message, on_get, NULL);
}

const struct statement *const images_statements[] = {&image_store, &image_put,    &image_entity, &image_find,
                                                     &image_first, &image_remove, &image_forget, &image_get};
const size_t images_statements_count = sizeof images_statements / sizeof *images_statements;
