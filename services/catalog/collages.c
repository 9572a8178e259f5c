/* See collages.h. Who may change which: staff every one; its owner what is not locked; anybody adds to what is neither
 * locked nor personal, and takes out again what they have added. All of it is in the log. */
#include "services/catalog/collages.h"

#include "services/catalog/change.h"
#include "services/catalog/news.h"
#include "services/catalog/plugin.h"
#include "services/catalog/shelf.h"
#include "services/catalog/text.h"
#include "services/common/log.h"

#include <inttypes.h>

#define TITLE_LETTERS 100
#define TEXT_LETTERS 10000
#define PERSONAL_MAX 10 /* of one member */
#define SHARED_MAX 200
#define ENTRIES_MAX 1000

enum act { ACT_add, ACT_edit, ACT_delete, ACT_put, ACT_take, ACT_move };

struct collecting {
    struct changing changing;
    struct arena *arena;
    enum act act;
    uint64_t actor, collage, entity, revision, place;
    struct slice category, title, text, reason;
    bool staff, locks;

    struct slice name, href; /* of the entity */
};

static const char *const categories[] = {
#define COLLAGE(name, title) #name,
#include "proto/collages.def"
};

static bool is_category(struct slice name)
{
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (slice_is(name, categories[i]))
            return true;
    return false;
}

static void collecting_end(struct collecting *collecting)
{
    static const char *const logged[] = {"collage", "recollage", "uncollage", "collect", "uncollect", "reorder"};
    struct catalog_collage_add_reply added = {.collage = collecting->collage};
    struct catalog_collage_edit_reply edited = {.collage = collecting->collage};
    struct catalog_collage_delete_reply deleted = {.collage = collecting->collage};
    struct catalog_collage_put_reply put = {.href = collecting->href};
    struct catalog_collage_take_reply taken = {.href = collecting->href};
    struct catalog_collage_move_reply moved = {.href = collecting->href};
    const void *const replies[] = {&added, &edited, &deleted, &put, &taken, &moved};
    change_log(collecting->changing.tx,
               &(struct change){.collage = collecting->collage,
                                .actor = collecting->actor,
                                .what = logged[collecting->act],
                                .why = collecting->act >= ACT_put ? collecting->name : collecting->reason});
    changing_done(&collecting->changing, replies[collecting->act]);
}

static void on_made(void *owner)
{
    static const char *const events[] = {"collage made",       "collage edited",         "collage deleted",
                                         "put into a collage", "taken out of a collage", "collage put in order"};
    const struct collecting *collecting = owner;
    news_published();
    log_info(events[collecting->act], "user=%" PRIu64 " collage=%" PRIu64, collecting->actor, collecting->collage);
}

static struct collecting *collecting_new(struct bus_request *request, struct slice key, enum act act,
                                         void (*turn)(void *owner))
{
    struct collecting *collecting = arena_take(bus_arena(request), sizeof *collecting);
    *collecting = (struct collecting){
        .changing = {.request = request, .key = key, .run = turn, .made = on_made, .owner = collecting},
        .arena = bus_arena(request),
        .act = act,
        .actor = bus_actor(request),
    };
    return collecting;
}

/* What was typed, tidied. */
static bool texts_check(struct collecting *collecting, struct slice title, struct slice text, struct fault *why)
{
    collecting->title = text_line(title, collecting->arena);
    collecting->text = text_lines(text, collecting->arena);
    if (collecting->title.size == 0 || text_letters(collecting->title) > TITLE_LETTERS)
        return fault_set(why, STATUS_invalid, "title", "Title: between 1 and %d letters.", TITLE_LETTERS);
    return text_letters(collecting->text) <= TEXT_LETTERS ||
           fault_set(why, STATUS_invalid, "text", "About it: at most %d letters.", TEXT_LETTERS);
}

/* ---- a new one ---- */

#define WORDS "array_to_tsvector(catalog.tokens($2))"
#define SAME "catalog.same(ARRAY[$2::text])"

static const struct statement collage_add = {
    "collage_add",
    "WITH had AS (SELECT (SELECT count(*) FROM catalog.collage WHERE owner = $4 AND deleted_at IS NULL"
    "   AND (category = 'personal') = ($1 = 'personal')) AS count,"
    "  (SELECT id FROM catalog.collage WHERE same = " SAME " AND deleted_at IS NULL"
    "   AND CASE WHEN $1 = 'personal' THEN category = 'personal' AND owner = $4 ELSE category <> 'personal' END) AS "
    "other),"
    " made AS (INSERT INTO catalog.collage (category, title, same, words, text, owner)"
    "  SELECT $1, $2, " SAME ", " WORDS ", $3, $4 FROM had WHERE count < $5 AND other IS NULL RETURNING id)"
    " SELECT coalesce((SELECT id FROM made), 0), coalesce(other, 0) FROM had",
};

