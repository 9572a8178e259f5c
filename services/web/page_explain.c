/* /backup/explain?what=&version=&figure=&before=: why it is so. The rules' steps as ratio gives them, then the events
 * that the figures came from. Of another member's version only the asker's own part of its history is shown. */
#include "services/web/backup_parts.h"
#include "services/web/explain_words.h"
#include "services/web/look.h"
#include "services/web/names.h"
#include "services/web/page.h"

#define ENTRIES_SHOWN 50

struct explained {
    struct slice what, figure;
    uint64_t version; /* 0: it is about the member */
    bool all;         /* the whole history of the version, which is the asker's */
    const struct answer *steps, *standing, *history, *names, *backups;
    struct people *people;
    struct seen seen;
    const struct history_row *rows;
    size_t count;
};

/* What a page is called, and which figures its events are about. */
static const struct subject {
    const char *figure, *title, *figures;
} subjects[] = {
    {"", "How your figures come about", ""},
    {"debt", "Where the debt comes from", "contribution,obligation"},
    {"contribution", "What you hold for others", "contribution"},
    {"obligation", "What your backups ask for", "obligation"},
    {"lent", "What others hold for you", "lent"},
    {"clock", "Why the debt clock runs or stands", "contribution,lent,overdue"},
    {"points", "Where your points come from", "points,assigned,stake"},
};

static const struct subject *subject_of(struct slice figure)
{
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (slice_is(figure, subjects[i].figure))
            return &subjects[i];
    return NULL;
}

static const char *title_of(const struct explained *explained)
{
    if (slice_is(explained->what, "version"))
        return "Why this version is where it is";
    if (slice_is(explained->what, "verdict"))
        return "What you would get";
    if (slice_is(explained->what, "copy"))
        return "Why your copy counts, or does not";
    if (slice_is(explained->what, "offer"))
        return "Why it is offered to you, or is not";
    return subject_of(explained->figure)->title;
}

/* ---- steps ---- */

static int64_t number_of(const msgpack_object *value)
{
    return value->type == MSGPACK_OBJECT_NEGATIVE_INTEGER   ? value->via.i64
           : value->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? (int64_t)value->via.u64
                                                            : 0;
}

static void write_figures(struct tree_writer *out, const msgpack_object *figures)
{
    char label[EXPLAIN_TEXT_MAX], text[FORMAT_MAX];
    tree_open_array(out, "figures");
    for (uint32_t i = 0; figures != NULL && i < figures->via.map.size; i++) {
        const msgpack_object_kv *entry = &figures->via.map.ptr[i];
        struct slice name = look_string(&entry->key);
        tree_open_map(out, NULL);
        tree_string(out, "label", explain_label(name, label));
        tree_string(out, "value", explain_value(name, number_of(&entry->val), text));
        tree_close(out);
    }
    tree_close(out);
}

static void write_steps(struct visit *visit)
{
    const struct explained *explained = visit->page;
    const struct ratio_explain_reply *reply = explained->steps->reply;
    const msgpack_object *steps = reply->steps.object;
    struct tree_writer *out = visit->out;
    tree_open_array(out, "steps");
    for (size_t i = 0; i < look_size(steps); i++) {
        const msgpack_object *step = look_at(steps, i);
        tree_open_map(out, NULL);
        tree_text(out, "rule", look_text(step, "rule"));
        tree_text(out, "sentence", look_text(step, "sentence"));
        write_figures(out, look_map(step, "figures"));
        tree_close(out);
    }
    tree_close(out);
}

/* ---- events ---- */

static void write_entry(struct visit *visit, const struct history_row *row)
{
    const struct explained *explained = visit->page;
    struct tree_writer *out = visit->out;
    char text[FORMAT_MAX];
    tree_open_map(out, NULL);
    tree_time(out, "happened_at", row->at, visit->now);
    tree_string(out, "cause", explain_cause(row->cause));
    tree_text(out, "reason", row->reason);
    tree_string(out, "what", explain_what(row->what));
    if (slice_is(row->what, "copy")) {
        tree_text(out, "before", row->state_before);
        tree_text(out, "after", row->state_after);
        if (row->user == explained->seen.user)
            tree_string(out, "who", "yours");
        else
            people_write(out, "who", explained->people, row->user);
    } else {
        tree_string(out, "before", explain_changed(row->what, row->before, text));
        tree_string(out, "after", explain_changed(row->what, row->after, text));
    }
    if (row->version != 0)
        names_write(out, explained->names, row->version);
    else if (row->backup != 0)
        tree_string(out, "title", backup_name(visit, explained->backups, row->backup));
    tree_close(out);
}

