/* See comments.h. Only what is taken away is in the log; what was written is on the page. */
#include "services/catalog/comments.h"

#include "services/catalog/change.h"
#include "services/catalog/news.h"
#include "services/catalog/shelf.h"
#include "services/catalog/subscriptions.h"
#include "services/catalog/text.h"
#include "services/catalog/tree.h"
#include "services/common/log.h"

#include <inttypes.h>

#define LETTERS_MAX 10000
#define HOURLY_MAX 200 /* of one member */

enum act { ACT_add, ACT_edit, ACT_delete };

struct commenting {
    struct changing changing;
    struct arena *arena;
    enum act act;
    uint64_t actor, entity, comment, revision;
    struct slice text, reason;
    bool staff, subscribes;

    const struct plugin *plugin;
    enum level_kind kind; /* of what it is about */
};

struct slice comment_href(const struct plugin *plugin, enum level_kind kind, uint64_t entity, uint64_t comment,
                          struct arena *arena)
{
    struct slice page = shelf_href(plugin, kind, entity, arena);
    return slice_text(arena_print(arena, "%.*s?comment=%" PRIu64 "#c%" PRIu64, SLICE_ARGS(page), comment, comment));
}

static bool missing(struct fault *why)
{
    return fault_set(why, STATUS_not_found, "comment", "There is no such comment (any more).");
}

static void commenting_end(struct commenting *commenting)
{
    struct slice page = shelf_href(commenting->plugin, commenting->kind, commenting->entity, commenting->arena);
    struct slice href =
        comment_href(commenting->plugin, commenting->kind, commenting->entity, commenting->comment, commenting->arena);
    struct catalog_comment_add_reply added = {.comment = commenting->comment, .href = href};
    struct catalog_comment_edit_reply edited = {.comment = commenting->comment, .href = href};
    struct catalog_comment_delete_reply deleted = {.comment = commenting->comment, .href = page};
    const void *const replies[] = {&added, &edited, &deleted};
    changing_done(&commenting->changing, replies[commenting->act]);
}

static void on_made(void *owner)
{
    static const char *const events[] = {"comment added", "comment edited", "comment deleted"};
    const struct commenting *commenting = owner;
    news_published();
    log_info(events[commenting->act], "user=%" PRIu64 " comment=%" PRIu64 " entity=%" PRIu64, commenting->actor,
             commenting->comment, commenting->entity);
}

static struct commenting *commenting_new(struct bus_request *request, struct slice key, enum act act,
                                         void (*turn)(void *owner))
{
    struct commenting *commenting = arena_take(bus_arena(request), sizeof *commenting);
    *commenting = (struct commenting){
        .changing = {.request = request, .key = key, .run = turn, .made = on_made, .owner = commenting},
        .arena = bus_arena(request),
        .act = act,
        .actor = bus_actor(request),
    };
    return commenting;
}

/* What was typed, tidied. */
static bool text_check(struct commenting *commenting, struct slice typed, struct fault *why)
{
    commenting->text = text_lines(typed, commenting->arena);
    if (commenting->actor == 0)
        return fault_set(why, STATUS_forbidden, NULL, "A comment is a member's: say which one's.");
    if (commenting->text.size == 0)
        return fault_set(why, STATUS_invalid, "text", "Comment: this is needed, please fill it in.");
    return text_letters(commenting->text) <= LETTERS_MAX ||
           fault_set(why, STATUS_invalid, "text", "Comment: at most %d letters.", LETTERS_MAX);
}

/* ---- adding ---- */

static const struct statement comment_add = {
    "comment_add",
    "INSERT INTO catalog.comment (entity, author, text) SELECT $1, $2, $3 WHERE (SELECT count(*) FROM catalog.comment"
    "  WHERE author = $2 AND at > now() - interval '1 hour') < $4 RETURNING id",
};

static void on_added(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct commenting *commenting = arg;
    struct fault wrong = {0};
    if (why == NULL && db_count(rows) == 0)
        fault_set(&wrong, STATUS_conflict, NULL, "You have written %d comments within an hour: wait a little.",
                  HOURLY_MAX);
    if (!changing_goes_on(&commenting->changing, why, &wrong))
        return;
    commenting->comment = (uint64_t)db_get_int(rows, 0, 0);
    if (commenting->subscribes)
        subscription_put(commenting->changing.tx, commenting->actor, commenting->entity);
    news_add(commenting->changing.tx, &(struct news){.what = NEWS_comment,
                                                     .entity = commenting->entity,
                                                     .of = commenting->comment,
                                                     .actor = commenting->actor,
                                                     .text = commenting->text});
    commenting_end(commenting);
}

static const struct statement comment_entity = {
    "comment_entity",
    "SELECT plugin, kind, id FROM catalog.entity WHERE id = catalog.led($1) AND kind <= 1 AND deleted_at IS NULL",
};

