/* /history/ID and /log: what was changed by whom and why, of one page and of the whole site. */
#include "services/web/gather.h"
#include "services/web/look.h"
#include "services/web/page.h"
#include "services/web/people.h"

#define CHANGES_SHOWN 50

struct history {
    uint64_t entity, collage; /* both 0: the whole site */
    const struct answer *answer;
    const msgpack_object *changes;
    const struct people *people;
};

/* What stands between who and what. */
static const char *done_text(struct slice what)
{
    static const struct {
        const char *what, *done;
    } known[] = {{"add", "added"},
                 {"edit", "edited"},
                 {"delete", "deleted"},
                 {"tag", "tagged"},
                 {"untag", "took a tag off"},
                 {"uncomment", "deleted a comment on"},
                 {"image", "added an image to"},
                 {"unimage", "removed an image from"},
                 {"cover", "chose the first image of"},
                 {"request", "asked for"},
                 {"fill", "filled"},
                 {"unfill", "opened again"},
                 {"unrequest", "deleted"},
                 {"rerequest", "edited"},
                 {"merge", "merged another into"},
                 {"unmerge", "undid the merge of"},
                 {"move", "moved"},
                 {"leave", "moved a part out of"},
                 {"alias", "gave another spelling of"},
                 {"unalias", "took a spelling off"},
                 {"collage", "made"},
                 {"recollage", "edited"},
                 {"uncollage", "deleted"},
                 {"collect", "added to"},
                 {"uncollect", "took out of"},
                 {"reorder", "put in order"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_is(what, known[i].what))
            return known[i].done;
    return "changed";
}

/* What is there no more cannot be made as it was, unless it was merged: staff take that apart. */
static void write_undo(const struct visit *visit, const msgpack_object *change)
{
    struct tree_writer *out = visit->out;
    struct slice what = look_text(change, "what");
    unsigned long long entity = look_count(change, "entity"), id = look_count(change, "change");
    unsigned long long under = look_count(change, "under");
    if (look_flag(change, "merged") && visit_is_staff(visit))
        tree_print(out, "unmerge_href", "/unmerge/%llu", id);
    if (!look_flag(change, "there"))
        return;
    if (slice_is(what, "edit") && look_flag(change, "person"))
        tree_print(out, "undo_href", "/person/%llu/edit?change=%llu", entity, id);
    else if (slice_is(what, "edit"))
        tree_print(out, "undo_href", "/edit/%llu?change=%llu", entity, id);
    else if (slice_is(what, "move"))
        tree_print(out, "undo_href", "/move/%llu?to=%llu", entity, under);
}

static void write_change(struct visit *visit, const msgpack_object *change)
{
    const struct history *history = visit->page;
    const msgpack_object *differences = look_array(change, "differences");
    struct tree_writer *out = visit->out;
    tree_open_map(out, NULL);
    tree_string(out, "done", done_text(look_text(change, "what")));
    people_write(out, "who", history->people, look_count(change, "actor"));
    tree_time(out, "changed_at", (int64_t)look_count(change, "changed_at"), visit->now);
    tree_text(out, "why", look_text(change, "why"));
    tree_text(out, "level", look_text(change, "level_title"));
    tree_text(out, "thing", look_text(change, "thing"));
    tree_text(out, "name", look_text(change, "name"));
    tree_text(out, "href", look_text(change, "href"));
    tree_flag(out, "has_differences", look_size(differences) > 0);
    if (look_size(differences) > 0) {
        tree_object(out, "differences", differences);
        write_undo(visit, change);
    }
    tree_close(out);
}

static void show(struct visit *visit)
{
    const struct history *history = visit->page;
    size_t count = look_size(history->changes);
    bool whole = history->entity == 0 && history->collage == 0;
    const msgpack_object *last = count > 0 ? look_at(history->changes, count - 1) : NULL;
    page_begin(visit, whole ? "Log" : "History", whole ? "log" : NULL);
    tree_flag(visit->out, "whole", whole);
    tree_string(visit->out, "once", visit_once(visit));
    if (last != NULL) {
        tree_text(visit->out, "of", look_text(last, "name"));
        tree_text(visit->out, "of_href", look_text(last, "href"));
    }
    tree_flag(visit->out, "has_changes", count > 0);
    tree_open_array(visit->out, "changes");
    for (size_t i = 0; i < count; i++)
        write_change(visit, look_at(history->changes, i));
    tree_close(visit->out);
    const char *path = whole ? "/log"
                       : history->collage != 0
                           ? arena_print(visit->arena, "/collage/%llu/history", (unsigned long long)history->collage)
                           : arena_print(visit->arena, "/history/%llu", (unsigned long long)history->entity);
    page_pager(visit, path, "before", count == CHANGES_SHOWN ? look_count(last, "change") : 0);
    page_end(visit, 200, "history", NULL);
}

static void on_changes(struct visit *visit)
{
    struct history *history = visit->page;
    const struct catalog_change_list_reply *reply = history->answer->reply;
    uint64_t users[CHANGES_SHOWN];
    size_t count = 0;
    if (reply == NULL) {
        page_fail(visit, &history->answer->why, "catalog");
        return;
    }
    history->changes = reply->changes.object;
    for (size_t i = 0; i < look_size(history->changes) && count < CHANGES_SHOWN; i++)
        users[count++] = look_count(look_at(history->changes, i), "actor");
    struct gather *gather = gather_new(visit, show);
    history->people = people_ask(gather, visit, users, count);
    gather_go(gather);
}

static void ask_changes(struct visit *visit, uint64_t entity, uint64_t collage)
{
    struct history *history = visit->page = arena_take(visit->arena, sizeof *history);
    struct catalog_change_list ask = {
        .entity = entity, .collage = collage, .before = form_id(&visit->query, "before"), .limit = CHANGES_SHOWN};
    struct gather *gather = gather_new(visit, on_changes);
    *history = (struct history){.entity = entity, .collage = collage};
    history->answer = gather_must(gather, &catalog_change_list_message, &ask);
    gather_go(gather);
}

void page_history(struct visit *visit)
{
    uint64_t entity = id_read(visit->params[0]);
    if (entity == 0)
        page_error(visit, 404, "There is no page at that address.", NULL);
    else
        ask_changes(visit, entity, 0);
}

void page_log(struct visit *visit)
{
    ask_changes(visit, 0, 0);
}

void page_collage_history(struct visit *visit)
{
    uint64_t collage = id_read(visit->params[0]);
    if (collage == 0)
        page_error(visit, 404, "There is no page at that address.", NULL);
    else
        ask_changes(visit, 0, collage);
}
