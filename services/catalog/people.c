/* See people.h. A spelling is a person of its own that leads to another (leads_to): so it is found wherever a name is
 * looked for, and its address goes on when it was a person once. */
#include "services/catalog/people.h"

#include "services/catalog/change.h"
#include "services/catalog/fields.h"
#include "services/catalog/shelf.h"
#include "services/catalog/text.h"
#include "services/common/log.h"

#include <assert.h>
#include <inttypes.h>

#define NAME_LETTERS 200
#define TEXT_LETTERS 20000

enum act { ACT_edit, ACT_add, ACT_remove };

struct naming {
    struct changing changing;
    struct arena *arena;
    enum act act;
    uint64_t actor, person, alias, revision;
    struct slice name, text, reason;
    bool staff;

    const struct plugin *plugin;
    struct slice name_now, text_now;
    uint64_t revision_now;
};

static struct slice href_of(const struct naming *naming)
{
    return shelf_href(naming->plugin, LEVEL_person, naming->person, naming->arena);
}

/* What was said and is said: name and text of an edit, else a spelling. */
static void naming_end(struct naming *naming, const char *what, const struct field_text *before,
                       const struct field_text *after)
{
    size_t count = naming->act == ACT_edit ? 2 : 1;
    struct catalog_person_edit_reply edited = {.href = href_of(naming), .revision = naming->revision_now + 1};
    struct catalog_alias_add_reply added = {.href = edited.href, .alias = naming->alias};
    struct catalog_alias_remove_reply removed = {.href = edited.href};
    const void *const replies[] = {&edited, &added, &removed};
    change_log(naming->changing.tx, &(struct change){.entity = naming->person,
                                                     .group = naming->person,
                                                     .actor = naming->actor,
                                                     .what = what,
                                                     .why = naming->reason,
                                                     .before = fields_of_texts(before, count, naming->arena),
                                                     .after = fields_of_texts(after, count, naming->arena)});
    changing_done(&naming->changing, replies[naming->act]);
}

static void on_made(void *owner)
{
    static const char *const events[] = {"person edited", "spelling added", "spelling removed"};
    const struct naming *naming = owner;
    log_info(events[naming->act], "user=%" PRIu64 " person=%" PRIu64, naming->actor, naming->person);
}

static struct naming *naming_new(struct bus_request *request, struct slice key, enum act act, void (*turn)(void *owner))
{
    struct naming *naming = arena_take(bus_arena(request), sizeof *naming);
    *naming = (struct naming){
        .changing = {.request = request, .key = key, .run = turn, .made = on_made, .owner = naming},
        .arena = bus_arena(request),
        .act = act,
        .actor = bus_actor(request),
    };
    return naming;
}

/* ---- the person ---- */

static const struct statement person_find = {
    "person_find",
    "SELECT plugin, id, name, coalesce(attrs->>'description', ''), revision FROM catalog.entity"
    " WHERE id = catalog.led($1) AND kind = 0 AND deleted_at IS NULL",
};

/* An owned group's person is a member, and called as members are. */
static bool person_read(struct naming *naming, const struct db_rows *rows, struct fault *why)
{
    naming->plugin = db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (naming->plugin == NULL)
        return fault_set(why, STATUS_not_found, "person", "There is no such page (any more).");
    naming->person = (uint64_t)db_get_int(rows, 0, 1);
    naming->name_now = arena_copy(naming->arena, db_get_text(rows, 0, 2));
    naming->text_now = arena_copy(naming->arena, db_get_text(rows, 0, 3));
    naming->revision_now = (uint64_t)db_get_int(rows, 0, 4);
    if (naming->plugin->owned)
        return fault_set(why, STATUS_forbidden, NULL, "A %s is a member, and called as they are.",
                         naming->plugin->levels[LEVEL_person].title);
    return naming->act != ACT_edit || naming->revision == naming->revision_now ||
           fault_set(why, STATUS_conflict, "revision",
                     "Somebody else changed this while you wrote: look at the history, and save again if yours still "
                     "holds.");
}