static bool entity_takes(struct commenting *commenting, const struct db_rows *rows, struct fault *why)
{
    commenting->plugin = db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (commenting->plugin == NULL)
        return fault_set(why, STATUS_not_found, "entity", "There is no such page (any more).");
    commenting->kind = (enum level_kind)db_get_int(rows, 0, 1);
    commenting->entity = (uint64_t)db_get_int(rows, 0, 2);
    return plugin_talks(commenting->plugin) || fault_set(why, STATUS_forbidden, NULL, "A %s takes no comments.",
                                                         commenting->plugin->levels[commenting->kind].title);
}

static void on_entity(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct commenting *commenting = arg;
    struct fault wrong = {0};
    if (why != NULL || !entity_takes(commenting, rows, &wrong)) {
        changing_fail(&commenting->changing, why != NULL ? why : &wrong);
        return;
    }
    struct db_args *args = db_int(db_int(db_args(), (int64_t)commenting->entity), (int64_t)commenting->actor);
    db_int(db_text(args, commenting->text), HOURLY_MAX);
    db_tx_ask(commenting->changing.tx, &comment_add, args, on_added, commenting);
}

static void on_turn_to_add(void *owner)
{
    struct commenting *commenting = owner;
    db_tx_ask(commenting->changing.tx, &comment_entity, db_int(db_args(), (int64_t)commenting->entity), on_entity,
              commenting);
}

static void on_add(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_comment_add *ask = body;
    struct commenting *commenting = commenting_new(request, ask->key, ACT_add, on_turn_to_add);
    struct fault why = {0};
    (void)arg;
    commenting->entity = ask->entity;
    commenting->subscribes = ask->subscribe;
    text_check(commenting, ask->text, &why);
    changing_try(&commenting->changing, &why);
}

/* ---- one that is there ---- */

static const struct statement comment_find = {
    "comment_find",
    "SELECT e.plugin, e.kind, e.id, c.author, c.revision, c.text, e.name, c.id FROM catalog.comment c"
    " JOIN catalog.entity e ON e.id = c.entity AND e.deleted_at IS NULL WHERE c.id = $1 AND c.deleted_at IS NULL",
};

static bool comment_read(struct commenting *commenting, const struct db_rows *rows, struct fault *why)
{
    commenting->plugin = db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (commenting->plugin == NULL)
        return missing(why);
    commenting->kind = (enum level_kind)db_get_int(rows, 0, 1);
    commenting->entity = (uint64_t)db_get_int(rows, 0, 2);
    bool own = (uint64_t)db_get_int(rows, 0, 3) == commenting->actor;
    if (commenting->act == ACT_edit && !own)
        return fault_set(why, STATUS_forbidden, NULL, "That is another member's comment.");
    if (commenting->act == ACT_edit && (uint64_t)db_get_int(rows, 0, 4) != commenting->revision)
        return fault_set(
            why, STATUS_conflict, "revision",
            "You have changed this comment elsewhere while you wrote: save again if this is what you mean.");
    return commenting->act == ACT_edit || own || commenting->staff || commenting->actor == 0 ||
           fault_set(why, STATUS_forbidden, NULL, "That is not yours to delete: report it to staff instead.");
}

static const struct statement comment_edit = {
    "comment_edit",
    "WITH was AS (INSERT INTO catalog.comment_version (comment, revision, text)"
    "  SELECT id, revision, text FROM catalog.comment WHERE id = $1)"
    " UPDATE catalog.comment SET text = $2, revision = revision + 1, edited_at = now() WHERE id = $1",
};
static const struct statement comment_delete = {
    "comment_delete",
    "UPDATE catalog.comment SET deleted_at = now(), deleted_by = $2, deleted_why = $3 WHERE id = $1",
};

static void on_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct commenting *commenting = arg;
    struct fault wrong = {0};
    if (why != NULL || !comment_read(commenting, rows, &wrong)) {
        changing_fail(&commenting->changing, why != NULL ? why : &wrong);
        return;
    }
    struct db_args *args = db_int(db_args(), (int64_t)commenting->comment);
    if (commenting->act == ACT_edit) {
        db_tx_ask(commenting->changing.tx, &comment_edit, db_text(args, commenting->text), NULL, NULL);
    } else {
        db_text(db_int(args, (int64_t)commenting->actor), commenting->reason);
        db_tx_ask(commenting->changing.tx, &comment_delete, args, NULL, NULL);
        change_log(commenting->changing.tx, &(struct change){.entity = commenting->entity,
                                                             .group = commenting->entity,
                                                             .actor = commenting->actor,
                                                             .what = "uncomment",
                                                             .why = commenting->reason});
    }
    commenting_end(commenting);
}

static void on_turn_to_change(void *owner)
{
    struct commenting *commenting = owner;
    db_tx_ask(commenting->changing.tx, &comment_find, db_int(db_args(), (int64_t)commenting->comment), on_found,
              commenting);
}

