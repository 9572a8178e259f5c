/* See tags.h. Tags come and go in the log; votes are not told of. The score of a tag is kept by a trigger, so that two
 * votes at once both count. */
#include "services/catalog/tags.h"

#include "services/catalog/catalog.h"
#include "services/catalog/change.h"
#include "services/catalog/fields.h"
#include "services/catalog/form.h"
#include "services/catalog/shelf.h"
#include "services/catalog/text.h"
#include "services/common/log.h"

#include <assert.h>
#include <inttypes.h>

struct tagging {
    struct changing changing;
    struct arena *arena;
    uint64_t actor, group;
    uint64_t tag;        /* to remove; 0: some are added */
    struct slice reason; /* to remove */
    bool staff;

    const struct plugin *plugin;
    struct submission submission;
    struct slice names; /* that came or went */
    uint64_t added;
};

const struct attribute *tags_attribute(const struct plugin *plugin)
{
    for (const struct attribute *attribute = plugin->attributes; attribute->name != NULL; attribute++)
        if (attribute->type == ATTR_tags)
            return attribute;
    return NULL;
}

static bool no_group(struct fault *why)
{
    return fault_set(why, STATUS_not_found, "entity", "There is no such page (any more).");
}

static void tagging_end(struct tagging *tagging)
{
    assert(tagging->plugin != NULL);
    struct slice href = shelf_href(tagging->plugin, LEVEL_group, tagging->group, tagging->arena);
    struct catalog_tag_add_reply added = {.href = href, .added = tagging->added};
    struct catalog_tag_remove_reply removed = {.href = href};
    bool removes = tagging->tag != 0;
    if (tagging->names.size > 0) {
        const char *label = tags_attribute(tagging->plugin)->name;
        struct slice with = fields_of_texts(&(struct field_text){label, tagging->names}, 1, tagging->arena);
        struct slice without = fields_of_texts(&(struct field_text){.name = label}, 1, tagging->arena);
        change_touch(tagging->changing.tx, tagging->group);
        change_log(tagging->changing.tx, &(struct change){.entity = tagging->group,
                                                          .group = tagging->group,
                                                          .actor = tagging->actor,
                                                          .what = removes ? "untag" : "tag",
                                                          .why = tagging->reason,
                                                          .before = removes ? with : without,
                                                          .after = removes ? without : with});
    }
    changing_done(&tagging->changing, removes ? (const void *)&removed : (const void *)&added);
}

static void on_made(void *owner)
{
    const struct tagging *tagging = owner;
    log_info(tagging->tag != 0 ? "untagged" : "tagged", "user=%" PRIu64 " group=%" PRIu64, tagging->actor,
             tagging->group);
}

/* ---- adding ---- */

static const struct statement tags_add = {"tags_add", "SELECT tag FROM catalog.tag($1, $2::text[], $3) AS tag"};

void tags_put(struct db_tx *tx, uint64_t group, const struct submission *submission, uint64_t actor, db_done_fn *done,
              void *arg)
{
    struct db_args *args = db_int(db_args(), (int64_t)group);
    db_texts(args, submission->tags, submission->tags_count);
    db_tx_ask(tx, &tags_add, db_int(args, (int64_t)actor), done, arg);
}

static void on_put(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct tagging *tagging = arg;
    struct buffer names = {0};
    if (why != NULL) {
        changing_fail(&tagging->changing, why);
        return;
    }
    tagging->added = db_count(rows);
    for (size_t i = 0; i < db_count(rows); i++) {
        struct slice name = db_get_text(rows, i, 0);
        buffer_print(&names, "%s%.*s", i > 0 ? ", " : "", SLICE_ARGS(name));
    }
    tagging->names = arena_copy(tagging->arena, buffer_slice(&names));
    buffer_free(&names);
    tagging_end(tagging);
}

static const struct statement tags_group = {
    "tags_group",
    "SELECT g.plugin, g.id, (SELECT count(*) FROM catalog.entity_tag e JOIN catalog.tag t ON t.id = e.tag"
    "  WHERE e.entity = g.id AND NOT t.name = ANY($2::text[]))"
    " FROM catalog.entity g WHERE g.id = catalog.led($1) AND g.kind = 1 AND g.deleted_at IS NULL",
};