static const struct statement person_named = {
    "person_named",
    "SELECT coalesce(o.leads_to, o.id), coalesce(l.name, o.name) FROM catalog.entity o"
    " LEFT JOIN catalog.entity l ON l.id = o.leads_to WHERE o.plugin = $1 AND o.kind = 0 AND o.deleted_at IS NULL"
    " AND o.same = catalog.same(ARRAY[$2::text])",
};

/* False: it is another person's, or (of a spelling that is added) its own already. */
static bool name_is_free(const struct naming *naming, const struct db_rows *rows, struct fault *why)
{
    const char *title = naming->plugin->levels[LEVEL_person].title;
    uint64_t of = db_count(rows) > 0 ? (uint64_t)db_get_int(rows, 0, 0) : 0;
    if (of == 0 || (of == naming->person && naming->act == ACT_edit))
        return true;
    if (of == naming->person)
        return fault_set(why, STATUS_conflict, "name", "That name leads here already.");
    return fault_set(why, STATUS_conflict, "name", "Another %s is called so, \"%.*s\": see %.*s.", title,
                     SLICE_ARGS(text_cut(db_get_text(rows, 0, 1), 80)),
                     SLICE_ARGS(shelf_href(naming->plugin, LEVEL_person, of, naming->arena)));
}

/* ---- editing ---- */

static const struct statement person_rename = {
    "person_rename",
    "SELECT catalog.rename($1, $2, $3)",
};
static const struct statement person_tell = {
    "person_tell",
    "UPDATE catalog.entity SET revision = revision + 1, attrs = CASE WHEN $2 = '' THEN attrs - 'description'"
    " ELSE attrs || jsonb_build_object('description', $2::text) END WHERE id = $1",
};

static void person_write(struct naming *naming)
{
    const struct field_text before[] = {{FIELD_NAME, naming->name_now}, {FIELD_TEXT, naming->text_now}};
    const struct field_text after[] = {{FIELD_NAME, naming->name}, {FIELD_TEXT, naming->text}};
    int64_t person = (int64_t)naming->person;
    if (!slice_equal(naming->name, naming->name_now))
        db_tx_ask(naming->changing.tx, &person_rename,
                  db_int(db_text(db_int(db_args(), person), naming->name), (int64_t)naming->actor), NULL, NULL);
    db_tx_ask(naming->changing.tx, &person_tell, db_text(db_int(db_args(), person), naming->text), NULL, NULL);
    naming_end(naming, "edit", before, after);
}

/* ---- another spelling ---- */

static const struct statement alias_add = {
    "alias_add",
    "WITH made AS (INSERT INTO catalog.entity (plugin, level, kind, name, same, added_by, leads_to)"
    "  SELECT plugin, level, 0, $2, catalog.same(ARRAY[$2::text]), $3, id FROM catalog.entity WHERE id = $1"
    "  RETURNING id) SELECT id FROM made",
};
static const struct statement alias_list = {
    "alias_list",
    "SELECT catalog.list(catalog.groups_of($1))",
};

static void alias_logged(struct naming *naming)
{
    const struct field_text with = {FIELD_ALIAS, naming->name}, without = {.name = FIELD_ALIAS};
    bool added = naming->act == ACT_add;
    db_tx_ask(naming->changing.tx, &alias_list, db_int(db_args(), (int64_t)naming->person), NULL, NULL);
    naming_end(naming, added ? "alias" : "unalias", added ? &without : &with, added ? &with : &without);
}

static void on_alias(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct naming *naming = arg;
    if (why != NULL) {
        changing_fail(&naming->changing, why);
        return;
    }
    naming->alias = (uint64_t)db_get_int(rows, 0, 0);
    alias_logged(naming);
}

static void on_named(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct naming *naming = arg;
    struct fault wrong = {0};
    if (why == NULL)
        name_is_free(naming, rows, &wrong);
    if (!changing_goes_on(&naming->changing, why, &wrong))
        return;
    if (naming->act == ACT_edit) {
        person_write(naming);
        return;
    }
    struct db_args *args = db_text(db_int(db_args(), (int64_t)naming->person), naming->name);
    db_tx_ask(naming->changing.tx, &alias_add, db_int(args, (int64_t)naming->actor), on_alias, naming);
}