static void on_edit(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_comment_edit *ask = body;
    struct commenting *commenting = commenting_new(request, ask->key, ACT_edit, on_turn_to_change);
    struct fault why = {0};
    (void)arg;
    commenting->comment = ask->comment;
    commenting->revision = ask->revision;
    text_check(commenting, ask->text, &why);
    changing_try(&commenting->changing, &why);
}

static void on_delete(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_comment_delete *ask = body;
    struct commenting *commenting = commenting_new(request, ask->key, ACT_delete, on_turn_to_change);
    struct fault why = {0};
    (void)arg;
    commenting->comment = ask->comment;
    commenting->staff = ask->staff;
    commenting->reason = text_line(ask->reason, commenting->arena);
    if (commenting->reason.size == 0)
        fault_set(&why, STATUS_invalid, "reason", "Say why it goes.");
    changing_try(&commenting->changing, &why);
}

static void on_got(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct bus_request *request = arg;
    struct fault wrong = {0};
    const struct plugin *plugin = why == NULL && db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (plugin == NULL) {
        missing(&wrong);
        bus_fail(request, why != NULL ? why : &wrong);
        return;
    }
    struct catalog_comment_get_reply reply = {
        .text = db_get_text(rows, 0, 5),
        .author = (uint64_t)db_get_int(rows, 0, 3),
        .revision = (uint64_t)db_get_int(rows, 0, 4),
        .name = db_get_text(rows, 0, 6),
        .href = comment_href(plugin, (enum level_kind)db_get_int(rows, 0, 1), (uint64_t)db_get_int(rows, 0, 2),
                             (uint64_t)db_get_int(rows, 0, 7), bus_arena(request)),
    };
    bus_reply(request, &reply);
}

static void on_get(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_comment_get *ask = body;
    (void)arg;
    db_ask(service_db(), &comment_find, db_int(db_args(), (int64_t)ask->comment), on_got, request);
}

/* ---- what it said before ---- */

struct versions {
    struct bus_request *request;
    struct catalog_comment_versions_reply reply;
};

static const struct statement comment_versions = {
    "comment_versions",
    "SELECT text, until FROM catalog.comment_version WHERE comment = $1 ORDER BY revision DESC LIMIT 100",
};

static void on_versions(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct versions *versions = arg;
    struct tree_writer tree;
    if (why != NULL) {
        bus_fail(versions->request, why);
        return;
    }
    tree_start(&tree);
    tree_array(&tree, NULL);
    for (size_t i = 0; i < db_count(rows); i++) {
        tree_map(&tree, NULL);
        tree_text(&tree, "text", db_get_text(rows, i, 0));
        tree_number(&tree, "until_at", db_get_time(rows, i, 1));
        tree_end(&tree);
    }
    tree_end(&tree);
    versions->reply.versions = tree_done(&tree);
    bus_reply(versions->request, &versions->reply);
    tree_free(&tree);
}

static void on_versions_of(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct versions *versions = arg;
    struct arena *arena = bus_arena(versions->request);
    struct fault wrong = {0};
    const struct plugin *plugin = why == NULL && db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (plugin == NULL) {
        missing(&wrong);
        bus_fail(versions->request, why != NULL ? why : &wrong);
        return;
    }
    uint64_t comment = (uint64_t)db_get_int(rows, 0, 7);
    versions->reply = (struct catalog_comment_versions_reply){
        .author = (uint64_t)db_get_int(rows, 0, 3),
        .text = arena_copy(arena, db_get_text(rows, 0, 5)),
        .name = arena_copy(arena, db_get_text(rows, 0, 6)),
        .href = comment_href(plugin, (enum level_kind)db_get_int(rows, 0, 1), (uint64_t)db_get_int(rows, 0, 2), comment,
                             arena),
    };
    db_ask(service_db(), &comment_versions, db_int(db_args(), (int64_t)comment), on_versions, versions);
}

static void on_history(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_comment_versions *ask = body;
    struct versions *versions = arena_take(bus_arena(request), sizeof *versions);
    struct fault why = {0};
    (void)arg;
    *versions = (struct versions){.request = request};
    if (ask->staff || bus_actor(request) == 0) {
        db_ask(service_db(), &comment_find, db_int(db_args(), (int64_t)ask->comment), on_versions_of, versions);
        return;
    }
    fault_set(&why, STATUS_forbidden, NULL, "What a comment said before is shown to staff.");
    bus_fail(request, &why);
}

void comments_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_comment_versions_message, on_history, NULL);
    bus_serve(service_bus(), NULL, &catalog_comment_add_message, on_add, NULL);
    bus_serve(service_bus(), NULL, &catalog_comment_get_message, on_get, NULL);
    bus_serve(service_bus(), NULL, &catalog_comment_edit_message, on_edit, NULL);
    bus_serve(service_bus(), NULL, &catalog_comment_delete_message, on_delete, NULL);
}

const struct statement *const comments_statements[] = {&comment_add,  &comment_entity, &comment_find,
                                                       &comment_edit, &comment_delete, &comment_versions};
const size_t comments_statements_count = sizeof comments_statements / sizeof *comments_statements;