static bool group_takes(struct tagging *tagging, const struct db_rows *rows, struct fault *why)
{
    tagging->plugin = db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (tagging->plugin == NULL)
        return no_group(why);
    tagging->group = (uint64_t)db_get_int(rows, 0, 1);
    const struct attribute *attribute = tags_attribute(tagging->plugin);
    if (attribute == NULL)
        return fault_set(why, STATUS_forbidden, NULL, "A %s takes no tags.",
                         tagging->plugin->levels[LEVEL_group].title);
    return (size_t)db_get_int(rows, 0, 2) + tagging->submission.tags_count <= TAGS_MAX ||
           fault_set(why, STATUS_invalid, "tags", "%s: at most %d tags.", attribute->label, TAGS_MAX);
}

static void on_group(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct tagging *tagging = arg;
    struct fault wrong = {0};
    if (why != NULL || !group_takes(tagging, rows, &wrong))
        changing_fail(&tagging->changing, why != NULL ? why : &wrong);
    else
        tags_put(tagging->changing.tx, tagging->group, &tagging->submission, tagging->actor, on_put, tagging);
}

static void on_turn_to_add(void *owner)
{
    struct tagging *tagging = owner;
    struct db_args *args = db_int(db_args(), (int64_t)tagging->group);
    db_texts(args, tagging->submission.tags, tagging->submission.tags_count);
    db_tx_ask(tagging->changing.tx, &tags_group, args, on_group, tagging);
}

static struct tagging *tagging_new(struct bus_request *request, uint64_t group, void (*turn)(void *owner))
{
    struct tagging *tagging = arena_take(bus_arena(request), sizeof *tagging);
    *tagging = (struct tagging){
        .changing = {.request = request, .run = turn, .made = on_made, .owner = tagging},
        .arena = bus_arena(request),
        .actor = bus_actor(request),
        .group = group,
    };
    return tagging;
}

static void on_add(struct bus_request *request, const void *body, void *arg)
{
    static const struct attribute all = {.name = "tags", .label = "Tags", .required = true};
    const struct catalog_tag_add *ask = body;
    struct tagging *tagging = tagging_new(request, ask->entity, on_turn_to_add);
    struct fault why = {0};
    (void)arg;
    if (tagging->actor == 0)
        fault_set(&why, STATUS_forbidden, NULL, "Tags are a member's: say which one's.");
    if (why.status == STATUS_ok)
        form_tags(&all, ask->tags, tagging->arena, &tagging->submission, &why);
    changing_try(&tagging->changing, &why);
}

/* ---- removing ---- */

static const struct statement tag_remove = {
    "tag_remove",
    "WITH may AS (SELECT e.entity, e.tag, ($4::boolean OR (e.added_by = $3 AND NOT EXISTS (SELECT FROM "
    "catalog.tag_vote v"
    "   WHERE v.entity = e.entity AND v.tag = e.tag AND v.member <> $3))) AS may FROM catalog.entity_tag e"
    "  WHERE e.entity = catalog.led($1) AND e.tag = $2 FOR UPDATE),"
    " gone AS (DELETE FROM catalog.entity_tag e USING may WHERE e.entity = may.entity AND e.tag = may.tag AND may.may)"
    " SELECT g.plugin, t.name, may.may, g.id FROM may JOIN catalog.tag t ON t.id = may.tag"
    " JOIN catalog.entity g ON g.id = may.entity"
    " WHERE g.deleted_at IS NULL",
};

static void on_removed(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct tagging *tagging = arg;
    struct fault wrong = {0};
    tagging->plugin = why == NULL && db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (why == NULL && tagging->plugin == NULL)
        fault_set(&wrong, STATUS_not_found, "tag", "There is no such tag here (any more).");
    else if (why == NULL && !db_get_flag(rows, 0, 2))
        fault_set(&wrong, STATUS_forbidden, NULL,
                  "Others have voted on this tag, or added it: vote against it, or report it to staff.");
    if (!changing_goes_on(&tagging->changing, why, &wrong))
        return;
    tagging->names = arena_copy(tagging->arena, db_get_text(rows, 0, 1));
    tagging->group = (uint64_t)db_get_int(rows, 0, 3);
    tagging_end(tagging);
}

