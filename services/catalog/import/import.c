/* djembe-catalog import: takes over a site that ran on Gazelle, from its tables as text. It is an operator's program
 * that runs beside the daemons: it writes the catalog's own tables, in the turn of uploads, and asks web and ratio for
 * what is theirs. Each batch is one transaction that also says how far it is, so that it may be killed at any moment.
 *
 * This file is its life and what the steps share; it waits for each answer, for there is nothing else to do. */
#include "services/catalog/import/import.h"

#include "services/catalog/catalog.h"
#include "services/common/bencode.h"
#include "services/common/clock.h"
#include "services/common/log.h"
#include "services/common/service_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define AWAY_MS 2000
#define CONNECT_MS 60000
#define TELL_MS 10000

/* ---- waiting ---- */

void import_wait(struct import *import, const size_t *pending)
{
    while (*pending > 0) {
        size_t before = *pending;
        loop_run(import->loop);
        if (*pending == before) { /* nothing came: it was a signal */
            progress_clear(&import->progress);
            fputs("Stopped. The same command goes on from here.\n", stderr);
            exit(130);
        }
    }
}

void import_wake(struct import *import)
{
    loop_stop(import->loop);
}

static void on_timer(void *arg)
{
    struct import *import = ((void **)arg)[0];
    size_t *pending = ((void **)arg)[1];
    (*pending)--;
    import_wake(import);
}

static void rest(struct import *import, uint32_t ms)
{
    size_t pending = 1;
    void *both[] = {import, &pending};
    loop_timer_new(import->loop, ms, 0, on_timer, both);
    import_wait(import, &pending);
}

/* PostgreSQL is away: waits a little. */
static void pause_away(struct import *import)
{
    rest(import, AWAY_MS);
}

struct asked {
    struct import *import;
    db_done_fn *got;
    void *arg;
    size_t pending;
    struct fault why;
};

static void on_asked(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct asked *asked = arg;
    asked->pending--;
    if (why != NULL)
        asked->why = *why;
    else if (asked->got != NULL)
        asked->got(asked->arg, rows, NULL);
    import_wake(asked->import);
}

bool import_ask(struct import *import, struct db_tx *tx, const struct statement *statement, struct db_args *args,
                db_done_fn *got, void *arg, struct fault *why)
{
    struct asked asked = {.import = import, .got = got, .arg = arg, .pending = 1};
    if (tx != NULL)
        db_tx_ask(tx, statement, args, on_asked, &asked);
    else
        db_ask(import->db, statement, args, on_asked, &asked);
    import_wait(import, &asked.pending);
    *why = asked.why;
    return why->status == STATUS_ok;
}

struct told {
    struct import *import;
    bus_done_fn *got;
    void *arg;
    size_t pending;
    struct fault why;
};

static void on_told(void *arg, const void *reply, const msgpack_object *body, const struct fault *why)
{
    struct told *told = arg;
    told->pending--;
    if (why != NULL)
        told->why = *why;
    else
        told->got(told->arg, reply, body, NULL);
    import_wake(told->import);
}

bool import_tell(struct import *import, const struct message *message, const void *ask, bus_done_fn *got, void *arg,
                 struct fault *why)
{
    bool away = false;
    for (;;) {
        struct told told = {.import = import, .got = got, .arg = arg, .pending = 1};
        bus_ask(import->bus, NULL, message, ask, &(struct bus_call){.deadline_ms = TELL_MS}, on_told, &told);
        import_wait(import, &told.pending);
        *why = told.why;
        if (why->status != STATUS_unavailable)
            return why->status == STATUS_ok;
        if (!away) {
            progress_clear(&import->progress);
            fprintf(stderr, "Nobody answers %s, waiting: %s\n", message->name, why->text);
        }
        away = true;
        pause_away(import);
    }
}

/* ---- what is left out ---- */

void import_skip(struct import *import, const struct table *table, uint64_t line, const char *reason)
{
    if (import->skipped_count == import->skipped_room) {
        import->skipped_room = import->skipped_room == 0 ? 64 : 2 * import->skipped_room;
        import->skipped = mem_grow(import->skipped, import->skipped_room * sizeof *import->skipped);
    }
    import->skipped[import->skipped_count++] =
        (struct skipped){table, line, arena_copy(import->arena, slice_text(reason))};
}

/* Those that were told before are not told again. */
static const struct statement import_skip_add = {
    "import_skip_add",
    "INSERT INTO catalog.import_skipped (file, line, reason)"
    " SELECT file, line, reason FROM unnest($1::text[], $2::bigint[], $3::text[]) AS n (file, line, reason)"
    " ON CONFLICT (file, line) DO NOTHING",
};