static void on_added(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct collecting *collecting = arg;
    struct fault wrong = {0};
    if (why == NULL && db_get_int(rows, 0, 1) != 0)
        fault_set(&wrong, STATUS_conflict, "title", "There is one of that title: see /collage/%" PRId64 ".",
                  db_get_int(rows, 0, 1));
    else if (why == NULL && db_get_int(rows, 0, 0) == 0)
        fault_set(&wrong, STATUS_conflict, NULL, "You have as many collages of this kind as a member may.");
    if (!changing_goes_on(&collecting->changing, why, &wrong))
        return;
    collecting->collage = (uint64_t)db_get_int(rows, 0, 0);
    collecting_end(collecting);
}

static void on_turn_to_add(void *owner)
{
    struct collecting *collecting = owner;
    struct db_args *args = db_text(db_text(db_args(), collecting->category), collecting->title);
    db_int(db_text(args, collecting->text), (int64_t)collecting->actor);
    db_int(args, slice_is(collecting->category, "personal") ? PERSONAL_MAX : SHARED_MAX);
    db_tx_ask(collecting->changing.tx, &collage_add, args, on_added, collecting);
}

static void on_add(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_collage_add *ask = body;
    struct collecting *collecting = collecting_new(request, ask->key, ACT_add, on_turn_to_add);
    struct fault why = {0};
    (void)arg;
    collecting->category = ask->category;
    if (collecting->actor == 0)
        fault_set(&why, STATUS_forbidden, NULL, "A collage is a member's: say which one's.");
    else if (!is_category(ask->category))
        fault_set(&why, STATUS_invalid, "category", "Category: choose one of the list.");
    else if (slice_is(ask->category, "staff") && !ask->staff)
        fault_set(&why, STATUS_forbidden, "category", "What staff pick, staff say.");
    else
        texts_check(collecting, ask->title, ask->text, &why);
    changing_try(&collecting->changing, &why);
}

/* ---- what becomes of it ---- */

static const struct statement collage_edit = {
    "collage_edit",
    "UPDATE catalog.collage c SET title = $2, same = " SAME ", words = " WORDS ", text = $3, locked = $4,"
    " revision = revision + 1 WHERE id = $1 AND NOT EXISTS (SELECT FROM catalog.collage o WHERE o.id <> $1"
    "  AND o.same = " SAME " AND o.deleted_at IS NULL AND (o.category = 'personal') = (c.category = 'personal')"
    "  AND (c.category <> 'personal' OR o.owner = c.owner)) RETURNING id",
};
static const struct statement collage_delete = {
    "collage_delete",
    "UPDATE catalog.collage SET deleted_at = now() WHERE id = $1",
};
static const struct statement collage_put = {
    "collage_put",
    "WITH put AS (INSERT INTO catalog.collage_entry (collage, entity, place, added_by)"
    "  SELECT $1, $2, coalesce(max(place), 0) + 1, $3 FROM catalog.collage_entry WHERE collage = $1)"
    " UPDATE catalog.collage SET changed_at = clock_timestamp() WHERE id = $1",
};
static const struct statement collage_take = {
    "collage_take",
    "WITH gone AS (DELETE FROM catalog.collage_entry WHERE collage = $1 AND entity = $2 RETURNING place)"
    " UPDATE catalog.collage_entry e SET place = e.place - 1 FROM gone WHERE e.collage = $1 AND e.place > gone.place",
};
static const struct statement collage_move = {
    "collage_move",
    "WITH way AS (SELECT place AS here, least($3, (SELECT max(place) FROM catalog.collage_entry WHERE collage = $1)) "
    "AS there"
    "  FROM catalog.collage_entry WHERE collage = $1 AND entity = $2)"
    " UPDATE catalog.collage_entry e SET place = CASE WHEN e.entity = $2 THEN there WHEN here < there THEN e.place - 1"
    "  ELSE e.place + 1 END FROM way WHERE e.collage = $1"
    "  AND e.place BETWEEN least(here, there) AND greatest(here, there)",
};

static void on_edited(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct collecting *collecting = arg;
    struct fault wrong = {0};
    if (why == NULL && db_count(rows) == 0)
        fault_set(&wrong, STATUS_conflict, "title", "There is another one of that title.");
    if (changing_goes_on(&collecting->changing, why, &wrong))
        collecting_end(collecting);
}