static void on_turn_to_remove(void *owner)
{
    struct tagging *tagging = owner;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)tagging->group), (int64_t)tagging->tag);
    db_flag(db_int(args, (int64_t)tagging->actor), tagging->staff || tagging->actor == 0);
    db_tx_ask(tagging->changing.tx, &tag_remove, args, on_removed, tagging);
}

static void on_remove(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_tag_remove *ask = body;
    struct tagging *tagging = tagging_new(request, ask->entity, on_turn_to_remove);
    struct fault why = {0};
    (void)arg;
    tagging->tag = ask->tag;
    tagging->staff = ask->staff;
    tagging->reason = text_line(ask->reason, tagging->arena);
    if (tagging->reason.size == 0)
        fault_set(&why, STATUS_invalid, "reason", "Say why it goes.");
    changing_try(&tagging->changing, &why);
}

/* ---- voting ---- */

static const struct statement tag_vote = {
    "tag_vote",
    "WITH there AS (SELECT e.entity, e.tag, g.plugin FROM catalog.entity_tag e"
    "  JOIN catalog.entity g ON g.id = e.entity AND g.deleted_at IS NULL"
    "  WHERE e.entity = catalog.led($1) AND e.tag = $2 FOR KEY SHARE OF e),"
    " back AS (DELETE FROM catalog.tag_vote v USING there"
    "  WHERE $4::smallint = 0 AND v.entity = there.entity AND v.tag = there.tag AND v.member = $3),"
    " put AS (INSERT INTO catalog.tag_vote (entity, tag, member, vote)"
    "  SELECT entity, tag, $3, $4::smallint FROM there WHERE $4::smallint <> 0"
    "  ON CONFLICT (entity, tag, member) DO UPDATE SET vote = excluded.vote)"
    " SELECT plugin, entity FROM there",
};

struct voting {
    struct changing changing;
    uint64_t entity, tag;
    int64_t vote;
};

/* A tag that more are against than for is none that a search finds. */
static void on_voted(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct voting *voting = arg;
    struct fault missing = {0};
    const struct plugin *plugin = why == NULL && db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (plugin == NULL) {
        fault_set(&missing, STATUS_not_found, "tag", "There is no such tag here (any more).");
        changing_fail(&voting->changing, why != NULL ? why : &missing);
        return;
    }
    uint64_t group = (uint64_t)db_get_int(rows, 0, 1);
    change_touch(voting->changing.tx, group);
    struct slice href = shelf_href(plugin, LEVEL_group, group, bus_arena(voting->changing.request));
    changing_done(&voting->changing, &(struct catalog_tag_vote_reply){.href = href});
}

static void on_turn_to_vote(void *owner)
{
    struct voting *voting = owner;
    struct db_args *args = db_int(db_int(db_args(), (int64_t)voting->entity), (int64_t)voting->tag);
    db_int(db_int(args, (int64_t)bus_actor(voting->changing.request)), voting->vote);
    db_tx_ask(voting->changing.tx, &tag_vote, args, on_voted, voting);
}

static void on_vote(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_tag_vote *ask = body;
    struct fault why = {0};
    (void)arg;
    if (bus_actor(request) == 0) {
        fault_set(&why, STATUS_forbidden, NULL, "A vote is a member's: say which one's.");
        bus_fail(request, &why);
        return;
    }
    struct voting *voting = arena_take(bus_arena(request), sizeof *voting);
    *voting = (struct voting){.changing = {.request = request, .run = on_turn_to_vote, .owner = voting},
                              .entity = ask->entity,
                              .tag = ask->tag,
                              .vote = ask->vote};
    changing_start(&voting->changing);
}

void tags_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_tag_add_message, on_add, NULL);
    bus_serve(service_bus(), NULL, &catalog_tag_remove_message, on_remove, NULL);
    bus_serve(service_bus(), NULL, &catalog_tag_vote_message, on_vote, NULL);
}

const struct statement *const tags_statements[] = {&tags_add, &tags_group, &tag_remove, &tag_vote};
const size_t tags_statements_count = sizeof tags_statements / sizeof *tags_statements;
