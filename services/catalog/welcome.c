/* See welcome.h. The backup that the upload would join is looked for as adding.c does it, for the books know how many
 * copies of that one are wanted now. */
#include "services/catalog/welcome.h"

#include "services/catalog/attrs.h"
#include "services/catalog/fact.h"
#include "services/common/service.h"

#define CHECK_MS 3000 /* of the 8 s that web waits for an upload */

struct asking {
    const struct adding *adding;
    const char *trace;
    welcome_fn *done;
    void *arg;
};

/* Ratio names its own question's inputs: what is too large, or one too many, is the torrent. */
static void on_checked(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    const struct asking *asking = arg;
    struct fault said;
    (void)reply;
    (void)body;
    if (why != NULL && why->status != STATUS_unavailable &&
        (why->field[0] == '\0' || strcmp(why->field, "size") == 0)) {
        fault_set(&said, why->status, "metainfo", "%s", why->text);
        why = &said;
    }
    asking->done(asking->arg, why);
}

static void check(struct asking *asking, uint64_t group)
{
    const struct adding *adding = asking->adding;
    struct torrent_fact fact = {0};
    fact_of_plugin(&fact, adding->plugin, &adding->submission.values, group);
    struct ratio_version_check ask = {
        .user = adding->actor, .backup = fact.backup, .redundancy = fact.redundancy, .size = adding->metainfo.size};
    struct bus_call call = {.actor = adding->actor, .deadline_ms = CHECK_MS, .trace = asking->trace};
    bus_ask(service_bus(), NULL, &ratio_version_check_message, &ask, &call, on_checked, asking);
}

/* By what it is called alone: of an owner's groups nobody else is credited. */
static const struct statement welcome_group = {
    "welcome_group",
    "SELECT catalog.met($1, $2::text[], $3, '{}', '', $4, $5)",
};

static struct db_args *group_args(const struct adding *adding)
{
    const struct plugin *plugin = adding->plugin;
    const struct values *values = &adding->submission.values;
    struct slice same[ATTRIBUTES_MAX];
    size_t count = attrs_same(plugin, LEVEL_group, values, same);
    struct db_args *args = db_texts(db_text(db_args(), slice_text(plugin->name)), same, count);
    return db_text(db_flag(db_int(args, (int64_t)adding->actor), plugin->owned),
                   plugin_value(plugin, values, plugin->levels[LEVEL_group].joins));
}

static void on_group(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asking *asking = arg;
    if (why != NULL)
        asking->done(asking->arg, why);
    else
        check(asking, (uint64_t)db_get_int(rows, 0, 0));
}

void welcome_ask(const struct adding *adding, const char *trace, welcome_fn *done, void *arg)
{
    struct asking *asking = arena_take(adding->arena, sizeof *asking);
    *asking = (struct asking){adding, trace, done, arg};
    if (adding->plugin->redundancy == NULL)
        done(arg, NULL);
    else if (adding->group != 0)
        check(asking, adding->group);
    else
        db_ask(service_db(), &welcome_group, group_args(adding), on_group, asking);
}

const struct statement *const welcome_statements[] = {&welcome_group};
const size_t welcome_statements_count = sizeof welcome_statements / sizeof *welcome_statements;