static void collage_change(struct collecting *collecting)
{
    struct db_tx *tx = collecting->changing.tx;
    struct db_args *args = db_int(db_args(), (int64_t)collecting->collage);
    if (collecting->act == ACT_edit) {
        db_flag(db_text(db_text(args, collecting->title), collecting->text), collecting->locks);
        db_tx_ask(tx, &collage_edit, args, on_edited, collecting);
        return;
    }
    if (collecting->act != ACT_delete)
        db_int(args, (int64_t)collecting->entity);
    if (collecting->act == ACT_delete) {
        db_tx_ask(tx, &collage_delete, args, NULL, NULL);
    } else if (collecting->act == ACT_take) {
        db_tx_ask(tx, &collage_take, args, NULL, NULL);
    } else if (collecting->act == ACT_move) {
        db_tx_ask(tx, &collage_move, db_int(args, (int64_t)collecting->place), NULL, NULL);
    } else {
        db_tx_ask(tx, &collage_put, db_int(args, (int64_t)collecting->actor), NULL, NULL);
        news_add(tx, &(struct news){.what = NEWS_entry,
                                    .entity = collecting->entity,
                                    .of = collecting->collage,
                                    .actor = collecting->actor,
                                    .text = collecting->name});
    }
    collecting_end(collecting);
}

static const struct statement collage_find = {
    "collage_find",
    "SELECT c.category, c.owner, c.locked, c.revision,"
    " coalesce((SELECT added_by FROM catalog.collage_entry WHERE collage = c.id AND entity = $2), 0),"
    " (SELECT count(*) FROM catalog.collage_entry WHERE collage = c.id),"
    " EXISTS (SELECT FROM catalog.collage_entry WHERE collage = c.id AND added_by <> c.owner),"
    " coalesce(e.plugin, ''), coalesce(e.kind, 0), coalesce(e.name, '') FROM catalog.collage c"
    " LEFT JOIN catalog.entity e ON e.id = $2 AND e.kind <= 1 AND e.deleted_at IS NULL"
    " WHERE c.id = $1 AND c.deleted_at IS NULL FOR UPDATE OF c",
};

/* May it be put there? */
static bool may_put(const struct collecting *collecting, const struct db_rows *rows, const struct plugin *plugin,
                    struct fault *why)
{
    bool of_people = slice_is(db_get_text(rows, 0, 0), "artists");
    enum level_kind kind = (enum level_kind)db_get_int(rows, 0, 8);
    if (plugin == NULL)
        return fault_set(why, STATUS_not_found, "entity", "There is no such page (any more).");
    if (!plugin_talks(plugin))
        return fault_set(why, STATUS_forbidden, "entity", "A %s is its owner's: it stands in no collage.",
                         plugin->levels[kind].title);
    if ((kind == LEVEL_person) != of_people)
        return fault_set(why, STATUS_invalid, "entity",
                         of_people ? "This collage is of artists and other people: give the address of the page of one."
                                   : "Only a collage of the category Artists has people in it.");
    if (db_get_int(rows, 0, 4) != 0)
        return fault_set(why, STATUS_conflict, "entity", "It is in this collage already.");
    (void)collecting;
    return db_get_int(rows, 0, 5) < ENTRIES_MAX ||
           fault_set(why, STATUS_conflict, "entity", "A collage holds at most %d.", ENTRIES_MAX);
}

