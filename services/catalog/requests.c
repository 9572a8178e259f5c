/* See requests.h. What becomes of a request is in the log; votes are not. */
#include "services/catalog/requests.h"

#include "services/catalog/change.h"
#include "services/catalog/plugin.h"
#include "services/catalog/text.h"
#include "services/common/log.h"
#include "services/common/notices.h"

#include <inttypes.h>

#define TITLE_LETTERS 200
#define TEXT_LETTERS 10000
#define OPEN_MAX 100 /* of one member */

enum act { ACT_add, ACT_fill, ACT_unfill, ACT_delete, ACT_edit };

struct requesting {
    struct changing changing;
    struct arena *arena;
    enum act act;
    uint64_t actor, request, torrent, revision;
    struct slice plugin, title, text, reason;
    bool staff;

    /* Of one that is there. */
    struct slice wanted;
    uint64_t author, filler;
    int64_t now;
};

/* Who asked for it learns that it is here; who filled it, that it is not it. */
static void requesting_tell(const struct requesting *requesting)
{
    bool filled = requesting->act == ACT_fill;
    uint64_t user = filled ? requesting->author : requesting->filler;
    if ((!filled && requesting->act != ACT_unfill) || user == requesting->actor)
        return;
    struct arena *arena = requesting->arena;
    const char *title =
        arena_print(arena, filled ? "Filled: %.*s" : "Open again: %.*s", SLICE_ARGS(requesting->wanted));
    const char *text = filled ? "What you asked for is here. If this is not it, say so on the request's page."
                              : arena_print(arena, "What you gave is not it: %.*s", SLICE_ARGS(requesting->reason));
    struct notices notices = notices_take(arena, 1);
    notices_put_fact(&notices,
                     &(struct notice_fact){
                         .user = user,
                         .kind = slice_text(notice_name(filled ? NOTICE_request_filled : NOTICE_request_opened)),
                         .title = slice_text(title),
                         .text = slice_text(text),
                         .href = slice_text(arena_print(arena, "/request/%" PRIu64, requesting->request)),
                         .at = requesting->now,
                     });
    notices_add(requesting->changing.tx, &notices);
}

static void requesting_end(struct requesting *requesting)
{
    static const char *const logged[] = {"request", "fill", "unfill", "unrequest", "rerequest"};
    struct catalog_request_add_reply added = {.request = requesting->request};
    struct catalog_request_fill_reply filled = {.request = requesting->request};
    struct catalog_request_unfill_reply unfilled = {.request = requesting->request};
    struct catalog_request_delete_reply deleted = {.request = requesting->request};
    struct catalog_request_edit_reply edited = {.request = requesting->request};
    const void *const replies[] = {&added, &filled, &unfilled, &deleted, &edited};
    change_log(requesting->changing.tx, &(struct change){.request = requesting->request,
                                                         .actor = requesting->actor,
                                                         .what = logged[requesting->act],
                                                         .why = requesting->reason});
    requesting_tell(requesting);
    changing_done(&requesting->changing, replies[requesting->act]);
}

static void on_made(void *owner)
{
    static const char *const events[] = {"requested", "request filled", "request opened again", "request deleted",
                                         "request edited"};
    const struct requesting *requesting = owner;
    notices_published();
    log_info(events[requesting->act], "user=%" PRIu64 " request=%" PRIu64, requesting->actor, requesting->request);
}

static struct requesting *requesting_new(struct bus_request *request, struct slice key, enum act act,
                                         void (*turn)(void *owner))
{
    struct requesting *requesting = arena_take(bus_arena(request), sizeof *requesting);
    *requesting = (struct requesting){
        .changing = {.request = request, .key = key, .run = turn, .made = on_made, .owner = requesting},
        .arena = bus_arena(request),
        .act = act,
        .actor = bus_actor(request),
    };
    return requesting;
}

static bool is_member(const struct requesting *requesting, struct fault *why)
{
    return requesting->actor != 0 ||
           fault_set(why, STATUS_forbidden, NULL, "A request is between members: say which one asks.");
}

/* ---- asking for something ---- */

static const struct statement request_add = {
    "request_add",
    "WITH said AS (SELECT (SELECT count(*) FROM catalog.request WHERE author = $4 AND deleted_at IS NULL AND torrent "
    "IS NULL)"
    "   AS open, (SELECT id FROM catalog.request WHERE plugin = $1 AND same = catalog.same(ARRAY[$2::text])"
    "   AND deleted_at IS NULL AND torrent IS NULL) AS other),"
    " made AS (INSERT INTO catalog.request (plugin, title, same, text, author)"
    "  SELECT $1, $2, catalog.same(ARRAY[$2::text]), $3, $4 FROM said WHERE open < $5 AND other IS NULL RETURNING id),"
    " voted AS (INSERT INTO catalog.request_vote (request, member) SELECT id, $4 FROM made)"
    " SELECT coalesce(made.id, 0), coalesce(said.other, 0) FROM said LEFT JOIN made ON true",
};

