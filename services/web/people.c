#include "services/web/people.h"

#include "services/web/statements.h"
#include "services/web/web.h"

struct people {
    struct visit *visit;
    struct gather *gather;
    struct tree_name *names;
    size_t count;
};

static void on_names(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct people *people = arg;
    if (why != NULL)
        visit_missing(people->visit, "accounts", "Members' names cannot be read for the moment.");
    size_t count = rows != NULL ? db_count(rows) : 0;
    people->names = arena_take(people->visit->arena, count * sizeof *people->names + 1);
    for (size_t i = 0; i < count; i++)
        people->names[people->count++] = (struct tree_name){(uint64_t)db_get_int(rows, i, 0),
                                                            arena_copy(people->visit->arena, db_get_text(rows, i, 1))};
    gather_release(people->gather);
}

struct people *people_ask(struct gather *gather, struct visit *visit, const uint64_t *users, size_t count)
{
    struct people *people = arena_take(visit->arena, sizeof *people);
    *people = (struct people){.visit = visit, .gather = gather};
    if (count == 0)
        return people;
    int64_t *ids = arena_take(visit->arena, count * sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = (int64_t)users[i];
    gather_hold(gather);
    db_ask(service_db(), &member_names, db_ints(db_args(), ids, count), on_names, people);
    return people;
}

/* '~' comes after all that a name has in it. */
const struct statement member_begins = {
    "member_begins",
    "SELECT id, name FROM web.member WHERE standing = 'active' AND name_key ~>=~ lower($1)"
    " AND name_key ~<~ (lower($1) || '~') ORDER BY name_key USING ~<~ LIMIT $2",
};

struct people *people_begin(struct gather *gather, struct visit *visit, struct slice name, size_t most)
{
    struct people *people = arena_take(visit->arena, sizeof *people);
    *people = (struct people){.visit = visit, .gather = gather};
    gather_hold(gather);
    db_ask(service_db(), &member_begins, db_int(db_text(db_args(), name), (int64_t)most), on_names, people);
    return people;
}

size_t people_count(const struct people *people)
{
    return people->count;
}

struct slice people_nth(const struct people *people, size_t i)
{
    return people->names[i].name;
}

struct slice people_name(const struct people *people, uint64_t user)
{
    for (size_t i = 0; i < people->count; i++)
        if (people->names[i].user == user)
            return people->names[i].name;
    return slice_text(NULL);
}

void people_write(struct tree_writer *out, const char *key, const struct people *people, uint64_t user)
{
    struct slice name = people_name(people, user);
    if (name.size > 0)
        tree_text(out, key, name);
    else
        tree_nil(out, key);
}