static void on_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct naming *naming = arg;
    struct fault wrong = {0};
    if (why == NULL && person_read(naming, rows, &wrong) && naming->act == ACT_edit &&
        slice_equal(naming->name, naming->name_now) && slice_equal(naming->text, naming->text_now))
        fault_set(&wrong, STATUS_invalid, NULL, "Nothing is different: change something, or leave the page.");
    if (!changing_goes_on(&naming->changing, why, &wrong))
        return;
    struct db_args *args = db_text(db_args(), slice_text(naming->plugin->name));
    db_tx_ask(naming->changing.tx, &person_named, db_text(args, naming->name), on_named, naming);
}

static void on_turn(void *owner)
{
    struct naming *naming = owner;
    db_tx_ask(naming->changing.tx, &person_find, db_int(db_args(), (int64_t)naming->person), on_found, naming);
}

static bool name_check(struct naming *naming, struct slice typed, struct fault *why)
{
    naming->name = text_line(typed, naming->arena);
    if (naming->actor == 0)
        return fault_set(why, STATUS_forbidden, NULL, "A name is given by a member: say by which one.");
    if (naming->name.size == 0 || text_letters(naming->name) > NAME_LETTERS)
        return fault_set(why, STATUS_invalid, "name", "Name: between 1 and %d letters.", NAME_LETTERS);
    return true;
}

static void on_edit(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_person_edit *ask = body;
    struct naming *naming = naming_new(request, ask->key, ACT_edit, on_turn);
    struct fault why = {0};
    (void)arg;
    naming->person = ask->person;
    naming->revision = ask->revision;
    naming->text = text_lines(ask->text, naming->arena);
    naming->reason = text_line(ask->reason, naming->arena);
    if (!name_check(naming, ask->name, &why))
        ;
    else if (text_letters(naming->text) > TEXT_LETTERS)
        fault_set(&why, STATUS_invalid, "text", "About: at most %d letters.", TEXT_LETTERS);
    else if (naming->reason.size == 0)
        fault_set(&why, STATUS_invalid, "reason", "Say why it is changed.");
    changing_try(&naming->changing, &why);
}

static void on_alias_add(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_alias_add *ask = body;
    struct naming *naming = naming_new(request, ask->key, ACT_add, on_turn);
    struct fault why = {0};
    (void)arg;
    naming->person = ask->person;
    name_check(naming, ask->name, &why);
    changing_try(&naming->changing, &why);
}

/* ---- a spelling that goes ---- */

static const struct statement alias_remove = {
    "alias_remove",
    "UPDATE catalog.entity SET deleted_at = now(), deleted_by = $2, deleted_why = $3 WHERE id = $1",
};
static const struct statement alias_find = {
    "alias_find",
    "SELECT plugin, leads_to, name, added_by FROM catalog.entity"
    " WHERE id = $1 AND kind = 0 AND leads_to IS NOT NULL AND deleted_at IS NULL",
};

static void on_alias_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct naming *naming = arg;
    struct fault wrong = {0};
    naming->plugin = why == NULL && db_count(rows) > 0 ? plugin_find(db_get_text(rows, 0, 0)) : NULL;
    if (why == NULL && naming->plugin == NULL)
        fault_set(&wrong, STATUS_not_found, "alias", "There is no such spelling (any more).");
    else if (why == NULL && !naming->staff && naming->actor != 0 && (uint64_t)db_get_int(rows, 0, 3) != naming->actor)
        fault_set(&wrong, STATUS_forbidden, NULL, "Another member added this spelling: report it to staff instead.");
    if (!changing_goes_on(&naming->changing, why, &wrong))
        return;
    naming->person = (uint64_t)db_get_int(rows, 0, 1);
    naming->name = arena_copy(naming->arena, db_get_text(rows, 0, 2));
    struct db_args *args = db_int(db_int(db_args(), (int64_t)naming->alias), (int64_t)naming->actor);
    db_tx_ask(naming->changing.tx, &alias_remove, db_text(args, naming->reason), NULL, NULL);
    alias_logged(naming);
}