static void on_added(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct requesting *requesting = arg;
    struct fault wrong = {0};
    if (why == NULL && db_get_int(rows, 0, 1) != 0)
        fault_set(&wrong, STATUS_conflict, "title", "This is asked for already: vote for /request/%" PRId64 ".",
                  db_get_int(rows, 0, 1));
    else if (why == NULL && db_get_int(rows, 0, 0) == 0)
        fault_set(&wrong, STATUS_conflict, NULL, "You have %d open requests, the most a member may have.", OPEN_MAX);
    if (!changing_goes_on(&requesting->changing, why, &wrong))
        return;
    requesting->request = (uint64_t)db_get_int(rows, 0, 0);
    requesting_end(requesting);
}

static void on_turn_to_add(void *owner)
{
    struct requesting *requesting = owner;
    struct db_args *args = db_text(db_text(db_args(), requesting->plugin), requesting->title);
    db_int(db_int(db_text(args, requesting->text), (int64_t)requesting->actor), OPEN_MAX);
    db_tx_ask(requesting->changing.tx, &request_add, args, on_added, requesting);
}

/* What was typed, tidied. */
static bool texts_check(struct requesting *requesting, struct slice title, struct slice text, struct fault *why)
{
    requesting->title = text_line(title, requesting->arena);
    requesting->text = text_lines(text, requesting->arena);
    if (requesting->title.size == 0 || text_letters(requesting->title) > TITLE_LETTERS)
        return fault_set(why, STATUS_invalid, "title", "What you miss: between 1 and %d letters.", TITLE_LETTERS);
    return text_letters(requesting->text) <= TEXT_LETTERS ||
           fault_set(why, STATUS_invalid, "text", "More about it: at most %d letters.", TEXT_LETTERS);
}

static bool add_check(struct requesting *requesting, const struct catalog_request_add *ask, struct fault *why)
{
    const struct plugin *plugin = plugin_find(ask->plugin);
    requesting->plugin = ask->plugin;
    if (!is_member(requesting, why))
        return false;
    if (plugin == NULL)
        return fault_set(why, STATUS_invalid, "plugin", "There is no plugin of that name: choose one of the list.");
    if (!plugin_talks(plugin))
        return fault_set(why, STATUS_forbidden, NULL, "Nobody can be asked for a %s: it is its owner's.",
                         plugin->levels[LEVEL_group].title);
    return texts_check(requesting, ask->title, ask->text, why);
}

static void on_add(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_request_add *ask = body;
    struct requesting *requesting = requesting_new(request, ask->key, ACT_add, on_turn_to_add);
    struct fault why = {0};
    (void)arg;
    add_check(requesting, ask, &why);
    changing_try(&requesting->changing, &why);
}

/* ---- what becomes of it ---- */

static const struct statement request_fill = {
    "request_fill",
    "UPDATE catalog.request SET torrent = $2, filled_by = $3, filled_at = now() WHERE id = $1",
};
static const struct statement request_unfill = {
    "request_unfill",
    "UPDATE catalog.request SET torrent = NULL, filled_by = NULL, filled_at = NULL WHERE id = $1",
};
static const struct statement request_delete = {
    "request_delete",
    "UPDATE catalog.request SET deleted_at = now() WHERE id = $1",
};

static const struct statement request_edit = {
    "request_edit",
    "UPDATE catalog.request r SET title = $2, same = catalog.same(ARRAY[$2::text]), text = $3, revision = revision + 1"
    " WHERE id = $1 AND NOT EXISTS (SELECT FROM catalog.request o WHERE o.id <> $1 AND o.plugin = r.plugin"
    "  AND o.same = catalog.same(ARRAY[$2::text]) AND o.deleted_at IS NULL AND o.torrent IS NULL) RETURNING id",
};

static void on_edited(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct requesting *requesting = arg;
    struct fault wrong = {0};
    if (why == NULL && db_count(rows) == 0)
        fault_set(&wrong, STATUS_conflict, "title", "This is asked for already, in another request.");
    if (changing_goes_on(&requesting->changing, why, &wrong))
        requesting_end(requesting);
}