static void skipped_write(struct import *import, struct db_tx *tx)
{
    size_t count = import->skipped_count;
    struct slice *files = arena_take(import->arena, (count + 1) * sizeof *files);
    struct slice *reasons = arena_take(import->arena, (count + 1) * sizeof *reasons);
    int64_t *lines = arena_take(import->arena, (count + 1) * sizeof *lines);
    for (size_t i = 0; i < count; i++) {
        files[i] = slice_text(import->skipped[i].table->file);
        lines[i] = (int64_t)import->skipped[i].line;
        reasons[i] = import->skipped[i].reason;
    }
    if (count > 0)
        db_tx_ask(tx, &import_skip_add,
                  db_texts(db_ints(db_texts(db_args(), files, count), lines, count), reasons, count), NULL, NULL);
}

static void skipped_tell(struct import *import)
{
    if (import->skipped_count > 0)
        progress_clear(&import->progress);
    for (size_t i = 0; i < import->skipped_count; i++)
        printf("%s:%" PRIu64 ": %.*s\n", import->skipped[i].table->file, import->skipped[i].line,
               SLICE_ARGS(import->skipped[i].reason));
    fflush(stdout);
}

/* ---- steps and batches ---- */

static const struct statement import_step_find = {
    "import_step_find",
    "SELECT at FROM catalog.import_step WHERE step = $1",
};

static void on_step(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)why;
    *(uint64_t *)arg = db_count(rows) > 0 ? (uint64_t)db_get_int(rows, 0, 0) : 0;
}

bool import_step_at(struct import *import, const char *step, uint64_t *at, struct fault *why)
{
    return import_ask(import, NULL, &import_step_find, db_text(db_args(), slice_text(step)), on_step, at, why);
}

/* A step that another import has moved meanwhile stays where it is. */
static const struct statement import_step_move = {
    "import_step_move",
    "UPDATE catalog.import_step SET at = $3 WHERE step = $1 AND at = $2 AND dump = $4 RETURNING at",
};

struct committed {
    struct import *import;
    size_t pending;
    bool uncertain;
    struct fault why;
};

static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    struct committed *committed = arg;
    committed->pending--;
    committed->uncertain = uncertain;
    if (why != NULL)
        committed->why = *why;
    import_wake(committed->import);
}

static void on_moved(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)why;
    *(bool *)arg = db_count(rows) == 1;
}

enum import_end import_commit(struct import *import, struct db_tx *tx, const char *step, uint64_t from, uint64_t to,
                              struct fault *why)
{
    bool moved = false;
    skipped_write(import, tx);
    struct db_args *args = db_int(db_int(db_text(db_args(), slice_text(step)), (int64_t)from), (int64_t)to);
    if (import_ask(import, tx, &import_step_move, db_text(args, import->dump), on_moved, &moved, why) && !moved) {
        db_rollback(tx);
        fault_set(why, STATUS_forbidden, NULL, "Another import runs at the same time.");
        return IMPORT_failed;
    }
    struct committed committed = {.import = import, .pending = 1};
    db_commit(tx, on_committed, &committed);
    import_wait(import, &committed.pending);
    if (committed.why.status == STATUS_ok) {
        skipped_tell(import);
        return IMPORT_done;
    }
    *why = committed.why;
    return committed.uncertain || why->status == STATUS_unavailable ? IMPORT_again : IMPORT_failed;
}

/* ---- what was taken over ---- */

static const struct statement import_find = {
    "import_find",
    "SELECT source, id FROM catalog.imported WHERE file = $1 AND source = ANY($2::bigint[]) ORDER BY source",
};
static const struct statement import_add = {
    "import_add",
    "INSERT INTO catalog.imported (file, source, id)"
    " SELECT $1, source, id FROM unnest($2::bigint[], $3::bigint[]) AS n (source, id) ON CONFLICT DO NOTHING",
};

struct finding {
    struct import *import;
    struct import_ids *into;
};

static void on_found(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct finding *finding = arg;
    size_t count = finding->into->count = db_count(rows);
    (void)why;
    finding->into->sources = arena_take(finding->import->arena, (count + 1) * sizeof(int64_t));
    finding->into->ids = arena_take(finding->import->arena, (count + 1) * sizeof(int64_t));
    for (size_t i = 0; i < count; i++) {
        finding->into->sources[i] = db_get_int(rows, i, 0);
        finding->into->ids[i] = db_get_int(rows, i, 1);
    }
}

