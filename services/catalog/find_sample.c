/* See find.h: groups to count facets in. */
#include "services/catalog/catalog.h"
#include "services/catalog/find.h"

struct sampling {
    struct slice plugin;
    const struct found *found;
    size_t part;
    find_sample_fn *done;
    void *arg;
};

/* From the least part of the random order that should have enough. */
static const unsigned parts[] = {12, 10, 8, 6, 4, 0};

static void sample_ask(struct sampling *sampling);

static void on_sample(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct sampling *sampling = arg;
    if (rows == NULL || parts[sampling->part] == 0 || db_count(rows) * 2 >= FIND_SAMPLED) {
        sampling->done(sampling->arg, rows, why);
        return;
    }
    sampling->part++;
    sample_ask(sampling);
}

static void sample_ask(struct sampling *sampling)
{
    const struct found *found = sampling->found;
    struct db_args *args = find_query_arg(db_text(db_args(), sampling->plugin), found->whole);
    db_ask(service_db(), find_sample_statement(parts[sampling->part]), find_query_arg(args, found->above), on_sample,
           sampling);
}

void find_sample(struct arena *arena, struct slice plugin, const struct found *found, find_sample_fn *done, void *arg)
{
    if (found->whole.size == 0) {
        db_ask(service_db(), find_sample_all_statement(), db_text(db_args(), plugin), done, arg);
        return;
    }
    struct sampling *sampling = arena_take(arena, sizeof *sampling);
    *sampling = (struct sampling){.plugin = plugin, .found = found, .done = done, .arg = arg};
    while (parts[sampling->part] > 0 && found->groups_total * 2 < (uint64_t)FIND_SAMPLED << parts[sampling->part])
        sampling->part++;
    sample_ask(sampling);
}