static void request_change(struct requesting *requesting)
{
    if (requesting->act == ACT_edit) {
        struct db_args *texts = db_text(db_int(db_args(), (int64_t)requesting->request), requesting->title);
        db_tx_ask(requesting->changing.tx, &request_edit, db_text(texts, requesting->text), on_edited, requesting);
        return;
    }
    struct db_args *args = db_int(db_args(), (int64_t)requesting->request);
    if (requesting->act == ACT_fill)
        db_int(db_int(args, (int64_t)requesting->torrent), (int64_t)requesting->actor);
    db_tx_ask(requesting->changing.tx,
              requesting->act == ACT_fill     ? &request_fill
              : requesting->act == ACT_unfill ? &request_unfill
                                              : &request_delete,
              args, NULL, NULL);
    requesting_end(requesting);
}

static const struct statement request_find = {
    "request_find",
    "SELECT r.plugin, r.author, coalesce(r.torrent, 0), coalesce(r.filled_by, 0),"
    " EXISTS (SELECT FROM catalog.request_vote v WHERE v.request = r.id AND v.member <> r.author),"
    " coalesce((SELECT u.plugin FROM catalog.torrent t JOIN catalog.entity u ON u.id = t.entity WHERE t.id = $2 AND "
    "t.active), ''),"
    " coalesce((SELECT o.id FROM catalog.request o WHERE o.plugin = r.plugin AND o.same = r.same AND o.id <> r.id"
    "  AND o.deleted_at IS NULL AND o.torrent IS NULL), 0), r.revision, r.title, clock_timestamp()"
    " FROM catalog.request r WHERE r.id = $1 AND r.deleted_at IS NULL FOR UPDATE",
};

static bool may_change(const struct requesting *requesting, const struct db_rows *rows, struct fault *why)
{
    if (db_count(rows) == 0)
        return fault_set(why, STATUS_not_found, "request", "There is no such request (any more).");
    bool filled = db_get_int(rows, 0, 2) != 0, author = (uint64_t)db_get_int(rows, 0, 1) == requesting->actor;
    bool staff = requesting->staff || requesting->actor == 0;
    struct slice of = db_get_text(rows, 0, 5);
    if (requesting->act == ACT_edit && !author && !staff)
        return fault_set(why, STATUS_forbidden, NULL, "That is another member's request.");
    if (requesting->act == ACT_edit)
        return (uint64_t)db_get_int(rows, 0, 7) == requesting->revision ||
               fault_set(why, STATUS_conflict, "revision",
                         "This request was changed while you wrote: save again if yours still holds.");
    if (requesting->act == ACT_fill && filled)
        return fault_set(why, STATUS_conflict, "torrent", "Somebody has filled this request already.");
    if (requesting->act == ACT_fill)
        return slice_equal(of, db_get_text(rows, 0, 0)) ||
               fault_set(why, STATUS_invalid, "torrent",
                         of.size == 0 ? "There is no such torrent (any more)."
                                      : "That torrent is of another kind than what is asked for.");
    if (requesting->act == ACT_unfill && !filled)
        return fault_set(why, STATUS_conflict, NULL, "This request is open.");
    if (requesting->act == ACT_unfill && db_get_int(rows, 0, 6) != 0)
        return fault_set(why, STATUS_conflict, NULL, "The same is asked for again: see /request/%" PRId64 ".",
                         db_get_int(rows, 0, 6));
    if (requesting->act == ACT_unfill)
        return staff || author || (uint64_t)db_get_int(rows, 0, 3) == requesting->actor ||
               fault_set(why, STATUS_forbidden, NULL, "Who asked for it says whether this is it, or staff.");
    return staff || (author && !filled && !db_get_flag(rows, 0, 4)) ||
           fault_set(why, STATUS_forbidden, NULL, "Others want it too: only staff take this request away.");
}

static void on_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct requesting *requesting = arg;
    struct fault wrong = {0};
    if (why == NULL)
        may_change(requesting, rows, &wrong);
    if (!changing_goes_on(&requesting->changing, why, &wrong))
        return;
    requesting->author = (uint64_t)db_get_int(rows, 0, 1);
    requesting->filler = (uint64_t)db_get_int(rows, 0, 3);
    requesting->wanted = arena_copy(requesting->arena, db_get_text(rows, 0, 8));
    requesting->now = db_get_time(rows, 0, 9);
    request_change(requesting);
}

static void on_turn_to_change(void *owner)
{
    struct requesting *requesting = owner;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)requesting->request), (int64_t)requesting->torrent);
    db_tx_ask(requesting->changing.tx, &request_find, args, on_found, requesting);
}