static void on_turn_to_remove(void *owner)
{
    struct naming *naming = owner;
    db_tx_ask(naming->changing.tx, &alias_find, db_int(db_args(), (int64_t)naming->alias), on_alias_found, naming);
}

static void on_alias_remove(struct bus_request *request, const void *body, void *arg)
{
    const struct catalog_alias_remove *ask = body;
    struct naming *naming = naming_new(request, ask->key, ACT_remove, on_turn_to_remove);
    struct fault why = {0};
    (void)arg;
    naming->alias = ask->alias;
    naming->staff = ask->staff;
    naming->reason = text_line(ask->reason, naming->arena);
    if (naming->reason.size == 0)
        fault_set(&why, STATUS_invalid, "reason", "Say why it goes.");
    changing_try(&naming->changing, &why);
}

/* ---- catalog.person.form ---- */

struct looking {
    struct bus_request *request;
    const struct catalog_person_form *ask;
};

static const struct statement person_form = {
    "person_form",
    "SELECT p.plugin, p.id, p.name, coalesce(p.attrs->>'description', ''), p.revision, c.id IS NOT NULL,"
    " coalesce(c.before->>'" FIELD_NAME "', p.name), coalesce(c.before->>'" FIELD_TEXT "', p.attrs->>'description', '')"
    " FROM catalog.entity p LEFT JOIN catalog.change c ON c.id = $2 AND c.entity = p.id AND c.before IS NOT NULL"
    " WHERE p.id = catalog.led($1) AND p.kind = 0 AND p.deleted_at IS NULL",
};

static void on_form_rows(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct looking *looking = arg;
    struct naming person = {.act = ACT_add, .arena = bus_arena(looking->request)};
    struct fault wrong = {0};
    if (why == NULL && person_read(&person, rows, &wrong) && looking->ask->change != 0 && !db_get_flag(rows, 0, 5))
        fault_set(&wrong, STATUS_not_found, "change", "That change is not one of this.");
    if (why != NULL || wrong.status != STATUS_ok) {
        bus_fail(looking->request, why != NULL ? why : &wrong);
        return;
    }
    assert(person.plugin != NULL);
    struct catalog_person_form_reply reply = {
        .plugin = slice_text(person.plugin->name),
        .level = slice_text(person.plugin->levels[LEVEL_person].title),
        .href = href_of(&person),
        .called = person.name_now,
        .name = db_get_text(rows, 0, 6),
        .text = db_get_text(rows, 0, 7),
        .revision = person.revision_now,
    };
    bus_reply(looking->request, &reply);
}

static void on_form(struct bus_request *request, const void *body, void *arg)
{
    struct looking *looking = arena_take(bus_arena(request), sizeof *looking);
    (void)arg;
    *looking = (struct looking){.request = request, .ask = body};
    struct db_args *args = db_int(db_int(db_args(), (int64_t)looking->ask->person), (int64_t)looking->ask->change);
    db_ask(service_db(), &person_form, args, on_form_rows, looking);
}

void people_start(void)
{
    bus_serve(service_bus(), NULL, &catalog_person_form_message, on_form, NULL);
    bus_serve(service_bus(), NULL, &catalog_person_edit_message, on_edit, NULL);
    bus_serve(service_bus(), NULL, &catalog_alias_add_message, on_alias_add, NULL);
    bus_serve(service_bus(), NULL, &catalog_alias_remove_message, on_alias_remove, NULL);
}

const struct statement *const people_statements[] = {&person_find, &person_named, &person_rename,
                                                     &person_tell, &alias_add,    &alias_list,
                                                     &alias_find,  &alias_remove, &person_form};
const size_t people_statements_count = sizeof people_statements / sizeof *people_statements;
