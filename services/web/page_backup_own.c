/* /backup/own/ID: one of a member's own backups: its versions with who holds them, and the forms for its points and its
 * redundancy (those for what it keeps: page_backup_keep.c). A form that ratio refuses comes back with what was typed
 * and the reason beside it. */
#include "services/web/backup_parts.h"
#include "services/web/names.h"
#include "services/web/page.h"
#include "services/web/web.h"

#define VERSIONS_SHOWN 20
#define BACKUPS_MOST 500

struct own {
    uint64_t id;
    const struct answer *backup, *versions, *profile, *backups;
    const struct answer *names, *titles, *copies[VERSIONS_SHOWN];
    struct people *people;
    struct seen seen; /* the owner, when staff look */
    struct book_backup row;
    const struct book_version *rows;
    const struct book_copy *holders[VERSIONS_SHOWN];
    size_t count, holders_count[VERSIONS_SHOWN];
    const char *field; /* of the form that was refused, and why */
    struct fault why;
};

/* ---- versions ---- */

static const char *state_of(const struct book_version *row)
{
    if (slice_is(row->state, "complete"))
        return "has all its copies";
    if (slice_is(row->state, "in_flight"))
        return "the copies that are missing are under way";
    if (slice_is(row->state, "queued"))
        return row->tier == 1 ? "waits for holders, in tier 1" : "waits for holders, in tier 2";
    if (slice_is(row->state, "refused"))
        return "refused";
    return row->tier != 0 && !row->serveable ? "waits until you, or a holder, are online" : "gets no slot now";
}

static void write_copies(struct visit *visit, size_t i)
{
    const struct own *own = visit->page;
    struct tree_writer *out = visit->out;
    tree_flag(out, "copies_known", own->copies[i]->reply != NULL);
    tree_flag(out, "has_copies", own->holders_count[i] > 0);
    tree_open_array(out, "copies");
    for (size_t n = 0; n < own->holders_count[i]; n++) {
        const struct book_copy *copy = &own->holders[i][n];
        tree_open_map(out, NULL);
        people_write(out, "name", own->people, copy->user);
        backup_copy_write(visit, copy);
        tree_close(out);
    }
    tree_close(out);
}

static void write_version(struct visit *visit, size_t i)
{
    const struct own *own = visit->page;
    const struct book_version *row = &own->rows[i];
    struct tree_writer *out = visit->out;
    tree_open_map(out, NULL);
    tree_count(out, "version", row->version);
    names_write(out, own->titles, row->version);
    tree_size(out, "size", row->size);
    tree_time(out, "created_at", row->created_at, visit->now);
    tree_string(out, "state", state_of(row));
    tree_text(out, "reason", row->reason);
    tree_flag(out, "taken", !slice_is(row->state, "refused"));
    tree_flag(out, "superseded", row->superseded);
    tree_flag(out, "needed", row->needed);
    if (row->depends_on != 0) {
        tree_open_map(out, "base");
        tree_count(out, "version", row->depends_on);
        names_write(out, own->titles, row->depends_on);
        tree_close(out);
    }
    tree_count(out, "tier", row->tier);
    tree_number(out, "score", row->score);
    tree_flag(out, "queued", slice_is(row->state, "queued"));
    tree_count(out, "in_flight", row->in_flight);
    tree_count(out, "spare", row->spare);
    tree_flag(out, "thin", row->counted < 2 && row->counted < row->redundancy);
    backup_marks_write(out, row->counted, row->redundancy);
    write_copies(visit, i);
    tree_close(out);
}

/* ---- forms ---- */

/* The other backups that points can be moved to. */
static void write_targets(struct visit *visit)
{
    const struct own *own = visit->page;
    const struct ratio_backup_list_reply *reply = own->backups->reply;
    uint64_t chosen = form_id(&visit->form, "to");
    size_t count = 0;
    const struct book_backup *rows =
        reply != NULL ? answer_rows(visit, reply->backups, &book_backup_row, &count) : NULL;
    bool any = false;
    tree_open_array(visit->out, "targets");
    for (size_t i = 0; i < count; i++) {
        if (rows[i].deleted || rows[i].backup == own->id)
            continue;
        any = true;
        tree_open_map(visit->out, NULL);
        tree_count(visit->out, "backup", rows[i].backup);
        tree_string(visit->out, "name", backup_name(visit, own->names, rows[i].backup));
        tree_count(visit->out, "has", rows[i].points);
        tree_flag(visit->out, "selected", rows[i].backup == chosen);
        tree_close(visit->out);
    }
    tree_close(visit->out);
    tree_flag(visit->out, "has_targets", any);
}

/* What was typed in the form that was refused, else what holds. */
static void write_typed(struct visit *visit, const char *key, const char *field, uint64_t holds)
{
    if (form_has(&visit->form, field))
        tree_text(visit->out, key, form_get(&visit->form, field));
    else
        tree_print(visit->out, key, "%llu", (unsigned long long)holds);
}