static void on_fill(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_request_fill *ask = body;
    struct requesting *requesting = requesting_new(request, ask->key, ACT_fill, on_turn_to_change);
    struct fault why = {0};
    (void)arg;
    requesting->request = ask->request;
    requesting->torrent = ask->torrent;
    is_member(requesting, &why);
    changing_try(&requesting->changing, &why);
}

static void on_edit(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_request_edit *ask = body;
    struct requesting *requesting = requesting_new(request, ask->key, ACT_edit, on_turn_to_change);
    struct fault why = {0};
    (void)arg;
    requesting->request = ask->request;
    requesting->revision = ask->revision;
    requesting->staff = ask->staff;
    texts_check(requesting, ask->title, ask->text, &why);
    changing_try(&requesting->changing, &why);
}

static void reason_read(struct requesting *requesting, struct slice reason, struct fault *why)
{
    requesting->reason = text_line(reason, requesting->arena);
    if (requesting->reason.size == 0)
        fault_set(why, STATUS_invalid, "reason", "Say why.");
}

static void on_unfill(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_request_unfill *ask = body;
    struct requesting *requesting = requesting_new(request, ask->key, ACT_unfill, on_turn_to_change);
    struct fault why = {0};
    (void)arg;
    requesting->request = ask->request;
    requesting->staff = ask->staff;
    reason_read(requesting, ask->reason, &why);
    changing_try(&requesting->changing, &why);
}

static void on_delete(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_request_delete *ask = body;
    struct requesting *requesting = requesting_new(request, ask->key, ACT_delete, on_turn_to_change);
    struct fault why = {0};
    (void)arg;
    requesting->request = ask->request;
    requesting->staff = ask->staff;
    reason_read(requesting, ask->reason, &why);
    changing_try(&requesting->changing, &why);
}

/* ---- voting ---- */

static const struct statement request_vote = {
    "request_vote",
    "WITH there AS (SELECT id, torrent FROM catalog.request WHERE id = $1 AND deleted_at IS NULL FOR KEY SHARE),"
    " back AS (DELETE FROM catalog.request_vote v USING there"
    "  WHERE NOT $3::boolean AND there.torrent IS NULL AND v.request = there.id AND v.member = $2),"
    " put AS (INSERT INTO catalog.request_vote (request, member) SELECT id, $2 FROM there"
    "  WHERE $3::boolean AND torrent IS NULL ON CONFLICT DO NOTHING)"
    " SELECT id, torrent IS NOT NULL FROM there",
};

static void on_voted(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct fault wrong = {0};
    if (why == NULL && db_count(rows) == 0)
        fault_set(&wrong, STATUS_not_found, "request", "There is no such request (any more).");
    else if (why == NULL && db_get_flag(rows, 0, 1))
        fault_set(&wrong, STATUS_conflict, "request", "This request was filled meanwhile.");
    if (why != NULL || wrong.status != STATUS_ok) {
        bus_fail(request, why != NULL ? why : &wrong);
        return;
    }
    struct catalog_request_vote_reply reply = {.request = (uint64_t)db_get_int(rows, 0, 0)};
    bus_reply(request, &reply);
}

static void on_vote(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_request_vote *ask = body;
    struct fault why = {0};
    (void)arg;
    if (bus_actor(request) == 0) {
        fault_set(&why, STATUS_forbidden, NULL, "A vote is a member's: say which one's.");
        bus_fail(request, &why);
        return;
    }
    struct db_args *args = db_int(db_int(db_args(), (int64_t)ask->request), (int64_t)bus_actor(request));
    db_ask(service_db(), &request_vote, db_flag(args, ask->on), on_voted, request);
}

void requests_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_request_add_message, on_add, NULL);
    bus_serve(service_bus(), NULL, &catalog_request_edit_message, on_edit, NULL);
    bus_serve(service_bus(), NULL, &catalog_request_fill_message, on_fill, NULL);
    bus_serve(service_bus(), NULL, &catalog_request_unfill_message, on_unfill, NULL);
    bus_serve(service_bus(), NULL, &catalog_request_delete_message, on_delete, NULL);
    bus_serve(service_bus(), NULL, &catalog_request_vote_message, on_vote, NULL);
    requests_read_start();
}

const struct statement *const requests_statements[] = {&request_add,  &request_fill, &request_unfill, &request_delete,
                                                       &request_edit, &request_find, &request_vote};
const size_t requests_statements_count = sizeof requests_statements / sizeof *requests_statements;