static bool may_change(struct collecting *collecting, const struct db_rows *rows, struct fault *why)
{
    if (db_count(rows) == 0)
        return fault_set(why, STATUS_not_found, "collage", "There is no such collage (any more).");
    bool staff = collecting->staff || collecting->actor == 0;
    bool owner = staff || (uint64_t)db_get_int(rows, 0, 1) == collecting->actor;
    uint64_t added_by = (uint64_t)db_get_int(rows, 0, 4);
    const struct plugin *plugin = plugin_find(db_get_text(rows, 0, 7));
    if (db_get_flag(rows, 0, 2) && !staff)
        return fault_set(why, STATUS_forbidden, NULL, "This collage is locked: only staff change it.");
    if (collecting->act == ACT_take && added_by == collecting->actor)
        owner = true;
    if (collecting->act == ACT_put && !slice_is(db_get_text(rows, 0, 0), "personal"))
        owner = true;
    if (!owner)
        return fault_set(why, STATUS_forbidden, NULL, "That is another member's.");
    if (collecting->act == ACT_delete && !staff && db_get_flag(rows, 0, 6))
        return fault_set(why, STATUS_forbidden, NULL, "Others have added to it: only staff take it away.");
    if (collecting->act == ACT_edit && (uint64_t)db_get_int(rows, 0, 3) != collecting->revision)
        return fault_set(why, STATUS_conflict, "revision",
                         "This collage was changed while you wrote: save again if yours still holds.");
    if (!staff)
        collecting->locks = db_get_flag(rows, 0, 2);
    if (collecting->act == ACT_put && !may_put(collecting, rows, plugin, why))
        return false;
    if ((collecting->act == ACT_take || collecting->act == ACT_move) && (added_by == 0 || plugin == NULL))
        return fault_set(why, STATUS_not_found, "entity", "That is not in this collage (any more).");
    if (plugin != NULL)
        collecting->href =
            shelf_href(plugin, (enum level_kind)db_get_int(rows, 0, 8), collecting->entity, collecting->arena);
    collecting->name = arena_copy(collecting->arena, db_get_text(rows, 0, 9));
    return true;
}

static void on_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct collecting *collecting = arg;
    struct fault wrong = {0};
    if (why == NULL)
        may_change(collecting, rows, &wrong);
    if (changing_goes_on(&collecting->changing, why, &wrong))
        collage_change(collecting);
}

static void on_turn_to_change(void *owner)
{
    struct collecting *collecting = owner;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)collecting->collage), (int64_t)collecting->entity);
    db_tx_ask(collecting->changing.tx, &collage_find, args, on_found, collecting);
}

static void on_edit(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_collage_edit *ask = body;
    struct collecting *collecting = collecting_new(request, ask->key, ACT_edit, on_turn_to_change);
    struct fault why = {0};
    (void)arg;
    collecting->collage = ask->collage;
    collecting->revision = ask->revision;
    collecting->staff = ask->staff;
    collecting->locks = ask->locked;
    texts_check(collecting, ask->title, ask->text, &why);
    changing_try(&collecting->changing, &why);
}

static void on_delete(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_collage_delete *ask = body;
    struct collecting *collecting = collecting_new(request, ask->key, ACT_delete, on_turn_to_change);
    struct fault why = {0};
    (void)arg;
    collecting->collage = ask->collage;
    collecting->staff = ask->staff;
    collecting->reason = text_line(ask->reason, collecting->arena);
    if (collecting->reason.size == 0)
        fault_set(&why, STATUS_invalid, "reason", "Say why it goes.");
    changing_try(&collecting->changing, &why);
}

static void entry_start(struct bus_request *request, enum act act, uint64_t collage, uint64_t entity, uint64_t place,
                        bool staff)
{
    struct collecting *collecting = collecting_new(request, (struct slice){0}, act, on_turn_to_change);
    collecting->collage = collage;
    collecting->entity = entity;
    collecting->place = place;
    collecting->staff = staff;
    changing_start(&collecting->changing);
}

static void on_put(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_collage_put *ask = body;
    struct fault why = {0};
    (void)arg;
    if (bus_actor(request) != 0) {
        entry_start(request, ACT_put, ask->collage, ask->entity, 0, ask->staff);
        return;
    }
    fault_set(&why, STATUS_forbidden, NULL, "A member adds to a collage: say which one.");
    bus_fail(request, &why);
}

static void on_take(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_collage_take *ask = body;
    (void)arg;
    entry_start(request, ACT_take, ask->collage, ask->entity, 0, ask->staff);
}

static void on_move(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_collage_move *ask = body;
    (void)arg;
    entry_start(request, ACT_move, ask->collage, ask->entity, ask->place, ask->staff);
}

void collages_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_collage_add_message, on_add, NULL);
    bus_serve(service_bus(), NULL, &catalog_collage_edit_message, on_edit, NULL);
    bus_serve(service_bus(), NULL, &catalog_collage_delete_message, on_delete, NULL);
    bus_serve(service_bus(), NULL, &catalog_collage_put_message, on_put, NULL);
    bus_serve(service_bus(), NULL, &catalog_collage_take_message, on_take, NULL);
    bus_serve(service_bus(), NULL, &catalog_collage_move_message, on_move, NULL);
    collages_read_start();
}

const struct statement *const collages_statements[] = {&collage_add,  &collage_edit, &collage_delete, &collage_put,
                                                       &collage_take, &collage_move, &collage_find};
const size_t collages_statements_count = sizeof collages_statements / sizeof *collages_statements;