static void write_forms(struct visit *visit)
{
    const struct own *own = visit->page;
    const struct ratio_backup_profile_reply *profile = own->profile->reply;
    struct tree_writer *out = visit->out;
    if (own->seen.other)
        return;
    tree_string(out, "once", visit_once(visit));
    tree_count(out, "expected_assigned", profile->points_assigned);
    tree_count(out, "points_free", profile->points_free);
    tree_count(out, "points_most", own->row.points + profile->points_free);
    write_typed(visit, "points_typed", "points", own->row.points);
    write_typed(visit, "move_typed", "move", 1);
    write_typed(visit, "redundancy_typed", "redundancy", own->row.redundancy);
    write_targets(visit);
    if (own->field != NULL) {
        tree_open_map(out, "errors");
        tree_string(out, own->field, own->why.text);
        tree_close(out);
    }
}

static void show(struct visit *visit)
{
    const struct own *own = visit->page;
    const struct ratio_version_list_reply *versions = own->versions->reply;
    names_missing(visit, own->titles, "your versions");
    names_missing(visit, own->names, "your versions");
    backup_begin(visit, backup_name(visit, own->names, own->id), NULL);
    struct tree_writer *out = visit->out;
    backup_seen_write(visit, &own->seen);
    tree_count(out, "backup", own->id);
    tree_string(out, "name", backup_name(visit, own->names, own->id));
    tree_count(out, "points", own->row.points);
    tree_count(out, "redundancy", own->row.redundancy);
    tree_count(out, "versions_count", own->row.versions);
    tree_size(out, "size", own->row.bytes);
    tree_flag(out, "has_versions", own->count > 0);
    tree_open_array(out, "versions");
    for (size_t i = 0; i < own->count; i++)
        write_version(visit, i);
    tree_close(out);
    page_pager(visit, arena_print(visit->arena, "/backup/own/%llu", (unsigned long long)own->id), "after",
               versions->more && own->count > 0 ? own->rows[own->count - 1].version : 0);
    backup_keep_write(visit, &own->row, ((const struct ratio_backup_get_reply *)own->backup->reply)->remind_days,
                      own->field, own->why.text);
    write_forms(visit);
    page_end(visit, own->field != NULL ? status_http(own->why.status) : 200, "own", "backup");
}

/* ---- asking ---- */

static void ask_holders(struct visit *visit)
{
    struct own *own = visit->page;
    size_t most = 0, count = 0;
    for (size_t i = 0; i < own->count; i++) {
        const struct ratio_version_get_reply *reply = own->copies[i]->reply;
        if (reply != NULL)
            own->holders[i] = answer_rows(visit, reply->copies, &book_copy_row, &own->holders_count[i]);
        most += own->holders_count[i];
    }
    uint64_t *users = arena_take(visit->arena, most * sizeof *users + 1);
    for (size_t i = 0; i < own->count; i++)
        for (size_t n = 0; n < own->holders_count[i]; n++)
            users[count++] = own->holders[i][n].user;
    struct gather *gather = gather_new(visit, show);
    own->people = people_ask(gather, visit, users, count);
    backup_seen_ask(gather, visit, &own->seen);
    gather_go(gather);
}