static void write_history(struct visit *visit)
{
    const struct explained *explained = visit->page;
    tree_flag(visit->out, "has_entries", explained->count > 0);
    tree_flag(visit->out, "only_own", explained->version != 0 && !explained->all);
    tree_open_array(visit->out, "entries");
    for (size_t i = 0; i < explained->count; i++)
        write_entry(visit, &explained->rows[i]);
    tree_close(visit->out);
    const char *path = explained->version != 0
                           ? arena_print(visit->arena, "/backup/explain?what=%.*s&version=%llu",
                                         SLICE_ARGS(explained->what), (unsigned long long)explained->version)
                           : arena_print(visit->arena, "/backup/explain?figure=%.*s", SLICE_ARGS(explained->figure));
    if (explained->seen.other)
        path = arena_print(visit->arena, "%s&of=%llu", path, (unsigned long long)explained->seen.user);
    page_pager(visit, path, "before",
               explained->count == ENTRIES_SHOWN ? explained->rows[explained->count - 1].entry : 0);
}

static void show(struct visit *visit)
{
    const struct explained *explained = visit->page;
    struct tree_writer *out;
    if (explained->history->reply == NULL)
        visit_missing(visit, "ratio", "The events behind it cannot be told for the moment.");
    names_missing(visit, explained->names, "the versions");
    backup_begin(visit, title_of(explained), NULL);
    backup_seen_write(visit, &explained->seen);
    out = visit->out;
    if (explained->version != 0) {
        tree_open_map(out, "about");
        tree_count(out, "version", explained->version);
        names_write(out, explained->names, explained->version);
        tree_flag(out, "own", explained->all);
        tree_close(out);
    }
    write_steps(visit);
    write_history(visit);
    page_end(visit, 200, "explain", "backup");
}

/* ---- asking ---- */

static void ask_names(struct visit *visit)
{
    struct explained *explained = visit->page;
    const struct ratio_history_list_reply *reply = explained->history->reply;
    uint64_t versions[ENTRIES_SHOWN + 1], users[ENTRIES_SHOWN], backups[ENTRIES_SHOWN];
    if (reply != NULL)
        explained->rows = answer_rows(visit, reply->entries, &history_row_row, &explained->count);
    for (size_t i = 0; i < explained->count; i++) {
        versions[i] = explained->rows[i].version;
        users[i] = explained->rows[i].user;
        backups[i] = explained->rows[i].backup;
    }
    versions[explained->count] = explained->version;
    struct gather *gather = gather_new(visit, show);
    explained->names = names_ask(gather, visit, versions, explained->count + 1);
    explained->backups = backup_names_ask(gather, visit, backups, explained->count);
    explained->people = people_ask(gather, visit, users, explained->count);
    gather_go(gather);
}

static bool is_own(struct visit *visit)
{
    const struct explained *explained = visit->page;
    const struct ratio_version_get_reply *reply = explained->standing != NULL ? explained->standing->reply : NULL;
    struct book_version row;
    return reply != NULL && row_read(&book_version_row, &row, rows_at(reply->versions, 0), NULL) &&
           row.owner == explained->seen.user;
}

static void on_steps(struct visit *visit)
{
    struct explained *explained = visit->page;
    if (explained->steps->reply == NULL) {
        backup_fail(visit, &explained->seen, &explained->steps->why);
        return;
    }
    explained->all = is_own(visit);
    struct ratio_history_list ask = {
        .user = explained->all ? 0 : explained->seen.user,
        .version = explained->version,
        .before = form_id(&visit->query, "before"),
        .limit = ENTRIES_SHOWN,
        .what = explained->version == 0 ? slice_text(subject_of(explained->figure)->figures) : slice_text(""),
    };
    struct gather *gather = gather_new(visit, ask_names);
    explained->history = gather_may(gather, &ratio_history_list_message, &ask);
    gather_go(gather);
}

void page_explain(struct visit *visit)
{
    struct explained *explained = visit->page = arena_take(visit->arena, sizeof *explained);
    explained->what = form_get(&visit->query, "what");
    explained->figure = form_get(&visit->query, "figure");
    if (explained->what.size == 0)
        explained->what = slice_text("profile");
    bool about_me = slice_is(explained->what, "profile");
    explained->version = about_me ? 0 : form_id(&visit->query, "version");
    if ((!about_me && explained->version == 0) || explained->what.size > 16 || subject_of(explained->figure) == NULL) {
        page_error(visit, 404, "There is nothing at that address to explain.", NULL);
        return;
    }
    if (!backup_seen(visit, &explained->seen))
        return;
    struct ratio_explain ask = {.what = explained->what, .user = explained->seen.user, .version = explained->version};
    struct ratio_version_get standing = {.version = explained->version};
    struct gather *gather = gather_new(visit, on_steps);
    explained->steps = gather_must(gather, &ratio_explain_message, &ask);
    backup_seen_ask(gather, visit, &explained->seen);
    if (explained->version != 0)
        explained->standing = gather_may(gather, &ratio_version_get_message, &standing);
    gather_go(gather);
}