bool import_known(struct import *import, const char *file, const int64_t *sources, size_t count,
                  struct import_ids *into, struct fault *why)
{
    struct finding finding = {import, into};
    struct db_args *args = db_ints(db_text(db_args(), slice_text(file)), sources, count);
    return import_ask(import, NULL, &import_find, args, on_found, &finding, why);
}

uint64_t import_id(const struct import_ids *known, uint64_t source)
{
    for (size_t low = 0, high = known->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if ((uint64_t)known->sources[middle] == source)
            return (uint64_t)known->ids[middle];
        if ((uint64_t)known->sources[middle] < source)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

void import_note(struct db_tx *tx, const char *file, const int64_t *sources, const int64_t *ids, size_t count)
{
    struct db_args *args = db_ints(db_text(db_args(), slice_text(file)), sources, count);
    db_tx_ask(tx, &import_add, db_ints(args, ids, count), NULL, NULL);
}

/* ---- the beginning ---- */

static struct import *indexing; /* what table_index tells how far it is */
static uint64_t indexed;

static void on_seen(size_t bytes)
{
    progress_to(&indexing->progress, indexed + bytes);
}

static void on_bad_row(void *arg, const struct table *table, uint64_t line, const char *reason)
{
    struct import *import = arg;
    if (table != &import->tables[GAZELLE_spellings]) /* told of the same file's other table */
        import_skip(import, table, line, reason);
}

static bool dump_open(struct import *import, const char *folder, struct fault *why)
{
    struct buffer dump = {0};
    uint64_t bytes = 0;
    gazelle_tables(import->tables);
    for (size_t i = 0; i < GAZELLE_COUNT; i++) {
        struct table *table = &import->tables[i];
        if (!table_open(table, folder, why))
            return false;
        bytes += table->text.size;
        if (i == GAZELLE_spellings)
            continue;
        if (table->identity[0] != '\0')
            buffer_print(&dump, "%s %s\n", table->file, table->identity);
        else
            fprintf(stderr, "There is no %s: what it says is left out.\n", table->file);
    }
    import->dump = slice_of(dump.at, dump.size);
    progress_begin(&import->progress, "bytes looked through", 0, bytes);
    indexing = import;
    for (size_t i = 0; i < GAZELLE_COUNT; i++) {
        table_index(&import->tables[i], on_bad_row, import, on_seen);
        indexed += import->tables[i].text.size;
    }
    progress_end(&import->progress);
    return true;
}

/* Another dump begins anew: what it shares with the last one is known by its ids. */
static const struct statement import_step_begin = {
    "import_step_begin",
    "WITH old AS (SELECT FROM catalog.import_step WHERE dump <> $2),"
    " forgotten AS (DELETE FROM catalog.import_skipped WHERE EXISTS (SELECT FROM old))"
    " INSERT INTO catalog.import_step AS s (step, dump, at) SELECT step, $2, 0 FROM unnest($1::text[]) AS n (step)"
    " ON CONFLICT (step) DO UPDATE SET dump = excluded.dump, at = 0 WHERE s.dump <> excluded.dump",
};

static const char *const steps[] = {"rows", "members", "albums", "snatches"};
#define STEPS_COUNT (sizeof steps / sizeof *steps)

static bool steps_begin(struct import *import, struct fault *why)
{
    struct slice names[STEPS_COUNT];
    for (size_t i = 0; i < STEPS_COUNT; i++)
        names[i] = slice_text(steps[i]);
    struct db_args *args = db_text(db_texts(db_args(), names, STEPS_COUNT), import->dump);
    if (!import_ask(import, NULL, &import_step_begin, args, NULL, NULL, why))
        return false;
    /* What could not be read at all. */
    uint64_t at;
    if (!import_step_at(import, "rows", &at, why))
        return false;
    if (at == 0 && import_commit(import, db_begin(import->db), "rows", 0, 1, why) != IMPORT_done)
        return false;
    arena_reset(import->arena);
    import->skipped_count = 0;
    return true;
}

/* ---- the end ---- */

static const struct statement import_summary = {
    "import_summary",
    "SELECT file, count(*), (SELECT count(*) FROM catalog.imported i WHERE i.file = 'torrents'),"
    " (SELECT count(*) FROM catalog.imported i WHERE i.file = 'users_main')"
    " FROM (SELECT file FROM catalog.import_skipped UNION ALL SELECT '') AS s GROUP BY file ORDER BY file",
};

static void on_summary(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg, (void)why;
    printf("Here now, of this site: %" PRId64 " members, %" PRId64 " torrents.\n", db_get_int(rows, 0, 3),
           db_get_int(rows, 0, 2));
    for (size_t i = 1; i < db_count(rows); i++)
        printf("Rows left out of %.*s: %" PRId64 "\n", SLICE_ARGS(db_get_text(rows, i, 0)), db_get_int(rows, i, 1));
    if (db_count(rows) > 1)
        puts("Each with its reason: SELECT * FROM catalog.import_skipped ORDER BY file, line");
}

/* ---- the program ---- */

static bool world_open(struct import *import, const struct service *service, const struct settings *settings,
                       struct fault *why)
{
    const struct bus_endpoint endpoints[] = {{"web", settings->endpoints[1]}, {"ratio", settings->endpoints[3]}};
    import->loop = loop_new();
    import->arena = arena_new();
    import->bus = bus_new(import->loop,
                          &(struct bus_settings){.service = service->name,
                                                 .keys = settings->keys,
                                                 .version = DJEMBE_VERSION,
                                                 .endpoints = endpoints,
                                                 .endpoints_count = sizeof endpoints / sizeof *endpoints},
                          why);
    if (import->bus == NULL)
        return false;
    import->db = db_new(import->loop, settings->database, 1, service->statements, service->statements_count);
    db_migrate(import->db, service->name, service->migrations, service->migrations_count);
    for (int64_t end = clock_ticks() + CONNECT_MS; !db_is_up(import->db); rest(import, 50))
        if (clock_ticks() > end)
            return fault_set(why, STATUS_unavailable, NULL, "PostgreSQL does not answer: %s",
                             db_trouble(import->db) != NULL ? db_trouble(import->db) : "is it running?");
    return true;
}

static void world_close(struct import *import)
{
    if (import->db != NULL)
        db_destroy(&import->db);
    if (import->bus != NULL)
        bus_destroy(&import->bus);
    loop_destroy(&import->loop);
    arena_destroy(&import->arena);
    for (size_t i = 0; i < GAZELLE_COUNT; i++)
        table_close(&import->tables[i]);
    free(import->skipped);
    free((void *)import->dump.at);
}

static bool run(struct import *import, const char *folder, struct fault *why)
{
    return dump_open(import, folder, why) && steps_begin(import, why) && import_members(import, why) &&
           import_albums(import, why) && import_snatches(import, why) &&
           import_ask(import, NULL, &import_summary, NULL, on_summary, NULL, why);
}

int import_main(int argc, char **argv, const struct service *service)
{
    struct settings settings = {0};
    const struct option *options = settings_table(service, &settings);
    struct fault why = {0};
    struct import import = {.loop = NULL};
    if (argc != 2 || argv[1][0] == '-') {
        fputs("djembe-catalog import FOLDER: takes over a Gazelle site from its tables as text.\n"
              "Which files, and how they are made, is in docs/OPERATORS.md; settings are the daemon's own.\n",
              stderr);
        free((void *)options);
        return 2;
    }
    log_start("import", LOG_LEVEL_error);
    bool good = options_read(options, &why);
    if (good) {
        catalog_settle();
        good = world_open(&import, service, &settings, &why) && run(&import, argv[1], &why);
        world_close(&import);
    }
    if (!good)
        fprintf(stderr, "djembe-catalog import: %s\n", why.text);
    free((void *)options);
    return good ? 0 : 1;
}

/* ---- a step, batch by batch ---- */

void import_afresh(struct import *import)
{
    arena_reset(import->arena);
    import->skipped_count = 0;
}

static uint64_t rows_up_to(const struct table *table, uint64_t at)
{
    return (uint64_t)(table_find(table, at + 1).at - table->entries);
}

bool import_run(struct import *import, const char *step, enum gazelle_table table, import_run_fn *batch,
                struct fault *why)
{
    const struct table *rows = &import->tables[table];
    uint64_t at;
    if (!import_step_at(import, step, &at, why))
        return false;
    progress_begin(&import->progress, step, rows_up_to(rows, at), rows->count);
    for (;;) {
        uint64_t to = at;
        import_afresh(import);
        enum import_end end = batch(import, at, &to, why);
        if (end == IMPORT_failed)
            return false;
        if (end == IMPORT_done && to == at)
            break;
        if (end == IMPORT_done)
            at = to;
        else /* perhaps it was done, and only the answer was lost */
            do
                pause_away(import);
            while (!import_step_at(import, step, &at, why));
        progress_to(&import->progress, rows_up_to(rows, at));
    }
    progress_end(&import->progress);
    return true;
}

const struct statement *const import_statements[] = {
    &import_skip_add, &import_step_find,  &import_step_move, &import_find,
    &import_add,      &import_step_begin, &import_summary,
};
const size_t import_statements_count = sizeof import_statements / sizeof *import_statements;