static void ask_details(struct visit *visit)
{
    struct own *own = visit->page;
    const struct ratio_backup_list_reply *backups = own->backups->reply;
    uint64_t torrents[2 * VERSIONS_SHOWN], *ids; /* each version, and what it depends on */
    size_t count = 0;
    const struct book_backup *rows =
        backups != NULL ? answer_rows(visit, backups->backups, &book_backup_row, &count) : NULL;
    ids = arena_take(visit->arena, (count + 1) * sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = rows[i].backup;
    ids[count < BACKUPS_MOST ? count++ : 0] = own->id;
    struct gather *gather = gather_new(visit, ask_holders);
    for (size_t i = 0; i < own->count; i++) {
        struct ratio_version_get ask = {.version = torrents[2 * i] = own->rows[i].version};
        torrents[2 * i + 1] = own->rows[i].depends_on;
        own->copies[i] = gather_may(gather, &ratio_version_get_message, &ask);
    }
    own->titles = names_ask(gather, visit, torrents, 2 * own->count);
    own->names = backup_names_ask(gather, visit, ids, count);
    gather_go(gather);
}

static const struct fault *fault_of(const struct own *own)
{
    const struct answer *const needed[] = {own->backup, own->versions, own->profile};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (needed[i]->reply == NULL)
            return &needed[i]->why;
    return NULL;
}

static void on_backup(struct visit *visit)
{
    struct own *own = visit->page;
    const struct fault *why = fault_of(own);
    if (why != NULL) {
        backup_fail(visit, NULL, why);
        return;
    }
    const struct ratio_backup_get_reply *backup = own->backup->reply;
    const struct ratio_version_list_reply *versions = own->versions->reply;
    if (!row_read(&book_backup_row, &own->row, rows_at(backup->backups, 0), NULL) || own->row.deleted)
        page_error(visit, 404, "That backup is not there (any more).", NULL);
    else if (own->row.owner != visit->me.id && !visit_is_staff(visit))
        page_error(visit, 403, "That backup is another member's: only its owner sees who holds it.", NULL);
    else {
        own->seen = (struct seen){.user = own->row.owner, .other = own->row.owner != visit->me.id};
        own->rows = answer_rows(visit, versions->versions, &book_version_row, &own->count);
        ask_details(visit);
    }
}

/* `field`: of the form that was refused; NULL: none was. */
void backup_own_refuse(struct visit *visit, uint64_t id, const char *field, const struct fault *why)
{
    struct own *own = visit->page = arena_take(visit->arena, sizeof *own);
    own->id = id;
    own->field = field;
    if (why != NULL)
        own->why = *why;
    if (id == 0) {
        page_error(visit, 404, "There is no page at that address.", NULL);
        return;
    }
    struct ratio_backup_get backup = {.backup = id};
    struct ratio_version_list versions = {
        .backup = id, .newest = true, .after = form_id(&visit->query, "after"), .limit = VERSIONS_SHOWN};
    struct ratio_backup_profile profile = {.user = visit->me.id};
    struct ratio_backup_list backups = {.user = visit->me.id, .limit = BACKUPS_MOST};
    struct gather *gather = gather_new(visit, on_backup);
    own->backup = gather_must(gather, &ratio_backup_get_message, &backup);
    own->versions = gather_must(gather, &ratio_version_list_message, &versions);
    own->profile = gather_must(gather, &ratio_backup_profile_message, &profile);
    own->backups = gather_may(gather, &ratio_backup_list_message, &backups);
    gather_go(gather);
}

void page_backup_own(struct visit *visit)
{
    backup_own_refuse(visit, id_read(visit->params[0]), NULL, NULL);
}

/* ---- what the forms do ---- */

struct change {
    uint64_t id;
    const char *field, *done; /* the input that a refusal belongs to; what is told when it is done */
};

static void on_changed(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct visit *visit = arg;
    const struct change *change = visit->page;
    (void)reply;
    (void)body;
    if (why != NULL && backup_is_refusal(why))
        backup_own_refuse(visit, change->id, strcmp(why->field, "to") == 0 ? "to" : change->field, why);
    else if (why != NULL)
        page_fail(visit, why, "ratio");
    else
        page_redirect(visit, arena_print(visit->arena, "/backup/own/%llu", (unsigned long long)change->id), FLASH_good,
                      change->done);
}

void backup_own_set(struct visit *visit, const struct message *message, const void *ask, const char *field,
                    const char *done)
{
    struct change *change = visit->page = arena_take(visit->arena, sizeof *change);
    struct bus_call call = {.actor = visit->me.id};
    *change = (struct change){id_read(visit->params[0]), field, done};
    if (change->id == 0)
        page_error(visit, 404, "There is no page at that address.", NULL);
    else
        bus_ask(service_bus(), NULL, message, ask, &call, on_changed, visit);
}

void page_points_post(struct visit *visit)
{
    struct ratio_points_assign ask = {
        .key = page_form_key(visit),
        .user = visit->me.id,
        .backup = id_read(visit->params[0]),
        .points = form_number(&visit->form, "points"),
        .expected_assigned = form_number(&visit->form, "expected_assigned"),
        .expects = true,
    };
    backup_own_set(visit, &ratio_points_assign_message, &ask, "points",
                   "The points are set: the queue follows at once.");
}

void page_points_move_post(struct visit *visit)
{
    struct ratio_points_move ask = {
        .key = page_form_key(visit),
        .user = visit->me.id,
        .from = id_read(visit->params[0]),
        .to = form_id(&visit->form, "to"),
        .points = form_number(&visit->form, "move"),
    };
    struct fault why;
    if (ask.to == 0) {
        fault_set(&why, STATUS_invalid, "to", "Choose the backup that gets them.");
        backup_own_refuse(visit, ask.from, "to", &why);
        return;
    }
    backup_own_set(visit, &ratio_points_move_message, &ask, "move", "The points are moved.");
}

void page_redundancy_post(struct visit *visit)
{
    struct ratio_backup_set ask = {
        .key = page_form_key(visit),
        .user = visit->me.id,
        .backup = id_read(visit->params[0]),
        .redundancy = form_number(&visit->form, "redundancy"),
    };
    backup_own_set(visit, &ratio_backup_set_message, &ask, "redundancy",
                   "Set. Copies come or become spare from now on.");
}
